// Sealing of what must be read back: homeserver tokens, private keys, client secrets (AES-256-GCM, see docs/decisions).

/** What a sealed value is for; each purpose has a key of its own (HKDF info). */
export type SealPurpose =
  | 'homeserver-token'
  | 'signing-key'
  | 'client-secret'
  | 'login-token'
  | 'room'
  | 'enrolment-link'
  | 'probe'

/** Where a sealed value lives: bound as additional data, so that an envelope moved to another row does not open. */
export interface SealContext {
  readonly table: string
  readonly row: string
  readonly owner: string
}

/** Seals and opens small secrets, and derives keys for MACs, all from `PALIER_SECRET`. */
export interface Sealer {
  /** `v1.<key id>.<nonce>.<ciphertext and tag>`, each part base64url. */
  seal(purpose: SealPurpose, where: SealContext, plaintext: string): string
  /** The plaintext. Throws `SealBroken` when the key is unknown or the envelope or its place was changed. */
  open(purpose: SealPurpose, where: SealContext, envelope: string): string
  /** 32 bytes for a MAC, by purpose, from the current secret (HKDF-SHA-256, RFC 5869). */
  macKey(purpose: string): Uint8Array
  /** The id of the key that `seal` uses now. */
  readonly currentKeyId: string
}

/** An envelope that does not open: unknown key, changed bytes, or another place than it was sealed for. */
export class SealBroken extends Error {
  constructor(where: SealContext, why: string) {
    super(`the sealed value in ${where.table} does not open: ${why}`)
    this.name = 'SealBroken'
  }
}
