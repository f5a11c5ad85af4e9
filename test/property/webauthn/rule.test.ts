import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admit, type KeyFacts } from '../../../server/webauthn/gate.ts'
import type { JudgedModel } from '../../../server/webauthn/model.ts'
import {
  belowRule,
  type GroupKeyPolicy,
  KEY_POLICIES,
  type KeyUnderRule,
  keyRule,
} from '../../../server/webauthn/rule.ts'

const aaguid = fc.constantFrom('a', 'b', 'c')
const policy = fc.constantFrom(...KEY_POLICIES)
const group: fc.Arbitrary<GroupKeyPolicy> = fc.record({
  policy,
  aaguids: fc.option(fc.uniqueArray(aaguid)),
  platformAllowed: fc.boolean(),
  minKeys: fc.constantFrom(1, 2),
})
const groups = fc.array(group, { maxLength: 4 })
const enrolled: fc.Arbitrary<KeyUnderRule> = fc.record({
  aaguid,
  backupEligible: fc.boolean(),
  platform: fc.boolean(),
  certified: fc.boolean(),
})
const MODEL: JudgedModel = {
  allowed: true,
  hardwareProtected: true,
  certification: 1,
  concerns: [],
  builtIn: null,
  roots: [],
}
const facts: fc.Arbitrary<KeyFacts> = fc
  .record({ aaguid, backupEligible: fc.boolean(), platform: fc.boolean(), certified: fc.boolean() })
  .map((some) => ({
    ...some,
    userVerified: true,
    crossOrigin: false,
    backedUp: false,
    format: 'packed',
    certificateAaguid: some.aaguid,
    chained: some.certified,
  }))

describe('what applies to a person in several groups', () => {
  it('lets a key in exactly when each of the groups would', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), policy, facts, (all, setting, key) => {
        const each = all.every((one) => admit(key, one, MODEL).ok)
        expect(admit(key, keyRule(all, setting), MODEL).ok).toBe(each)
      }),
      { numRuns: 2000 },
    )
  })

  it('calls an enrolled key below it exactly when it is below one of the groups', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), policy, enrolled, (all, setting, key) => {
        const some = all.some((one) => belowRule(key, one).length > 0)
        expect(belowRule(key, keyRule(all, setting)).length > 0).toBe(some)
      }),
      { numRuns: 2000 },
    )
  })

  it('asks for two keys when one of the groups does, and does not depend on the order of the groups', () => {
    fc.assert(
      fc.property(groups, policy, (all, setting) => {
        const rule = keyRule(all, setting)
        expect(rule.minKeys).toBe(all.some(({ minKeys }) => minKeys === 2) ? 2 : 1)
        const { aaguids, ...rest } = keyRule(all.toReversed(), setting)
        expect(rest).toEqual((({ aaguids: _, ...more }) => more)(rule))
        expect(aaguids?.toSorted()).toEqual(rule.aaguids?.toSorted())
      }),
    )
  })

  it('is the setting when no group says anything, and a link makes it only stricter', () => {
    fc.assert(
      fc.property(groups, policy, fc.option(policy), facts, (all, setting, atLeast, key) => {
        expect(keyRule([], setting)).toMatchObject({ from: 'setting', policy: setting, aaguids: null })
        const without = keyRule(all, setting)
        const withLink = keyRule(all, setting, atLeast)
        expect(KEY_POLICIES.indexOf(withLink.policy)).toBe(
          Math.max(KEY_POLICIES.indexOf(without.policy), atLeast === null ? 0 : KEY_POLICIES.indexOf(atLeast)),
        )
        if (admit(key, withLink, MODEL).ok) expect(admit(key, without, MODEL).ok).toBe(true)
      }),
    )
  })
})
