// What the decider of key policies calls no loosening lets in no key that was refused, whatever other groups somebody is in.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admitsMore, groupAsksLess } from '../../../server/webauthn/looser.ts'
import {
  belowRule,
  type GroupKeyPolicy,
  KEY_POLICIES,
  type KeyUnderRule,
  keyRule,
} from '../../../server/webauthn/rule.ts'

const MODELS = ['a', 'b', 'c', 'd']
const policies: fc.Arbitrary<GroupKeyPolicy> = fc.record({
  policy: fc.constantFrom(...KEY_POLICIES),
  aaguids: fc.option(fc.subarray(MODELS, { minLength: 1 })),
  platformAllowed: fc.boolean(),
  minKeys: fc.constantFrom(1 as const, 2 as const),
})
const settings = fc.constantFrom(...KEY_POLICIES)
const maybe = fc.option(policies)

const KEYS: readonly KeyUnderRule[] = MODELS.flatMap((aaguid) =>
  [true, false].flatMap((backupEligible) =>
    [true, false].flatMap((platform) =>
      [true, false].map((certified) => ({ aaguid, backupEligible, platform, certified })),
    ),
  ),
)

/** Keys that a rule lets in. */
const admitted = (rule: GroupKeyPolicy) => KEYS.filter((key) => belowRule(key, rule).length === 0)

describe('what asks for no less', () => {
  it('lets in no key that was refused', () => {
    let tight = 0
    fc.assert(
      fc.property(policies, policies, (before, after) => {
        if (admitsMore(before, after)) return
        tight += 1
        const known = admitted(before)
        for (const key of admitted(after)) expect(known).toContain(key)
      }),
      { numRuns: 2_000 },
    )
    expect(tight).toBeGreaterThan(100)
  })

  it('nor for members of other groups, nor where a policy comes or goes', () => {
    let tight = 0
    fc.assert(
      fc.property(maybe, maybe, fc.array(policies, { maxLength: 2 }), settings, (before, after, others, setting) => {
        if (groupAsksLess(before, after, setting)) return
        tight += 1
        const ruleOf = (own: GroupKeyPolicy | null) => keyRule(own === null ? others : [own, ...others], setting)
        const known = admitted(ruleOf(before))
        for (const key of admitted(ruleOf(after))) expect(known).toContain(key)
      }),
      { numRuns: 3_000 },
    )
    expect(tight).toBeGreaterThan(300)
  })

  it('is what changes nothing, or only how many keys each should have', () => {
    fc.assert(
      fc.property(policies, settings, (policy, setting) => {
        expect(groupAsksLess(policy, { ...policy, minKeys: 1 }, setting)).toBe(false)
        expect(groupAsksLess(null, null, setting)).toBe(false)
      }),
    )
  })
})

describe('what asks for less', () => {
  it.each([
    [{ policy: 'device-bound' }],
    [{ policy: 'any' }],
    [{ aaguids: ['a', 'b'] }],
    [{ aaguids: null }],
    [{ platformAllowed: true }],
  ] as const)('%j', (change) => {
    const before: GroupKeyPolicy = { policy: 'attested', aaguids: ['a'], platformAllowed: false, minKeys: 2 }
    expect(groupAsksLess(before, { ...before, ...change }, 'attested')).toBe(true)
    expect(groupAsksLess({ ...before, ...change }, before, 'attested')).toBe(false)
  })

  it('so does taking a policy away, whatever the setting: other groups may ask for less', () => {
    const before: GroupKeyPolicy = { policy: 'device-bound', aaguids: null, platformAllowed: true, minKeys: 1 }
    for (const setting of KEY_POLICIES) expect(groupAsksLess(before, null, setting)).toBe(true)
  })

  it('so does a first policy that is milder than the setting', () => {
    const mild: GroupKeyPolicy = { policy: 'device-bound', aaguids: null, platformAllowed: false, minKeys: 1 }
    expect(groupAsksLess(null, mild, 'attested')).toBe(true)
    expect(groupAsksLess(null, mild, 'any')).toBe(false)
  })
})
