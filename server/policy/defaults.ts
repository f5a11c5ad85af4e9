// The thresholds as they ship. Every figure is a default to be confirmed by simulation on the operator's own traffic.

/** One window of a meter: never more than `limit` in any `windowSeconds`, counted in `buckets` sub-buckets. */
export interface WindowPolicy {
  readonly windowSeconds: number
  /** Sub-buckets that divide the window; one more is kept, so that the whole window is always covered. */
  readonly buckets: number
  readonly limit: number
}

/** Meters kept as rings of windows, a row a person. */
export type RingMeter = 'archive' | 'catch-up' | 'live' | 'state' | 'tap-release'

export interface MeteringPolicy {
  readonly windows: Readonly<Record<RingMeter, readonly WindowPolicy[]>>
  /** Events of /sync that a new device may receive before it comes back with its first position. */
  readonly firstSyncEvents: number
  /** Seconds after sign-in that the first-sync window stays open. */
  readonly firstSyncSeconds: number
  /** Events one tap releases. */
  readonly tapEvents: number
  /** Seconds that what a tap released stays usable. */
  readonly tapSeconds: number
  /** An event is history when it is older than this. */
  readonly liveWindowMs: number
  /** An event further in the future than this is history. */
  readonly futureSkewMs: number
  /** A device without activity or tap for longer has no history budget until a tap. */
  readonly idleLimitMs: number
  /** An event charged to a device within this time is not charged to it again. */
  readonly chargedAgainSeconds: number
  /** Seconds after which an unsettled reservation counts as consumed. */
  readonly reservationSeconds: number
  /** Seconds that positions older than the newest one delivered still count as a device coming back. */
  readonly positionOverlapSeconds: number
  /**
   * How often in 30 days what an ended device consumed is given back to its person. "This was not me" needs only the link: without
   * a bound, whoever holds two sessions could read with one and empty the windows by ending the other.
   */
  readonly giveBacksPer30Days: number
}

const HOUR = 3_600
const DAY = 86_400

export const defaultPolicy: MeteringPolicy = {
  windows: {
    archive: [
      { windowSeconds: HOUR, buckets: 60, limit: 1_000 },
      { windowSeconds: DAY, buckets: 96, limit: 2_000 },
      { windowSeconds: 30 * DAY, buckets: 120, limit: 20_000 },
    ],
    'catch-up': [{ windowSeconds: DAY, buckets: 96, limit: 2_000 }],
    // Ceilings of live and state raise an alarm and withhold nothing.
    live: [{ windowSeconds: HOUR, buckets: 60, limit: 5_000 }],
    state: [{ windowSeconds: DAY, buckets: 96, limit: 200_000 }],
    'tap-release': [{ windowSeconds: DAY, buckets: 96, limit: 10_000 }],
  },
  firstSyncEvents: 10_000,
  firstSyncSeconds: 600,
  tapEvents: 2_000,
  tapSeconds: 8 * HOUR,
  liveWindowMs: 600_000,
  futureSkewMs: 60_000,
  idleLimitMs: 4 * HOUR * 1_000,
  chargedAgainSeconds: 600,
  reservationSeconds: 120,
  positionOverlapSeconds: HOUR,
  giveBacksPer30Days: 2,
}
