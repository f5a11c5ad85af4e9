// A dialog that puts people into a group.
import { useState } from 'preact/hooks'
import { number, useLocale } from '../../shared/locale.ts'
import { useChange, useList } from '../kit/data.ts'
import { Confirm } from '../kit/dialog.tsx'
import { Select } from '../kit/form.tsx'
import { announce, Loading } from '../kit/states.tsx'
import { catalogue } from './words.ts'

/** As many as one call takes. */
const MANY = 200

export function AddToGroup({
  people,
  onClose,
}: {
  readonly people: readonly string[]
  readonly onClose: (done: boolean) => void
}) {
  const locale = useLocale()
  const words = catalogue[locale]
  const groups = useList('groups.list', { limit: 200 })
  const add = useChange('groups.add-members', ['people'])
  const [group, setGroup] = useState('')
  const found = groups.data ?? []
  const chosen = group === '' ? (found[0]?.id ?? '') : group
  const submit = async () => {
    if (chosen === '' || people.length > MANY) return
    const outcome = await add.run({ id: chosen, people: [...people] })
    if (outcome?.done !== true) return
    announce(words.addedMany(number(locale, outcome.answer.added)))
    onClose(true)
  }
  return (
    <Confirm
      title={words.addToGroup}
      confirm={words.addToGroup}
      busy={add.busy}
      refusal={add.refusal ?? groups.refusal}
      onConfirm={() => void submit()}
      onClose={() => onClose(false)}
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
    </Confirm>
  )
}
