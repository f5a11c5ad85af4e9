// When to try again: exponential back-off with jitter, so that receivers that come back are not met by everybody at once.
import type { Random } from '../platform/random.ts'
import type { Channel } from './port.ts'

const FIRST_MS = 1_000
const LONGEST_MS = 6 * 3_600_000

/**
 * Attempts before something is given up: half a day and more for what operators are told (the 18 waits between 19 attempts are 27
 * hours in all, half more or less by chance); a notice is of no use once its prompt has ended, a quarter of an hour after it was made.
 */
export const ATTEMPTS_AT_MOST: Readonly<Record<Channel, number>> = { 'server-notice': 10, webhook: 19, mail: 19 }

/** Milliseconds to wait after the `attempts`th attempt failed: a second, doubled each time up to six hours, times 0.5 to 1.5. */
export function retryDelayMs(attempts: number, random: Random): number {
  const whole = Math.min(FIRST_MS * 2 ** (attempts - 1), LONGEST_MS)
  const [high = 0, low = 0] = random.bytes(2)
  return Math.round(whole * (0.5 + (high * 256 + low) / 65_536))
}
