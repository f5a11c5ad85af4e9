// The receipt of an act that its only owner signed alone, and that waited a day for it: one intent, one tap.
import * as z from 'zod'
import { type ActIntent, actIntentSchema } from './act-intent.ts'
import { type ReceiptFault, readIntent } from './receipt.ts'
import { type AdministratorTap, administratorTapSchema, releaseTapFault } from './release-receipt.ts'

export const loneReceiptSchema = z.strictObject({
  v: z.literal(1),
  typ: z.literal('palier-lone-receipt'),
  rp_id: z.string(),
  origin: z.string(),
  /** Canonical JSON (RFC 8785), as it was shown. */
  intent: z.string(),
  taps: z.tuple([administratorTapSchema]),
})

export type LoneReceipt = z.infer<typeof loneReceiptSchema>

export type LoneVerdict =
  | { readonly ok: true; readonly intent: ActIntent; readonly tap: AdministratorTap }
  | { readonly ok: false; readonly fault: ReceiptFault | 'subject-person' }

/** Checks a lone receipt with nothing but its own bytes, as `verifyReleaseReceipt` checks one of two. */
export async function verifyLoneReceipt(input: unknown): Promise<LoneVerdict> {
  const parsed = loneReceiptSchema.safeParse(input)
  if (!parsed.success) return { ok: false, fault: 'not-a-receipt' }
  const intent = readIntent(parsed.data.intent, actIntentSchema)
  if (typeof intent === 'string') return { ok: false, fault: intent }
  const [tap] = parsed.data.taps
  const fault = await releaseTapFault(tap, parsed.data, intent)
  if (fault !== null) return { ok: false, fault }
  if (intent.concerns === tap.person) return { ok: false, fault: 'subject-person' }
  return { ok: true, intent, tap }
}
