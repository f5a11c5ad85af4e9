// Taking a key out of use: what ends with it is said before.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { useChange, useRead } from '../kit/data.ts'
import { Confirm } from '../kit/dialog.tsx'
import { Field } from '../kit/form.tsx'
import { announce } from '../kit/states.tsx'
import { catalogue } from './words.ts'

export function RevokeDialog({
  id,
  name,
  onClose,
}: {
  readonly id: string
  readonly name: string
  readonly onClose: () => void
}) {
  const words = catalogue[useLocale()]
  const shown = useRead('keys.show', { id }).data
  const revoke = useChange('keys.revoke', ['people', 'sessions'])
  const [reason, setReason] = useState('')
  const [checked, setChecked] = useState(false)
  const missing = reason.trim() === ''
  const confirm = async () => {
    setChecked(true)
    if (missing) return
    if ((await revoke.run({ id, reason })) === null) return
    announce(words.revokedSaid)
    onClose()
  }
  return (
    <Confirm
      title={words.revokeTitle(name)}
      confirm={words.revoke}
      dangerous
      busy={revoke.busy}
      refusal={revoke.refusal}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {shown !== null && <p>{words.revokeText(shown.opened.sessions, shown.opened.devices)}</p>}
      {shown?.item.person.keys === 1 && <p class="notice warn">{words.revokeLast}</p>}
      <Field
        label={words.reason}
        hint={words.reasonHint}
        name="reason"
        rows={2}
        required
        value={reason}
        wrong={checked && missing ? words.reasonMissing : null}
        onInput={setReason}
      />
    </Confirm>
  )
}
