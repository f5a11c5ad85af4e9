// A device's ring as the database keeps it (server/metering/layout.ts), read as minutes.
import { type Ring, ringOf } from '../metering/layout.ts'
import type { WindowPolicy } from '../policy/defaults.ts'

const MINUTE = 60
const MINUTES = 60

/** A row of the view `meter_rings`: the newest sub-bucket's absolute index and all sub-buckets, window after window. */
export interface RingRow {
  readonly newest: readonly number[]
  readonly used: readonly number[]
}

/**
 * What was counted in each of the last whole minutes, oldest first, at most an hour of them: from the first window whose
 * sub-buckets divide a minute, none when there is no such window. The minute that is under way is left out.
 */
export function minutesOf(row: RingRow | null, windows: readonly WindowPolicy[], nowMs: number): number[] {
  let start = 0
  for (const [index, window] of windows.entries()) {
    const ring = ringOf(window)
    if (MINUTE % ring.width === 0) return minutesOfRing(row, start, index, ring, nowMs)
    start += ring.size
  }
  return []
}

function minutesOfRing(row: RingRow | null, start: number, window: number, ring: Ring, nowMs: number): number[] {
  const perMinute = MINUTE / ring.width
  const thisMinute = Math.floor(nowMs / 1000 / MINUTE)
  const whole = Math.min(MINUTES, Math.floor((ring.size - 1) / perMinute))
  const newest = row?.newest[window]
  return Array.from({ length: whole }, (_, index) => {
    if (row === null || newest === undefined) return 0
    const minute = thisMinute - whole + index
    let sum = 0
    for (let bucket = minute * perMinute; bucket < (minute + 1) * perMinute; bucket++) {
      const back = newest - bucket
      if (back >= 0 && back < ring.size) sum += row.used[start + ring.size - 1 - back] ?? 0
    }
    return sum
  })
}

/** What is counted in one window now: sub-buckets that it still covers. */
export function windowUsed(
  row: RingRow | null,
  windows: readonly WindowPolicy[],
  window: number,
  nowMs: number,
): number {
  const rings = windows.map(ringOf)
  const ring = rings[window]
  const newest = row?.newest[window]
  if (row === null || ring === undefined || newest === undefined) return 0
  const start = rings.slice(0, window).reduce((sum, { size }) => sum + size, 0)
  const now = Math.floor(nowMs / 1000 / ring.width)
  let sum = 0
  for (let place = 0; place < ring.size; place++) {
    const bucket = newest - (ring.size - 1 - place)
    if (bucket > now - ring.size) sum += row.used[start + place] ?? 0
  }
  return sum
}
