// Keys that were sent to people: while one is awaited, a link of that person takes no other.
import type { AuditEvent } from '../audit/port.ts'
import type { KeyIdentity } from '../webauthn/identity.ts'

/** Serial, or model and batch: exactly one of the two ways. */
export interface ExpectedKey {
  /** `exp_…` */
  readonly id: string
  readonly personId: string
  readonly serial: string | null
  readonly aaguid: string | null
  /** SHA-256, hex, of the attestation certificate that keys of the batch share; null: any of the model. */
  readonly batch: string | null
  readonly createdBy: string
  readonly createdAt: Date
  readonly matchedAt: Date | null
  /** `key_…` */
  readonly matchedCredentialId: string | null
}

export interface ExpectedKeyStore {
  /**
   * Awaits these keys, with one audit entry for those that are new. One that is awaited already of the same person is left as it is.
   * Returns how many are new.
   */
  expect(keys: readonly NewExpectation[], audit: (fresh: readonly NewExpectation[]) => AuditEvent): Promise<number>
  /** Those of a person that were not withdrawn, newest first. */
  ofPerson(personId: string): Promise<readonly ExpectedKey[]>
  /** Whose it is; null: nobody's. */
  personOf(id: string): Promise<string | null>
  /** Awaits a key no more; whether it was still awaited. */
  withdraw(id: string, now: Date, audit: (personId: string) => AuditEvent): Promise<boolean>
}

export type NewExpectation = Omit<ExpectedKey, 'matchedAt' | 'matchedCredentialId'>

/** A serial number as it is compared: as printed, without spaces and leading zeros. */
export function plainSerial(text: string): string | null {
  const serial = text.replaceAll(/[\s-]/g, '').toUpperCase()
  if (!/^[0-9A-Z]{1,64}$/.test(serial)) return null
  return serial.replace(/^0+(?=.)/, '')
}

/** Whether a key is the one that is awaited. A key that does not prove what it is, is none. */
export function isExpected(
  expected: Pick<ExpectedKey, 'serial' | 'aaguid' | 'batch'>,
  { serial, aaguid, batch }: KeyIdentity,
): boolean {
  if (expected.serial !== null) return serial !== null && plainSerial(serial) === expected.serial
  // The certificate is of the model: without one nothing is proved.
  return batch !== null && expected.aaguid === aaguid && (expected.batch === null || expected.batch === batch)
}
