// The receipt of a tap: everything needed to prove, offline and years later, what a person's key agreed to.
import * as z from 'zod'
import { equalInConstantTime, sha256 } from '../platform/crypto.ts'
import { base64Url, fromBase64Url } from '../platform/encoding.ts'
import { enrolledKey, verifyKeySignature } from '../webauthn/signature.ts'
import { type Intent, canonicalJson, intentChallenge, intentSchema } from './intent.ts'

const base64UrlBytes = z.string().regex(/^[A-Za-z0-9_-]+$/)

export const receiptSchema = z.strictObject({
  v: z.literal(1),
  typ: z.literal('palier-receipt'),
  rp_id: z.string(),
  origin: z.string(),
  /** Canonical JSON (RFC 8785), as it was shown. */
  intent: z.string(),
  nonce: base64UrlBytes,
  client_data_json: base64UrlBytes,
  authenticator_data: base64UrlBytes,
  signature: base64UrlBytes,
  /** The key as it was enrolled. */
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

export type Receipt = z.infer<typeof receiptSchema>

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

export type ReceiptVerdict = { readonly ok: true; readonly intent: Intent } | { readonly ok: false; readonly fault: ReceiptFault }

/**
 * Checks a receipt with nothing but its own bytes: the signed challenge is the hash of the intent, the signature is the
 * enrolled key's, the person was present and verified, on the origin and RP id named (WebAuthn Level 3 §7.2).
 * It proves what the key signed; that the key was this person's is proved by the audit log's enrolment entry.
 */
export async function verifyReceipt(input: unknown): Promise<ReceiptVerdict> {
  const parsed = receiptSchema.safeParse(input)
  if (!parsed.success) return { ok: false, fault: 'not-a-receipt' }
  const receipt = parsed.data
  const intent = readIntent(receipt.intent)
  if (typeof intent === 'string') return { ok: false, fault: intent }

  const clientDataBytes = bytes(receipt.client_data_json)
  const authenticatorData = bytes(receipt.authenticator_data)
  const fault =
    clientDataFault(clientDataBytes, receipt) ??
    authenticatorDataFault(authenticatorData, receipt.rp_id) ??
    enrolmentFault(receipt) ??
    (await signatureFault(receipt, authenticatorData, clientDataBytes))
  return fault === null ? { ok: true, intent } : { ok: false, fault }
}

function readIntent(text: string): Intent | ReceiptFault {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'intent-malformed'
  }
  const parsed = intentSchema.safeParse(value)
  if (!parsed.success) return 'intent-malformed'
  return canonicalJson(value) === text ? parsed.data : 'intent-not-canonical'
}

const clientDataSchema = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
})

function clientDataFault(clientDataBytes: Uint8Array, receipt: Receipt): ReceiptFault | null {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(clientDataBytes))
  } catch {
    return 'not-a-receipt'
  }
  const parsed = clientDataSchema.safeParse(value)
  if (!parsed.success) return 'not-a-receipt'
  const { type, challenge, origin, crossOrigin } = parsed.data
  if (type !== 'webauthn.get') return 'wrong-type'
  const expected = base64Url(intentChallenge(bytes(receipt.nonce), receipt.intent))
  if (!equalInConstantTime(challenge, expected)) return 'wrong-challenge'
  if (origin !== receipt.origin) return 'wrong-origin'
  return crossOrigin === true ? 'cross-origin' : null
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

/** The public key and id must be the ones inside the registration that the key itself made. */
function enrolmentFault(receipt: Receipt): ReceiptFault | null {
  const enrolled = enrolledKey(bytes(receipt.credential.attestation_object))
  if (enrolled === null) return 'key-not-of-enrolment'
  const sameKey = equalInConstantTime(enrolled.publicKey, bytes(receipt.credential.public_key))
  const sameId = equalInConstantTime(enrolled.credentialId, bytes(receipt.credential.webauthn_id))
  return sameKey && sameId ? null : 'key-not-of-enrolment'
}

async function signatureFault(receipt: Receipt, authenticatorData: Uint8Array, clientData: Uint8Array): Promise<ReceiptFault | null> {
  const clientDataHash = sha256(clientData)
  const signed = new Uint8Array(authenticatorData.length + clientDataHash.length)
  signed.set(authenticatorData, 0)
  signed.set(clientDataHash, authenticatorData.length)
  const valid = await verifyKeySignature({
    publicKey: bytes(receipt.credential.public_key),
    signature: bytes(receipt.signature),
    data: signed,
  })
  return valid ? null : 'bad-signature'
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64Url(text) ?? new Uint8Array()
}
