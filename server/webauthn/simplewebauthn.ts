// The only importer of @simplewebauthn/server. Its failures come two ways (a throw, or `verified: false`), mostly as words: here
// they become values of ours. What `verified: true` leaves unchecked is checked by our own deciders, never assumed.
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import {
  convertAAGUIDToString,
  decodeAttestationObject,
  getCertificateInfo,
  parseAuthenticatorData,
} from '@simplewebauthn/server/helpers'
import { authenticatorHead } from './authenticator-data.ts'
import type { AllowedCredential } from './decoys.ts'

/** WebAuthn L3 §5.8.7. */
export type Hint = 'security-key' | 'client-device' | 'hybrid'
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON & { readonly hints: readonly string[] }
export type CreationOptions = PublicKeyCredentialCreationOptionsJSON & { readonly hints: readonly string[] }

/** EdDSA, ES256, RS256, on every runtime: the library's own list grows with the runtime's. */
const ALGORITHMS = [-8, -7, -257]
/** id-fido-gen-ce-aaguid (WebAuthn L3 §8.2.1). */
const AAGUID_EXTENSION = '1.3.6.1.4.1.45724.1.1.4'
const SERIAL_EXTENSION = '1.3.6.1.4.1.45724.1.1.2'

/** Options for `navigator.credentials.get`. An empty list asks for a discoverable credential. */
export async function assertionOptions(input: {
  readonly rpId: string
  readonly challenge: Uint8Array
  readonly allowed: readonly AllowedCredential[]
  readonly timeoutMs: number
}): Promise<RequestOptions> {
  const options = await generateAuthenticationOptions({
    rpID: input.rpId,
    challenge: new Uint8Array(input.challenge),
    userVerification: 'required',
    timeout: input.timeoutMs,
    allowCredentials: input.allowed.map(libraryDescriptor),
  })
  // A built-in key is offered beside the others to whoever has one.
  const builtIn = input.allowed.some(({ transports }) => transports.includes('internal'))
  return { ...options, hints: builtIn ? ['security-key', 'client-device'] : ['security-key'] }
}

/** Options for `navigator.credentials.create`. */
export async function creationOptions(input: {
  readonly rpId: string
  readonly challenge: Uint8Array
  readonly user: { readonly id: Uint8Array; readonly name: string; readonly displayName: string }
  readonly exclude: readonly AllowedCredential[]
  readonly attestation: 'none' | 'direct' | 'enterprise'
  /** `cross-platform` where built-in keys would be refused; null offers all. */
  readonly attachment: 'cross-platform' | null
  readonly hints: readonly Hint[]
  readonly timeoutMs: number
}): Promise<CreationOptions> {
  const options = await generateRegistrationOptions({
    rpName: 'Palier',
    rpID: input.rpId,
    challenge: new Uint8Array(input.challenge),
    userID: new Uint8Array(input.user.id),
    userName: input.user.name,
    userDisplayName: input.user.displayName,
    attestationType: input.attestation,
    excludeCredentials: input.exclude.map(libraryDescriptor),
    // A fresh object each time: the library writes into the one it is given.
    authenticatorSelection: {
      residentKey: 'preferred',
      userVerification: 'required',
      ...(input.attachment === null ? {} : { authenticatorAttachment: input.attachment }),
    },
    supportedAlgorithmIDs: [...ALGORITHMS],
    timeout: input.timeoutMs,
  })
  return { ...options, hints: [...input.hints] }
}

const libraryDescriptor = ({ id, transports }: AllowedCredential) => ({
  id,
  transports: [...transports] as AuthenticatorTransport[],
})

/** Whether the assertion's signature is the credential's, and the library finds nothing else amiss. */
export async function signatureHolds(input: {
  readonly response: {
    readonly id: string
    readonly rawId: string
    readonly type: 'public-key'
    readonly response: {
      readonly clientDataJSON: string
      readonly authenticatorData: string
      readonly signature: string
      readonly userHandle?: string | null | undefined
    }
  }
  readonly credential: { readonly webauthnId: string; readonly publicKey: Uint8Array }
  readonly challenge: string
  readonly origin: string
  readonly rpId: string
}): Promise<boolean> {
  const { clientDataJSON, authenticatorData, signature } = input.response.response
  const response: AuthenticationResponseJSON = {
    id: input.response.id,
    rawId: input.response.rawId,
    type: 'public-key',
    clientExtensionResults: {},
    response: { clientDataJSON, authenticatorData, signature },
  }
  try {
    const { verified } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: input.challenge,
      expectedOrigin: input.origin,
      expectedRPID: input.rpId,
      requireUserVerification: true,
      // Counter 0 turns the library's counter check off: it comes before the signature, so that anyone could feign a cloned key.
      credential: {
        id: input.credential.webauthnId,
        publicKey: new Uint8Array(input.credential.publicKey),
        counter: 0,
      },
    })
    return verified
  } catch {
    return false
  }
}

/** What a registration says of itself, none of it judged. */
export interface Registration {
  readonly webauthnId: string
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly aaguid: string
  readonly format: string
  readonly rpIdHash: Uint8Array
  readonly userPresent: boolean
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
  /** DER certificates, leaf first; empty for none and for self-attestation. */
  readonly certificates: readonly Uint8Array[]
  /** The AAGUID that the leaf certificate names, or null. */
  readonly certificateAaguid: string | null
  /** The serial number that the leaf certificate gives (enterprise attestation), or null. */
  readonly certificateSerial: string | null
  readonly attestationObject: Uint8Array
}

/** Reads an attestation object; null when it cannot be read. Verifies nothing. */
export function readRegistration(attestationObject: Uint8Array): Registration | null {
  try {
    const object = decodeAttestationObject(new Uint8Array(attestationObject))
    const authData = object.get('authData')
    const { aaguid, credentialID, credentialPublicKey } = parseAuthenticatorData(authData)
    const head = authenticatorHead(authData)
    if (!aaguid || !credentialID || !credentialPublicKey || head === null) return null
    const certificates = object.get('attStmt').get('x5c') ?? []
    return {
      webauthnId: Buffer.from(credentialID).toString('base64url'),
      publicKey: credentialPublicKey,
      signCount: head.signCount,
      aaguid: convertAAGUIDToString(aaguid),
      format: object.get('fmt'),
      rpIdHash: head.rpIdHash,
      userPresent: head.userPresent,
      userVerified: head.userVerified,
      backupEligible: head.backupEligible,
      backedUp: head.backedUp,
      certificates,
      certificateAaguid: certificates[0] === undefined ? null : certificateAaguid(certificates[0]),
      certificateSerial: certificates[0] === undefined ? null : certificateSerial(certificates[0]),
      attestationObject,
    }
  } catch {
    return null
  }
}

/** Whether the registration and its attestation statement hold together (WebAuthn L3 §7.1 step 21): not whether they are trusted. */
export async function registrationHolds(input: {
  readonly response: RegistrationResponseJSON
  readonly challenge: string
  readonly origin: string
  readonly rpId: string
}): Promise<boolean> {
  try {
    const { verified } = await verifyRegistrationResponse({
      response: input.response,
      expectedChallenge: input.challenge,
      expectedOrigin: input.origin,
      expectedRPID: input.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHMS],
    })
    return verified
  } catch {
    return false
  }
}

/** PEM of the roots that sign FIDO's metadata BLOB (GlobalSign Root CA R3), as the library carries them. */
export function metadataRoots(): readonly string[] {
  return SettingsService.getRootCertificates({ identifier: 'mds' })
}

function extensionOf(der: Uint8Array, id: string): Uint8Array<ArrayBuffer> | null {
  const { extensions } = getCertificateInfo(new Uint8Array(der)).parsedCertificate.tbsCertificate
  const extension = extensions?.find(({ extnID }) => extnID === id)
  return extension === undefined ? null : new Uint8Array(extension.extnValue.buffer)
}

function certificateAaguid(der: Uint8Array): string | null {
  const value = extensionOf(der, AAGUID_EXTENSION)
  // An OCTET STRING of 16 bytes inside the extension's own OCTET STRING.
  if (value?.length !== 18 || value[0] !== 0x04 || value[1] !== 16) return null
  return convertAAGUIDToString(value.slice(2))
}

/**
 * No document says how the number is written: an INTEGER or OCTET STRING of up to eight bytes is read as a number, in decimal as it is
 * printed on keys; a longer one as the text that it is, or else in hexadecimal.
 */
function certificateSerial(der: Uint8Array): string | null {
  const value = extensionOf(der, SERIAL_EXTENSION)
  if (value === null || (value[0] !== 0x04 && value[0] !== 0x02)) return null
  const bytes = value.slice(2)
  if (bytes.length === 0 || bytes.length > 64 || bytes.length !== value[1]) return null
  const hex = Buffer.from(bytes).toString('hex')
  if (bytes.length <= 8) return BigInt(`0x${hex}`).toString()
  return bytes.every((byte) => byte > 0x20 && byte < 0x7f) ? Buffer.from(bytes).toString('latin1') : hex.toUpperCase()
}
