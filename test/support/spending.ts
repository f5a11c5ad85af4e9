// What a spending is when nothing but its streams matters.
import type { Charge, SpendRequest } from '../../server/metering/port.ts'
import { defaultPolicy, type MeteringPolicy } from '../../server/policy/defaults.ts'

export const PLAIN_SPENDING = {
  live: 0,
  state: 0,
  position: null,
  since: null,
  idle: false,
  scope: null,
} as const satisfies Omit<SpendRequest, 'serverName' | 'personId' | 'device' | 'streams'>

/** Units by their hashes, one after the other. */
export function units(from: number, count: number): Charge {
  return { hashes: Array.from({ length: count }, (_, index) => BigInt(from + index)), bare: 0 }
}

/** As much archive, catch-up and state as that in every window. */
export function widePolicy(limit: number): MeteringPolicy {
  const windows = { ...defaultPolicy.windows }
  for (const meter of ['archive', 'catch-up', 'state'] as const)
    windows[meter] = windows[meter].map((window) => ({ ...window, limit }))
  return { ...defaultPolicy, windows }
}
