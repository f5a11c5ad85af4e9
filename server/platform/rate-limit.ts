// How often something may happen for a key in a minute: a bounded memory of each process, so that a flood costs no database.
import type { Clock } from './clock.ts'
import { lastUsed } from './last-used.ts'

const KEYS_MAX = 20_000
const WINDOW_MS = 60_000

/** Returns a count that is true while `key` is within its limit of calls a minute, and false past it. */
export function callsAMinute(clock: Clock): (key: string, limit: number) => boolean {
  const counts = lastUsed<string, { startedAt: number; calls: number }>(KEYS_MAX)
  return (key, limit) => {
    const now = clock.now()
    const known = counts.get(key)
    const window = known && now - known.startedAt < WINDOW_MS ? known : { startedAt: now, calls: 0 }
    window.calls += 1
    counts.set(key, window)
    return window.calls <= limit
  }
}
