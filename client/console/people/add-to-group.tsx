// A dialog that puts people into a group.
import { useState } from 'preact/hooks'
import { number, useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange, useList } from '../kit/data.ts'
import { Select } from '../kit/form.tsx'
import { Loading } from '../kit/states.tsx'
import { given } from './by-two.tsx'
import { catalogue } from './words.ts'

/** As many as one call takes. */
const MANY = 200

export function AddToGroup({
  people,
  onAdded,
  onClose,
}: {
  readonly people: readonly string[]
  readonly onAdded?: () => void
  readonly onClose: () => void
}) {
  const locale = useLocale()
  const words = catalogue[locale]
  const groups = useList('groups.list', { limit: 200 })
  const add = useChange('groups.add-members', ['people'])
  const [group, setGroup] = useState('')
  const found = groups.data ?? []
  const chosen = group === '' ? (found[0]?.id ?? '') : group
  const submit = (reason: string) =>
    chosen === '' || people.length > MANY ? null : add.run({ id: chosen, people: [...people], ...given(reason) })
  return (
    <ChangeDialog
      name="people-add-to-group"
      title={words.addToGroup}
      confirm={words.addToGroup}
      change={{ ...add, refusal: add.refusal ?? groups.refusal }}
      whyIfLoosens={words}
      run={submit}
      said={({ added }) => words.addedMany(number(locale, added))}
      next={() => onAdded?.()}
      onClose={onClose}
    >
      {groups.data === null && groups.refusal === null && <Loading />}
      {groups.data !== null && found.length === 0 && <p>{words.noGroupsYet}</p>}
      {found.length > 0 && (
        <Select
          label={words.chooseGroup}
          name="group"
          value={chosen}
          options={found.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={setGroup}
        />
      )}
      {people.length > MANY && <p class="wrong">{words.tooMany}</p>}
    </ChangeDialog>
  )
}
