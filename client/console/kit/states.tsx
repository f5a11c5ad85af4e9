// What a page shows when it is not showing its things: nothing yet, nothing at all, a refusal, a conflict, an act that waits.
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { sentence } from '../../shared/reasons.ts'
import { shared } from '../../shared/words.ts'
import type { Reading } from './data.ts'
import { catalogue } from './words.ts'

/** Nothing there: says why that is, and what to do. */
export function Empty({ title, children }: { readonly title?: string; readonly children?: ComponentChildren }) {
  const words = catalogue[useLocale()]
  return (
    <div class="empty">
      <p class="empty-title">{title ?? words.emptyTitle}</p>
      {children}
    </div>
  )
}

interface FailureProps {
  /** A reason id, or null: then nothing is shown. */
  readonly reason: string | null
  /** Called to try again. */
  readonly again?: () => void
  /** False where nobody asked for it just now: what is read in the background does not take the focus from who is typing. */
  readonly focus?: boolean
  readonly children?: ComponentChildren
}

/** Why it did not work, in plain words. Takes the focus when it appears. */
export function Failure({ reason, again, focus = true, children }: FailureProps) {
  const locale = useLocale()
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (reason !== null && focus) box.current?.focus()
  }, [reason, focus])
  if (reason === null) return null
  const isConflict = reason === 'edited-meanwhile'
  return (
    <div class={isConflict ? 'notice warn' : 'notice bad'} ref={box} tabIndex={-1} role="alert" data-reason={reason}>
      <p class="notice-title">{isConflict ? catalogue[locale].conflictTitle : shared[locale].failed}</p>
      <p>{sentence(locale, reason)}</p>
      {children}
      {again !== undefined && (
        <p>
          <button type="button" data-action="again" onClick={again}>
            {catalogue[locale].retry}
          </button>
        </p>
      )}
    </div>
  )
}

/** What is being read: a sentence while it loads, why it failed, or its things. What was read before stays under a failure. */
export function Loaded<Value>({
  of,
  children,
}: {
  readonly of: Reading<Value>
  readonly children: (value: Value) => ComponentChildren
}) {
  return (
    <>
      <Failure reason={of.refusal} again={of.again} focus={false} />
      {of.data === null ? of.refusal === null && <Loading /> : children(of.data)}
    </>
  )
}

/** Said once it lasts: what comes at once needs no announcement. */
export function Loading() {
  const words = shared[useLocale()]
  return (
    <p class="soft loading" role="status" aria-busy="true">
      {words.loading}
    </p>
  )
}

/** A grave change was asked for: where it is signed. */
export function ActRequested({ act }: { readonly act: string | null }) {
  const words = catalogue[useLocale()]
  if (act === null) return null
  return (
    <div class="notice" role="status" data-act={act}>
      <p class="notice-title">{words.actTitle}</p>
      <p>{words.actText}</p>
      <p>
        <Link class="button accent" href={`/acts/${act}`}>
          {words.actLook}
        </Link>
      </p>
    </div>
  )
}

const listeners = new Set<(text: string) => void>()

/** Has a screen reader say what just happened, and shows it for a while. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text)
}

/** Seconds that what happened stays to be seen. */
const SAID_SECONDS = 8

/** The live region: one for the whole console, always in the page. */
export function Status() {
  const [said, setSaid] = useState<{ readonly text: string } | null>(null)
  useEffect(() => {
    const listener = (text: string) => setSaid({ text })
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [])
  useEffect(() => {
    if (said === null) return
    const timer = setTimeout(() => setSaid(null), SAID_SECONDS * 1000)
    return () => clearTimeout(timer)
  }, [said])
  return (
    <div class="said" role="status" aria-live="polite">
      {said !== null && <p>{said.text}</p>}
    </div>
  )
}
