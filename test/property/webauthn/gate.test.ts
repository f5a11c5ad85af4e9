import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admit, type KeyFacts } from '../../../server/webauthn/gate.ts'
import type { JudgedModel } from '../../../server/webauthn/model.ts'

const aaguid = fc.constantFrom('a', 'b')
const key: fc.Arbitrary<KeyFacts> = fc.record({
  userVerified: fc.boolean(),
  crossOrigin: fc.boolean(),
  backupEligible: fc.boolean(),
  backedUp: fc.boolean(),
  format: fc.constantFrom('none', 'packed', 'fido-u2f', 'tpm', 'apple', 'android-key'),
  aaguid,
  certified: fc.boolean(),
  certificateAaguid: fc.option(aaguid),
  chained: fc.boolean(),
  platform: fc.boolean(),
})
const model: fc.Arbitrary<JudgedModel | null> = fc.option(
  fc.record({
    allowed: fc.boolean(),
    hardwareProtected: fc.boolean(),
    certification: fc.constantFrom(0, 1, 1.5, 2, 3.5),
    concerns: fc.subarray(['status-revoked', 'status-retired', 'status-compromised'] as const),
    builtIn: fc.option(fc.boolean()),
    roots: fc.constant([]),
  }),
)

describe('the enrolment gate, for any key and model', () => {
  it('is stricter from policy to policy: reasons only grow', () => {
    fc.assert(
      fc.property(key, model, (facts, judged) => {
        const reasons = (['any', 'device-bound', 'attested'] as const).map((policy) => {
          const admission = admit(facts, { policy, aaguids: null, platformAllowed: true }, judged)
          return admission.ok ? [] : admission.reasons
        })
        expect(reasons[1]).toEqual(expect.arrayContaining([...(reasons[0] ?? [])]))
        expect(reasons[2]).toEqual(expect.arrayContaining([...(reasons[1] ?? [])]))
      }),
    )
  })

  it('says phrh exactly when every condition of the attested policy holds', () => {
    fc.assert(
      fc.property(key, model, (facts, judged) => {
        const sound =
          judged?.allowed === true &&
          judged.hardwareProtected &&
          judged.certification >= 1 &&
          judged.concerns.length === 0
        const proved =
          facts.userVerified &&
          !facts.crossOrigin &&
          !facts.backupEligible &&
          !facts.backedUp &&
          (facts.format === 'packed' || facts.format === 'tpm') &&
          facts.certified &&
          facts.chained &&
          (facts.certificateAaguid === facts.aaguid || (facts.format === 'tpm' && facts.certificateAaguid === null)) &&
          sound
        const admission = admit(facts, { policy: 'attested', aaguids: null, platformAllowed: true }, judged)
        expect(admission.ok).toBe(proved)
        if (admission.ok) expect(admission.acr).toBe('phrh')
        for (const policy of ['any', 'device-bound'] as const) {
          const lesser = admit(facts, { policy, aaguids: null, platformAllowed: true }, judged)
          if (lesser.ok) expect(lesser.acr).toBe('phr')
        }
      }),
      { numRuns: 2000 },
    )
  })
})
