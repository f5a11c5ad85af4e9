// Grave acts: asked for by one administrator, tapped by one, tapped over the same bytes by another; then run, once.
import type { Config } from '../config/config.ts'
import type { ActDraft } from '../console/port.ts'
import type { Caller } from '../console/verb.ts'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { shownText } from '../platform/shown-text.ts'
import { isToken, newToken } from '../platform/tokens.ts'
import { actTapFor, actWithdrawable } from './act.ts'
import { type ActIntent, actIntentSchema } from './act-intent.ts'
import type { ActStore, ActStoreRefusal, StoredAct } from './act-port.ts'
import type { LoneReceipt } from './act-receipt.ts'
import { receiptDigest as digestOf } from './receipt.ts'
import { canonicalReleaseIntent, releaseChallenge } from './release-intent.ts'
import { releaseTapFault } from './release-receipt.ts'
import { beginTap, type TapDeps } from './tap.ts'
import { type Administrator, administratorTap, receiptOfBoth, type TapAnswer, TELLING, tapperOf } from './two-taps.ts'

/** How long an act can be tapped, from its asking: the second administrator may be asleep. */
export const ACT_LIVES_SECONDS = 24 * 3600
/** How long one waits that its only owner signed alone: long enough for a theft of their key to be noticed. */
export const LONE_DELAY_MS = 24 * 3_600_000
const REASON_CHARACTERS = 500
/** A verb's input is small: what two people sign, two people read. */
const INTENT_CHARACTERS = 256 * 1024

export interface ActDeps extends TapDeps {
  readonly config: Pick<Config, 'issuer' | 'rpId' | 'serverName'>
  readonly clock: Clock
  readonly log: Log
  readonly acts: ActStore
  /** Roles that hold the permission of a verb; none where there is no such verb. */
  readonly rolesOf: (verb: string) => readonly string[]
  /** Runs an act that was granted, once; its end is stored. */
  readonly run: (id: string) => Promise<void>
}

/** The administrator at the page. */
export interface Signer extends Administrator {
  readonly role: string
}

/**
 * Writes an act down. Nothing is done. Throws `Refusal` 400 `bad-reason` without words that can be shown, 413 `body-too-large` for
 * an input that nobody would read before signing, 429 `too-many-acts` where as many of theirs as may wait do.
 */
export async function requestAct(
  deps: Pick<ActDeps, 'config' | 'clock' | 'random' | 'log'> & { readonly acts: Pick<ActStore, 'create'> },
  by: Pick<Caller, 'personId' | 'username'> & { readonly actor?: string },
  draft: ActDraft,
): Promise<string> {
  const nowMs = deps.clock.now()
  const iat = Math.floor(nowMs / 1000)
  const id = newToken('act', deps.random)
  const reason = shownText(draft.reason, REASON_CHARACTERS)
  if (reason === null) throw new Refusal(400, 'bad-reason')
  const intent: ActIntent = {
    v: 1,
    typ: 'console-act',
    jti: id,
    iss: deps.config.issuer,
    server_name: deps.config.serverName,
    verb: draft.verb,
    input: JSON.parse(JSON.stringify(draft.input)) as Record<string, unknown>,
    concerns: draft.concerns ?? null,
    reason,
    asked_by: { person: by.personId, username: by.username },
    iat,
    exp: iat + ACT_LIVES_SECONDS,
  }
  const canonical = canonicalReleaseIntent(intent)
  if (canonical.length > INTENT_CHARACTERS) throw new Refusal(413, 'body-too-large')
  const isCreated = await deps.acts.create({
    id,
    verb: draft.verb,
    intent: canonical,
    concerns: intent.concerns,
    requestedBy: by.personId,
    actor: by.actor ?? by.personId,
    createdAt: new Date(nowMs),
    expiresAt: new Date(intent.exp * 1000),
  })
  if (!isCreated) throw new Refusal(429, 'too-many-acts')
  deps.log.warn('act.requested', { act: id, verb: draft.verb, person: by.personId })
  return id
}

/** The act, for somebody who may sign it. Throws 404 `unknown-act`, 403 `not-permitted`. */
export async function findAct(
  deps: Pick<ActDeps, 'acts' | 'clock' | 'rolesOf'>,
  who: Pick<Signer, 'role'>,
  id: string,
): Promise<StoredAct> {
  await deps.acts.expire(new Date(deps.clock.now()))
  const act = isToken('act', id) ? await deps.acts.get(id) : null
  if (act === null) throw new Refusal(404, 'unknown-act')
  if (!deps.rolesOf(act.verb).includes(who.role)) throw new Refusal(403, 'not-permitted')
  return act
}

/** What decides about an act, of a stored one. */
export function acting(act: StoredAct) {
  return {
    state: act.state,
    expiresAtMs: act.expiresAt.getTime(),
    firstPerson: act.first?.id ?? null,
    concerns: act.concerns,
  }
}

async function tappable(deps: ActDeps, who: Signer, id: string, shown: string) {
  const act = await findAct(deps, who, id)
  const may = actTapFor(acting(act), who.id, deps.clock.now())
  if (!may.ok) throw await refusedTap(deps, who, act, may.reason)
  const intent = actIntentSchema.parse(JSON.parse(act.intent))
  // What the page showed and what would be signed are the same bytes, of this act, or nothing is signed.
  const same = shown === act.intent && intent.jti === act.id && intent.verb === act.verb
  if (!same || intent.concerns !== act.concerns) throw await refusedTap(deps, who, act, 'intent-changed')
  return { act, intent, tap: may.tap }
}

/** A challenge for the tap that this person may make. `shown`: the intent as their page shows it. */
export async function beginActTap(deps: ActDeps, who: Signer, id: string, shown: string) {
  const { act, intent } = await tappable(deps, who, id, shown)
  return beginTap(deps, tapperOf(who, act.id), (nonce) => releaseChallenge(nonce, intent.typ, act.intent))
}

/** Takes a tap: the first makes it wait (for another administrator, or a day where there is no other), the second runs it. */
export async function finishActTap(deps: ActDeps, who: Signer, answer: TapAnswer): Promise<void> {
  const { act, intent, tap: which } = await tappable(deps, who, answer.id, answer.shown)
  const { credentialId, tap, place } = await administratorTap(deps, who, act, answer)
  const step = {
    personId: who.id,
    credentialId,
    id: act.id,
    roles: deps.rolesOf(act.verb),
    at: new Date(deps.clock.now()),
  }
  if (which === 'first') {
    const fault = await releaseTapFault(tap, place, intent)
    if (fault !== null) throw new Refusal(403, 'tap-refused', `receipt: ${fault}`)
    const receipt: LoneReceipt = { v: 1, typ: 'palier-lone-receipt', ...place, taps: [tap] }
    const digest = digestOf(receipt)
    const result = await deps.acts.firstTap({ ...step, tap, receipt, receiptDigest: digest, delayMs: LONE_DELAY_MS })
    if (!result.ok) throw await refusedTap(deps, who, act, result.reason)
    const until = result.notBefore?.toISOString()
    if (until === undefined) deps.log.info('act.tapped', { act: act.id, verb: act.verb, person: who.id })
    else deps.log.warn('act.delayed', { act: act.id, verb: act.verb, person: who.id, until })
    return
  }
  if (act.firstTap === null) throw new Error('an act that awaits the second tap has the first')
  const both = await receiptOfBoth(place, act.firstTap, tap)
  if (!both.ok) throw await refusedTap(deps, who, act, both.reason, both.detail)
  const { receipt, receiptDigest } = both
  const firstCredentialId = act.firstTap.credential.id
  const result = await deps.acts.secondTap({ ...step, firstCredentialId, receipt, receiptDigest })
  if (!result.ok) throw await refusedTap(deps, who, act, result.reason)
  deps.log.warn('act.granted', { act: act.id, verb: act.verb, first: act.first?.id, second: who.id })
  await deps.run(act.id)
}

/** Whoever could tap says no. Throws the refusal where there is nothing of theirs to deny. */
export async function denyAct(deps: ActDeps, who: Signer, id: string): Promise<void> {
  const act = await findAct(deps, who, id)
  const may = actTapFor(acting(act), who.id, deps.clock.now())
  if (!may.ok) throw await refusedTap(deps, who, act, may.reason)
  if (!(await deps.acts.deny(id, who.id, new Date(deps.clock.now())))) throw new Refusal(409, 'already-decided')
  deps.log.info('act.denied', { act: id, verb: act.verb, person: who.id })
}

/** Takes an act back before it runs: anybody who holds the permission may, but whom it concerns. */
export async function withdrawAct(deps: ActDeps, who: Signer, id: string): Promise<void> {
  const act = await findAct(deps, who, id)
  if (act.concerns === who.id) throw await refusedTap(deps, who, act, 'subject-person')
  const may = actWithdrawable(acting(act), who.id, deps.clock.now())
  const done = may && (await deps.acts.withdraw(id, who.id, new Date(deps.clock.now())))
  if (!done) throw new Refusal(409, 'already-decided')
  deps.log.warn('act.withdrawn', { act: id, verb: act.verb, person: who.id })
}

type TapRefused =
  | ActStoreRefusal
  | 'act-expired'
  | 'act-waits'
  | 'same-person'
  | 'subject-person'
  | 'intent-changed'
  | 'tap-refused'

const STATUS: Readonly<Record<TapRefused, 403 | 409 | 410>> = {
  'act-expired': 410,
  'already-decided': 409,
  'act-waits': 409,
  'intent-changed': 409,
  'first-tap-void': 409,
  'key-given-by-the-other': 403,
  'same-person': 403,
  'subject-person': 403,
  'not-permitted': 403,
  'person-suspended': 403,
  'credential-revoked': 403,
  'tap-refused': 403,
}

async function refusedTap(
  deps: ActDeps,
  who: Signer,
  act: StoredAct,
  reason: TapRefused,
  detail?: string,
): Promise<Refusal> {
  deps.log.warn('act.refused', { act: act.id, verb: act.verb, person: who.id, reason, detail })
  if (TELLING.has(reason)) await deps.acts.refused(act.id, who.id, reason)
  return new Refusal(STATUS[reason], reason, detail)
}
