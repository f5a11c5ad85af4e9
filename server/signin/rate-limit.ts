// How often one network and one browser may begin or finish ceremonies.
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { callsAMinute } from '../platform/rate-limit.ts'

/** A ministry sits behind one network. */
export const CALLS_PER_NETWORK_A_MINUTE = 600
export const CALLS_PER_BROWSER_A_MINUTE = 40

/** Returns a check that throws `Refusal` 429 `too-many-attempts` past either limit. */
export function signInLimit(clock: Clock): (network: string, browserHash: string) => void {
  const within = callsAMinute(clock)
  return (network, browserHash) => {
    const networkWithin = within(`network ${network}`, CALLS_PER_NETWORK_A_MINUTE)
    const browserWithin = within(`browser ${browserHash}`, CALLS_PER_BROWSER_A_MINUTE)
    if (!networkWithin || !browserWithin) throw new Refusal(429, 'too-many-attempts')
  }
}
