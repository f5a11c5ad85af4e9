// A dialog that makes a temporary pass, and shows its code once.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useChange } from '../kit/data.ts'
import { Confirm, Dialog } from '../kit/dialog.tsx'
import { Select } from '../kit/form.tsx'
import { Copy, When } from '../kit/values.tsx'
import './enrol.css'
import { catalogue } from './words.ts'

interface PassProps {
  readonly person: { readonly id: string; readonly name: string }
  readonly onClose: () => void
}

const HOURS = ['1', '2', '4', '8', '12', '24'] as const

export function PassDialog({ person, onClose }: PassProps) {
  const words = catalogue[useLocale()]
  const issue = useChange('pass.issue', ['lost'])
  const [hours, setHours] = useState<(typeof HOURS)[number]>('4')
  const [made, setMade] = useState<Answer<'pass.issue'> | null>(null)
  const submit = async () => {
    const outcome = await issue.run({ person: person.id, hours: Number(hours) })
    if (outcome?.done === true) setMade(outcome.answer)
  }
  if (made !== null) {
    return (
      <Dialog name="key-pass-made" title={words.passTitle(person.name)} onClose={onClose}>
        <p>{words.passShown}</p>
        <p>
          <Copy text={made.code} label={words.copyCode}>
            <span class="once" data-code>
              {made.code}
            </span>
          </Copy>
        </p>
        <p>{words.passHow}</p>
        <p class="soft small">
          {words.passUntil} <When at={made.expires_at} />
        </p>
      </Dialog>
    )
  }
  return (
    <Confirm
      name="key-pass"
      title={words.passTitle(person.name)}
      confirm={words.passMake}
      busy={issue.busy}
      refusal={issue.refusal}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <p>{words.passLead}</p>
      <Select
        label={words.passHours}
        name="hours"
        value={hours}
        options={HOURS.map((value) => ({ value, label: words.hoursCount(Number(value)) }))}
        onChange={setHours}
      />
    </Confirm>
  )
}
