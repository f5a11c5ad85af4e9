// A simulation as it runs, and its figures: who would tap, what a thief would take, who stands out.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { SimulationLine } from '../../../server/console/policy/simulate.ts'
import { reasonOf } from '../../shared/api.ts'
import { number, useLocale } from '../../shared/locale.ts'
import { addressOf, ConsoleRefused } from '../api.ts'
import { Failure } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { Person } from '../kit/values.tsx'
import { catalogue } from './simulation-words.ts'

type Report = Extract<SimulationLine, { readonly type: 'report' }>
type Progress = Extract<SimulationLine, { readonly type: 'progress' }>

const GENERATED_PEOPLE = 100

export function Simulate({ document }: { readonly document: Readonly<Record<string, unknown>> }) {
  const words = catalogue[useLocale()]
  const [progress, setProgress] = useState<Progress | null>(null)
  const [made, setMade] = useState<Report | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)
  const running = useRef<AbortController | null>(null)
  const [busy, setBusy] = useState(false)
  useEffect(() => () => running.current?.abort(), [])
  const run = async (source: 'stored' | 'generated') => {
    if (busy) return
    const stop = new AbortController()
    running.current = stop
    setBusy(true)
    setRefusal(null)
    setMade(null)
    try {
      for await (const line of simulated({ document, people: GENERATED_PEOPLE, source }, stop.signal)) {
        if (line.type === 'progress') setProgress(line)
        else if (line.type === 'report') setMade(line)
        else setRefusal(line.reason)
      }
    } catch (error) {
      if (!stop.signal.aborted) setRefusal(reasonOf(error))
    } finally {
      setBusy(false)
      setProgress(null)
    }
  }
  return (
    <section class="simulation" data-simulated={made?.source ?? ''}>
      <p class="soft">{words.simulateText}</p>
      <p class="page-actions">
        <button type="button" data-action="simulate" aria-disabled={busy} onClick={() => void run('stored')}>
          {words.simulate}
        </button>
        <button type="button" class="quiet" aria-disabled={busy} onClick={() => void run('generated')}>
          {words.simulateGenerated}
        </button>
        {busy && (
          <button type="button" onClick={() => running.current?.abort()}>
            {words.stop}
          </button>
        )}
      </p>
      <p role="status">{busy && (progress === null ? words.simulating : words.day(progress.day, progress.days))}</p>
      <Failure reason={refusal} />
      {made !== null && <Figures of={made} />}
    </section>
  )
}

/** The lines of an answer, as they come. Throws `ConsoleRefused`. */
async function* simulated(input: object, signal: AbortSignal): AsyncGenerator<SimulationLine> {
  const response = await fetch(addressOf('policy.simulate'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
    signal,
  })
  if (!response.ok || response.body === null) {
    const members = (await response.json().catch(() => ({}))) as Record<string, unknown>
    throw new ConsoleRefused(String(members['reason'] ?? 'unexpected'), response.status, members)
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    text += value ?? ''
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as SimulationLine
    if (done) return
  }
}

function Figures({ of }: { readonly of: Report }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { now, next, source } = of
  const count = (value: number) => number(locale, Math.round(value * 100) / 100)
  const kinds = (['archive', 'catchUp', 'other', 'stepUp'] as const).map((kind) => ({
    kind,
    now: now.taps[kind],
    next: next.taps[kind],
  }))
  const takes = next.thief.map((take, index) => ({ next: take, now: now.thief[index] }))
  const was = (before: number, after: number) =>
    before === after ? count(after) : `${count(before)} → ${count(after)}`
  const share = (weeks: number, all: number) => `${count((100 * weeks) / Math.max(1, all))} %`
  return (
    <>
      <h3>{source === 'stored' ? words.storedTitle(of.days) : words.generatedTitle}</h3>
      {source === 'generated' && <p class="notice">{words.generatedText}</p>}
      {of.played_days < of.days && <p class="notice warn">{words.partial(of.played_days, of.days)}</p>}
      <p>
        {words.people}: {count(next.people)}
      </p>
      <h4>{words.tapsAWeek}</h4>
      <p class="soft">
        {words.nowColumn} → {words.nextColumn}
      </p>
      <DataTable
        caption={words.tapsAWeek}
        rows={kinds}
        idOf={({ kind }) => kind}
        columns={[
          { id: 'kind', header: words.meter, cell: ({ kind }) => words.tapKinds[kind] },
          { id: 'median', header: words.median, align: 'end', cell: (row) => was(row.now.median, row.next.median) },
          { id: 'p95', header: words.p95, align: 'end', cell: (row) => was(row.now.p95, row.next.p95) },
          { id: 'most', header: words.most, align: 'end', cell: (row) => was(row.now.most, row.next.most) },
          {
            id: 'any',
            header: words.weeksWithAny,
            align: 'end',
            cell: (row) =>
              `${share(row.now.weeksWithAny, now.personWeeks)} → ${share(row.next.weeksWithAny, next.personWeeks)}`,
          },
        ]}
        empty={null}
      />
      <h4>{words.thief}</h4>
      <p class="soft">{words.thiefText}</p>
      <DataTable
        caption={words.thief}
        rows={takes}
        idOf={(row) => String(row.next.hours)}
        columns={[
          { id: 'hours', header: words.held, cell: (row) => words.hours(row.next.hours) },
          ...(
            [
              ['archive', words.messages],
              ['media-files', words.files],
              ['directory', words.entries],
              ['key-backup', words.keys],
            ] as const
          ).map(([meter, header]) => ({
            id: meter,
            header,
            align: 'end' as const,
            cell: (row: (typeof takes)[number]) => was(row.now?.taken[meter] ?? 0, row.next.taken[meter]),
          })),
        ]}
        empty={null}
      />
      <h4>{words.outliers}</h4>
      <DataTable
        caption={words.outliers}
        rows={next.outliers}
        idOf={({ person }) => person}
        columns={[
          {
            id: 'person',
            header: words.person,
            cell: ({ person }) =>
              source === 'stored' ? <Person id={person} username={person} /> : <code>{person}</code>,
          },
          { id: 'history', header: words.historyAWeek, align: 'end', cell: ({ history }) => count(history) },
          { id: 'median', header: words.timesMedian, align: 'end', cell: ({ timesMedian }) => count(timesMedian) },
          { id: 'taps', header: words.tapsAWeek, align: 'end', cell: ({ taps }) => count(taps) },
        ]}
        empty={<p>{words.outliersEmpty}</p>}
      />
    </>
  )
}
