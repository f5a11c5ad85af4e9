// /console/incidents — devices that were ended by force, newest first, and the way to the report of a period.
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useList } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { Page, Panel } from '../kit/page.tsx'
import { Empty, Failure } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, When } from '../kit/values.tsx'
import { catalogue, known } from './words.ts'

type Row = Answer<'incidents.list'>['items'][number]

/** Of one person: on their page. */
export function IncidentTable({ person }: { readonly person?: string }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const list = useList('incidents.list', person === undefined ? {} : { person })
  return (
    <ListTable
      list={list}
      caption={words.caption}
      idOf={(row: Row) => row.id}
      columns={[
        {
          id: 'look',
          header: words.look,
          names: true,
          cell: ({ id, at }) => (
            <Link href={`/incidents/${id}`}>
              <When at={at} />
            </Link>
          ),
        },
        {
          id: 'person',
          header: words.person,
          cell: ({ person: whose }) =>
            whose && <Person id={whose.id} username={whose.username} name={whose.display_name} />,
        },
        { id: 'why', header: words.why, cell: ({ reason }) => known(words.reasons, reason) },
        {
          id: 'device',
          header: words.device,
          wideOnly: true,
          cell: ({ device }) => device && <bdi>{device.name ?? device.client}</bdi>,
        },
        {
          id: 'received',
          header: words.received,
          align: 'end',
          cell: ({ consumed }) => number(locale, (consumed['archive'] ?? 0) + (consumed['catch-up'] ?? 0)),
        },
      ]}
      empty={
        <Empty title={words.empty}>
          <p>{words.emptyText}</p>
        </Empty>
      }
    />
  )
}

export default function Incidents() {
  const words = catalogue[useLocale()]
  return (
    <Page title={words.title} lead={words.lead}>
      <IncidentTable />
      <Period />
    </Page>
  )
}

function Period() {
  const words = catalogue[useLocale()]
  const [from, setFrom] = useState('')
  const [until, setUntil] = useState('')
  const [wrong, setWrong] = useState(false)
  const [, go] = useLocation()
  return (
    <Panel title={words.period}>
      <p>{words.periodText}</p>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          const [first, last] = [new Date(`${from}T00:00`), new Date(`${until}T00:00`)]
          last.setDate(last.getDate() + 1)
          const isNone = Number.isNaN(first.getTime()) || Number.isNaN(last.getTime()) || last <= first
          setWrong(isNone)
          if (!isNone) go(`/report?${new URLSearchParams({ from: first.toISOString(), to: last.toISOString() })}`)
        }}
      >
        <Failure reason={wrong ? 'period-invalid' : null} />
        <Field label={words.from} type="date" name="from" value={from} onInput={setFrom} />
        <Field label={words.until} type="date" name="until" value={until} onInput={setUntil} />
        <p class="page-actions">
          <button type="submit" class="accent" data-action="report">
            {words.make}
          </button>
        </p>
      </form>
    </Panel>
  )
}
