// Alerts as a table, wherever they are listed.
import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Listing } from '../kit/data.ts'
import { type Column, DataTable, ListTable } from '../kit/table.tsx'
import { Person, Tag, When } from '../kit/values.tsx'
import { type Alert, type Chosen, Decide, useDeciding } from './decide.tsx'
import '../watch/watch.css'
import { catalogue } from './words.ts'

interface AlertTableProps {
  readonly list: Listing<Alert>
  /** Of one person: who it is about needs no saying. */
  readonly ofPerson?: boolean
  readonly empty: ComponentChildren
}

/** A list that is read page by page. */
export function AlertTable({ list, ofPerson = false, empty }: AlertTableProps) {
  const words = catalogue[useLocale()]
  const { choose, dialog } = useDeciding()
  const columns = useAlertColumns(ofPerson, choose)
  return (
    <>
      <ListTable list={list} caption={words.caption} idOf={idOf} columns={columns} empty={empty} />
      {dialog}
    </>
  )
}

/** Those that are there already. */
export function AlertRows({ alerts, empty }: { readonly alerts: readonly Alert[]; readonly empty: ComponentChildren }) {
  const words = catalogue[useLocale()]
  const { choose, dialog } = useDeciding()
  const columns = useAlertColumns(false, choose)
  return (
    <>
      <DataTable caption={words.caption} rows={alerts} idOf={idOf} columns={columns} empty={empty} />
      {dialog}
    </>
  )
}

const idOf = ({ id }: Alert) => id

function Whose({ person }: Pick<Alert, 'person'>) {
  const words = catalogue[useLocale()]
  if (person === null) return <span class="soft">{words.nobody}</span>
  return <Person id={person.id} username={person.username} name={person.display_name} />
}

function useAlertColumns(ofPerson: boolean, choose: (chosen: Chosen) => void): readonly Column<Alert>[] {
  const locale = useLocale()
  const words = catalogue[locale]
  const who: Column<Alert> = {
    id: 'person',
    header: words.person,
    wideOnly: true,
    cell: ({ person }) => <Whose person={person} />,
  }
  return [
    {
      id: 'kind',
      header: words.kind,
      names: true,
      cell: (alert) => (
        <>
          <Link href={`/alerts/${alert.id}`}>{words.kinds[alert.kind] ?? alert.kind}</Link>
          <span class="soft below">{alert.explanation[locale]}</span>
          {!ofPerson && (
            <span class="narrow-only">
              <Whose person={alert.person} />
            </span>
          )}
        </>
      ),
    },
    ...(ofPerson ? [] : [who]),
    // Before what may be scrolled to: it is what somebody in a hurry came for.
    { id: 'decide', header: words.decide, cell: (alert) => <Decide alert={alert} choose={choose} brief /> },
    {
      id: 'device',
      header: words.device,
      widestOnly: true,
      cell: ({ device }) => device !== null && <bdi>{device.name ?? device.id}</bdi>,
    },
    { id: 'when', header: words.when, wideOnly: true, cell: ({ raised_at }) => <When at={raised_at} /> },
    {
      id: 'state',
      header: words.state,
      wideOnly: true,
      cell: ({ state }) => <Tag kind={state === 'open' ? 'warn' : 'plain'}>{words.one[state]}</Tag>,
    },
  ]
}
