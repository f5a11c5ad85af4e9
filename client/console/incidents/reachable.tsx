// Rooms that were within reach of a device or a person, and what such a list cannot know.
import { number, useLocale } from '../../shared/locale.ts'
import { Panel } from '../kit/page.tsx'
import { DataTable } from '../kit/table.tsx'
import { Room } from '../reading/room.tsx'
import type { Report } from './report.tsx'
import { catalogue } from './words.ts'

type Reach = NonNullable<Report['reachable']>

export function Reachable({ rooms, total, days }: Reach & { readonly days: number }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const written = (count: number) => (count === 0 ? '–' : number(locale, count))
  return (
    <Panel title={words.reachableTitle}>
      <p>{words.reachableText(number(locale, rooms.length), number(locale, total))}</p>
      <DataTable
        caption={words.tableOf(words.reachableTitle)}
        rows={rooms}
        idOf={({ room }) => room}
        columns={[
          {
            id: 'room',
            header: words.room,
            names: true,
            // Only what a line names can be revealed.
            cell: ({ room, answers, withheld }) =>
              answers + withheld > 0 ? <Room room={room} /> : <code>{room}</code>,
          },
          {
            id: 'units',
            header: words.reachableRead,
            align: 'end',
            cell: ({ room, units }) => <span data-reachable={room}>{written(units)}</span>,
          },
          { id: 'withheld', header: words.reachableWithheld, align: 'end', cell: (row) => written(row.withheld) },
          { id: 'asked', header: words.reachableAsked, align: 'end', cell: ({ asked }) => written(asked) },
          { id: 'approved', header: words.reachableApproved, align: 'end', cell: (row) => written(row.approved) },
        ]}
        empty={<p>{words.reachableNone}</p>}
      />
      <p class="soft">{words.reachableUnknown(number(locale, days))}</p>
    </Panel>
  )
}
