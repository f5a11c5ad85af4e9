// What a temporary pass may read: what comes in now, and nothing of before. The one place where that is decided.
import { ALLOWANCE_METERS, type MeteringPolicy, RING_METERS, type RingMeter } from './defaults.ts'
import type { Applied } from './port.ts'

/** Nothing of these is left to a pass, and no tap gives any back. */
const CLOSED: ReadonlySet<RingMeter> = new Set([
  'archive',
  'catch-up',
  'directory',
  'media-bytes',
  'media-files',
  'key-backup',
  'joins',
  'tap-release',
])

const made = new WeakMap<MeteringPolicy, MeteringPolicy>()

/**
 * What applies to a device that signed in with a temporary pass, made from what would apply to its person: live traffic only. No
 * exemption, outage or trial lifts it. Members and settings of rooms are needed to take part: the hour's limit of them is the
 * limit of every window.
 */
export function liveOnly(applied: Applied): Applied {
  const known = made.get(applied.metering)
  const metering = known ?? closed(applied.metering)
  if (known === undefined) made.set(applied.metering, metering)
  return { ...applied, metering, enforce: 'enforce', exempt: null }
}

function closed(policy: MeteringPolicy): MeteringPolicy {
  const stateLimit = Math.min(...policy.windows.state.map(({ limit }) => limit))
  const limitOf = (meter: RingMeter, limit: number) =>
    CLOSED.has(meter) ? 0 : meter === 'state' ? Math.min(limit, stateLimit) : limit
  const windows = { ...policy.windows }
  for (const meter of RING_METERS)
    windows[meter] = policy.windows[meter].map((window) => ({ ...window, limit: limitOf(meter, window.limit) }))
  const taps = { ...policy.taps }
  for (const meter of ALLOWANCE_METERS) taps[meter] = { ...policy.taps[meter], units: 0 }
  return { ...policy, windows, taps, rooms: { ...policy.rooms, limit: 0 }, firstSyncEvents: 0 }
}
