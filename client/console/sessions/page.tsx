// /console/sessions — devices and sign-ins, searched; ended one by one, or for many with a second administrator.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { useCan, useList } from '../kit/data.ts'
import { Field, Filters, Select } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, When } from '../kit/values.tsx'
import { useSettled } from '../watch/settled.ts'
import { EndDialog, type ToEnd } from './end.tsx'
import { EndMany } from './many.tsx'
import { isLive, nameOf, type Session, SessionName, Standing } from './shown.tsx'
import { catalogue } from './words.ts'

type Kind = 'device' | 'sign-in'

function asked() {
  const query = new URLSearchParams(location.search)
  const text = (name: string) => query.get(name) ?? ''
  return {
    person: text('person'),
    q: text('q'),
    network: text('network'),
    client: text('client'),
    server: text('server'),
  }
}

export default function Sessions() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [typed, setTyped] = useState(asked)
  const [kind, setKind] = useState<Kind>('device')
  const [state, setState] = useState<'live' | 'all'>(typed.person === '' ? 'live' : 'all')
  const [ending, setEnding] = useState<ToEnd | null>(null)
  const set = (name: keyof typeof typed) => (value: string) => setTyped((now) => ({ ...now, [name]: value }))
  const filter = useSettled(typed)
  const list = useList('sessions.search', {
    kind,
    state,
    q: filter.q.trim() || undefined,
    person: filter.person || undefined,
    network: filter.network.trim() || undefined,
    client: filter.client.trim() || undefined,
    server: filter.server.trim() || undefined,
  })
  const mayEnd = useCan('sessions.end')
  const mayEndMany = useCan('sessions.end-many')
  const clear = () => setTyped({ person: '', q: '', network: '', client: '', server: '' })
  return (
    <Page title={words.title} lead={words.lead}>
      <Filters>
        <Field label={words.search} hint={words.searchHint} type="search" value={typed.q} onInput={set('q')} name="q" />
        <Select
          label={words.kind}
          name="kind"
          value={kind}
          options={(['device', 'sign-in'] as const).map((value) => ({ value, label: words.kinds[value] }))}
          onChange={setKind}
        />
        <Select
          label={words.state}
          name="state"
          value={state}
          options={(['live', 'all'] as const).map((value) => ({ value, label: words.states[value] }))}
          onChange={setState}
        />
        <Field
          label={words.network}
          hint={words.networkHint}
          value={typed.network}
          onInput={set('network')}
          name="network"
        />
        <Field
          label={words.client}
          hint={words.clientHint}
          value={typed.client}
          onInput={set('client')}
          name="client"
        />
      </Filters>
      {filter.person !== '' && (
        <p>
          {words.onlyOf} <Person id={filter.person} username={list.data?.[0]?.person.username ?? filter.person} />{' '}
          <button type="button" class="quiet small" onClick={clear}>
            {words.clear}
          </button>
        </p>
      )}
      <ListTable
        list={list}
        caption={words.caption[kind]}
        idOf={({ id }: Session) => id}
        columns={[
          { id: 'device', header: words.device, names: true, cell: (row) => <SessionName of={row} /> },
          {
            id: 'person',
            header: words.person,
            cell: ({ person }) => <Person id={person.id} username={person.username} name={person.display_name} />,
          },
          // Before what may be scrolled to: it is what somebody in a hurry came for.
          ...(mayEnd
            ? [
                {
                  id: 'end',
                  header: words.end,
                  cell: (row: Session) =>
                    isLive(row) && (
                      <button
                        type="button"
                        class="quiet small"
                        data-action="end"
                        aria-label={`${words.end}, ${nameOf(row, locale)}, ${row.person.username}`}
                        onClick={() =>
                          setEnding({
                            kind: row.kind,
                            id: row.id,
                            name: `${nameOf(row, locale)} · ${row.person.username}`,
                          })
                        }
                      >
                        {words.end}
                      </button>
                    ),
                },
              ]
            : []),
          { id: 'network', header: words.from, wideOnly: true, cell: ({ network }) => <code>{network}</code> },
          {
            id: 'active',
            header: kind === 'device' ? words.active : words.tap,
            wideOnly: true,
            cell: (row) => <When at={row.last_active_at ?? row.last_tap_at} />,
          },
          { id: 'state', header: words.state, cell: (row) => <Standing of={row} /> },
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
      {mayEndMany && <EndMany />}
      {ending !== null && <EndDialog what={ending} onClose={() => setEnding(null)} />}
    </Page>
  )
}
