// On a person's page: what they read, by room and meter, and what can be done with it.
import { useMemo, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { reasonOf } from '../../shared/api.ts'
import { number, useLocale } from '../../shared/locale.ts'
import { type Answer, download } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { Chart } from '../kit/chart.tsx'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Select } from '../kit/form.tsx'
import { announce, Empty, Failure, Loaded } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { catalogue as kit } from '../kit/words.ts'
import type { PanelPerson } from '../people/panels.ts'
import { day, meterName, unitsText } from './meters.ts'
import { Room } from './room.tsx'
import { catalogue } from './words.ts'

const DAY_MS = 86_400_000
const SPANS = ['7', '30', '180'] as const
type Items = Answer<'reading.person'>['items']
/** Rows shown at first, and added at a time: a page of a person is about more than what they read. */
const ROWS = 10

interface Sum {
  readonly id: string
  readonly room: string | null
  readonly meter: string
  units: number
  answers: number
  withheld: number
  last: string
}

function sums(items: Items): Sum[] {
  const found = new Map<string, Sum>()
  for (const { room, meter, units, answers, withheld, at } of items) {
    const id = `${room ?? ''} ${meter}`
    const sum = found.get(id) ?? { id, room, meter, units: 0, answers: 0, withheld: 0, last: at }
    found.set(id, sum)
    sum.units += units
    sum.answers += answers
    sum.withheld += withheld
    if (at > sum.last) sum.last = at
  }
  // Bytes are of another size than all else.
  const weight = ({ meter, units, withheld }: Sum) => (meter === 'media-bytes' ? -1 : units + withheld / 1_000_000)
  return [...found.values()].sort((a, b) => weight(b) - weight(a))
}

/** Old and missed messages a day, days without any too. */
function byDay(items: Items, from: number, days: number) {
  const units = new Map<string, number>()
  for (const { at, meter, units: count } of items)
    if (meter === 'archive' || meter === 'catch-up') units.set(at, (units.get(at) ?? 0) + count)
  const at = Array.from({ length: days + 1 }, (_, day) => new Date(from + day * DAY_MS).toISOString())
  return { at, values: at.map((one) => units.get(one) ?? 0) }
}

export default function ReadingPanel({ person }: { readonly person: PanelPerson }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [span, setSpan] = useState<(typeof SPANS)[number]>('30')
  // From midnight (UTC): lines are added up by such days.
  const [now] = useState(() => Date.now())
  const start = Math.floor(now / DAY_MS) * DAY_MS - Number(span) * DAY_MS
  const period = { from: new Date(start).toISOString(), to: new Date(now + 60_000).toISOString() }
  const reading = useRead('reading.person', { person: person.id, ...period, by: 'day' })
  const days = useMemo(() => byDay(reading.data?.items ?? [], start, Number(span)), [reading.data, start, span])
  const rows = useMemo(() => sums(reading.data?.items ?? []), [reading.data])
  const [shown, setShown] = useState(ROWS)
  const series = useMemo(() => [{ label: words.read, values: days.values }], [words, days])
  return (
    <>
      <p class="soft">{words.lead}</p>
      <Select
        label={words.span}
        value={span}
        options={SPANS.map((value) => ({ value, label: words.spans[value] }))}
        onChange={setSpan}
      />
      <Loaded of={reading}>
        {({ items, kept_days: kept }) => (
          <>
            {items.length > 0 && <Chart title={words.days} at={days.at} series={series} />}
            <DataTable
              caption={words.caption}
              rows={rows.slice(0, shown)}
              idOf={({ id }) => id}
              columns={[
                { id: 'room', header: words.room, names: true, cell: ({ room }) => <Room room={room} /> },
                { id: 'meter', header: words.meter, cell: ({ meter }) => meterName(locale, meter) },
                {
                  id: 'read',
                  header: words.read,
                  align: 'end',
                  cell: (row) => unitsText(locale, row.meter, row.units),
                },
                {
                  id: 'withheld',
                  header: words.withheld,
                  align: 'end',
                  cell: (row) => unitsText(locale, row.meter, row.withheld),
                },
                {
                  id: 'answers',
                  header: words.answers,
                  align: 'end',
                  wideOnly: true,
                  cell: ({ answers }) => number(locale, answers),
                },
                { id: 'last', header: words.last, wideOnly: true, cell: ({ last }) => day(locale, last) },
              ]}
              empty={
                <Empty title={words.empty}>
                  <p>{words.emptyText}</p>
                </Empty>
              }
            />
            {rows.length > shown && (
              <p>
                <button type="button" data-action="more-reading" onClick={() => setShown(shown + 5 * ROWS)}>
                  {kit[locale].more}
                </button>
              </p>
            )}
            <p class="soft">{words.kept(number(locale, kept))}</p>
            <p class="page-actions">
              <Link class="button" href={`/report?${new URLSearchParams({ person: person.id, ...period })}`}>
                {words.report}
              </Link>
            </p>
          </>
        )}
      </Loaded>
      <Data person={person} />
    </>
  )
}

function Data({ person }: { readonly person: PanelPerson }) {
  const words = catalogue[useLocale()]
  const [refusal, setRefusal] = useState<string | null>(null)
  const [erasing, setErasing] = useState(false)
  const mayExport = useCan('privacy.export')
  const mayErase = useCan('privacy.erase')
  if (!mayExport && !mayErase) return null
  const take = async () => {
    setRefusal(null)
    try {
      await download('privacy.export', { person: person.id })
      announce(words.exported)
    } catch (error) {
      setRefusal(reasonOf(error))
    }
  }
  return (
    <>
      <h3>{words.data}</h3>
      <Failure reason={refusal} />
      <p class="page-actions">
        {mayExport && (
          <button type="button" data-action="export-person" onClick={() => void take()}>
            {words.export}
          </button>
        )}
        {mayErase && (
          <button type="button" class="danger" data-action="erase-reading" onClick={() => setErasing(true)}>
            {words.erase}
          </button>
        )}
      </p>
      {erasing && <Erase person={person} onClose={() => setErasing(false)} />}
    </>
  )
}

function Erase({ person, onClose }: { readonly person: PanelPerson; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const erase = useChange('privacy.erase', ['reading'])
  return (
    <ChangeDialog
      name="reading-erase"
      title={words.eraseTitle}
      confirm={words.ask}
      dangerous
      change={erase}
      why={words}
      run={(reason) => erase.run({ person: person.id, reason })}
      onClose={onClose}
    >
      <p>
        <bdi>{person.username}</bdi>
      </p>
      <p>{words.eraseText}</p>
    </ChangeDialog>
  )
}
