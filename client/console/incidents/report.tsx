// /console/incidents/inc_… and /console/report?… — one page that says what was within reach, read, withheld and approved.
import { Link, useParams, useSearch } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { type Answer, save } from '../api.ts'
import { useRead } from '../kit/data.ts'
import { Facts, Page } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { Person } from '../kit/values.tsx'
import { Reachable } from './reachable.tsx'
import { Approvals, Moment, People, Reach, Received, Rooms, Stopped, Timeline, Withheld } from './report-parts.tsx'
import { catalogue, known } from './words.ts'

export type Report = Answer<'incidents.report'>

export default function ReportPage() {
  const words = catalogue[useLocale()]
  const { id } = useParams<{ id?: string }>()
  const search = new URLSearchParams(useSearch())
  const member = (name: string) => search.get(name) ?? undefined
  const input =
    id === undefined ? { person: member('person'), from: member('from'), to: member('to') } : { incident: id }
  const report = useRead('incidents.report', input)
  const kind = report.data?.kind ?? (id === undefined ? 'period' : 'device')
  return (
    <Page
      title={words.reportOf[kind]}
      above={<Link href="/incidents">{words.title}</Link>}
      lead={words.reportLead}
      actions={report.data && <Actions of={report.data} />}
    >
      <Loaded of={report}>{(data) => <Parts of={data} />}</Loaded>
    </Page>
  )
}

function Actions({ of }: { readonly of: Report }) {
  const words = catalogue[useLocale()]
  const name = `palier-report-${of.incident?.id ?? of.person?.id ?? of.from.slice(0, 10)}.json`
  return (
    <>
      <button type="button" class="accent" data-action="print" onClick={() => window.print()}>
        {words.print}
      </button>
      <button
        type="button"
        data-action="json"
        onClick={() => save(new Blob([JSON.stringify(of, null, 2)], { type: 'application/json' }), name)}
      >
        {words.json}
      </button>
    </>
  )
}

function Parts({ of }: { readonly of: Report }) {
  return (
    <div class="report">
      <Whose of={of} />
      <Received of={of} />
      <Withheld of={of} />
      {of.reach.length > 0 && <Reach of={of} />}
      {of.reachable !== null && <Reachable rooms={of.reachable.rooms} total={of.reachable.total} days={of.kept_days} />}
      <Approvals of={of} />
      <Rooms of={of} />
      {of.people.length > 0 && <People of={of} />}
      {of.incidents.length > 0 && <Stopped of={of} />}
      <Timeline of={of} />
    </div>
  )
}

function Whose({ of }: { readonly of: Report }) {
  const words = catalogue[useLocale()]
  const { incident, person } = of
  const whose =
    person === null
      ? []
      : [
          [
            words.person,
            <Person key="person" id={person.id} username={person.username} name={person.display_name} />,
          ] as const,
        ]
  const device = incident?.device
  if (!incident || !device) {
    return (
      <Facts
        of={[
          ...whose,
          [words.from, <Moment key="from" at={of.from} />],
          [words.until, <Moment key="to" at={of.to} />],
          [words.made, <Moment key="made" at={of.made_at} />],
        ]}
      />
    )
  }
  const lastByte = of.timeline.findLast(({ what }) => what === 'last-byte')?.at ?? null
  return (
    <Facts
      of={[
        ...whose,
        [words.why, known(words.reasons, incident.reason)],
        ...(incident.said === null ? [] : [[words.said, <bdi key="said">{incident.said}</bdi>] as const]),
        [words.device, <bdi key="device">{device.name ?? device.id}</bdi>],
        [words.client, <bdi key="client">{device.client}</bdi>],
        [words.network, device.network],
        [words.signedIn, <Moment key="in" at={device.signed_in_at} />],
        [words.ended, device.ended_at === null ? '–' : <Moment key="out" at={device.ended_at} />],
        [words.lastByte, lastByte === null ? '–' : <Moment key="last" at={lastByte} />],
        [words.givenBack, incident.given_back ? words.yes : words.no],
        [words.made, <Moment key="made" at={of.made_at} />],
      ]}
    />
  )
}
