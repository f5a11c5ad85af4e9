// A figure of the bench: the median of runs side by side with a peer, what it may be at most or must be at least, and how far
// the runs lay apart.

/** Which side of its limit a figure must stay on. */
export type Bound = 'at-most' | 'at-least'

export interface Figure {
  /** Median of the runs. */
  readonly value: number
  /** The most it may be, or the least; null where it is shown only to inform. */
  readonly limit: number | null
  readonly bound: Bound
  /** What the value is held against, or what was measured, in words. */
  readonly peer: string
  /** Smallest and largest of the runs. */
  readonly spread: readonly [smallest: number, largest: number]
}

export type Figures = Readonly<Record<string, Figure>>

/** The figure of some runs, rounded to two decimals. Throws when there are none. */
export function figureOf(
  runs: readonly number[],
  limit: number | null,
  peer: string,
  bound: Bound = 'at-most',
): Figure {
  const sorted = runs.toSorted((a, b) => a - b)
  const [smallest, largest] = [sorted[0], sorted.at(-1)]
  if (smallest === undefined || largest === undefined) throw new Error('a figure needs a run')
  return { value: round(median(sorted)), limit, bound, peer, spread: [round(smallest), round(largest)] }
}

/** Names of the figures past their limits. */
export function missed(figures: Figures): string[] {
  return Object.entries(figures).flatMap(([name, { value, limit, bound }]) =>
    limit !== null && !(bound === 'at-most' ? value <= limit : value >= limit) ? [name] : [],
  )
}

/** The figures as a plain table. */
export function table(figures: Figures): string {
  const rows = Object.entries(figures).map(([name, { value, limit, bound, peer, spread }]) => [
    name,
    String(value),
    limit === null ? '-' : `${bound === 'at-most' ? '≤' : '≥'} ${limit}`,
    `${spread[0]} to ${spread[1]}`,
    peer,
  ])
  const all = [['figure', 'value', 'limit', 'spread', 'against'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] as string).length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Median of some values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
