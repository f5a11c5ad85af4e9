// What a thief gets who holds one account's session from the first record on: everything that its owner leaves in the windows.
import type { RingMeter } from '../defaults.ts'
import type { Resolver } from '../resolve.ts'
import type { TrafficRecord } from './record.ts'
import { Meter } from './ring.ts'

/** What a thief would take. Taps are no use to them: they cannot tap, and the owner's are for another network. */
export const TAKEN = [
  'archive',
  'directory',
  'media-files',
  'media-bytes',
  'key-backup',
  'state',
] as const satisfies readonly RingMeter[]
export type Taken = (typeof TAKEN)[number]

export interface ThiefTake {
  readonly hours: number
  readonly taken: Readonly<Record<Taken, number>>
}

const HOUR_MS = 3_600_000
const STEP_MS = 60_000

/**
 * The take after each of `hours`. The owner reads first, as recorded; what that leaves the thief reads within the minute. Nobody ends
 * the session: no alarm, no prompt that puzzles the owner.
 */
export function thiefTake(
  resolver: Resolver,
  subject: { readonly personId: string; readonly groups: readonly string[] },
  records: readonly TrafficRecord[],
  startMs: number,
  hours: readonly number[],
): ThiefTake[] {
  const meters = new Map(TAKEN.map((meter) => [meter, new Meter(resolver.base().windows[meter])]))
  const taken = Object.fromEntries(TAKEN.map((meter) => [meter, 0])) as Record<Taken, number>
  const takes: ThiefTake[] = []
  const ends = [...hours].sort((a, b) => a - b)
  let next = 0
  for (let atMs = startMs; takes.length < ends.length; atMs += STEP_MS) {
    const { windows } = resolver.for({ ...subject, userId: '', client: '' }, atMs).metering
    const seconds = atMs / 1_000
    for (; (records[next]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs; next += 1) {
      for (const meter of TAKEN) {
        const due = Math.min(records[next]?.units[meter] ?? 0, meters.get(meter)?.left(windows[meter], seconds) ?? 0)
        if (due > 0) meters.get(meter)?.add(seconds, due)
      }
    }
    while (takes.length < ends.length && atMs >= startMs + (ends[takes.length] ?? 0) * HOUR_MS) {
      takes.push({ hours: ends[takes.length] ?? 0, taken: { ...taken } })
    }
    for (const meter of TAKEN) {
      const left = meters.get(meter)?.left(windows[meter], seconds) ?? 0
      if (left === 0) continue
      taken[meter] += left
      meters.get(meter)?.add(seconds, left)
    }
  }
  return takes
}
