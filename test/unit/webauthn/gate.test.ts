import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { admit, type GateReason, type KeyFacts } from '../../../server/webauthn/gate.ts'
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
}
const MODEL: JudgedModel = { allowed: true, hardwareProtected: true, certification: 1, concerns: [], roots: [] }

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
  [{ format: 'tpm' }, {}, 'format-unsupported', 'any'],
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
  [{}, { concerns: ['status-revoked'] }, 'status-revoked', 'attested'],
  [{}, { concerns: ['status-retired'] }, 'status-retired', 'attested'],
  [{}, { concerns: ['status-compromised'] }, 'status-compromised', 'attested'],
]
const POLICIES = ['any', 'device-bound', 'attested'] as const

describe('the enrolment gate', () => {
  it('admits a genuine hardware key under every policy, and calls it hardware only under attested', () => {
    expect(POLICIES.map((policy) => admit(KEY, policy, MODEL))).toEqual([
      { ok: true, acr: 'phr' },
      { ok: true, acr: 'phr' },
      { ok: true, acr: 'phrh' },
    ])
  })

  for (const [key, model, reason, from] of FLAWS) {
    it(`minds ${JSON.stringify({ ...key, ...model })}${model === null ? ' (no model)' : ''} from ${from} on, as ${reason}`, () => {
      for (const policy of POLICIES) {
        const admission = admit({ ...KEY, ...key }, policy, model === null ? null : { ...MODEL, ...model })
        const minded = POLICIES.indexOf(policy) >= POLICIES.indexOf(from)
        expect(admission.ok ? [] : admission.reasons).toEqual(minded ? expect.arrayContaining([reason]) : [])
      }
    })
  }

  it('has a sentence in the reference for each of its reasons', () => {
    const reference = readFileSync(new URL('../../../docs/reference/key-policies.md', import.meta.url), 'utf8')
    for (const [, , reason] of FLAWS) expect(reference).toContain(`\`${reason}\``)
  })
})
