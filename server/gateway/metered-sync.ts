// /sync, classic and sliding: fetched whole, counted by room, paid all at once. What cannot be paid is trimmed, never refused:
// live events, to-device messages, keys, invites and receipts always pass. Only state that a client asks for over again waits
// for a tap. Upstream goes what the client sent, and no other position. The database is asked only when something is carried,
// where the device came from only when that is older than moments.

import { type MatrixError, matrixError } from '../errors/matrix.ts'
import { clampedRequest, SLIDING } from '../metering/sliding-answer.ts'
import { type AnswerForm, CLASSIC, liveOnly, type SyncAnswer, withComing } from '../metering/sync-answer.ts'
import { type Coming, NOWHERE, type Reading } from '../metering/sync-units.ts'
import { ROWS_COMING_BACK } from '../metering/trim-cost.ts'
import { isLive } from '../metering/weigh.ts'
import { sha256Base64Url } from '../platform/crypto.ts'
import { restarting, sendError, uncountable, upstreamError, upstreamFailed } from './metered-answers.ts'
import { type Say, sayer } from './metered-charge.ts'
import type { MeteredRequest, UpstreamAnswer } from './metered-port.ts'
import type { Serving } from './metered-serving.ts'
import { readSyncBody, type SyncBody } from './metered-sync-body.ts'
import { hiddenField, ignoresNobody, showsNewest } from './metered-sync-filter.ts'
import { payAndRelease, type SyncParts } from './metered-sync-pay.ts'

/** A form of /sync. */
interface Form {
  /** The parameter with the position that the client comes back with. */
  readonly position: 'since' | 'pos'
  readonly answer: AnswerForm
  /** The body to send upstream, where it is not the client's own; or why the request is refused. */
  prepare(request: MeteredRequest): Prepared | Refusal
  /** Whether a timeline's newest event is its room's newest, as far as the request chooses. */
  showsNewest(parts: SyncParts, request: MeteredRequest): Promise<boolean>
  /** Whether the state of an answer has to be paid for. */
  owes(request: MeteredRequest, sync: SyncAnswer, coming: Coming): boolean
}
interface Prepared {
  readonly body?: Uint8Array | string
}
interface Refusal {
  readonly refused: MatrixError
  readonly reason: string
}

const CLASSIC_SYNC: Form = {
  position: 'since',
  answer: CLASSIC,
  prepare: (request): Prepared | Refusal => {
    const hidden = hiddenField(request.route.query.first('filter'))
    if (hidden === null) return {}
    return {
      refused: matrixError('M_INVALID_PARAM', 400, `event_fields must include ${hidden}`),
      reason: 'filter-hides-fields',
    }
  },
  showsNewest: (parts, request) => showsNewest(parts.filters, request, request.route.query.first('filter')),
  // A position of ours bounds what can have changed since; a forged one, none, or `full_state` asks for all of it.
  owes: ({ route }, { state }, { coversUntilMs }) => {
    const full = route.query.first('full_state')
    if (coversUntilMs === null || (full !== null && full !== 'false')) return true
    return state.owed.hashes.length + state.owed.bare > ROWS_COMING_BACK
  },
}

const SLIDING_SYNC: Form = {
  position: 'pos',
  answer: SLIDING,
  prepare: (request) => {
    const body = clampedRequest(request.body)
    if (body !== null) return { body }
    return { refused: matrixError('M_NOT_JSON', 400, 'The body must be a JSON object'), reason: 'not-json' }
  },
  // It has no filter of events.
  showsNewest: async () => true,
  // Any request may name other rooms and other state than the one before it.
  owes: () => true,
}

/** Serves one /sync. Resolves when all it owes is settled. */
export async function serveSync(deps: Serving, parts: SyncParts, request: MeteredRequest): Promise<void> {
  const form = request.route.row.id === 'sync' ? CLASSIC_SYNC : SLIDING_SYNC
  const say = sayer(deps, parts, request, {})
  const prepared = form.prepare(request)
  if ('refused' in prepared) return refuse(request, say, prepared.refused, prepared.reason, 'refused')
  const since = request.route.query.first(form.position)
  const startedMs = deps.clock.now()
  // A poll may last as long as its client likes: a process told to go does not wait for it, the repetition loses nothing.
  const fetch = () => request.send({ ...prepared, signal: request.draining, spool: 'unread' })
  let fetched = await fetch()
  // On a connection that had gone stale a GET is asked again; this POST may be too: the same position gives the same answer.
  if (!fetched.ok && fetched.reason === 'died' && form === SLIDING_SYNC) fetched = await fetch()
  if (!fetched.ok) {
    if (fetched.reason === 'aborted' && request.draining.aborted && !request.signal.aborted)
      return refuse(request, say, restarting(), 'draining', 'refused')
    if (fetched.reason === 'aborted') return say({ decision: 'aborted', reason: 'client-gone', status: 0 })
    return refuse(request, say, upstreamFailed(fetched), `upstream-${fetched.reason}`, 'failed')
  }
  if (fetched.status >= 300) return refuse(request, say, upstreamError(fetched), 'upstream-error', 'released')
  const nowMs = deps.clock.now()
  const policy = deps.applied.metering
  const hash = parts.hashFor(request.origin.network)
  const reading = { nowMs, policy, hash }
  const body =
    (form === CLASSIC_SYNC ? glanced(deps, fetched, reading) : null) ??
    (await readSyncBody(form.answer, fetched, reading))
  if (body === null) return refuse(request, say, uncountable(), 'uncountable', 'failed')
  const { sync: read } = body

  const isNew = since === null && (request.caller.firstSyncUntilMs ?? 0) > nowMs
  const sinceHash = since === null ? null : sha256Base64Url(since)
  const coming = await comingOf(deps, request, read, sinceHash, isNew)
  await payAndRelease({
    deps,
    parts,
    request,
    answer: fetched,
    body,
    sync: withComing(read, coming),
    hash,
    owed: form.owes(request, read, coming),
    mayShowNewest: async () =>
      (await form.showsNewest(parts, request)) && (await ignoresNobody(request, deps.ignoring)),
    since,
    sinceHash,
    firstSyncOpen: (request.caller.firstSyncUntilMs ?? 0) > nowMs,
    position: { hash: sha256Base64Url(read.position), coversUntilMs: startedMs - policy.futureSkewMs },
    say,
  })
}

// The answers of an ordinary hour carry new events only: counting those needs no parsing. Null: it has to be read.
function glanced(deps: Serving, { body, spooled }: UpstreamAnswer, { nowMs, policy, hash }: Reading): SyncBody | null {
  const sight = spooled ? null : deps.see(body, 'sync', hash.key)
  if (sight === null || sight === 'parse' || sight.text === '') return null
  if (!sight.seen.every(({ ts, isState }) => !isState && isLive(ts, nowMs, policy))) return null
  const sync = liveOnly(sight.text, sight.seen.length)
  return { sync, whole: body, trimmed: async () => Promise.reject(new Error('nothing in it can be withheld')) }
}

// How the history and the state of an answer are paid; asked of the store only where that makes a difference.
async function comingOf(
  deps: Serving,
  request: MeteredRequest,
  { timelines, strays, state, form }: SyncAnswer,
  sinceHash: string | null,
  isNew: boolean,
): Promise<Coming> {
  const carriesHistory =
    timelines.some(({ units }) => units.some(({ due }) => due.length > 0)) ||
    strays.some(({ unit }) => unit.due.length > 0)
  const owesState = form === 'classic' && sinceHash !== null && state.owed.hashes.length + state.owed.bare > 0
  if (!carriesHistory && !owesState) return NOWHERE
  const position = await deps.meters.position({ device: request.caller.device, hash: sinceHash }).catch(() => null)
  return {
    firstSync: isNew && position?.firstSyncOpen === true,
    coversUntilMs: position?.coversUntilMs ?? null,
  }
}

async function refuse(
  request: MeteredRequest,
  say: Say,
  answer: Parameters<typeof sendError>[1],
  reason: string,
  decision: Parameters<Say>[0]['decision'],
): Promise<void> {
  await sendError(request, answer)
  say({ decision, reason, status: answer.status })
}
