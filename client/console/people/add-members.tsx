// A dialog that finds people and puts them into a group.
import { useState } from 'preact/hooks'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange, useList } from '../kit/data.ts'
import { Check, Field } from '../kit/form.tsx'
import { Loading } from '../kit/states.tsx'
import { given } from './by-two.tsx'
import { usePaused } from './debounced.ts'
import { catalogue } from './words.ts'

/** What a person can look through; a longer list wants a narrower search. */
const SHOWN = 20

export function AddMembers({
  group,
  onClose,
}: {
  readonly group: Answer<'groups.show'>
  readonly onClose: () => void
}) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [typed, setTyped] = useState('')
  const q = usePaused(typed.trim())
  const list = useList('people.list', { limit: SHOWN, ...(q === '' ? {} : { q }) })
  const add = useChange('groups.add-members', ['people'])
  const [picked, setPicked] = useState<ReadonlyMap<string, string>>(new Map())
  const pick = (id: string, name: string, on: boolean) => {
    const next = new Map(picked)
    if (on) next.set(id, name)
    else next.delete(id)
    setPicked(next)
  }
  const submit = (reason: string) =>
    picked.size === 0 || picked.size > 200
      ? null
      : add.run({ id: group.id, people: [...picked.keys()], ...given(reason) })
  // Who was chosen stays in sight, whatever is searched next.
  const found = (list.data ?? []).map(
    ({ id, display_name, username }) => [id, `${display_name} (${username})`] as const,
  )
  const shown = new Map([...picked, ...found])
  return (
    <ChangeDialog
      name="group-add-members"
      title={words.addMembers}
      confirm={words.addMembers}
      change={{ ...add, refusal: add.refusal ?? list.refusal }}
      whyIfLoosens={words}
      run={submit}
      said={({ added }) => words.addedMany(number(locale, added))}
      onClose={onClose}
    >
      <Field
        label={words.search}
        name="q"
        type="search"
        hint={words.searchHint}
        value={typed}
        onInput={setTyped}
        maxLength={200}
      />
      {list.data === null && list.refusal === null && <Loading />}
      {list.data !== null && shown.size === 0 && <p class="soft">{words.empty}</p>}
      <div class="picklist">
        {[...shown].map(([id, name]) => (
          <Check
            key={id}
            name={id}
            label={<bdi>{name}</bdi>}
            checked={picked.has(id)}
            onChange={(on) => pick(id, name, on)}
          />
        ))}
      </div>
    </ChangeDialog>
  )
}
