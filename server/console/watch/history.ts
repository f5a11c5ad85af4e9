// What was released and withheld over hours to months, as a chart draws it: one list of moments, one line for each name. Pure.
import type { ReadingTotal } from '../reading/port.ts'

export const WIDTHS = ['minute', 'hour', 'day'] as const
export type Width = (typeof WIDTHS)[number]
export const METRICS = ['units', 'answers', 'withheld'] as const
export type Metric = (typeof METRICS)[number]

export const WIDTH_MS: Readonly<Record<Width, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
/** Moments on one chart at most: a day of minutes, two months of hours, four years of days. */
export const MOMENTS_AT_MOST = 1_500

export interface Lines {
  /** Starts of the minutes, hours or days (UTC), none left out. */
  readonly at: readonly Date[]
  readonly series: readonly { readonly name: string; readonly values: readonly number[]; readonly sum: number }[]
}

/** The start of the minute, hour or day (UTC) that an instant is in. */
export function startOf(at: Date, width: Width): number {
  return Math.floor(at.getTime() / WIDTH_MS[width]) * WIDTH_MS[width]
}

/** Lines from totals of minutes or hours, largest first. `by` names the line that a total belongs to; null leaves it out. */
export function linesOf(
  totals: readonly ReadingTotal[],
  ask: { readonly from: Date; readonly to: Date; readonly width: Width; readonly metric: Metric },
  by: (total: ReadingTotal) => string | null,
): Lines {
  const { from, to, width, metric } = ask
  const firstMs = startOf(from, width)
  const count = Math.max(0, Math.ceil((to.getTime() - firstMs) / WIDTH_MS[width]))
  const lines = new Map<string, number[]>()
  for (const total of totals) {
    const name = by(total)
    const place = (startOf(total.at, width) - firstMs) / WIDTH_MS[width]
    if (name === null || place < 0 || place >= count) continue
    const values = lines.get(name) ?? new Array<number>(count).fill(0)
    values[place] = (values[place] ?? 0) + total[metric]
    lines.set(name, values)
  }
  const series = [...lines].map(([name, values]) => ({ name, values, sum: values.reduce((sum, one) => sum + one, 0) }))
  return {
    at: Array.from({ length: count }, (_, index) => new Date(firstMs + index * WIDTH_MS[width])),
    series: series.sort((a, b) => b.sum - a.sum || (a.name < b.name ? -1 : 1)),
  }
}
