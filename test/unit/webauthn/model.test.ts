import { describe, expect, it } from 'vitest'
import { judgeModel } from '../../../server/webauthn/model.ts'
import { metadataEntry } from '../../support/metadata.ts'

const NOW = new Date('2026-07-01T09:00:00Z')
const judged = (...statuses: { status: string; effectiveDate?: string }[]) =>
  judgeModel(metadataEntry({ statuses }), true, NOW)

describe('a model of security keys', () => {
  for (const [status, concern] of [
    ['REVOKED', 'status-revoked'],
    ['RETIRED', 'status-retired'],
    ['USER_VERIFICATION_BYPASS', 'status-compromised'],
    ['ATTESTATION_KEY_COMPROMISE', 'status-compromised'],
    ['USER_KEY_REMOTE_COMPROMISE', 'status-compromised'],
    ['USER_KEY_PHYSICAL_COMPROMISE', 'status-compromised'],
  ] as const) {
    it(`reported ${status} is of concern from that day on, whatever is reported later`, () => {
      expect(judged({ status, effectiveDate: '2026-07-02' })?.concerns).toEqual([])
      expect(judged({ status, effectiveDate: '2026-07-01' })?.concerns).toEqual([concern])
      expect(judged({ status })?.concerns).toEqual([concern])
      expect(
        judged({ status, effectiveDate: '2025-01-01' }, { status: 'UPDATE_AVAILABLE', effectiveDate: '2026-01-01' })
          ?.concerns,
      ).toEqual([concern])
    })
  }

  it('has the highest certification since it was last denied one', () => {
    expect(judged()?.certification).toBe(0)
    expect(judged({ status: 'FIDO_CERTIFIED' })?.certification).toBe(1)
    expect(
      judged(
        { status: 'FIDO_CERTIFIED_L2', effectiveDate: '2024-01-01' },
        { status: 'FIDO_CERTIFIED_L1', effectiveDate: '2025-01-01' },
      )?.certification,
    ).toBe(2)
    expect(
      judged(
        { status: 'FIDO_CERTIFIED_L2', effectiveDate: '2024-01-01' },
        { status: 'NOT_FIDO_CERTIFIED', effectiveDate: '2025-01-01' },
      )?.certification,
    ).toBe(0)
    expect(
      judged(
        { status: 'NOT_FIDO_CERTIFIED', effectiveDate: '2025-01-01' },
        { status: 'FIDO_CERTIFIED_L2', effectiveDate: '2024-01-01' },
      )?.certification,
    ).toBe(0)
    expect(judged({ status: 'FIDO_CERTIFIED_L1', effectiveDate: '2027-01-01' })?.certification).toBe(0)
  })

  it('is hardware only where the metadata says so', () => {
    expect(judgeModel(metadataEntry({ keyProtection: ['software', 'tee'] }), true, NOW)?.hardwareProtected).toBe(false)
    expect(judgeModel(metadataEntry({ keyProtection: ['secure_element'] }), true, NOW)?.hardwareProtected).toBe(true)
  })

  it('is unknown when its entry cannot be read', () => {
    expect(judgeModel({ aaguid: 'x' }, true, NOW)).toBeNull()
  })
})
