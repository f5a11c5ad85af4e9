// Two administrators' taps over the same bytes, whatever they are for: one put into a receipt's form, both put together and checked.
import { receiptDigest } from './receipt.ts'
import { type AdministratorTap, type ReleaseReceipt, verifyReleaseReceipt } from './release-receipt.ts'
import { finishTap, type TapDeps, tapOrigin } from './tap.ts'

/** The administrator at the page. */
export interface Administrator {
  readonly id: string
  readonly username: string
  readonly browserHash: string
}

/** An answer from their page. `shown`: the intent as it showed it. */
export interface TapAnswer {
  readonly id: string
  readonly shown: string
  readonly ceremony: string
  readonly response: unknown
}

/** What a tap of this administrator, for this, is begun and finished with. */
export function tapperOf(who: Administrator, subject: string) {
  return { subject, browserHash: who.browserHash, personId: who.id }
}

/** Takes one tap, with the place it was made in. Throws `Refusal` 403 `tap-refused`. */
export async function administratorTap(
  deps: TapDeps,
  who: Administrator,
  asked: { readonly id: string; readonly intent: string },
  answer: TapAnswer,
) {
  const { credentialId, tap } = await finishTap(deps, tapperOf(who, asked.id), answer)
  const signed: AdministratorTap = { person: who.id, username: who.username, ...tap }
  return { credentialId, tap: signed, place: { ...tapOrigin(deps), intent: asked.intent } }
}

/**
 * The receipt of both. Both signed these very bytes, or there is none: a stored intent that was changed between the taps fails here,
 * and it is told apart from a second tap that is no good.
 */
export async function receiptOfBoth(
  place: Pick<ReleaseReceipt, 'rp_id' | 'origin' | 'intent'>,
  first: AdministratorTap,
  second: AdministratorTap,
) {
  const receipt: ReleaseReceipt = { v: 1, typ: 'palier-two-person-receipt', ...place, taps: [first, second] }
  const verdict = await verifyReleaseReceipt(receipt)
  if (verdict.ok) return { ok: true, receipt, receiptDigest: receiptDigest(receipt) } as const
  const reason = verdict.tap === 'second' ? 'tap-refused' : 'intent-changed'
  return { ok: false, reason, detail: verdict.fault } as const
}

/** Refusals that say something about who tries: they are kept in the audit log, not only in the log. */
export const TELLING: ReadonlySet<string> = new Set([
  'same-person',
  'subject-person',
  'intent-changed',
  'first-tap-void',
  'key-given-by-the-other',
])
