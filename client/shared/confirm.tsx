// A step between a button and what cannot be undone: it says what will happen and asks again, in place.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useLocale } from './locale.ts'
import { shared } from './words.ts'

interface ConfirmProps {
  readonly label: string
  /** Tells buttons with the same label apart, for screen readers. */
  readonly about?: string
  readonly question: string
  readonly confirm: string
  readonly action?: string
  readonly class?: string
  readonly onConfirm: () => void
  readonly children: ComponentChildren
}

export function Confirm(props: ConfirmProps) {
  const words = shared[useLocale()]
  const [asking, setAsking] = useState(false)
  const question = useRef<HTMLParagraphElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const asked = useRef(false)
  // At once with the change, not after the next paint: keys pressed meanwhile must meet what is shown.
  useLayoutEffect(() => {
    if (asking) question.current?.focus()
    else if (asked.current) opener.current?.focus()
    asked.current = asking
  }, [asking])
  if (!asking) {
    return (
      <button
        ref={opener}
        type="button"
        class={props.class ?? 'quiet danger'}
        data-action={props.action}
        aria-label={props.about === undefined ? undefined : `${props.label}, ${props.about}`}
        onClick={() => setAsking(true)}
      >
        {props.label}
      </button>
    )
  }
  return (
    <fieldset class="confirm" aria-label={props.label}>
      <p class="notice-title" ref={question} tabIndex={-1}>
        {props.question}
      </p>
      {props.children}
      <div class="row">
        <button
          type="button"
          class="danger"
          data-action={props.action}
          onClick={() => {
            setAsking(false)
            props.onConfirm()
          }}
        >
          {props.confirm}
        </button>
        <button type="button" onClick={() => setAsking(false)}>
          {words.cancel}
        </button>
      </div>
    </fieldset>
  )
}
