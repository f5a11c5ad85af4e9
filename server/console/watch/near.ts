// Who is near a threshold: a person is as near as the fullest of their windows. Pure.
import type { MeterReading } from '../../metering/port.ts'

/** Counted, and withholding nothing: neither brings anybody nearer to a threshold. */
const NOT_WITHHOLDING: ReadonlySet<string> = new Set(['live', 'tap-release'])

/**
 * The window that is fullest, with its share: 1 at the limit. A limit of 0 is reached by the first unit. Null when nothing of
 * anything was used.
 */
export function tightest(
  readings: readonly MeterReading[],
): { readonly reading: MeterReading; readonly share: number } | null {
  let found: { reading: MeterReading; share: number } | null = null
  for (const reading of readings) {
    const taken = reading.used + reading.held
    if (taken <= 0 || NOT_WITHHOLDING.has(reading.meter)) continue
    const share = reading.limit > 0 ? taken / reading.limit : 1
    if (found === null || share > found.share) found = { reading, share }
  }
  return found
}
