// Ending a group's or everyone's sessions: what it would reach, and a request that two administrators sign.
import { useState } from 'preact/hooks'
import { number, useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange, useList, useRead } from '../kit/data.ts'
import { Select } from '../kit/form.tsx'
import { Panel } from '../kit/page.tsx'
import { catalogue } from './words.ts'

export function EndMany() {
  const words = catalogue[useLocale()]
  const [asking, setAsking] = useState<'group' | 'everyone' | null>(null)
  return (
    <Panel title={words.many}>
      <p>{words.manyText}</p>
      <p class="page-actions">
        <button type="button" class="danger" data-action="end-group" onClick={() => setAsking('group')}>
          {words.endGroup}
        </button>
        <button type="button" class="danger" data-action="end-everyone" onClick={() => setAsking('everyone')}>
          {words.endEveryone}
        </button>
      </p>
      {asking === 'group' && <GroupDialog onClose={() => setAsking(null)} />}
      {asking === 'everyone' && <EveryoneDialog onClose={() => setAsking(null)} />}
    </Panel>
  )
}

function GroupDialog({ onClose }: { readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const groups = useList('groups.list', { limit: 200 })
  const [group, setGroup] = useState('')
  const end = useChange('sessions.end-group')
  const none = { value: '', label: words.chooseGroup }
  return (
    <ChangeDialog
      name="sessions-end-group"
      title={words.endGroup}
      confirm={words.ask}
      dangerous
      change={end}
      why={words}
      missing={group === '' ? 'no-group' : null}
      run={(reason) => end.run({ group, reason })}
      onClose={onClose}
    >
      <Select
        label={words.group}
        name="group"
        value={group}
        options={[none, ...(groups.data ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
        onChange={setGroup}
      />
      {group !== '' && <Reach group={group} />}
      <p>{words.spared}</p>
    </ChangeDialog>
  )
}

function EveryoneDialog({ onClose }: { readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const end = useChange('sessions.end-everyone')
  return (
    <ChangeDialog
      name="sessions-end-everyone"
      title={words.endEveryone}
      confirm={words.ask}
      dangerous
      change={end}
      why={words}
      run={(reason) => end.run({ reason })}
      onClose={onClose}
    >
      <Reach group={null} />
      <p>{words.spared}</p>
    </ChangeDialog>
  )
}

/** How much it would end, as it stands. */
function Reach({ group }: { readonly group: string | null }) {
  const locale = useLocale()
  const { data } = useRead('sessions.reach', group === null ? {} : { group })
  if (data === null) return null
  return (
    <p data-reach>
      {catalogue[locale].reach(
        number(locale, data.people),
        number(locale, data.devices),
        number(locale, data.sign_ins),
      )}
    </p>
  )
}
