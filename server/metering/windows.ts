// Windows as rings of sub-buckets that are counted whole. With one sub-bucket more than divide the window, those kept always
// cover all of it: never more than the limit in any window, and over-strict by at most one sub-bucket.
// The database's functions (db/migrations/*_metering.sql) do the same; the tests hold the two against each other.
import type { Ring } from './layout.ts'

export interface RingState {
  /** Absolute index (seconds since the epoch divided by the width) of the newest sub-bucket. */
  readonly newest: number
  /** Oldest first; `size` of them. */
  readonly used: readonly number[]
}

/** An empty ring at a moment (seconds since the epoch). */
export function emptyRing(ring: Ring, seconds: number): RingState {
  return { newest: Math.floor(seconds / ring.width), used: new Array<number>(ring.size).fill(0) }
}

/** The ring at a later moment: what left the window is dropped. An earlier moment changes nothing. */
export function ringAt(ring: Ring, state: RingState, seconds: number): RingState {
  const reached = Math.floor(seconds / ring.width)
  const moved = reached - state.newest
  if (moved <= 0) return state
  if (moved >= ring.size) return emptyRing(ring, seconds)
  return { newest: reached, used: [...state.used.slice(moved), ...new Array<number>(moved).fill(0)] }
}

/** What is counted in the window. */
export function ringUsed(state: RingState): number {
  return state.used.reduce((total, count) => total + count, 0)
}

/** The ring with `events` more in the sub-bucket of a moment (in the newest one, when the clock has gone back). */
export function ringAdd(ring: Ring, state: RingState, events: number, seconds: number): RingState {
  const moved = ringAt(ring, state, seconds)
  const used = [...moved.used]
  used[used.length - 1] = (used[used.length - 1] as number) + events
  return { newest: moved.newest, used }
}

/** Of `wanted` events, as many as every ring still has room for, and the rings with them counted. */
export function take(
  rings: readonly Ring[],
  states: readonly RingState[],
  wanted: number,
  seconds: number,
): { readonly taken: number; readonly states: readonly RingState[] } {
  const now = states.map((state, index) => ringAt(rings[index] as Ring, state, seconds))
  const left = now.reduce((least, state, index) => Math.min(least, (rings[index] as Ring).limit - ringUsed(state)), Infinity)
  const taken = Math.max(0, Math.min(wanted, left))
  return { taken, states: now.map((state, index) => ringAdd(rings[index] as Ring, state, taken, seconds)) }
}
