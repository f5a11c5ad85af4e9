// The thresholds as they ship: those that docs/decisions/0015-thresholds-by-simulation.md justifies. An operator's own traffic may justify
// others (`palier policy simulate`).

/** One window of a meter: never more than `limit` in any `windowSeconds`, counted in `buckets` sub-buckets. */
export interface WindowPolicy {
  readonly windowSeconds: number
  /** Sub-buckets that divide the window; one more is kept, so that the whole window is always covered. */
  readonly buckets: number
  readonly limit: number
}

/** Meters kept as rings of windows, a row a person. `live` and `tap-release` are counted, the others withhold. */
export const RING_METERS = [
  'archive',
  'catch-up',
  'live',
  'state',
  'directory',
  'media-bytes',
  'media-files',
  'key-backup',
  'joins',
  'tap-release',
] as const
export type RingMeter = (typeof RING_METERS)[number]

/** What an allowance is counted in: a tap releases so much of each. `pushers`: push addresses. */
export const ALLOWANCE_METERS = [
  'archive',
  'state',
  'directory',
  'media-bytes',
  'media-files',
  'key-backup',
  'joins',
  'pushers',
] as const
export type AllowanceMeter = (typeof ALLOWANCE_METERS)[number]

/** What one tap releases of a meter, and the seconds that it stays usable. */
export interface TapPolicy {
  readonly units: number
  readonly seconds: number
}

export interface MeteringPolicy {
  /** A limit of 0: nothing without a tap. Lengths and sub-buckets are the same for everybody; people differ in limits only. */
  readonly windows: Readonly<Record<RingMeter, readonly WindowPolicy[]>>
  /** Distinct rooms whose archive is read in any `windowSeconds`. */
  readonly rooms: { readonly windowSeconds: number; readonly limit: number }
  /** Events of /sync that a new device may receive before it comes back with its first position. */
  readonly firstSyncEvents: number
  /** Seconds after sign-in that the first-sync window stays open. */
  readonly firstSyncSeconds: number
  readonly taps: Readonly<Record<AllowanceMeter, TapPolicy>>
  /** Units that an event costs, 1 to 10: readable by the server, or ciphertext. */
  readonly weights: { readonly plaintext: number; readonly encrypted: number }
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
const GIGABYTE = 1_000_000_000

const hourAndDay = (hour: number, day: number): readonly WindowPolicy[] => [
  { windowSeconds: HOUR, buckets: 60, limit: hour },
  { windowSeconds: DAY, buckets: 96, limit: day },
]

export const defaultPolicy: MeteringPolicy = {
  windows: {
    archive: [
      { windowSeconds: HOUR, buckets: 60, limit: 1_000 },
      { windowSeconds: DAY, buckets: 96, limit: 2_500 },
      { windowSeconds: 30 * DAY, buckets: 120, limit: 25_000 },
    ],
    'catch-up': [{ windowSeconds: DAY, buckets: 96, limit: 2_000 }],
    // The ceiling of live raises an alarm and withholds nothing.
    live: [{ windowSeconds: HOUR, buckets: 60, limit: 5_000 }],
    state: hourAndDay(50_000, 200_000),
    directory: [...hourAndDay(1_000, 2_000), { windowSeconds: 30 * DAY, buckets: 120, limit: 10_000 }],
    'media-bytes': hourAndDay(2 * GIGABYTE, 5 * GIGABYTE),
    'media-files': hourAndDay(300, 1_000),
    // Sessions asked for one by one; a whole room's or the whole backup is for a tap only.
    'key-backup': hourAndDay(100, 300),
    joins: hourAndDay(20, 60),
    'tap-release': [{ windowSeconds: DAY, buckets: 96, limit: 10_000 }],
  },
  rooms: { windowSeconds: DAY, limit: 150 },
  firstSyncEvents: 10_000,
  firstSyncSeconds: 600,
  taps: {
    archive: { units: 2_000, seconds: 8 * HOUR },
    state: { units: 200_000, seconds: 8 * HOUR },
    directory: { units: 2_000, seconds: 8 * HOUR },
    'media-bytes': { units: 2 * GIGABYTE, seconds: 8 * HOUR },
    'media-files': { units: 300, seconds: 8 * HOUR },
    'key-backup': { units: 10_000, seconds: HOUR },
    joins: { units: 20, seconds: 8 * HOUR },
    pushers: { units: 1, seconds: HOUR },
  },
  weights: { plaintext: 1, encrypted: 1 },
  liveWindowMs: 600_000,
  futureSkewMs: 60_000,
  idleLimitMs: 4 * HOUR * 1_000,
  chargedAgainSeconds: 600,
  reservationSeconds: 120,
  positionOverlapSeconds: HOUR,
  giveBacksPer30Days: 2,
}
