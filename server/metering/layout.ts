// How a meter's windows are laid out in sub-buckets: the one description that the rings here and those in SQL are built from.
import type { MeteringPolicy, RingMeter, WindowPolicy } from '../policy/defaults.ts'

/** Windows that one meter can have: the database keeps a set of columns for each. */
const WINDOWS_AT_MOST = 3

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

/** A policy as the database's functions take it. */
export interface PolicyForDatabase {
  /** Width and number of sub-buckets of each window: `60:61,900:97`. */
  readonly layouts: Readonly<Record<RingMeter, string>>
  /** Limits of the windows, as a Postgres array literal. */
  readonly caps: Readonly<Record<RingMeter, string>>
}

/** Throws when a meter has no window, more than three, or one whose sub-buckets do not divide it. */
export function policyForDatabase(policy: Pick<MeteringPolicy, 'windows'>): PolicyForDatabase {
  const layouts: Partial<Record<RingMeter, string>> = {}
  const caps: Partial<Record<RingMeter, string>> = {}
  for (const meter of Object.keys(policy.windows) as RingMeter[]) {
    const rings = policy.windows[meter].map(ringOf)
    if (rings.length < 1 || rings.length > WINDOWS_AT_MOST)
      throw new RangeError(`${meter} has ${rings.length} windows, not 1 to ${WINDOWS_AT_MOST}`)
    layouts[meter] = rings.map(({ width, size }) => `${width}:${size}`).join(',')
    caps[meter] = `{${rings.map(({ limit }) => limit).join(',')}}`
  }
  return { layouts: layouts as Record<RingMeter, string>, caps: caps as Record<RingMeter, string> }
}
