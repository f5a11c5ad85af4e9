// What a receipt needs of WebAuthn, offline: a key's signature over bytes, and the key inside a registration.
import { decodeAttestationObject, parseAuthenticatorData, verifySignature } from '@simplewebauthn/server/helpers'

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

/** The credential id and COSE public key that a registration made (WebAuthn §6.5.1), or null when it holds none. */
export function enrolledKey(
  attestationObject: Uint8Array<ArrayBuffer>,
): { readonly credentialId: Uint8Array; readonly publicKey: Uint8Array } | null {
  try {
    const authData = parseAuthenticatorData(decodeAttestationObject(attestationObject).get('authData'))
    const { credentialID, credentialPublicKey } = authData
    return credentialID && credentialPublicKey ? { credentialId: credentialID, publicKey: credentialPublicKey } : null
  } catch {
    return null
  }
}
