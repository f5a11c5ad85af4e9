// /console/people — everybody: searched, filtered, added, put into groups, taken out as a file. The filters are in the address.
import { useEffect, useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import { type Answer, addressOf } from '../api.ts'
import { useCan, useList } from '../kit/data.ts'
import { Field, Filters, Select } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, Tag, When } from '../kit/values.tsx'
import { AddToGroup } from './add-to-group.tsx'
import { usePaused } from './debounced.ts'
import { NewPerson } from './new-person.tsx'
import { Keys, StateTag } from './tags.tsx'
import { catalogue } from './words.ts'

type Row = Answer<'people.list'>['items'][number]
type Chosen = Readonly<Record<'role' | 'group' | 'keys' | 'state', string>>

/** Totals are counted so far; beyond, the number says nothing that "more" does not. */
const COUNTED = 1000

export default function People() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [params, setParams] = useSearchParams()
  const [typed, setTyped] = useState(params.get('q') ?? '')
  const q = usePaused(typed.trim())
  const chosen: Chosen = {
    role: params.get('role') ?? '',
    group: params.get('group') ?? '',
    keys: params.get('keys') ?? '',
    state: params.get('state') ?? '',
  }
  const set = (name: keyof Chosen | 'q', value: string) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now)
        if (value === '') next.delete(name)
        else next.set(name, value)
        return next
      },
      { replace: true },
    )
  useEffect(() => {
    if (q !== (params.get('q') ?? '')) set('q', q)
  }, [q])
  const filter = Object.fromEntries(Object.entries({ ...chosen, q }).filter(([, value]) => value !== ''))
  const list = useList('people.list', filter)
  const [picked, setPicked] = useState<readonly string[]>([])
  const [adding, setAdding] = useState(false)
  const [grouping, setGrouping] = useState(false)
  const mayWrite = useCan('people.write')
  const names = new Map((list.data ?? []).map(({ id, display_name }) => [id, display_name]))
  const shown = picked.filter((id) => names.has(id))
  const clear = () => {
    setTyped('')
    setParams({}, { replace: true })
  }
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          {mayWrite && (
            <button type="button" class="accent" data-action="add-person" onClick={() => setAdding(true)}>
              {words.add}
            </button>
          )}
          {mayWrite && (
            <Link class="button" href="/people/import">
              {words.importPeople}
            </Link>
          )}
          <a class="button" href={addressOf('people.export', filter)} download="palier-people.csv">
            {words.exportPeople}
          </a>
        </>
      }
    >
      <PeopleFilters typed={typed} onType={setTyped} chosen={chosen} onChoose={set} />
      {shown.length > 0 && (
        <div class="page-actions chosen-actions" role="status">
          <span>{words.chosen(number(locale, shown.length))}</span>
          <button type="button" data-action="group-chosen" onClick={() => setGrouping(true)}>
            {words.addToGroup}
          </button>
        </div>
      )}
      <ListTable
        list={list.total !== null && list.total > COUNTED ? { ...list, total: null } : list}
        caption={words.caption}
        idOf={(row: Row) => row.id}
        {...(mayWrite
          ? { selection: { ids: shown, onChange: setPicked, nameOf: (id: string) => names.get(id) ?? id } }
          : {})}
        columns={[
          {
            id: 'name',
            header: words.displayName,
            cell: (row) => (
              <>
                <Person id={row.id} username={row.username} name={row.display_name} />
                <span class="narrow-only">
                  {row.keys < 2 && <Keys count={row.keys} />}
                  {row.role !== 'person' && <Tag>{words.roles[row.role]}</Tag>}
                  {row.state !== 'active' && <StateTag state={row.state} />}
                </span>
              </>
            ),
          },
          { id: 'keys', header: words.keys, wideOnly: true, cell: ({ keys }) => <Keys count={keys} /> },
          {
            id: 'role',
            header: words.role,
            wideOnly: true,
            cell: ({ role }) =>
              role === 'person' ? <span class="soft">{words.roles.person}</span> : words.roles[role],
          },
          { id: 'state', header: words.state, wideOnly: true, cell: ({ state }) => <StateTag state={state} /> },
          { id: 'email', header: words.emailBriefly, wideOnly: true, cell: ({ email }) => <bdi>{email ?? ''}</bdi> },
          {
            id: 'created',
            header: words.created,
            widestOnly: true,
            cell: ({ created_at }) => <When at={created_at} />,
          },
        ]}
        empty={
          <Empty title={words.empty}>
            <p>{words.emptyText}</p>
            <p>
              <button type="button" onClick={clear}>
                {words.clear}
              </button>
            </p>
          </Empty>
        }
      />
      {adding && <NewPerson onClose={() => setAdding(false)} />}
      {grouping && <AddToGroup people={shown} onAdded={() => setPicked([])} onClose={() => setGrouping(false)} />}
    </Page>
  )
}

function PeopleFilters(props: {
  readonly typed: string
  readonly onType: (text: string) => void
  readonly chosen: Chosen
  readonly onChoose: (name: keyof Chosen, value: string) => void
}) {
  const words = catalogue[useLocale()]
  const groups = useList('groups.list', { limit: 200 })
  const { chosen, onChoose } = props
  const options = (any: string, of: Readonly<Record<string, string>>) => [
    { value: '', label: any },
    ...Object.entries(of).map(([value, label]) => ({ value, label })),
  ]
  const named = Object.fromEntries((groups.data ?? []).map(({ id, name }) => [id, name]))
  const select = (name: keyof Chosen, label: string, any: string, of: Readonly<Record<string, string>>) => (
    <Select
      label={label}
      name={name}
      value={chosen[name]}
      options={options(any, of)}
      onChange={(value) => onChoose(name, value)}
    />
  )
  return (
    <Filters>
      <Field
        label={words.search}
        name="q"
        type="search"
        hint={words.searchHint}
        value={props.typed}
        onInput={props.onType}
        maxLength={200}
      />
      {select('keys', words.keys, words.anyKeys, words.keyCounts)}
      {select('role', words.role, words.anyRole, { administrator: words.administrators, ...words.roles })}
      {select('group', words.group, words.anyGroup, named)}
      {select('state', words.state, words.anyState, words.states)}
    </Filters>
  )
}
