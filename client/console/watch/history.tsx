// Charts over a day to a year, each with its numbers as a table and a summary in words.
import { useMemo, useState } from 'preact/hooks'
import { instant, number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { Chart } from '../kit/chart.tsx'
import { useRead } from '../kit/data.ts'
import { Filters, Select } from '../kit/form.tsx'
import { Panel } from '../kit/page.tsx'
import { Empty, Loaded } from '../kit/states.tsx'
import { catalogue } from './words.ts'

type Lines = Answer<'watch.history'>
type Span = 'day' | 'week' | 'month' | 'quarter' | 'year'

const DAY_MS = 86_400_000
const SPANS: Readonly<Record<Span, { readonly days: number; readonly width: 'hour' | 'day' }>> = {
  day: { days: 1, width: 'hour' },
  week: { days: 7, width: 'hour' },
  month: { days: 30, width: 'hour' },
  quarter: { days: 90, width: 'day' },
  year: { days: 366, width: 'day' },
}
/** Lines on one chart at most: more cannot be told apart. The table of each has no more either. */
const LINES = 4
const ALL = ''
const BYTES = 'media-bytes'
const MEGABYTE = 1_000_000
/** The hour that is under way goes on counting. */
const EVERY_MS = 60_000

/** The period that ends with the next whole hour: asked for again, it is the same until then. */
function rangeOf(span: Span) {
  const to = Math.ceil(Date.now() / 3_600_000) * 3_600_000
  return { from: new Date(to - SPANS[span].days * DAY_MS).toISOString(), to: new Date(to).toISOString() }
}

export function History() {
  const words = catalogue[useLocale()]
  const [span, setSpan] = useState<Span>('day')
  const [by, setBy] = useState<'decision' | 'meter'>('decision')
  const [metric, setMetric] = useState<'units' | 'withheld' | 'answers'>('units')
  const [meter, setMeter] = useState<string>(ALL)
  const input = {
    ...rangeOf(span),
    width: SPANS[span].width,
    by,
    metric,
    ...(by === 'decision' && meter !== ALL && { meter }),
  }
  const reading = useRead('watch.history', input, { everyMs: EVERY_MS })
  const options = <Value extends string>(of: Readonly<Record<Value, string>>) =>
    (Object.entries(of) as [Value, string][]).map(([value, label]) => ({ value, label }))
  return (
    <Panel title={words.history}>
      <p class="soft">{words.historyLead}</p>
      <Filters>
        <Select label={words.span} name="span" value={span} options={options(words.spans)} onChange={setSpan} />
        <Select
          label={words.metric}
          name="metric"
          value={metric}
          options={options(words.metrics)}
          onChange={setMetric}
        />
        <Select label={words.by} name="by" value={by} options={options(words.bys)} onChange={setBy} />
        {by === 'decision' && (
          <Select
            label={words.meter}
            name="meter"
            value={meter}
            options={[{ value: ALL, label: words.meterAll }, ...options(words.meters)]}
            onChange={setMeter}
          />
        )}
      </Filters>
      <Loaded of={reading}>
        {(lines) => (
          <Drawn
            lines={metric === 'answers' ? lines : inMegabytes(lines, by === 'meter' ? null : meter)}
            by={by}
            title={words.historyTitle(words.bys[by], words.spans[span])}
          />
        )}
      </Loaded>
    </Panel>
  )
}

/** Bytes of files as megabytes, as they are called. `meter`: that all series are of; null where each is of its own. */
function inMegabytes(lines: Lines, meter: string | null): Lines {
  const scaled = (count: number) => Math.round((count / MEGABYTE) * 100) / 100
  return {
    ...lines,
    series: lines.series.map(({ name, sum, values }) =>
      (meter ?? name) === BYTES ? { name, sum: scaled(sum), values: values.map(scaled) } : { name, sum, values },
    ),
  }
}

function Drawn({
  lines,
  by,
  title,
}: {
  readonly lines: Lines
  readonly by: 'decision' | 'meter'
  readonly title: string
}) {
  const locale = useLocale()
  const words = catalogue[locale]
  const names = by === 'decision' ? words.decisions : words.meters
  const shown = lines.series.slice(0, LINES)
  const series = useMemo(
    () => lines.series.slice(0, LINES).map(({ name, values }) => ({ label: names[name] ?? name, values })),
    [lines, names],
  )
  if (shown.every(({ sum }) => sum === 0))
    return (
      <Empty title={words.historyEmpty}>
        <p>{words.historyEmptyText}</p>
      </Empty>
    )
  const { total, peak, at } = summaryOf(lines)
  return (
    <>
      <p data-summary>
        {words.summary(number(locale, total), number(locale, peak), instant(locale, at))}{' '}
        {shown.map(({ name, sum }) => words.summaryOf(names[name] ?? name, number(locale, sum))).join(' · ')}
      </p>
      <Chart title={title} at={lines.at} series={series} />
    </>
  )
}

function summaryOf({ at, series }: Lines) {
  const sums = at.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0))
  const peak = Math.max(0, ...sums)
  return { total: sums.reduce((sum, one) => sum + one, 0), peak, at: at[sums.indexOf(peak)] ?? at[0] ?? '' }
}
