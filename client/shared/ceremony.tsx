// The one control that starts a key ceremony, what it says meanwhile, and how a refusal is shown.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { reasonOf } from './api.ts'
import { useLocale } from './locale.ts'
import { sentence } from './reasons.ts'
import { shared } from './words.ts'

export type Progress = 'idle' | 'touch' | 'check'

export interface Task {
  readonly progress: Progress
  readonly refusal: string | null
  /** Runs one thing at a time; `step` says what the person should do now. Returns whether it went well. */
  run(work: (step: (progress: Progress) => void) => Promise<void>): Promise<boolean>
  clear(): void
}

/** State of a ceremony or of any other call: what it is doing, and why it did not work. */
export function useTask(): Task {
  const [progress, setProgress] = useState<Progress>('idle')
  const [refusal, setRefusal] = useState<string | null>(null)
  const busy = useRef(false)
  return {
    progress,
    refusal,
    clear: () => setRefusal(null),
    run: async (work) => {
      if (busy.current) return false
      busy.current = true
      setRefusal(null)
      setProgress('check')
      try {
        await work(setProgress)
        return true
      } catch (error) {
        setRefusal(reasonOf(error))
        return false
      } finally {
        busy.current = false
        setProgress('idle')
      }
    },
  }
}

/** `data-action="tap"`: the button, with its progress in a live region under it. */
export function TapButton({ task, onTap, children }: { task: Task; onTap?: () => void; children: ComponentChildren }) {
  return (
    <button
      type={onTap ? 'button' : 'submit'}
      class="primary"
      data-action="tap"
      aria-disabled={task.progress !== 'idle'}
      onClick={onTap}
    >
      <KeySign waiting={task.progress === 'touch'} />
      {children}
    </button>
  )
}

/** Always in the page, so that a screen reader hears its changes. */
export function Status({ task }: { readonly task: Task }) {
  const words = shared[useLocale()]
  const text = task.progress === 'touch' ? words.touchKey : task.progress === 'check' ? words.checking : ''
  return (
    <p class={`status ${task.progress}`} role="status">
      {text}
    </p>
  )
}

/** Why it did not work and what to do next. Takes the focus when it appears. */
export function Refusal({
  reason,
  id,
  children,
}: {
  reason: string | null
  id?: string
  children?: ComponentChildren
}) {
  const locale = useLocale()
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (reason !== null) box.current?.focus()
  }, [reason])
  if (reason === null) return null
  return (
    <div class="notice bad" ref={box} tabIndex={-1} role="alert" id={id} data-reason={reason}>
      <p class="notice-title">{shared[locale].failed}</p>
      <p>{sentence(locale, reason)}</p>
      {children}
    </div>
  )
}

/** Why a page has nothing to show; what may pass can be tried again at once. */
export function Unusable({ reason }: { readonly reason: string | null }) {
  const words = shared[useLocale()]
  return (
    <Refusal reason={reason}>
      {(reason === 'offline' || reason === 'unexpected' || reason === 'internal') && (
        <button type="button" data-action="retry" onClick={() => location.reload()}>
          {words.retry}
        </button>
      )}
    </Refusal>
  )
}

function KeySign({ waiting }: { readonly waiting: boolean }) {
  return (
    <svg class={waiting ? 'key-sign waiting' : 'key-sign'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect x="6.5" y="2" width="11" height="14" rx="3" />
      <path d="M9 16v6h6v-6" />
      <circle class="touch" cx="12" cy="9" r="2.5" />
    </svg>
  )
}
