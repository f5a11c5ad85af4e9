// The intent: exactly what a tap would release, as canonical JSON, and the challenge that signs it.
import canonicalize from 'canonicalize'
import * as z from 'zod'
import { sha256 } from '../platform/crypto.ts'
import { utf8 } from '../platform/encoding.ts'
import { ALLOWANCE_METERS } from '../policy/defaults.ts'

const DOMAIN = 'palier/history-release/v1\0'

const amountsSchema = z
  .array(z.strictObject({ meter: z.enum(ALLOWANCE_METERS), units: z.int().positive() }))
  .min(1)
  .refine(
    (amounts) => amounts.every(({ meter }, index) => index === 0 || (amounts[index - 1]?.meter ?? '') < meter),
    'each meter once, in order',
  )

const roomSchema = z.strictObject({ id: z.string(), name: z.string().nullable() })

export const intentSchema = z.strictObject({
  v: z.literal(1),
  typ: z.literal('history-release'),
  /** SHA-256 of the approval's token: names the approval without giving the right to open it. */
  jti: z.string(),
  iss: z.string(),
  sub: z.string(),
  sid: z.string(),
  server_name: z.string(),
  user_id: z.string(),
  /** The Matrix device the history would go to, and how it looked when it signed in. */
  device: z.strictObject({
    key: z.string(),
    id: z.string(),
    name: z.string().nullable(),
    client: z.string(),
    network: z.string(),
    signed_in_at: z.int(),
  }),
  /** Where the request that was stopped came from: the allowance works from there only. */
  asking: z.strictObject({ client: z.string(), network: z.string() }),
  /** Every room, whole. */
  rooms: z.array(roomSchema),
  direction: z.string(),
  reason: z.string(),
  /** What was short, and what a tap releases of which meter, in order of their names: each meter once. */
  meter: z.enum(ALLOWANCE_METERS),
  amounts: amountsSchema,
  /** Seconds the allowance lives once approved. */
  lives_seconds: z.int().positive(),
  /** Seconds since the epoch: made, and no longer approvable. */
  iat: z.int(),
  exp: z.int(),
})

export type Intent = z.infer<typeof intentSchema>

/** Intents of before there was more than one meter: their receipts are checked for as long as anyone keeps them. */
export const earlierIntentSchema = intentSchema
  .omit({ meter: true, amounts: true })
  .extend({ max_events: z.int().positive() })

export type EarlierIntent = z.infer<typeof earlierIntentSchema>

/** What a tap over an intent releases, meter by meter. */
export function amountsOf(intent: Intent | EarlierIntent): Intent['amounts'] {
  return 'amounts' in intent ? intent.amounts : [{ meter: 'archive', units: intent.max_events }]
}

/** The intent as canonical JSON (RFC 8785): the bytes that are stored, shown and signed. */
export function canonicalIntent(intent: Intent): string {
  return canonicalJson(intent)
}

/** Any JSON value in canonical form (RFC 8785). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new Error('a value without a JSON form cannot be made canonical')
  return text
}

/**
 * The challenge for one tap over one intent: SHA-256(domain ‖ nonce ‖ SHA-256(intent)), 32 bytes. Each kind of intent has a
 * domain of its own, so that a signature over one is worth nothing for another.
 */
export function intentChallenge(
  nonce: Uint8Array,
  canonical: string,
  domainText: string = DOMAIN,
): Uint8Array<ArrayBuffer> {
  const domain = utf8(domainText)
  const digest = sha256(canonical)
  const message = new Uint8Array(domain.length + nonce.length + digest.length)
  message.set(domain, 0)
  message.set(nonce, domain.length)
  message.set(digest, domain.length + nonce.length)
  return sha256(message)
}
