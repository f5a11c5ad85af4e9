// How a meter's windows are laid out in sub-buckets: the one description that the rings here and those in SQL are built from.
import type { MeteringPolicy, RingMeter, WindowPolicy } from '../policy/defaults.ts'

export interface Ring {
  /** Seconds of one sub-bucket. */
  readonly width: number
  /** Sub-buckets kept: those that divide the window, and one more. */
  readonly size: number
  readonly limit: number
}

/** The ring of a window. Throws when the sub-buckets do not divide the window into whole seconds. */
export function ringOf(window: WindowPolicy): Ring {
  const width = window.windowSeconds / window.buckets
  if (!Number.isInteger(width) || width < 1)
    throw new RangeError(`${window.buckets} sub-buckets do not divide ${window.windowSeconds} s`)
  return { width, size: window.buckets + 1, limit: window.limit }
}

/** The policy as the database's functions take it: JSON whose arrays are Postgres array literals. */
export function policyForDatabase(policy: MeteringPolicy): string {
  const meters: Record<string, { width: string; size: string; limit: string }> = {}
  for (const meter of Object.keys(policy.windows) as RingMeter[]) {
    const rings = policy.windows[meter].map(ringOf)
    const literal = (pick: (ring: Ring) => number) => `{${rings.map(pick).join(',')}}`
    meters[meter] = {
      width: literal((ring) => ring.width),
      size: literal((ring) => ring.size),
      limit: literal((ring) => ring.limit),
    }
  }
  return JSON.stringify({
    meters,
    firstSyncEvents: policy.firstSyncEvents,
    chargedAgainSeconds: policy.chargedAgainSeconds,
    reservationSeconds: policy.reservationSeconds,
    positionOverlapSeconds: policy.positionOverlapSeconds,
    giveBacksPer30Days: policy.giveBacksPer30Days,
  })
}
