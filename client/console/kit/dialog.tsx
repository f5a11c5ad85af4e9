// Dialogs: the browser's own, modal, so that Escape closes them, the focus stays inside, and comes back where it was.
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { shared } from '../../shared/words.ts'
import { ActRequested, Failure } from './states.tsx'
import { catalogue } from './words.ts'

interface DialogProps {
  /** Which dialog this is, whatever it says: one name each. */
  readonly name: string
  readonly title: string
  readonly onClose: () => void
  readonly wide?: boolean
  readonly children: ComponentChildren
}

/** A modal dialog: shown while it is drawn. */
export function Dialog({ name, title, onClose, wide = false, children }: DialogProps) {
  const words = catalogue[useLocale()]
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const dialog = box.current
    const before = document.activeElement
    if (dialog !== null && !dialog.open) dialog.showModal()
    if (dialog !== null) start(dialog)?.focus({ preventScroll: true })
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      data-dialog={name}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet icon" aria-label={words.close} onClick={onClose}>
          <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" />
          </svg>
        </button>
      </div>
      {children}
    </dialog>
  )
}

// The browser would start at the cross, where Enter throws away what was asked for: the first field, or else the first thing to press.
const FIELDS = ':is(input:not([type="hidden"]), select, textarea):enabled'
const PRESSED = '.dialog-head ~ :is(button, a), .dialog-head ~ * :is(button, a)'
function start(dialog: HTMLDialogElement): HTMLElement | null {
  return dialog.querySelector<HTMLElement>(FIELDS) ?? dialog.querySelector<HTMLElement>(PRESSED)
}

interface ConfirmProps {
  readonly name: string
  readonly title: string
  /** What the button that does it says: a verb. */
  readonly confirm: string
  readonly dangerous?: boolean
  readonly busy?: boolean
  readonly refusal?: string | null
  /** Of a grave change, once it was asked for. */
  readonly act?: string | null
  readonly onConfirm: () => void
  readonly onClose: () => void
  readonly children?: ComponentChildren
}

/** A step before what matters: says what will happen, and asks. Stays open with the reason when it is refused. */
export function Confirm(props: ConfirmProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { busy = false, act = null } = props
  const form = useRef<HTMLFormElement>(null)
  const wasBusy = useRef(busy)
  // Refused for one field: that is where to go on.
  useLayoutEffect(() => {
    if (wasBusy.current && !busy) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
    wasBusy.current = busy
  }, [busy])
  return (
    <Dialog name={props.name} title={props.title} onClose={props.onClose}>
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) props.onConfirm()
        }}
      >
        {props.children}
        <Failure reason={props.refusal ?? null} />
        <ActRequested act={act} />
        <div class="dialog-foot">
          <button type="button" onClick={props.onClose}>
            {act === null ? shared[locale].cancel : words.close}
          </button>
          {act === null && (
            <button
              type="submit"
              class={props.dangerous ? 'danger solid' : 'accent'}
              data-action="confirm"
              aria-disabled={busy}
            >
              {busy ? words.working : props.confirm}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  )
}
