// On a person's page: what they have open, and its end.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useCan, useList } from '../kit/data.ts'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { When } from '../kit/values.tsx'
import type { PanelPerson } from '../people/panels.ts'
import { EndDialog, type ToEnd } from './end.tsx'
import { nameOf, type Session, SessionName } from './shown.tsx'
import { catalogue } from './words.ts'

export default function PersonDevices({ person }: { readonly person: PanelPerson }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const list = useList('sessions.search', { person: person.id, limit: 20 })
  const mayEnd = useCan('sessions.end')
  const [ending, setEnding] = useState<ToEnd | null>(null)
  return (
    <>
      <ListTable
        list={list}
        caption={words.caption.device}
        idOf={({ id }: Session) => id}
        columns={[
          { id: 'device', header: words.device, cell: (row) => <SessionName of={row} /> },
          { id: 'network', header: words.from, cell: ({ network }) => <code>{network}</code> },
          { id: 'since', header: words.since, wideOnly: true, cell: ({ created_at }) => <When at={created_at} /> },
          { id: 'active', header: words.active, cell: (row) => <When at={row.last_active_at} /> },
          ...(mayEnd
            ? [
                {
                  id: 'end',
                  header: words.end,
                  cell: (row: Session) => (
                    <button
                      type="button"
                      class="quiet small"
                      data-action="end"
                      aria-label={`${words.end}, ${nameOf(row, locale)}`}
                      onClick={() => setEnding({ kind: 'device', id: row.id, name: nameOf(row, locale) })}
                    >
                      {words.end}
                    </button>
                  ),
                },
              ]
            : []),
        ]}
        empty={<Empty title={words.panelEmpty} />}
      />
      <p class="page-actions">
        <Link class="button" href={`/sessions?person=${encodeURIComponent(person.id)}`}>
          {words.panelAll}
        </Link>
        {mayEnd && (
          <button
            type="button"
            class="danger"
            data-action="end-person"
            onClick={() => setEnding({ kind: 'person', id: person.id, name: person.username })}
          >
            {words.endPerson}
          </button>
        )}
      </p>
      {ending !== null && <EndDialog what={ending} onClose={() => setEnding(null)} />}
    </>
  )
}
