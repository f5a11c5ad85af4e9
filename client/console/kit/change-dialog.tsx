// A change, asked for in a dialog: it says what will happen, asks why where that is kept, and shows the refusal or the act that waits.
// Once it is done this is said, the dialog closes, and the focus is back where it was.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { VerbId } from '../api.ts'
import type { Change } from './data.ts'
import { Confirm } from './dialog.tsx'
import { Field } from './form.tsx'
import { effectsFrom, Loosens } from './loosens.tsx'
import { announce } from './states.tsx'

/** What came of a change whose answer is `Answer`. Null: it was refused, or not tried. */
type Came<Answer> =
  | { readonly done: true; readonly answer: Answer }
  | { readonly done: false; readonly act: string }
  | null

interface ChangeDialogProps<Answer> {
  /** Which dialog this is: as in `Dialog`. */
  readonly name: string
  readonly title: string
  /** What the button that does it says: a verb. */
  readonly confirm: string
  readonly dangerous?: boolean
  /** Whose progress and refusal are shown. */
  readonly change: Pick<Change<VerbId>, 'busy' | 'refusal' | 'act'> & Partial<Pick<Change<VerbId>, 'refused'>>
  /** Asks for a reason, last of all fields, and does nothing without one. */
  readonly why?: { readonly reason: string; readonly reasonHint: string; readonly reasonMax?: number }
  /** Asks for a reason as `why` does, once it turns out that two administrators decide it: what loosens cannot be told before. */
  readonly whyIfLoosens?: { readonly reason: string; readonly reasonHint: string }
  /** A reason id while something else that it needs was not chosen; shown once somebody tries. */
  readonly missing?: string | null
  /** Does it. `reason` is empty where none is asked for. */
  readonly run: (reason: string) => Promise<Came<Answer>> | null
  /** What a screen reader says once it is done. */
  readonly said?: string | ((answer: Answer) => string)
  /** After it is done, said and closed: where to go next. */
  readonly next?: (answer: Answer) => void
  readonly onClose: () => void
  readonly children?: ComponentChildren
}

export function ChangeDialog<Answer>(props: ChangeDialogProps<Answer>) {
  const { change, said } = props
  const [typed, setTyped] = useState('')
  const [tried, setTried] = useState(false)
  const [loosens, setLoosens] = useState(false)
  useEffect(() => {
    if (change.refusal !== 'loosening-needs-reason') return
    setLoosens(true)
    // It was not asked for before: nothing is missing yet.
    setTried(false)
  }, [change.refusal])
  const why: ChangeDialogProps<Answer>['why'] = props.why ?? (loosens ? props.whyIfLoosens : undefined)
  const reason = typed.trim()
  const missing = props.missing ?? (why !== undefined && reason === '' ? 'bad-reason' : null)
  const submit = async () => {
    setTried(true)
    if (missing !== null) return
    const came = await props.run(reason)
    if (!came?.done) return
    if (said !== undefined) announce(typeof said === 'string' ? said : said(came.answer))
    props.onClose()
    props.next?.(came.answer)
  }
  return (
    <Confirm
      name={props.name}
      title={props.title}
      confirm={props.confirm}
      dangerous={props.dangerous ?? false}
      busy={change.busy}
      refusal={tried && missing !== null ? missing : change.refusal}
      act={change.act}
      onConfirm={() => void submit()}
      onClose={props.onClose}
    >
      {props.children}
      <Loosens of={effectsFrom(change.refused?.members['loosens'])} />
      {/* Once it is asked for, what was typed went with it. */}
      {why !== undefined && change.act === null && (
        <Field
          label={why.reason}
          hint={why.reasonHint}
          name="reason"
          required
          rows={2}
          value={typed}
          onInput={setTyped}
          maxLength={why.reasonMax ?? 500}
        />
      )}
    </Confirm>
  )
}
