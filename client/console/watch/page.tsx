// /console/watch — the supervisors' page: what happens now, to be read from two metres, and by who does not see it.
import { useMemo } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { duration, number, useLocale } from '../../shared/locale.ts'
import { AlertRows } from '../alerts/table.tsx'
import { Chart } from '../kit/chart.tsx'
import { Page, Panel } from '../kit/page.tsx'
import { Empty, Failure, Loading } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { Person, Tag, When } from '../kit/values.tsx'
import { unitsText } from '../reading/meters.ts'
import { History } from './history.tsx'
import { type Snapshot, useAtMostEvery, useLiveWatch } from './live.ts'
import { type Tap, useTapColumns } from './taps.tsx'
import './watch.css'
import { catalogue } from './words.ts'

/** What a screen reader is told of, and what is drawn as a chart, changes at most so often. */
const CALM_MS = 10_000

type Near = Snapshot['near'][number]
type Gateway = Snapshot['gateways'][number]

export default function Watch() {
  const words = catalogue[useLocale()]
  const { snapshot, stale, replaced, refusal, resume } = useLiveWatch()
  return (
    <Page title={words.title} lead={words.lead} actions={<Freshness snapshot={snapshot} stale={stale} />}>
      <Failure reason={refusal} again={resume} />
      {replaced && (
        <div class="notice warn" role="status">
          <p>{words.replaced}</p>
          <p>
            <button type="button" data-action="resume" onClick={resume}>
              {words.resume}
            </button>
          </p>
        </div>
      )}
      {/* What may not be seen any more is not left standing there. */}
      {refusal === null && (
        <>
          {snapshot === null ? <Loading /> : <Now of={snapshot} />}
          <History />
        </>
      )}
    </Page>
  )
}

function Freshness({ snapshot, stale }: { readonly snapshot: Snapshot | null; readonly stale: boolean }) {
  const locale = useLocale()
  const words = catalogue[locale]
  if (snapshot === null) return <span class="soft">{words.connecting}</span>
  const time = new Date(snapshot.at).toLocaleTimeString(locale === 'fr' ? 'fr-FR' : 'en-GB')
  return (
    <span class={stale ? 'fresh stale' : 'fresh'} data-fresh={!stale}>
      {stale ? words.stale(time) : words.asOf(time)}
    </span>
  )
}

function Now({ of }: { readonly of: Snapshot }) {
  const words = catalogue[useLocale()]
  return (
    <>
      <Said of={of} />
      <Figures of={of} />
      <div class="panels watch">
        <Panel
          title={words.alerts}
          actions={
            <Link class="button" href="/alerts">
              {words.alertsAll}
            </Link>
          }
        >
          <AlertRows alerts={of.alerts.newest} empty={<Empty title={words.alertsEmpty} />} />
        </Panel>
        <Panel title={words.near}>
          <NearTable of={of.near} />
        </Panel>
        <Panel title={words.asking}>
          <Taps caption={words.askingCaption} of={of.held.newest} empty={words.askingEmpty} />
        </Panel>
        <Panel title={words.decided}>
          <Taps caption={words.decidedCaption} of={of.last_hour.newest} empty={words.decidedEmpty} />
        </Panel>
      </div>
      <Panel title={words.lastHour}>
        <Minutes of={of.minutes} />
      </Panel>
      <Panel title={words.gateways}>
        <Gateways of={of.gateways} />
      </Panel>
    </>
  )
}

/** Says what changed, politely, and not more often than somebody can listen to. */
function Said({ of: { alerts, held } }: { readonly of: Snapshot }) {
  const locale = useLocale()
  const text = catalogue[locale].said(
    number(locale, alerts.open),
    number(locale, held.requests),
    number(locale, held.pending),
  )
  const said = useAtMostEvery(text, CALM_MS)
  return (
    <p class="visually-hidden" aria-live="polite" data-said>
      {said}
    </p>
  )
}

function Figures({ of }: { readonly of: Snapshot }) {
  const locale = useLocale()
  const words = catalogue[locale]
  // The last whole minute: the one under way is not comparable.
  const minute = of.minutes.at(-2)
  const late = of.gateways.filter((one) => one.late).length
  const figures = [
    { name: 'alerts', label: words.openAlerts, value: of.alerts.open, kind: of.alerts.open > 0 ? 'bad' : 'calm' },
    { name: 'held', label: words.heldRequests, value: of.held.requests, kind: of.held.requests > 0 ? 'warn' : 'calm' },
    { name: 'pending', label: words.pendingTaps, value: of.held.pending, kind: of.held.pending > 0 ? 'warn' : 'calm' },
    {
      name: 'denied',
      label: words.denied,
      value: of.last_hour.denied,
      kind: of.last_hour.denied > 0 ? 'warn' : 'calm',
    },
    { name: 'approved', label: words.approved, value: of.last_hour.approved, kind: 'calm' },
    {
      name: 'withheld',
      label: words.withheld,
      value: minute?.withheld ?? 0,
      kind: (minute?.withheld ?? 0) > 0 ? 'warn' : 'calm',
    },
    { name: 'released', label: words.released, value: minute?.released ?? 0, kind: 'calm' },
    { name: 'live', label: words.live, value: minute?.live ?? 0, kind: 'calm' },
    {
      name: 'gateways',
      label: late > 0 ? `${words.gateways} (${number(locale, late)} ${words.late})` : words.gateways,
      value: of.gateways.length,
      kind: late > 0 || of.gateways.length === 0 ? 'bad' : 'calm',
    },
  ]
  return (
    <dl class="live-figures" aria-label={words.now}>
      {figures.map(({ name, label, value, kind }) => (
        <div key={name} class={kind} data-figure={name}>
          <dt>{label}</dt>
          <dd>{number(locale, value)}</dd>
        </div>
      ))}
    </dl>
  )
}

function NearTable({ of }: { readonly of: readonly Near[] }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <DataTable
      caption={words.nearCaption}
      rows={of}
      idOf={({ person, server_name }: Near) => `${server_name} ${person.id}`}
      columns={[
        {
          id: 'person',
          header: words.person,
          cell: ({ person }) => <Person id={person.id} username={person.username} name={person.display_name} />,
        },
        {
          id: 'share',
          header: words.share,
          cell: ({ meter, share, used, limit }) => (
            <span class="share">
              <strong>{new Intl.NumberFormat(locale, { style: 'percent' }).format(share)}</strong>
              <meter
                min={0}
                max={1}
                low={0.5}
                high={0.8}
                optimum={0}
                value={Math.min(1, share)}
                aria-label={`${words.share}: ${words.used(unitsText(locale, meter, used), unitsText(locale, meter, limit))}`}
              />
            </span>
          ),
        },
        {
          id: 'meter',
          header: words.meter,
          cell: ({ meter, window_seconds }) => `${words.meters[meter] ?? meter}, ${duration(locale, window_seconds)}`,
        },
        {
          id: 'used',
          header: words.window,
          wideOnly: true,
          align: 'end',
          cell: ({ meter, used, limit }) => words.used(unitsText(locale, meter, used), unitsText(locale, meter, limit)),
        },
      ]}
      empty={<Empty title={words.nearEmpty} />}
    />
  )
}

function Taps({
  caption,
  of,
  empty,
}: {
  readonly caption: string
  readonly of: readonly Tap[]
  readonly empty: string
}) {
  const columns = useTapColumns()
  return (
    <DataTable caption={caption} rows={of} idOf={({ id }) => id} columns={columns} empty={<Empty title={empty} />} />
  )
}

function Minutes({ of }: { readonly of: Snapshot['minutes'] }) {
  const words = catalogue[useLocale()]
  const calm = useAtMostEvery(of, CALM_MS)
  const drawn = useMemo(
    () => ({
      at: calm.map(({ at }) => at),
      series: [
        { label: words.series.live, values: calm.map(({ live }) => live) },
        { label: words.series.withheld, values: calm.map(({ withheld }) => withheld) },
        { label: words.series.released, values: calm.map(({ released }) => released) },
      ],
    }),
    [calm, words],
  )
  return <Chart title={words.chart} {...drawn} />
}

function Gateways({ of }: { readonly of: readonly Gateway[] }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <DataTable
      caption={words.gatewayCaption}
      rows={of}
      idOf={({ id }: Gateway) => id}
      columns={[
        { id: 'gateway', header: words.gateway, cell: ({ id }) => <code>{id}</code> },
        { id: 'server', header: words.server, cell: ({ server_name }) => server_name },
        {
          id: 'state',
          header: words.state,
          cell: ({ late }) => <Tag kind={late ? 'bad' : 'good'}>{late ? words.late : words.heardWell}</Tag>,
        },
        { id: 'held', header: words.held, align: 'end', cell: ({ held }) => number(locale, held) },
        { id: 'started', header: words.started, wideOnly: true, cell: ({ started_at }) => <When at={started_at} /> },
      ]}
      empty={<Empty title={words.gatewayEmpty} />}
    />
  )
}
