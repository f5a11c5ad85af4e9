// Acts as the console's verbs read and sign them.
import type { ActDesk, ActDetail, ActPerson, ActSummary } from '../console/acts/port.ts'
import type { Caller } from '../console/verb.ts'
import { Refusal } from '../errors/failure.ts'
import { isStorableInstant } from '../platform/storable.ts'
import { isToken } from '../platform/tokens.ts'
import { type ActState, actStateAt, actTapFor, actWithdrawable } from './act.ts'
import { actIntentSchema } from './act-intent.ts'
import type { StoredAct } from './act-port.ts'
import { type ActDeps, acting, beginActTap, denyAct, findAct, finishActTap, withdrawAct } from './act-service.ts'
import type { Named } from './release-port.ts'

const OPEN: readonly ActState[] = ['requested', 'awaiting-second', 'delayed', 'granted', 'running']
const CLOSED: readonly ActState[] = ['done', 'failed', 'denied', 'withdrawn', 'expired']
/** More than ever wait; past it the badge is not exact. */
const WAITING_AT_MOST = 200

export interface ActDeskDeps extends ActDeps {
  /** Verbs whose permission the caller holds: of an API token's, what it was given. */
  readonly verbsOf: (by: Pick<Caller, 'role' | 'permissions'>) => readonly string[]
}

/** See server/console/acts/port.ts. */
export function actDesk(deps: ActDeskDeps): ActDesk {
  const now = () => deps.clock.now()
  async function shownTo(by: Caller, id: string): Promise<StoredAct> {
    const act = await findAct(deps, by, id)
    if (!deps.verbsOf(by).includes(act.verb)) throw new Refusal(403, 'not-permitted', `${act.verb}, to this token`)
    return act
  }

  return {
    async list(by, { open, after, limit }) {
      await deps.acts.expire(new Date(now()))
      const verbs = deps.verbsOf(by)
      const all = { verbs, after: null, limit: WAITING_AT_MOST }
      const waiting = await deps.acts.list({ ...all, states: ['requested', 'awaiting-second'] })
      const states = open === null ? null : open ? OPEN : CLOSED
      const page = await deps.acts.list({ verbs, states, after: placeOf(after), limit: limit + 1 })
      const last = page.length > limit ? page[limit - 1] : undefined
      return {
        items: page.slice(0, limit).map((act) => summary(act, by, now())),
        next: last ? `${last.createdAt.getTime()}.${last.id}` : null,
        waiting: waiting.filter((act) => actTapFor(acting(act), by.personId, now()).ok).length,
      }
    },

    show: async (by, id) => detail(await shownTo(by, id), by, now()),

    async receipt(by, id) {
      await shownTo(by, id)
      const receipt = await deps.acts.receipt(id)
      if (receipt === null) throw new Refusal(404, 'unknown-receipt')
      return receipt as object
    },

    begin: (by, id, intent) => beginActTap(deps, signer(by), id, intent),

    finish: (by, { id, intent, ceremony, response }) =>
      finishActTap(deps, signer(by), { id, shown: intent, ceremony, response }),

    deny: (by, id) => denyAct(deps, signer(by), id),

    withdraw: (by, id) => withdrawAct(deps, signer(by), id),
  }
}

function signer({ personId, username, role, browserHash }: Caller) {
  if (browserHash === null) throw new Refusal(403, 'sessions-only')
  return { id: personId, username, role, browserHash }
}

function placeOf(after: string | null): { readonly createdAt: Date; readonly id: string } | null {
  if (after === null) return null
  const dot = after.indexOf('.')
  const ms = Number(after.slice(0, Math.max(0, dot)))
  const id = after.slice(dot + 1)
  if (!Number.isSafeInteger(ms) || !isStorableInstant(new Date(ms)) || !isToken('act', id))
    throw new Refusal(400, 'bad-request', 'after: not a place')
  return { createdAt: new Date(ms), id }
}

function summary(act: StoredAct, by: Caller, nowMs: number): ActSummary {
  const may = actTapFor(acting(act), by.personId, nowMs)
  return {
    id: act.id,
    verb: act.verb,
    state: actStateAt(acting(act), nowMs),
    reason: actIntentSchema.parse(JSON.parse(act.intent)).reason,
    asked_by: named(act.requestedBy),
    created_at: act.createdAt.toISOString(),
    expires_at: act.expiresAt.toISOString(),
    first: act.first && { ...named(act.first), at: act.first.at.toISOString() },
    second: act.second && { ...named(act.second), at: act.second.at.toISOString() },
    not_before: act.notBefore?.toISOString() ?? null,
    ended_at: act.endedAt?.toISOString() ?? null,
    failure: act.failure,
    you: {
      tap: may.ok ? may.tap : null,
      why: may.ok ? null : may.reason,
      can_withdraw: actWithdrawable(acting(act), by.personId, nowMs),
    },
  }
}

function detail(act: StoredAct, by: Caller, nowMs: number): ActDetail {
  return {
    ...summary(act, by, nowMs),
    intent: act.intent,
    input: actIntentSchema.parse(JSON.parse(act.intent)).input,
    has_receipt: act.second !== null || act.notBefore !== null,
    answer: act.answer,
  }
}

const named = ({ id, username, displayName }: Named): ActPerson => ({ id, username, display_name: displayName })
