// From everybody's simulated weeks to the figures that are printed: distributions, and who stands out.
import type { PersonWeek, TapKind } from './simulate.ts'
import type { ThiefTake } from './thief.ts'

export interface Distribution {
  /** Person-weeks with any. */
  readonly weeksWithAny: number
  readonly total: number
  readonly mean: number
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly most: number
}

export interface Outlier {
  readonly person: string
  /** Taps a week for what was read. */
  readonly taps: number
  /** History read a week. */
  readonly history: number
  /** Times the median of everybody. */
  readonly timesMedian: number
}

export interface SimulationReport {
  readonly people: number
  readonly personWeeks: number
  /**
   * Taps a person-week by what they were for. `stepUp`: for what was read. `idle` and `signIn` are asked for by time: after four
   * hours without activity, after twelve hours.
   */
  readonly taps: Readonly<Record<'archive' | 'catchUp' | 'signIn' | 'idle' | 'other' | 'stepUp', Distribution>>
  /** Other taps, by kind. */
  readonly others: Readonly<Partial<Record<TapKind, number>>>
  /** Person-weeks with something that no tap could pay. */
  readonly beyondTaps: number
  readonly busiest: string | null
  readonly thief: readonly ThiefTake[]
  readonly outliers: readonly Outlier[]
}

type Weeks = readonly { readonly person: string; readonly figures: PersonWeek }[]

const OUTLIERS_AT_MOST = 20
/** How far from the median, in median absolute deviations of the logarithm. */
const FAR = 3.5
const STREAMS = ['archive', 'catch-up']
const APART: readonly TapKind[] = ['archive', 'catch-up', 'idle']

export function report(weeks: Weeks, thief: readonly ThiefTake[] = []): SimulationReport {
  const count = (of: (figures: PersonWeek) => number) => distribution(weeks.map(({ figures }) => of(figures)))
  const kind = (name: TapKind) => count(({ taps }) => taps[name] ?? 0)
  const others: Partial<Record<TapKind, number>> = {}
  for (const { figures } of weeks) {
    for (const [name, taps] of entries(figures.taps))
      if (!APART.includes(name)) others[name] = (others[name] ?? 0) + taps
  }
  const busiest = busiestOf(weeks)
  return {
    people: new Set(weeks.map(({ person }) => person)).size,
    personWeeks: weeks.length,
    taps: {
      archive: kind('archive'),
      catchUp: kind('catch-up'),
      signIn: count(({ signIns }) => signIns),
      idle: kind('idle'),
      other: count(({ taps }) => sum(entries(taps).map(([name, some]) => (APART.includes(name) ? 0 : some)))),
      stepUp: count(stepUps),
    },
    others,
    beyondTaps: weeks.filter(({ figures }) => figures.beyondTaps > 0).length,
    busiest,
    thief,
    outliers: outliers(weeks),
  }
}

/** Who reads the most history. */
export function busiestOf(weeks: Weeks): string | null {
  const read = new Map<string, number>()
  for (const { person, figures } of weeks) read.set(person, (read.get(person) ?? 0) + history(figures))
  return (
    [...read].reduce<[string, number] | null>((best, one) => (best && best[1] >= one[1] ? best : one), null)?.[0] ??
    null
  )
}

function distribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const total = sum(sorted)
  return {
    weeksWithAny: sorted.filter((value) => value > 0).length,
    total,
    mean: sorted.length === 0 ? 0 : total / sorted.length,
    median: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    most: sorted.at(-1) ?? 0,
  }
}

// Those who read, or would tap, far more than others: a person whose work it is, a program, or somebody else.
function outliers(weeks: Weeks): Outlier[] {
  const people = new Map<string, { weeks: number; taps: number; history: number }>()
  for (const { person, figures } of weeks) {
    const known = people.get(person) ?? { weeks: 0, taps: 0, history: 0 }
    people.set(person, {
      weeks: known.weeks + 1,
      taps: known.taps + stepUps(figures),
      history: known.history + history(figures),
    })
  }
  const all = [...people].map(([person, one]) => ({
    person,
    taps: one.taps / one.weeks,
    history: one.history / one.weeks,
  }))
  const logs = all.map((one) => Math.log1p(one.history)).sort((a, b) => a - b)
  const middle = median(logs)
  const deviation = median(logs.map((log) => Math.abs(log - middle)).sort((a, b) => a - b)) * 1.4826
  const ordinary = Math.max(1, Math.expm1(middle))
  return all
    .filter(({ taps, history: read }) => taps > 2 || (deviation > 0 && Math.log1p(read) - middle > FAR * deviation))
    .sort((a, b) => b.taps - a.taps || b.history - a.history)
    .slice(0, OUTLIERS_AT_MOST)
    .map((one) => ({ ...one, timesMedian: one.history / ordinary }))
}

function history({ units }: PersonWeek): number {
  return sum(STREAMS.map((stream) => units[stream] ?? 0))
}

function stepUps({ taps }: PersonWeek): number {
  return sum(entries(taps).map(([name, some]) => (name === 'idle' ? 0 : some)))
}

function entries(taps: PersonWeek['taps']): [TapKind, number][] {
  return Object.entries(taps) as [TapKind, number][]
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
