// /console/keys — who has which key, and one click to each kind that needs attention.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import { useList, useRead } from '../kit/data.ts'
import { Field, Filters } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, When } from '../kit/values.tsx'
import { useSettled } from '../watch/settled.ts'
import { KEY_FILTERS, type KeyFilter } from './filters.ts'
import { ModelName, type Row, Standing } from './shown.tsx'
import { catalogue } from './words.ts'

function asked(): { filter: KeyFilter; q: string; model: string; group: string } {
  const query = new URLSearchParams(location.search)
  const filter = KEY_FILTERS.find((one) => one === query.get('filter')) ?? 'all'
  return { filter, q: query.get('q') ?? '', model: query.get('model') ?? '', group: query.get('group') ?? '' }
}

export default function Keys() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [typed, setTyped] = useState(asked)
  const { filter } = typed
  const settled = useSettled(typed)
  const counts = useRead('keys.summary', {}).data
  const list = useList('keys.list', {
    filter,
    q: settled.q.trim() || undefined,
    model: typed.model || undefined,
    group: typed.group || undefined,
  })
  const countOf = (one: KeyFilter): number | null => {
    if (counts === null) return null
    if (one === 'all') return counts.keys
    if (one === 'never-used') return counts.never_used
    return one === 'unused' || one === 'revoked' ? null : counts[one]
  }
  const choose = (one: KeyFilter) => {
    setTyped((now) => ({ ...now, filter: one, model: '', group: '' }))
    history.replaceState(history.state, '', one === 'all' ? location.pathname : `?filter=${one}`)
  }
  const nothingAtAll = filter === 'all' && typed.q === '' && typed.model === '' && typed.group === ''
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <Link class="button" href="/keys/models">
            {words.models}
          </Link>
          <Link class="button" href="/keys/policies">
            {words.policies}
          </Link>
          <Link class="button" href="/keys/metadata">
            {words.metadata}
          </Link>
        </>
      }
    >
      <fieldset class="chips">
        <legend class="visually-hidden">{words.show}</legend>
        {KEY_FILTERS.map((one) => (
          <button key={one} type="button" data-filter={one} aria-pressed={filter === one} onClick={() => choose(one)}>
            {words.filters[one]}
            {countOf(one) !== null && <span class="count"> {number(locale, countOf(one) ?? 0)}</span>}
          </button>
        ))}
      </fieldset>
      <Filters>
        <Field
          label={words.search}
          type="search"
          name="q"
          value={typed.q}
          onInput={(q) => setTyped((now) => ({ ...now, q }))}
        />
      </Filters>
      <ListTable
        list={list}
        caption={words.caption}
        idOf={(row: Row) => row.key?.id ?? row.person.id}
        columns={[
          {
            id: 'person',
            header: words.person,
            names: true,
            cell: ({ person }) => <Person id={person.id} username={person.username} name={person.display_name} />,
          },
          {
            id: 'key',
            header: words.key,
            cell: ({ key }) =>
              key === null ? (
                <span class="soft">{words.noKey}</span>
              ) : (
                <Link href={`/keys/${key.id}`}>
                  <bdi>{key.name}</bdi>
                </Link>
              ),
          },
          {
            id: 'model',
            header: words.model,
            wideOnly: true,
            cell: ({ key }) => key !== null && <ModelName of={key.model} />,
          },
          { id: 'standing', header: words.standing, cell: (row) => <Standing of={row} /> },
          {
            id: 'used',
            header: words.lastUsed,
            wideOnly: true,
            cell: ({ key }) => key !== null && <When at={key.last_used_at} />,
          },
        ]}
        empty={
          <Empty title={nothingAtAll ? words.emptyAll : words.empty}>
            <p>{nothingAtAll ? words.emptyAllText : words.emptyText}</p>
          </Empty>
        }
      />
    </Page>
  )
}
