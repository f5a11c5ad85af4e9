// Ending one thing: says what will end, asks why, and tells what came of it.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { useChange } from '../kit/data.ts'
import { Confirm } from '../kit/dialog.tsx'
import { Field } from '../kit/form.tsx'
import { announce } from '../kit/states.tsx'
import { catalogue } from './words.ts'

export interface ToEnd {
  readonly kind: 'device' | 'sign-in' | 'sid' | 'person'
  readonly id: string
  /** What it is called, as its page calls it. */
  readonly name: string
}

export function EndDialog({ what, onClose }: { readonly what: ToEnd; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const one = useChange('sessions.end', ['watch', 'alerts', 'people'])
  const all = useChange('sessions.end-person', ['watch', 'alerts', 'people'])
  const { kind, id } = what
  const used = kind === 'person' ? all : one
  const [title, text] = {
    device: [words.endDevice, words.endDeviceText] as const,
    'sign-in': [words.endSignIn, words.endSignInText] as const,
    sid: [words.endSid, words.endSidText] as const,
    person: [words.endPerson, words.endPersonText] as const,
  }[kind]
  const end = async () => {
    if (reason.trim() === '') return setMissing(true)
    const outcome = await (kind === 'person' ? all.run({ person: id, reason }) : one.run({ kind, id, reason }))
    if (!outcome?.done) return
    announce(words.endedNow(outcome.answer.devices))
    onClose()
  }
  return (
    <Confirm
      title={title}
      confirm={words.end}
      dangerous
      busy={used.busy}
      refusal={used.refusal ?? (missing && reason.trim() === '' ? 'bad-reason' : null)}
      onConfirm={() => void end()}
      onClose={onClose}
    >
      <p>
        <strong>
          <bdi>{what.name}</bdi>
        </strong>
      </p>
      <p>{text}</p>
      <Field
        label={words.reason}
        hint={words.reasonHint}
        value={reason}
        onInput={setReason}
        required
        rows={2}
        name="reason"
      />
    </Confirm>
  )
}
