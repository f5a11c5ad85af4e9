// The parts of a report: each a table that prints.
import { Link } from 'wouter-preact'
import type { AuditAction } from '../../../server/audit/actions.ts'
import { duration, number, useLocale } from '../../shared/locale.ts'
import { actionText } from '../audit/action.tsx'
import { Panel } from '../kit/page.tsx'
import { DataTable } from '../kit/table.tsx'
import { Person, Tag } from '../kit/values.tsx'
import { meterName, moment, unitsText } from '../reading/meters.ts'
import { Room } from '../reading/room.tsx'
import type { Report } from './report.tsx'
import { catalogue, known } from './words.ts'

/** With its date: what is printed is read on another day. */
export function Moment({ at }: { readonly at: string }) {
  return <time dateTime={at}>{moment(useLocale(), at)}</time>
}

interface Part {
  readonly of: Report
}

export function Received({ of }: Part) {
  const locale = useLocale()
  const words = catalogue[locale]
  const isDevice = of.kind === 'device'
  const cell = (meter: string, units: number | null) => (units === null ? '–' : unitsText(locale, meter, units))
  return (
    <Panel title={words.readTitle}>
      <DataTable
        caption={words.tableOf(words.readTitle)}
        rows={of.received.filter(({ units, by_lines: lines }) => units + lines > 0)}
        idOf={({ meter }) => meter}
        columns={[
          { id: 'meter', header: words.meter, names: true, cell: ({ meter }) => meterName(locale, meter) },
          {
            id: 'units',
            header: words.units,
            align: 'end',
            cell: ({ meter, units, exact }) => (
              <>
                <strong data-received={meter}>{cell(meter, units)}</strong>{' '}
                {exact && <Tag kind="good">{words.exact}</Tag>}
              </>
            ),
          },
          {
            id: 'lines',
            header: words.byLines,
            align: 'end',
            wideOnly: true,
            cell: (row) => cell(row.meter, row.by_lines),
          },
          ...(isDevice
            ? ([
                ['windows', words.windows],
                ['approvals', words.approvals],
                ['first_sync', words.firstSync],
                ['uncharged', words.uncharged],
              ] as const)
            : []
          ).map(([id, header]) => ({
            id,
            header,
            align: 'end' as const,
            wideOnly: true,
            cell: (row: Report['received'][number]) => cell(row.meter, row[id]),
          })),
          {
            id: 'undelivered',
            header: words.undelivered,
            align: 'end',
            wideOnly: true,
            cell: (row) => cell(row.meter, row.undelivered),
          },
        ]}
        empty={<p>{words.nothing}</p>}
      />
      {of.live_lately !== null && <p>{words.live(number(locale, of.live_lately))}</p>}
      {isDevice && <p class="soft">{words.exactText}</p>}
      <p class="soft">{words.limits(number(locale, of.kept_days))}</p>
    </Panel>
  )
}

export function Withheld({ of }: Part) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <Panel title={words.withheldTitle}>
      <DataTable
        caption={words.tableOf(words.withheldTitle)}
        rows={of.withheld}
        idOf={({ meter }) => meter}
        columns={[
          { id: 'meter', header: words.meter, names: true, cell: ({ meter }) => meterName(locale, meter) },
          {
            id: 'units',
            header: words.withheldCount,
            align: 'end',
            cell: ({ meter, units }) => unitsText(locale, meter, units),
          },
          { id: 'answers', header: words.answers, align: 'end', cell: ({ answers }) => number(locale, answers) },
        ]}
        empty={<p>{words.withheldNone}</p>}
      />
    </Panel>
  )
}

type Window = Report['reach'][number]

/** A row a meter: its windows one beside the other. */
export function Reach({ of }: Part) {
  const locale = useLocale()
  const words = catalogue[locale]
  const meters = new Map<string, Window[]>()
  for (const window of of.reach) {
    if (window.meter === 'live' || window.meter === 'tap-release') continue
    meters.set(window.meter, [...(meters.get(window.meter) ?? []), window])
  }
  const written = (windows: readonly Window[], figure: (window: Window) => number) =>
    windows
      .map(
        (window) => `${unitsText(locale, window.meter, figure(window))} (${duration(locale, window.window_seconds)})`,
      )
      .join(', ')
  return (
    <Panel title={words.reachTitle}>
      <DataTable
        caption={words.tableOf(words.reachTitle)}
        rows={[...meters].map(([meter, windows]) => ({ meter, windows }))}
        idOf={({ meter }) => meter}
        columns={[
          { id: 'meter', header: words.meter, names: true, cell: ({ meter }) => meterName(locale, meter) },
          { id: 'limit', header: words.limit, cell: ({ windows }) => written(windows, ({ limit }) => limit) },
          {
            id: 'used',
            header: words.usedNow,
            wideOnly: true,
            cell: ({ windows }) => written(windows, ({ used }) => used),
          },
        ]}
        empty={null}
      />
    </Panel>
  )
}

export function Approvals({ of }: Part) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <Panel title={words.approvalsTitle}>
      <DataTable
        caption={words.tableOf(words.approvalsTitle)}
        rows={of.approvals}
        idOf={({ id }) => id}
        columns={[
          { id: 'asked', header: words.asked, names: true, cell: ({ asked_at: at }) => <Moment at={at} /> },
          { id: 'meter', header: words.meter, cell: ({ meter }) => meterName(locale, meter) },
          {
            id: 'state',
            header: words.state,
            cell: ({ state, decided_at: at }) => (
              <>
                {known(words.states, state)} {at !== null && <Moment at={at} />}
              </>
            ),
          },
          {
            id: 'released',
            header: words.released,
            cell: ({ released }) =>
              released
                .map(
                  ({ meter, granted, used }) =>
                    `${unitsText(locale, meter, granted)}, ${unitsText(locale, meter, used)}`,
                )
                .join(' · ') || '–',
          },
          { id: 'network', header: words.network, wideOnly: true, cell: ({ network }) => network },
          {
            id: 'receipt',
            header: words.receipt,
            cell: ({ id, has_receipt: has }) =>
              has ? (
                <Link href={`/receipts/${id}`} aria-label={`${words.receipt} ${id.slice(0, 8)}`}>
                  <code>{id.slice(0, 8)}…</code>
                </Link>
              ) : (
                '–'
              ),
          },
        ]}
        empty={<p>{words.approvalsNone}</p>}
      />
    </Panel>
  )
}

export function Rooms({ of }: Part) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <Panel title={words.roomsTitle}>
      <p>{words.roomsText(number(locale, of.rooms.length), number(locale, of.rooms_total))}</p>
      <DataTable
        caption={words.tableOf(words.roomsTitle)}
        rows={of.rooms}
        idOf={({ room, meter }) => `${room} ${meter}`}
        columns={[
          { id: 'room', header: words.room, names: true, cell: ({ room }) => <Room room={room} /> },
          { id: 'meter', header: words.meter, cell: ({ meter }) => meterName(locale, meter) },
          { id: 'units', header: words.units, align: 'end', cell: (row) => unitsText(locale, row.meter, row.units) },
          {
            id: 'read',
            header: words.readAt,
            wideOnly: true,
            cell: ({ first_at: first, last_at: last }) => (
              <>
                <Moment at={first} /> – <Moment at={last} />
              </>
            ),
          },
          {
            id: 'dates',
            header: words.dates,
            wideOnly: true,
            cell: ({ dates_from: first, dates_to: last }) =>
              first === null || last === null ? (
                '–'
              ) : (
                <>
                  <Moment at={first} /> – <Moment at={last} />
                </>
              ),
          },
        ]}
        empty={null}
      />
    </Panel>
  )
}

export function People({ of }: Part) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <Panel title={words.peopleTitle}>
      <DataTable
        caption={words.tableOf(words.peopleTitle)}
        rows={of.people}
        idOf={({ id }) => id}
        columns={[
          {
            id: 'person',
            header: words.person,
            names: true,
            cell: (one) => <Person id={one.id} username={one.username} name={one.display_name} />,
          },
          { id: 'units', header: words.units, align: 'end', cell: ({ units }) => number(locale, units) },
          { id: 'withheld', header: words.withheldCount, align: 'end', cell: (one) => number(locale, one.withheld) },
        ]}
        empty={null}
      />
    </Panel>
  )
}

export function Stopped({ of }: Part) {
  const words = catalogue[useLocale()]
  return (
    <Panel title={words.incidentsTitle}>
      <DataTable
        caption={words.tableOf(words.incidentsTitle)}
        rows={of.incidents}
        idOf={({ id }) => id}
        columns={[
          {
            id: 'at',
            header: words.when,
            names: true,
            cell: ({ id, at }) => (
              <Link href={`/incidents/${id}`}>
                <Moment at={at} />
              </Link>
            ),
          },
          {
            id: 'person',
            header: words.person,
            cell: ({ person }) => person && <Person id={person.id} username={person.username} />,
          },
          { id: 'why', header: words.why, cell: ({ reason }) => known(words.reasons, reason) },
          { id: 'said', header: words.said, cell: ({ said }) => (said === null ? '–' : <bdi>{said}</bdi>) },
        ]}
        empty={null}
      />
    </Panel>
  )
}

/** What the audit log has too is called as it is there. */
const AUDITED = {
  asked: 'approval.asked',
  approved: 'approval.approved',
  denied: 'approval.denied',
  ended: 'session.ended',
  alert: 'detection.raised',
} as const satisfies Record<string, AuditAction>

export function Timeline({ of }: Part) {
  const locale = useLocale()
  const words = catalogue[locale]
  const detailOf = (what: string, detail: string | null) => {
    if (detail === null) return null
    if (what === 'ended') return known(words.reasons, detail)
    return what === 'signed-in' || what === 'alert' ? detail : meterName(locale, detail)
  }
  return (
    <Panel title={words.timelineTitle}>
      <ol class="timeline">
        {of.timeline.map(({ at, what, detail }) => (
          <li key={`${at} ${what} ${detail}`}>
            <Moment at={at} />{' '}
            {Object.hasOwn(AUDITED, what) ? actionText(locale, AUDITED[what as 'asked']) : known(words.whats, what)}
            {detail !== null && <span class="soft"> {detailOf(what, detail)}</span>}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
