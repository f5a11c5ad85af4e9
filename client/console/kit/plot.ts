// uPlot, loaded by the pages that draw. It sets its styles through the DOM, which `style-src 'self'` allows.
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type Locale, number } from '../../shared/locale.ts'
import type { Series } from './chart.tsx'

export interface Plot {
  end(): void
}

interface Drawn {
  readonly at: readonly string[]
  readonly series: readonly Series[]
  readonly limit: { readonly label: string; readonly value: number } | null
  readonly locale: Locale
}

const HEIGHT_PX = 220
const COLOURS = ['--accent', '--warn', '--bad', '--soft'] as const
const DASHES = [[], [6, 4], [2, 3], [10, 3]]

/** Draws into `box` and follows its width and the colours of day and night. */
export function drawPlot(box: HTMLElement, drawn: Drawn): Plot {
  let plot = make(box, drawn)
  const resized = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT_PX }))
  resized.observe(box)
  const night = matchMedia('(prefers-color-scheme: dark)')
  const redraw = () => {
    plot.destroy()
    plot = make(box, drawn)
  }
  night.addEventListener('change', redraw)
  return {
    end: () => {
      night.removeEventListener('change', redraw)
      resized.disconnect()
      plot.destroy()
    },
  }
}

function make(box: HTMLElement, { at, series, limit, locale }: Drawn): uPlot {
  const colour = (name: string) => getComputedStyle(box).getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  }
  const lines = series.map(({ label }, index) => ({
    label,
    stroke: colour(COLOURS[index % COLOURS.length] ?? '--accent'),
    width: 2,
    dash: DASHES[index % DASHES.length] ?? [],
    points: { show: at.length < 2 },
  }))
  const across =
    limit === null
      ? []
      : [{ label: limit.label, stroke: colour('--bad'), width: 1, dash: [4, 4], points: { show: false } }]
  return new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT_PX,
      series: [{}, ...lines, ...across],
      axes: [
        { ...axis, values: moments(locale) },
        { ...axis, size: 64, values: (_: uPlot, ticks: number[]) => ticks.map((tick) => number(locale, tick)) },
      ],
      scales: { y: { range: (_: uPlot, _least: number, most: number) => [0, Math.max(1, most * 1.1)] } },
      legend: { live: false },
      cursor: { y: false },
    },
    [
      at.map((one) => Date.parse(one) / 1000),
      ...series.map(({ values }) => [...values]),
      ...(limit === null ? [] : [at.map(() => limit.value)]),
    ],
    box,
  )
}

const DAY_SECONDS = 86_400

/** Labels under the axis: times within a day, days beyond it, as the page's language writes them. */
function moments(
  locale: Locale,
): (plot: uPlot, ticks: number[], axis: number, space: number, step: number) => string[] {
  const tag = locale === 'fr' ? 'fr-FR' : 'en-GB'
  const time = new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit' })
  const day = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short' })
  return (_plot, ticks, _axis, _space, step) => {
    const format = step < DAY_SECONDS ? time : day
    return ticks.map((seconds) => format.format(new Date(seconds * 1000)))
  }
}
