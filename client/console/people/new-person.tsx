// A dialog that adds a person, and goes to their page: what they need next is a key.
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { sentence } from '../../shared/reasons.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { catalogue } from './words.ts'

const FIELD_OF: Readonly<Record<string, 'username' | 'display_name' | 'email'>> = {
  'username-invalid': 'username',
  'username-taken': 'username',
  'username-was-deleted': 'username',
  'display-name-invalid': 'display_name',
  'email-invalid': 'email',
}

export function NewPerson({ onClose }: { readonly onClose: () => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [, go] = useLocation()
  const create = useChange('people.create')
  const [typed, setTyped] = useState({ username: '', display_name: '', email: '' })
  const set = (name: keyof typeof typed) => (value: string) => setTyped((now) => ({ ...now, [name]: value }))
  const field = FIELD_OF[create.refusal ?? '']
  const wrong = (name: typeof field) =>
    field === name && create.refusal !== null ? sentence(locale, create.refusal) : null
  const { username, display_name, email } = typed
  return (
    <ChangeDialog
      name="person-new"
      title={words.add}
      confirm={words.create}
      change={field === undefined ? create : { ...create, refusal: null }}
      run={() =>
        create.run({
          username: username.trim(),
          display_name: display_name.trim() || undefined,
          email: email.trim() || null,
        })
      }
      said={(person) => words.created_(person.display_name)}
      next={({ id }) => go(`/people/${id}`)}
      onClose={onClose}
    >
      <Field
        label={words.username}
        name="username"
        required
        hint={words.usernameHint}
        value={username}
        onInput={set('username')}
        wrong={wrong('username')}
        maxLength={64}
      />
      <Field
        label={words.displayName}
        name="display_name"
        required={false}
        hint={words.displayNameHint}
        value={display_name}
        onInput={set('display_name')}
        wrong={wrong('display_name')}
        maxLength={100}
      />
      <Field
        label={words.email}
        name="email"
        type="email"
        required={false}
        hint={words.emailHint}
        value={email}
        onInput={set('email')}
        wrong={wrong('email')}
        maxLength={254}
      />
    </ChangeDialog>
  )
}
