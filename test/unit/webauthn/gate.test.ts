import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type AdmissionRule, admit, type GateReason, isBuiltIn, type KeyFacts } from '../../../server/webauthn/gate.ts'
import type { JudgedModel } from '../../../server/webauthn/model.ts'

const AAGUID = 'a11ce000-0000-4000-8000-0000000000aa'
const KEY: KeyFacts = {
  userVerified: true,
  crossOrigin: false,
  backupEligible: false,
  backedUp: false,
  format: 'packed',
  aaguid: AAGUID,
  certified: true,
  certificateAaguid: AAGUID,
  chained: true,
  platform: false,
}
const MODEL: JudgedModel = {
  allowed: true,
  hardwareProtected: true,
  certification: 1,
  concerns: [],
  builtIn: false,
  roots: [],
}

/** One flaw a row: the policies that mind it, and the reason they give. */
const FLAWS: readonly (readonly [
  Partial<KeyFacts>,
  Partial<JudgedModel> | null,
  GateReason,
  'any' | 'device-bound' | 'attested',
])[] = [
  [{ userVerified: false }, {}, 'user-verification', 'any'],
  [{ crossOrigin: true }, {}, 'cross-origin', 'any'],
  [{ backedUp: true }, {}, 'backup-state', 'any'],
  [{ format: 'apple' }, {}, 'format-unsupported', 'any'],
  [{ backupEligible: true }, {}, 'backup-eligible', 'device-bound'],
  [{ format: 'fido-u2f' }, {}, 'format-not-packed', 'attested'],
  [{ format: 'none' }, {}, 'format-not-packed', 'attested'],
  [{ certified: false }, {}, 'not-certified', 'attested'],
  [{ certificateAaguid: null }, {}, 'certificate-aaguid-missing', 'attested'],
  [{ certificateAaguid: 'other' }, {}, 'certificate-aaguid-differs', 'attested'],
  [{ chained: false }, {}, 'chain-broken', 'attested'],
  [{}, null, 'model-unknown', 'attested'],
  [{}, { allowed: false }, 'model-not-allowed', 'attested'],
  [{}, { hardwareProtected: false }, 'key-protection', 'attested'],
  [{}, { certification: 0 }, 'certification-level', 'attested'],
  [{}, { concerns: ['status-revoked'] }, 'status-revoked', 'any'],
  [{}, { concerns: ['status-retired'] }, 'status-retired', 'attested'],
  [{}, { concerns: ['status-compromised'] }, 'status-compromised', 'any'],
]
const POLICIES = ['any', 'device-bound', 'attested'] as const
const rule = (policy: AdmissionRule['policy'], more: Partial<AdmissionRule> = {}): AdmissionRule => ({
  policy,
  aaguids: null,
  platformAllowed: true,
  ...more,
})

describe('the enrolment gate', () => {
  it('admits a genuine hardware key under every policy, and calls it hardware only under attested', () => {
    expect(POLICIES.map((policy) => admit(KEY, rule(policy), MODEL))).toEqual([
      { ok: true, acr: 'phr' },
      { ok: true, acr: 'phr' },
      { ok: true, acr: 'phrh' },
    ])
  })

  for (const [key, model, reason, from] of FLAWS) {
    it(`minds ${JSON.stringify({ ...key, ...model })}${model === null ? ' (no model)' : ''} from ${from} on, as ${reason}`, () => {
      for (const policy of POLICIES) {
        const admission = admit({ ...KEY, ...key }, rule(policy), model === null ? null : { ...MODEL, ...model })
        const minded = POLICIES.indexOf(policy) >= POLICIES.indexOf(from)
        expect(admission.ok ? [] : admission.reasons).toEqual(minded ? expect.arrayContaining([reason]) : [])
      }
    })
  }

  it('admits a built-in key only where the rule allows them, under every policy', () => {
    const builtIn = { ...KEY, platform: true }
    for (const policy of POLICIES) {
      expect(admit(builtIn, rule(policy), MODEL).ok).toBe(true)
      expect(admit(builtIn, rule(policy, { platformAllowed: false }), MODEL)).toEqual({
        ok: false,
        reasons: ['platform-not-allowed'],
      })
    }
  })

  it('admits only models of the list, under every policy', () => {
    for (const policy of POLICIES) {
      expect(admit(KEY, rule(policy, { aaguids: [AAGUID] }), MODEL).ok).toBe(true)
      for (const aaguids of [[], ['00000000-0000-0000-0000-000000000000']])
        expect(admit(KEY, rule(policy, { aaguids }), MODEL)).toEqual({ ok: false, reasons: ['model-not-listed'] })
    }
  })

  it('takes a TPM’s statement, whose certificate need not name the model, and must not name another', () => {
    const tpm = { ...KEY, format: 'tpm', platform: true, certificateAaguid: null }
    expect(admit(tpm, rule('attested'), MODEL)).toEqual({ ok: true, acr: 'phrh' })
    expect(admit({ ...tpm, certificateAaguid: 'other' }, rule('attested'), MODEL)).toEqual({
      ok: false,
      reasons: ['certificate-aaguid-differs'],
    })
    expect(admit({ ...tpm, chained: false }, rule('attested'), MODEL).ok).toBe(false)
  })

  it('takes a key for built in by its word, and a proved model by the metadata', () => {
    const usb = { format: 'packed', attachment: 'cross-platform', transports: ['usb'] }
    expect(isBuiltIn(usb, null)).toBe(false)
    expect(isBuiltIn(usb, { builtIn: true })).toBe(true)
    for (const said of [{ attachment: 'platform' }, { transports: ['hybrid', 'internal'] }, { format: 'tpm' }]) {
      expect(isBuiltIn({ ...usb, ...said }, null)).toBe(true)
      expect(isBuiltIn({ ...usb, ...said }, { builtIn: null })).toBe(true)
      expect(isBuiltIn({ ...usb, ...said }, { builtIn: false })).toBe(false)
    }
  })

  it('has a sentence in the reference for each of its reasons', () => {
    const reference = readFileSync(new URL('../../../docs/reference/key-policies.md', import.meta.url), 'utf8')
    for (const reason of [...FLAWS.map(([, , each]) => each), 'platform-not-allowed', 'model-not-listed'])
      expect(reference).toContain(`\`${reason}\``)
  })
})
