// What a receipt needs of WebAuthn, offline: a key's signature over bytes, and the key inside a registration.
import {
  convertAAGUIDToString,
  decodeAttestationObject,
  parseAuthenticatorData,
  verifySignature,
} from '@simplewebauthn/server/helpers'

export interface SignedBytes {
  /** COSE public key. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly signature: Uint8Array<ArrayBuffer>
  readonly data: Uint8Array<ArrayBuffer>
}

/** Whether the signature over the data is that key's. False for anything malformed; never throws. */
export async function verifyKeySignature({ publicKey, signature, data }: SignedBytes): Promise<boolean> {
  try {
    return await verifySignature({ credentialPublicKey: publicKey, signature, data })
  } catch {
    return false
  }
}

/** What a registration says of the key it made (WebAuthn §6.5.1). */
export interface EnrolledKey {
  readonly credentialId: Uint8Array
  /** COSE. */
  readonly publicKey: Uint8Array
  readonly rpIdHash: Uint8Array
  readonly aaguid: string
}

/** The key inside a registration, or null when it holds none. */
export function enrolledKey(attestationObject: Uint8Array<ArrayBuffer>): EnrolledKey | null {
  try {
    const authData = parseAuthenticatorData(decodeAttestationObject(attestationObject).get('authData'))
    const { credentialID, credentialPublicKey } = authData
    const { rpIdHash, aaguid } = authData
    if (!credentialID || !credentialPublicKey || !aaguid) return null
    return {
      credentialId: credentialID,
      publicKey: credentialPublicKey,
      rpIdHash,
      aaguid: convertAAGUIDToString(aaguid),
    }
  } catch {
    return null
  }
}
