// The receipt of a tap: everything needed to prove, offline and years later, what a person's key agreed to.
import * as z from 'zod'
import { equalInConstantTime, sha256, sha256Base64Url } from '../platform/crypto.ts'
import { base64Url, fromBase64Url } from '../platform/encoding.ts'
import { type ClientDataFailure, checkClientData } from '../webauthn/client-data.ts'
import { enrolledKey, verifyKeySignature } from '../webauthn/signature.ts'
import {
  canonicalJson,
  type EarlierIntent,
  earlierIntentSchema,
  type Intent,
  intentChallenge,
  intentSchema,
} from './intent.ts'

const base64UrlBytes = z.string().refine((text) => text !== '' && fromBase64Url(text) !== null, 'not base64url')

/** One tap over an intent: what the key signed, and the key as it was enrolled. */
export const tapSchema = z.strictObject({
  nonce: base64UrlBytes,
  client_data_json: base64UrlBytes,
  authenticator_data: base64UrlBytes,
  signature: base64UrlBytes,
  /** The key as it was enrolled. `id`, `policy` and `enrolled_at` are the server's word; the rest is the key's. */
  credential: z.strictObject({
    id: z.string(),
    webauthn_id: base64UrlBytes,
    public_key: base64UrlBytes,
    aaguid: z.string(),
    policy: z.string(),
    enrolled_at: z.string(),
    attestation_object: base64UrlBytes,
    registration_client_data: base64UrlBytes,
  }),
})

export type Tap = z.infer<typeof tapSchema>

export const receiptSchema = tapSchema.extend({
  v: z.literal(1),
  typ: z.literal('palier-receipt'),
  rp_id: z.string(),
  origin: z.string(),
  /** Canonical JSON (RFC 8785), as it was shown. */
  intent: z.string(),
})

export type Receipt = z.infer<typeof receiptSchema>

/** Where a tap was made, and the challenge that it must have signed. */
export interface TapPlace {
  readonly rp_id: string
  readonly origin: string
  /** The issuer that the intent names. */
  readonly iss: string
  readonly challenge: Uint8Array
}

export type ReceiptFault =
  | 'not-a-receipt'
  | 'intent-not-canonical'
  | 'intent-malformed'
  | 'wrong-type'
  | 'wrong-challenge'
  | 'wrong-origin'
  | 'cross-origin'
  | 'wrong-rp-id'
  | 'no-presence'
  | 'no-verification'
  | 'bad-signature'
  | 'key-not-of-enrolment'

export type ReceiptVerdict =
  | { readonly ok: true; readonly intent: Intent | EarlierIntent }
  | { readonly ok: false; readonly fault: ReceiptFault }

/**
 * Checks a receipt with nothing but its own bytes: the signed challenge is the hash of the intent, the signature is the
 * enrolled key's, the person was present and verified, on the origin and RP id named (WebAuthn Level 3 §7.2).
 * It proves what the key signed. That the key was this person's, and what the server says of it, is proved by the audit
 * log: the enrolment's entry, and the receipt's digest in the approval's.
 */
export async function verifyReceipt(input: unknown): Promise<ReceiptVerdict> {
  const parsed = receiptSchema.safeParse(input)
  if (!parsed.success) return { ok: false, fault: 'not-a-receipt' }
  const receipt = parsed.data
  const intent = readIntent(receipt.intent, z.union([intentSchema, earlierIntentSchema]))
  if (typeof intent === 'string') return { ok: false, fault: intent }
  const challenge = intentChallenge(bytes(receipt.nonce), receipt.intent)
  const fault = await tapFault(receipt, { ...receipt, iss: intent.iss, challenge })
  return fault === null ? { ok: true, intent } : { ok: false, fault }
}

/** What is wrong with one tap, or null: the same checks whatever kind of intent it was over. */
export async function tapFault(tap: Tap, place: TapPlace): Promise<ReceiptFault | null> {
  const clientDataBytes = bytes(tap.client_data_json)
  const authenticatorData = bytes(tap.authenticator_data)
  return (
    originFault(place) ??
    clientDataFault(tap, place) ??
    authenticatorDataFault(authenticatorData, place.rp_id) ??
    enrolmentFault(tap, place.rp_id) ??
    (await signatureFault(tap, authenticatorData, clientDataBytes))
  )
}

/** SHA-256 of a receipt in canonical JSON (RFC 8785), base64url: what the audit log keeps of it. */
export function receiptDigest(receipt: unknown): string {
  return sha256Base64Url(canonicalJson(receipt))
}

/** The intent of that text, or why it is none: malformed, or not its own canonical form. */
export function readIntent<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> | ReceiptFault {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'intent-malformed'
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) return 'intent-malformed'
  return canonicalJson(value) === text ? parsed.data : 'intent-not-canonical'
}

/** The tap was made where the intent's issuer lives, and the RP id is one that a page there may use (§5.1.3 step 7). */
function originFault(place: TapPlace): ReceiptFault | null {
  if (!URL.canParse(place.iss)) return 'intent-malformed'
  const { origin, hostname } = new URL(place.iss)
  if (place.origin !== origin) return 'wrong-origin'
  return hostname === place.rp_id || hostname.endsWith(`.${place.rp_id}`) ? null : 'wrong-rp-id'
}

const CLIENT_DATA_FAULTS: Readonly<Record<ClientDataFailure, ReceiptFault>> = {
  malformed: 'not-a-receipt',
  type: 'wrong-type',
  challenge: 'wrong-challenge',
  origin: 'wrong-origin',
  'cross-origin': 'cross-origin',
}

function clientDataFault(tap: Tap, place: TapPlace): ReceiptFault | null {
  const challenge = base64Url(place.challenge)
  const failure = checkClientData(tap.client_data_json, { type: 'webauthn.get', challenge, origin: place.origin })
  return failure === null ? null : CLIENT_DATA_FAULTS[failure]
}

const FLAG_USER_PRESENT = 0x01
const FLAG_USER_VERIFIED = 0x04
const RP_ID_HASH_BYTES = 32

function authenticatorDataFault(data: Uint8Array, rpId: string): ReceiptFault | null {
  if (data.length < 37) return 'not-a-receipt'
  if (!equalInConstantTime(data.subarray(0, RP_ID_HASH_BYTES), sha256(rpId))) return 'wrong-rp-id'
  const flags = data[RP_ID_HASH_BYTES] ?? 0
  if ((flags & FLAG_USER_PRESENT) === 0) return 'no-presence'
  return (flags & FLAG_USER_VERIFIED) === 0 ? 'no-verification' : null
}

/** Key, id and model must be the ones inside the registration that the key itself made, for this RP id. */
function enrolmentFault({ credential }: Tap, rpId: string): ReceiptFault | null {
  const enrolled = enrolledKey(bytes(credential.attestation_object))
  if (enrolled === null) return 'key-not-of-enrolment'
  const same =
    equalInConstantTime(enrolled.publicKey, bytes(credential.public_key)) &&
    equalInConstantTime(enrolled.credentialId, bytes(credential.webauthn_id)) &&
    equalInConstantTime(enrolled.rpIdHash, sha256(rpId)) &&
    enrolled.aaguid === credential.aaguid
  return same && isRegistration(credential.registration_client_data) ? null : 'key-not-of-enrolment'
}

const registrationSchema = z.object({ type: z.literal('webauthn.create'), challenge: z.string(), origin: z.string() })

/** The enrolment may have been made at an earlier address of the issuer: its origin is not compared. */
function isRegistration(clientData: string): boolean {
  try {
    return registrationSchema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes(clientData))))
      .success
  } catch {
    return false
  }
}

async function signatureFault(
  tap: Tap,
  authenticatorData: Uint8Array,
  clientData: Uint8Array,
): Promise<ReceiptFault | null> {
  const clientDataHash = sha256(clientData)
  const signed = new Uint8Array(authenticatorData.length + clientDataHash.length)
  signed.set(authenticatorData, 0)
  signed.set(clientDataHash, authenticatorData.length)
  const valid = await verifyKeySignature({
    publicKey: bytes(tap.credential.public_key),
    signature: bytes(tap.signature),
    data: signed,
  })
  return valid ? null : 'bad-signature'
}

/** The bytes of a field whose form was checked. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64Url(text) ?? new Uint8Array()
}
