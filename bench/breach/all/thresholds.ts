// The most that each meter may let out without a tap: the thresholds as they ship, but for those that would need gigabytes and tens of
// thousands of members to be reached, which are lowered by a policy of the bench.
import { defaultPolicy, type RingMeter, type WindowPolicy } from '../../../server/policy/defaults.ts'
import type { Counted } from './takings.ts'

const LOWERED = { state: 3_000, 'media-bytes': 5_000_000 } as const satisfies Partial<Record<RingMeter, number>>

/** The bench's policy document: what is left out is as it ships. */
export const POLICY = `windows:
${Object.entries(LOWERED)
  .map(([meter, limit]) => {
    const windows = defaultPolicy.windows[meter as RingMeter].map(
      ({ windowSeconds, buckets }) =>
        `    - { window: ${windowSeconds} s, buckets: ${buckets}, limit: ${meter === 'media-bytes' ? `${limit / 1_000_000} MB` : limit} }`,
    )
    return `  ${meter}:\n${windows.join('\n')}`
  })
  .join('\n')}
`

const tightest = (windows: readonly WindowPolicy[]): number => Math.min(...windows.map(({ limit }) => limit))

/** What may be taken at most, by what it is counted in. */
export function thresholdOf(counted: Counted): number {
  if (counted === 'rooms') return defaultPolicy.rooms.limit
  // A push address is for a tap only.
  if (counted === 'pushers') return 0
  if (counted === 'state' || counted === 'media-bytes') return LOWERED[counted]
  return tightest(defaultPolicy.windows[counted])
}
