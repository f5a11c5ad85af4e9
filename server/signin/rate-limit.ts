// How often one network and one browser may begin or finish ceremonies: a bounded memory of each process.
import { LRUCache } from 'lru-cache'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'

/** A ministry sits behind one network. */
export const CALLS_PER_NETWORK_A_MINUTE = 600
export const CALLS_PER_BROWSER_A_MINUTE = 40
const KEYS_MAX = 20_000
const WINDOW_MS = 60_000

/** Returns a check that throws `Refusal` 429 `too-many-attempts` past either limit. */
export function signInLimit(clock: Clock): (network: string, browserHash: string) => void {
  const counts = new LRUCache<string, { startedAt: number; calls: number }>({ max: KEYS_MAX })

  function count(key: string, limit: number): void {
    const now = clock.now()
    const known = counts.get(key)
    const window = known && now - known.startedAt < WINDOW_MS ? known : { startedAt: now, calls: 0 }
    window.calls += 1
    counts.set(key, window)
    if (window.calls > limit) throw new Refusal(429, 'too-many-attempts')
  }

  return (network, browserHash) => {
    count(`network ${network}`, CALLS_PER_NETWORK_A_MINUTE)
    count(`browser ${browserHash}`, CALLS_PER_BROWSER_A_MINUTE)
  }
}
