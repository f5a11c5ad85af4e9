// A dialog that edits a person. When somebody else edited meanwhile it shows what they changed and keeps what was typed.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { sentence } from '../../shared/reasons.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import type { Shown } from './person.tsx'
import { catalogue } from './words.ts'

const FIELDS = ['display_name', 'email', 'external_id'] as const
type Name = (typeof FIELDS)[number]
type Typed = Readonly<Record<Name, string>>
type Editable = Pick<Shown, Name | 'version'>

const typedOf = (person: Editable): Typed => ({
  display_name: person.display_name,
  email: person.email ?? '',
  external_id: person.external_id ?? '',
})

const WRONG: Readonly<Record<string, Name>> = {
  'display-name-invalid': 'display_name',
  'email-invalid': 'email',
  'external-id-taken': 'external_id',
}

export function EditPerson({ person, onClose }: { readonly person: Shown; readonly onClose: () => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const edit = useChange('people.edit')
  // What the edit is made of: as it was when the dialog opened, or as a conflict showed it.
  const [base, setBase] = useState<Editable>(person)
  const [typed, setTyped] = useState(typedOf(person))
  const current =
    edit.refusal === 'edited-meanwhile' ? (edit.refused?.members['current'] as Editable | undefined) : undefined
  const labels: Readonly<Record<Name, string>> = {
    display_name: words.displayName,
    email: words.email,
    external_id: words.externalId,
  }
  const save = () => {
    // What was typed here, and nothing else: what others changed meanwhile stays theirs.
    const was = typedOf(base)
    const changed = FIELDS.filter((name) => typed[name].trim() !== was[name])
    if (changed.length === 0) {
      onClose()
      return null
    }
    return edit.run({
      id: person.id,
      version: (current ?? base).version,
      ...Object.fromEntries(changed.map((name) => [name, typed[name].trim() || (name === 'display_name' ? '' : null)])),
    })
  }
  const take = (theirs: Editable) => {
    setBase(theirs)
    setTyped(typedOf(theirs))
    edit.clear()
  }
  const field = WRONG[edit.refusal ?? '']
  return (
    <ChangeDialog
      name="person-edit"
      title={words.editTitle}
      confirm={current === undefined ? words.save : words.conflictKeep}
      change={field === undefined ? edit : { ...edit, refusal: null }}
      run={save}
      said={words.saved}
      onClose={onClose}
    >
      {FIELDS.map((name) => (
        <Field
          key={name}
          label={labels[name]}
          name={name}
          required={name === 'display_name'}
          type={name === 'email' ? 'email' : 'text'}
          value={typed[name]}
          onInput={(value) => setTyped((now) => ({ ...now, [name]: value }))}
          wrong={field === name && edit.refusal !== null ? sentence(locale, edit.refusal) : null}
          maxLength={254}
        />
      ))}
      {current !== undefined && (
        <div class="notice warn">
          <p>{words.conflictText}</p>
          <ul>
            {FIELDS.filter((name) => typedOf(current)[name] !== typedOf(base)[name]).map((name) => (
              <li key={name}>
                <bdi>{words.conflictNow(labels[name], typedOf(current)[name] || words.none)}</bdi>
              </li>
            ))}
          </ul>
          <p>
            <button type="button" data-action="take-theirs" onClick={() => take(current)}>
              {words.conflictTake}
            </button>
          </p>
        </div>
      )}
    </ChangeDialog>
  )
}
