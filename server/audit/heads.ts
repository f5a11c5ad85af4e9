// Signed heads: where the chain stood, signed, and sent to where whoever can write to the database cannot write. Against one of
// them a cut tail shows, and so does a chain that was rewritten from some entry on.
import * as z from 'zod'
import type { Transaction } from '../../db/client.ts'
import type { Clock } from '../platform/clock.ts'
import type { AuditHead } from './port.ts'

/** The `typ` of a signed head's header. */
export const HEAD_TYP = 'palier-audit-head+jwt'

/** A head as it was signed. */
export interface SignedHead extends AuditHead {
  readonly signedAt: Date
  /** Compact JWS (RFC 7515), ES256, with the claims `iss`, `iat`, `sequence`, `hash`. */
  readonly jws: string
}

export interface HeadStore {
  /** Where the chain stands; null while it is empty. */
  chainHead(): Promise<AuditHead | null>
  newest(): Promise<SignedHead | null>
  /** Signed heads after a sequence number, in order. */
  after(sequence: number, limit: number): Promise<readonly SignedHead[]>
  /** Keeps a head, and does in the same transaction what has to be done with it; false when one of that sequence is kept already. */
  add(head: SignedHead, owe: (tx: Transaction) => Promise<void>): Promise<boolean>
  /** The hash of the entry with that number; null when there is none. */
  hashAt(sequence: number): Promise<string | null>
}

export interface HeadSigner {
  sign(claims: Record<string, unknown>): Promise<string>
  /** The claims of what `sign` made, with whichever of its keys; null for anything else. */
  verify(jws: string): Promise<Record<string, unknown> | null>
}

export interface HeadDeps {
  readonly issuer: string
  readonly clock: Clock
  readonly heads: HeadStore
  readonly signer: HeadSigner
  /** Owes the head to receivers, in the transaction that keeps it. */
  readonly owe: (head: SignedHead, tx: Transaction) => Promise<void>
}

const claimsSchema = z.object({
  sequence: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  iat: z.int(),
})

/** Signs the chain's head and keeps it, unless nothing was added since the last time. Safe in any number of processes. */
export async function signHead({ issuer, clock, heads, signer, owe }: HeadDeps): Promise<SignedHead | null> {
  const [head, newest] = await Promise.all([heads.chainHead(), heads.newest()])
  if (head === null || head.sequence <= (newest?.sequence ?? 0)) return null
  const now = clock.now()
  const claims = { iss: issuer, iat: Math.floor(now / 1000), sequence: head.sequence, hash: head.hash }
  const signed: SignedHead = { ...head, signedAt: new Date(now), jws: await signer.sign(claims) }
  return (await heads.add(signed, (tx) => owe(signed, tx))) ? signed : null
}

/** A head that somebody kept: the 64 hexadecimal digits of a hash, or a signed head. */
export type KnownHead =
  | { readonly form: 'hash'; readonly hash: string }
  | { readonly form: 'signed'; readonly head: SignedHead }
  /** Neither, or not signed by a key of ours. */
  | { readonly form: 'unknown' }

/** Reads what somebody kept. */
export async function readHead(text: string, signer: Pick<HeadSigner, 'verify'>): Promise<KnownHead> {
  const kept = text.trim()
  if (/^[0-9a-f]{64}$/i.test(kept)) return { form: 'hash', hash: kept.toLowerCase() }
  const claims = claimsSchema.safeParse(await signer.verify(kept))
  if (!claims.success) return { form: 'unknown' }
  const { sequence, hash, iat } = claims.data
  return { form: 'signed', head: { sequence, hash, signedAt: new Date(iat * 1000), jws: kept } }
}

/** Of these heads, the first that the chain does not go through any more; null when it goes through all. */
export async function firstMissing(
  heads: Pick<HeadStore, 'hashAt'>,
  known: readonly AuditHead[],
): Promise<AuditHead | null> {
  for (const head of known) if ((await heads.hashAt(head.sequence)) !== head.hash) return head
  return null
}

/** What receivers get: one JSON, documented in docs/reference/webhooks.md. */
export function headPayload({ sequence, hash, jws, signedAt }: SignedHead): string {
  return JSON.stringify({
    type: 'palier.audit-head',
    timestamp: signedAt.toISOString(),
    data: { sequence, hash, head: jws },
  })
}
