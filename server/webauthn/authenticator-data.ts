// The fixed head of authenticator data: RP id hash, flags, counter (WebAuthn L3 §6.1). Pure.
import { equalInConstantTime, sha256 } from '../platform/crypto.ts'

export interface AuthenticatorFlags {
  readonly userPresent: boolean
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

export interface AuthenticatorHead extends AuthenticatorFlags {
  readonly rpIdHash: Uint8Array
  readonly signCount: number
}

export type AuthenticatorDataFailure = 'malformed' | 'rp-id' | 'user-presence' | 'user-verification' | 'backup-state'

const HEAD_BYTES = 37

/** The head of authenticator data, or null when it is too short to have one. */
export function authenticatorHead(data: Uint8Array): AuthenticatorHead | null {
  if (data.length < HEAD_BYTES) return null
  const flags = data[32] as number
  return {
    rpIdHash: data.subarray(0, 32),
    userPresent: (flags & 0x01) !== 0,
    userVerified: (flags & 0x04) !== 0,
    backupEligible: (flags & 0x08) !== 0,
    backedUp: (flags & 0x10) !== 0,
    signCount: new DataView(data.buffer, data.byteOffset).getUint32(33),
  }
}

/** What every ceremony requires of the head, whatever the policy: our RP id, presence, verification, sound backup flags. */
export function checkAuthenticatorHead(head: AuthenticatorHead, rpId: string): AuthenticatorDataFailure | null {
  if (!equalInConstantTime(head.rpIdHash, sha256(rpId))) return 'rp-id'
  if (!head.userPresent) return 'user-presence'
  if (!head.userVerified) return 'user-verification'
  // §6.1.3: backed up without being eligible is no state a key can be in.
  if (head.backedUp && !head.backupEligible) return 'backup-state'
  return null
}
