// What is done to a person, each after a step that says what will happen: their role, suspending, letting in again, deleting.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { useChange } from '../kit/data.ts'
import { Confirm } from '../kit/dialog.tsx'
import { Field, Select } from '../kit/form.tsx'
import { announce } from '../kit/states.tsx'
import type { Shown } from './person.tsx'
import { catalogue } from './words.ts'

interface Props {
  readonly person: Shown
  readonly onClose: () => void
}

/** A person's row is shown in these too. */
const ALSO = ['keys', 'sessions'] as const

export function SetRole({ person, onClose }: Props) {
  const words = catalogue[useLocale()]
  const set = useChange('people.set-role')
  const [role, setRole] = useState(person.role)
  const [reason, setReason] = useState('')
  const submit = async () => {
    const outcome = await set.run({ id: person.id, version: person.version, role, reason })
    if (outcome?.done !== true) return
    announce(words.roleSet)
    onClose()
  }
  return (
    <Confirm
      title={words.changeRole}
      confirm={words.changeRole}
      busy={set.busy}
      refusal={set.refusal}
      act={set.act}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <Select
        label={words.role}
        name="role"
        value={role}
        options={Object.entries(words.roles).map(([value, label]) => ({ value: value as Shown['role'], label }))}
        onChange={setRole}
        hint={words.roleText[role]}
      />
      <Reason value={reason} onInput={setReason} />
    </Confirm>
  )
}

export function SuspendPerson({ person, onClose }: Props) {
  const words = catalogue[useLocale()]
  const suspend = useChange('people.suspend', ALSO)
  const [reason, setReason] = useState('')
  const submit = async () => {
    if ((await suspend.run({ id: person.id, reason }))?.done !== true) return
    announce(words.suspended)
    onClose()
  }
  return (
    <Confirm
      title={words.suspendTitle}
      confirm={words.suspend}
      dangerous
      busy={suspend.busy}
      refusal={suspend.refusal}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <p>{words.suspendText}</p>
      <Reason value={reason} onInput={setReason} />
    </Confirm>
  )
}

export function ResumePerson({ person, onClose }: Props) {
  const words = catalogue[useLocale()]
  const resume = useChange('people.resume', ALSO)
  const submit = async () => {
    if ((await resume.run({ id: person.id }))?.done !== true) return
    announce(words.resumed)
    onClose()
  }
  return (
    <Confirm
      title={words.resumeTitle}
      confirm={words.resume}
      busy={resume.busy}
      refusal={resume.refusal}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <p>{words.resumeText}</p>
    </Confirm>
  )
}

export function DeletePerson({ person, onClose }: Props) {
  const words = catalogue[useLocale()]
  const remove = useChange('people.delete', [...ALSO, 'groups'])
  const [reason, setReason] = useState('')
  const submit = async () => {
    if ((await remove.run({ id: person.id, version: person.version, reason }))?.done !== true) return
    announce(words.removed)
    onClose()
  }
  return (
    <Confirm
      title={words.removeTitle}
      confirm={words.remove}
      dangerous
      busy={remove.busy}
      refusal={remove.refusal}
      act={remove.act}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <p>{words.removeText}</p>
      <Consequences title={words.goneTitle} of={words.gone} />
      <Consequences title={words.keptTitle} of={words.kept} />
      <Reason value={reason} onInput={setReason} />
    </Confirm>
  )
}

function Consequences({ title, of }: { readonly title: string; readonly of: readonly string[] }) {
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {of.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </>
  )
}

function Reason({
  value,
  onInput,
}: {
  readonly value: string
  readonly onInput: (text: string) => void
}): ComponentChildren {
  const words = catalogue[useLocale()]
  return (
    <Field
      label={words.reason}
      name="reason"
      required
      rows={2}
      hint={words.reasonHint}
      value={value}
      onInput={onInput}
    />
  )
}
