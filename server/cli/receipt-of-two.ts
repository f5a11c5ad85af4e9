// What `palier receipt verify` says of a receipt that two administrators left, or the only owner alone.

import { verifyLoneReceipt } from '../stepup/act-receipt.ts'
import type { ReceiptFault } from '../stepup/receipt.ts'
import { receiptDigest } from '../stepup/receipt.ts'
import type { ReleaseIntent, TwoPersonIntent } from '../stepup/release-intent.ts'
import { type AdministratorTap, type ReleaseFault, verifyReleaseReceipt } from '../stepup/release-receipt.ts'
import { FAULTS } from './receipt-faults.ts'

export type OfTwo =
  | { readonly ok: true; readonly intent: TwoPersonIntent; readonly lines: readonly string[] }
  | { readonly ok: false; readonly why: string }

const MORE: Readonly<Record<Exclude<ReleaseFault, ReceiptFault>, string>> = {
  'same-person': 'the same person made both taps',
  'same-key': 'the same key made both taps',
  'subject-person': 'the one whom it is about made one of the taps',
}

/** The verdict on a receipt of two, or of an only owner, in words; null when it does not call itself one. */
export async function receiptOfTwo(receipt: unknown): Promise<OfTwo | null> {
  if (typeof receipt !== 'object' || receipt === null) return null
  if ('typ' in receipt && receipt.typ === 'palier-lone-receipt') return ofOne(receipt)
  if (!('typ' in receipt) || receipt.typ !== 'palier-two-person-receipt') return null
  const verdict = await verifyReleaseReceipt(receipt)
  if (verdict.ok) return { ok: true, intent: verdict.intent, lines: told(verdict.intent, verdict.taps, receipt) }
  const which = verdict.tap === null ? '' : `, ${verdict.tap} tap`
  return { ok: false, why: `${wordsFor(verdict.fault)} (${verdict.fault}${which})` }
}

async function ofOne(receipt: object): Promise<OfTwo> {
  const verdict = await verifyLoneReceipt(receipt)
  if (!verdict.ok) return { ok: false, why: `${wordsFor(verdict.fault)} (${verdict.fault})` }
  const said = 'valid: the only owner of that time signed exactly this alone, present and verified; it waited a day'
  return { ok: true, intent: verdict.intent, lines: [said, ...facts(verdict.intent, [verdict.tap], receipt)] }
}

function wordsFor(fault: ReleaseFault): string {
  switch (fault) {
    case 'same-person':
    case 'same-key':
    case 'subject-person':
      return MORE[fault]
    default:
      return FAULTS[fault]
  }
}

function told(intent: TwoPersonIntent, taps: readonly AdministratorTap[], receipt: unknown): string[] {
  const said = 'valid: two enrolled keys signed exactly this, their holders present and verified'
  return [said, ...facts(intent, taps, receipt)]
}

function facts(intent: TwoPersonIntent, taps: readonly AdministratorTap[], receipt: unknown): string[] {
  const granted = intent.typ === 'console-act' ? (taps.length === 1 ? 'act.delayed' : 'act.granted') : 'release.granted'
  return [
    ...(intent.typ === 'console-act' ? acted(intent) : released(intent)),
    `reason     ${intent.reason}`,
    `asked at   ${instant(intent.iat)}`,
    `issuer     ${intent.iss}`,
    ...taps.flatMap((tap, at) => [
      `${at === 0 ? 'first' : 'second'}      `.slice(0, 11) +
        `${tap.username} (${tap.person}), key ${tap.credential.id}, model ${tap.credential.aaguid}`,
      `           enrolled ${tap.credential.enrolled_at} under the policy "${tap.credential.policy}", by the server's own word`,
    ]),
    `digest     ${receiptDigest(receipt)}, to be found in the audit log's ${granted} entry of ${intent.jti}`,
  ]
}

function acted(intent: TwoPersonIntent & { typ: 'console-act' }): string[] {
  return [
    `act        ${intent.verb}`,
    `with       ${JSON.stringify(intent.input)}`,
    `asked by   ${intent.asked_by.username} (${intent.asked_by.person})`,
  ]
}

function released(intent: ReleaseIntent): string[] {
  return [
    ...(intent.typ === 'export-release' ? exported(intent) : ['released   thresholds withhold nothing, for everybody']),
    `lasts      ${intent.lives_seconds} s from the second tap`,
  ]
}

function exported(intent: ReleaseIntent & { typ: 'export-release' }): string[] {
  return [
    `person     ${intent.subject.username} (${intent.subject.person}, ${intent.subject.user_id})`,
    `device     ${intent.device.id} ${intent.device.name ?? ''}`.trimEnd(),
    `network    ${intent.network ?? 'any'}`,
    `released   at most ${intent.max_events} messages, dated ${instant(intent.dates.from)} to before ${instant(intent.dates.until)}`,
    `rooms      ${intent.rooms.length}`,
    ...intent.rooms.map((room) => `  ${room}`),
  ]
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
