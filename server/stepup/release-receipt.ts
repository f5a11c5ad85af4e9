// The receipt of a release: one intent, two taps over it, by two people with two keys. Checked offline, years later.
import * as z from 'zod'
import { fromBase64Url } from '../platform/encoding.ts'
import { type ReceiptFault, readIntent, tapFault, tapSchema } from './receipt.ts'
import { releaseChallenge, type TwoPersonIntent, twoPersonIntentSchema } from './release-intent.ts'

/** One administrator's tap. `person` and `username` are the server's word; the audit log says whose the key was. */
export const administratorTapSchema = tapSchema.extend({ person: z.string(), username: z.string() })

export const releaseReceiptSchema = z.strictObject({
  v: z.literal(1),
  typ: z.literal('palier-two-person-receipt'),
  rp_id: z.string(),
  origin: z.string(),
  /** Canonical JSON (RFC 8785), as both were shown it. */
  intent: z.string(),
  taps: z.tuple([administratorTapSchema, administratorTapSchema]),
})

export type AdministratorTap = z.infer<typeof administratorTapSchema>
export type ReleaseReceipt = z.infer<typeof releaseReceiptSchema>

export type ReleaseFault = ReceiptFault | 'same-person' | 'same-key' | 'subject-person'

export type ReleaseVerdict =
  | {
      readonly ok: true
      readonly intent: TwoPersonIntent
      readonly taps: readonly [AdministratorTap, AdministratorTap]
    }
  | { readonly ok: false; readonly fault: ReleaseFault; readonly tap: 'first' | 'second' | null }

/**
 * Checks a receipt of two with nothing but its own bytes: each tap is one over exactly this intent (as `verifyReceipt`
 * checks one), by two keys under two names, neither of them the one who reads.
 */
export async function verifyReleaseReceipt(input: unknown): Promise<ReleaseVerdict> {
  const parsed = releaseReceiptSchema.safeParse(input)
  if (!parsed.success) return { ok: false, fault: 'not-a-receipt', tap: null }
  const receipt = parsed.data
  const intent = readIntent(receipt.intent, twoPersonIntentSchema)
  if (typeof intent === 'string') return { ok: false, fault: intent, tap: null }
  const [first, second] = receipt.taps
  for (const [tap, which] of [
    [first, 'first'],
    [second, 'second'],
  ] as const) {
    const fault = await releaseTapFault(tap, receipt, intent)
    if (fault !== null) return { ok: false, fault, tap: which }
  }
  if (first.person === second.person) return { ok: false, fault: 'same-person', tap: 'second' }
  if (sameKey(first, second)) return { ok: false, fault: 'same-key', tap: 'second' }
  const subject = subjectOf(intent)
  if (subject === first.person) return { ok: false, fault: 'subject-person', tap: 'first' }
  if (subject === second.person) return { ok: false, fault: 'subject-person', tap: 'second' }
  return { ok: true, intent, taps: receipt.taps }
}

/** Whom it is about, where that person may make neither tap. */
function subjectOf(intent: TwoPersonIntent): string | null {
  if (intent.typ === 'export-release') return intent.subject.person
  return intent.typ === 'console-act' ? intent.concerns : null
}

/** What is wrong with one tap over that intent, or null. */
export async function releaseTapFault(
  tap: AdministratorTap,
  place: Pick<ReleaseReceipt, 'rp_id' | 'origin' | 'intent'>,
  intent: Pick<TwoPersonIntent, 'typ' | 'iss'>,
): Promise<ReceiptFault | null> {
  const nonce = fromBase64Url(tap.nonce) ?? new Uint8Array()
  const challenge = releaseChallenge(nonce, intent.typ, place.intent)
  return tapFault(tap, { ...place, iss: intent.iss, challenge })
}

function sameKey(a: AdministratorTap, b: AdministratorTap): boolean {
  return (
    a.credential.id === b.credential.id ||
    a.credential.public_key === b.credential.public_key ||
    a.credential.webauthn_id === b.credential.webauthn_id
  )
}
