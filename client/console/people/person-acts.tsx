// What is done to a person, each after a step that says what will happen: their role, suspending, letting in again, deleting.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange } from '../kit/data.ts'
import { Select } from '../kit/form.tsx'
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
  return (
    <ChangeDialog
      name="person-role"
      title={words.changeRole}
      confirm={words.changeRole}
      change={set}
      why={words}
      run={(reason) => set.run({ id: person.id, version: person.version, role, reason })}
      said={words.roleSet}
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
    </ChangeDialog>
  )
}

export function SuspendPerson({ person, onClose }: Props) {
  const words = catalogue[useLocale()]
  const suspend = useChange('people.suspend', ALSO)
  return (
    <ChangeDialog
      name="person-suspend"
      title={words.suspendTitle}
      confirm={words.suspend}
      dangerous
      change={suspend}
      why={words}
      run={(reason) => suspend.run({ id: person.id, reason })}
      said={words.suspended}
      onClose={onClose}
    >
      <p>{words.suspendText}</p>
    </ChangeDialog>
  )
}

export function ResumePerson({ person, onClose }: Props) {
  const words = catalogue[useLocale()]
  const resume = useChange('people.resume', ALSO)
  return (
    <ChangeDialog
      name="person-resume"
      title={words.resumeTitle}
      confirm={words.resume}
      change={resume}
      run={() => resume.run({ id: person.id })}
      said={words.resumed}
      onClose={onClose}
    >
      <p>{words.resumeText}</p>
    </ChangeDialog>
  )
}

export function DeletePerson({ person, onClose }: Props) {
  const words = catalogue[useLocale()]
  const remove = useChange('people.delete', [...ALSO, 'groups'])
  return (
    <ChangeDialog
      name="person-delete"
      title={words.removeTitle}
      confirm={words.remove}
      dangerous
      change={remove}
      why={words}
      run={(reason) => remove.run({ id: person.id, version: person.version, reason })}
      said={words.removed}
      onClose={onClose}
    >
      <p>{words.removeText}</p>
      <Consequences title={words.goneTitle} of={words.gone} />
      <Consequences title={words.keptTitle} of={words.kept} />
    </ChangeDialog>
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
