// Arbitrary policy documents that pass every check.
import fc from 'fast-check'
import { ALLOWANCE_METERS, RING_METERS } from '../../../server/policy/defaults.ts'
import type { PolicyDocument } from '../../../server/policy/document.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'

export const GROUPS = ['grp_a', 'grp_b', 'grp_c']
export const DAY_MS = 86_400_000
/** Dates within a fortnight, so that rules meet. */
export const START_MS = Date.UTC(2026, 8, 1)
export const dates = fc.nat(14).map((day) => START_MS + day * DAY_MS)
/** Within them, a day before and after. */
export const moments = fc.integer({ min: START_MS - DAY_MS, max: START_MS + 16 * DAY_MS })

const shipped = shippedPolicy()
const group = fc.constantFrom(...GROUPS)
const orEveryone = fc.constantFrom(...GROUPS, 'everyone')
const reason = fc.constantFrom('a migration', 'an: investigation #4', '- "quoted"', 'été')

/** Limits that grow with their windows. */
const growing = (length: number, least: number) =>
  fc
    .array(fc.integer({ min: least, max: 50_000 }), { minLength: length, maxLength: length })
    .map((limits) => limits.sort((a, b) => a - b))

const windows = fc
  .record(
    Object.fromEntries(
      RING_METERS.map((meter) => [meter, growing(shipped.windows[meter].length, meter === 'tap-release' ? 10_000 : 1)]),
    ),
  )
  .map(
    (limits) =>
      Object.fromEntries(
        RING_METERS.map((meter) => [
          meter,
          shipped.windows[meter].map((window, index) => ({ ...window, limit: limits[meter]?.[index] ?? 1 })),
        ]),
      ) as PolicyDocument['windows'],
  )

const taps = fc
  .record(
    Object.fromEntries(
      ALLOWANCE_METERS.map((meter) => [
        meter,
        fc.record({ units: fc.integer({ min: 1, max: 10_000 }), for: fc.integer({ min: 60, max: 86_400 }) }),
      ]),
    ),
  )
  .map((each) => each as PolicyDocument['taps'])

export const limitRules = fc.uniqueArray(
  fc.record(
    {
      group,
      from: dates,
      rooms: fc.nat(1_000),
      first_sync: fc.nat(10_000),
      windows: fc.record({ archive: growing(3, 0), joins: growing(2, 0) }, { requiredKeys: [] }),
    },
    { requiredKeys: ['group', 'rooms'] },
  ),
  { maxLength: 5, selector: (rule) => `${rule.group} ${rule.from}` },
)

export const enforcementRules = fc.uniqueArray(
  fc.record({ group: orEveryone, from: dates, mode: fc.constantFrom('observe' as const, 'enforce' as const) }),
  { maxLength: 6, selector: (rule) => `${rule.group} ${rule.from}` },
)

export const exemptionRules = fc.uniqueArray(
  fc
    .record(
      {
        user: fc.constantFrom('@ada:example.org', '@bob:example.org'),
        group,
        client: fc.constantFrom('Element/1.12', 'nio/0.25'),
        until: dates,
        reason,
      },
      { requiredKeys: ['until', 'reason'] },
    )
    .filter(({ user, group: of, client }) => (user ?? of ?? client) !== undefined),
  { maxLength: 4, selector: ({ user, group: of, client }) => JSON.stringify([user, of, client]) },
)

export const documents: fc.Arbitrary<PolicyDocument> = fc.record({
  windows,
  rooms: fc.record({ window: fc.integer({ min: 3_600, max: 30 * 86_400 }), limit: fc.nat(5_000) }),
  first_sync: fc.nat(100_000),
  taps,
  weights: fc
    .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 }))
    .map(([one, other]) => ({ plaintext: Math.max(one, other), encrypted: Math.min(one, other) })),
  live_window: fc.integer({ min: 10, max: 86_400 }),
  idle_after: fc.integer({ min: 60, max: 14_400 }),
  give_backs: fc.nat(100),
  limits: limitRules as fc.Arbitrary<PolicyDocument['limits']>,
  enforcement: enforcementRules,
  exemptions: exemptionRules as fc.Arbitrary<PolicyDocument['exemptions']>,
  existing_logins: fc.uniqueArray(fc.record({ group: orEveryone, from: dates }), {
    maxLength: 3,
    selector: (rule) => `${rule.group} ${rule.from}`,
  }),
  detection: fc.constant(shipped.detection),
  emergency: fc.option(fc.record({ since: dates, reason })),
})

/** Whom a policy may be asked about. */
export const subjects = fc.record({
  personId: fc.constant('per_1'),
  groups: fc.subarray(GROUPS),
  userId: fc.constantFrom('@ada:example.org', '@eve:example.org'),
  client: fc.constantFrom('Mozilla/5.0 Element/1.12.3 Electron', 'matrix-nio/0.25', ''),
})
