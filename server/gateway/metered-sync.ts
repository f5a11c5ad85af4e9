// /sync: fetched whole, counted by room, paid all at once. What cannot be paid is trimmed, never refused: live events, to-device
// messages, keys, invites and receipts always pass. Upstream goes what the client sent, and no other position. The database is
// asked only when something is carried, where the device came from only when that is history.

import { matrixError } from '../errors/matrix.ts'
import type { Spent, Stream, SyncStream } from '../metering/port.ts'
import { parseBody } from '../metering/scanner/reference.ts'
import { type Coming, readSync, type SyncAnswer, withComing } from '../metering/sync-answer.ts'
import { costOf, judge, trim } from '../metering/trim.ts'
import { sha256Base64Url } from '../platform/crypto.ts'
import type { DecisionLine } from './decision-line.ts'
import type { MeteredDeps } from './metered.ts'
import {
  deviceEnded,
  restarting,
  sendError,
  storeAway,
  uncountable,
  upstreamError,
  upstreamFailed,
} from './metered-answers.ts'
import { alarm, type HistoryParts, spenderOf } from './metered-history.ts'
import { judgeWithPlaces, placesOf } from './metered-places.ts'
import { isIdle } from './metered-plan.ts'
import type { MeteredRequest, UpstreamAnswer } from './metered-port.ts'

/** How often a verdict is made anew when others spend at the same time. */
const MAX_TRIES = 6
const NOWHERE: Coming = { firstSync: false, coversUntilMs: null }
const NOTHING_LEFT: Readonly<Record<SyncStream, number>> = { archive: 0, 'catch-up': 0, 'first-sync': 0 }

/** Serves one /sync. Resolves when all it owes is settled. */
export async function serveSync(deps: MeteredDeps, parts: HistoryParts, request: MeteredRequest): Promise<void> {
  const say = (line: DecisionLine) => parts.decisions.write(request, line)
  const hidden = hiddenFields(request.route.query.first('filter'))
  if (hidden) {
    const answer = matrixError('M_INVALID_PARAM', 400, `event_fields must include ${hidden}`)
    await sendError(request, answer)
    return say({ decision: 'refused', reason: 'filter-hides-fields', status: answer.status })
  }
  const since = request.route.query.first('since')
  const startedMs = deps.clock.now()
  // A poll may last as long as its client likes: a process told to go does not wait for it, the repetition loses nothing.
  const answer = await request.send({ signal: request.draining })
  if (!answer.ok) {
    if (answer.reason === 'aborted' && request.draining.aborted && !request.signal.aborted) {
      const failed = restarting()
      await sendError(request, failed)
      return say({ decision: 'refused', reason: 'draining', status: failed.status })
    }
    if (answer.reason === 'aborted') return say({ decision: 'aborted', reason: 'client-gone', status: 0 })
    const failed = upstreamFailed(answer)
    await sendError(request, failed)
    return say({ decision: 'failed', reason: `upstream-${answer.reason}`, status: failed.status })
  }
  if (answer.status >= 300) {
    const passed = upstreamError(answer)
    await sendError(request, passed)
    return say({ decision: 'released', reason: 'upstream-error', status: passed.status })
  }
  const nowMs = deps.clock.now()
  const sync = readSync(parseBody(answer.body), NOWHERE, nowMs, deps.policy, parts.hashFor(request.origin.network))
  if (sync === null) {
    const failed = uncountable()
    await sendError(request, failed)
    return say({ decision: 'failed', reason: 'uncountable', status: failed.status })
  }
  const from = { since: since === null ? null : sha256Base64Url(since), firstSync: firstSyncUntil(request) > nowMs }
  const coming = await comingOf(deps, request, sync, from)
  const delivered = { since, from, coversUntilMs: startedMs - deps.policy.futureSkewMs }
  await payAndRelease(deps, request, answer, coming === null ? sync : withComing(sync, coming), delivered, say)
}

async function payAndRelease(
  deps: MeteredDeps,
  request: MeteredRequest,
  answer: UpstreamAnswer,
  sync: SyncAnswer,
  delivered: Delivered,
  say: (line: DecisionLine) => void,
): Promise<void> {
  const rooms = sync.timelines.map(({ roomId }) => roomId)
  const spend = payer(deps, request, sync, delivered)
  const cost = costOf(sync)
  const fields = { history: historyIn(cost.streams), live: cost.live, state: sync.state, rooms }
  // Nothing carried and nowhere new: the poll of a quiet hour costs no statement.
  if (fields.history + fields.live + fields.state === 0 && sync.nextBatch === delivered.since) {
    // Coming back closes the first sync; elsewhere what is paid for does that in passing.
    const { firstSync, since } = delivered.from
    if (firstSync && since !== null) {
      await deps.meters.position({ device: request.caller.device, hash: since }).catch(() => null)
    }
    await request.respond(answer.status, answer.headers, answer.body)
    return say({ decision: 'released', reason: 'nothing-carried', status: answer.status, ...fields })
  }
  if (request.signal.aborted) return say({ decision: 'aborted', reason: 'client-gone', status: 0, ...fields })

  let spent: Spent
  try {
    spent = await spend(cost)
  } catch (error) {
    deps.log.error('metering.store-away', {
      detail: String(error instanceof Error ? error.message : error).slice(0, 200),
    })
    return releaseLiveOnly(deps, request, answer, sync, say, fields)
  }
  if (spent.state === 'short' && deps.config.enforce === 'observe') {
    await spend({ ...cost, streams: {} }).catch(() => undefined)
    await request.respond(answer.status, answer.headers, answer.body)
    const withheld = judge(sync, spent.left, spent.free).withheld
    return say({
      decision: 'released',
      reason: 'observed',
      wouldBe: 'trimmed',
      withheld,
      status: answer.status,
      ...fields,
    })
  }
  if (spent.state === 'paid') {
    if (spent.alarms.includes('live')) alarm(deps, request)
    await request.respond(answer.status, answer.headers, answer.body)
    return say({
      decision: 'released',
      reason: 'within-budget',
      cost: total(spent.cost),
      status: answer.status,
      ...fields,
    })
  }
  if (spent.state === 'device-ended') return endDevice(request, say)
  await payTrimmed(deps, request, answer, sync, spent, spend, say, fields)
}

/** Where the device comes from. */
interface From {
  /** Hash of `since`. */
  readonly since: string | null
  /** Whether the first-sync window of its sign-in may be open. */
  readonly firstSync: boolean
}
interface Delivered {
  readonly since: string | null
  readonly from: From
  readonly coversUntilMs: number
}
type Fields = Pick<DecisionLine, 'history' | 'live' | 'state' | 'rooms'>
type Pay = (cost: ReturnType<typeof costOf>) => Promise<Spent>

// Judge, find where each cut resumes, pay for exactly what is left in; anew when somebody else spent meanwhile.
async function payTrimmed(
  deps: MeteredDeps,
  request: MeteredRequest,
  answer: UpstreamAnswer,
  sync: SyncAnswer,
  first: Extract<Spent, { state: 'short' }>,
  spend: Pay,
  say: (line: DecisionLine) => void,
  fields: Fields,
): Promise<void> {
  const places = placesOf(deps, request)
  let short = first
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const left = attempt === MAX_TRIES ? NOTHING_LEFT : short.left
    const { verdict, tokens } = await judgeWithPlaces(sync, left, short.free, places)
    if (request.signal.aborted) return say({ decision: 'aborted', reason: 'client-gone', status: 0, ...fields })
    let spent: Spent
    try {
      spent = await spend(costOf(sync, verdict))
    } catch {
      return releaseLiveOnly(deps, request, answer, sync, say, fields)
    }
    if (spent.state === 'device-ended') return endDevice(request, say)
    if (spent.state === 'short') {
      short = spent
      continue
    }
    if (spent.alarms.includes('live')) alarm(deps, request)
    await request.respond(answer.status, answer.headers, JSON.stringify(trim(sync, verdict, tokens)))
    return say({
      decision: 'trimmed',
      reason: exhausted(sync, short.left, isIdle(request.caller, deps.clock.now(), deps.policy)),
      cost: total(spent.cost),
      withheld: verdict.withheld,
      status: answer.status,
      ...fields,
    })
  }
  await sendError(request, storeAway())
  say({ decision: 'failed', reason: 'contended', status: 503, ...fields })
}

// The store cannot be asked: history is closed, live traffic flows. No position is recorded.
async function releaseLiveOnly(
  deps: MeteredDeps,
  request: MeteredRequest,
  answer: UpstreamAnswer,
  sync: SyncAnswer,
  say: (line: DecisionLine) => void,
  fields: Fields,
): Promise<void> {
  const verdict =
    deps.config.enforce === 'observe'
      ? null
      : await judgeWithPlaces(sync, NOTHING_LEFT, new Set(), placesOf(deps, request))
  const body =
    verdict === null || verdict.verdict.withheld === 0
      ? answer.body
      : JSON.stringify(trim(sync, verdict.verdict, verdict.tokens))
  await request.respond(answer.status, answer.headers, body)
  say({
    decision: verdict?.verdict.withheld ? 'trimmed' : 'released',
    reason: 'store-away',
    withheld: verdict?.verdict.withheld ?? 0,
    status: answer.status,
    ...fields,
  })
}

function payer(deps: MeteredDeps, request: MeteredRequest, sync: SyncAnswer, delivered: Delivered): Pay {
  const idle = isIdle(request.caller, deps.clock.now(), deps.policy)
  const position = { hash: sha256Base64Url(sync.nextBatch), coversUntilMs: delivered.coversUntilMs }
  return ({ streams, live, state }) =>
    deps.meters.spend({
      ...spenderOf(request),
      streams,
      live,
      state,
      position,
      since: delivered.from.since,
      idle,
      scope: null,
    })
}

// How the history of an answer is paid: null when there is none to pay.
async function comingOf(
  deps: MeteredDeps,
  request: MeteredRequest,
  sync: SyncAnswer,
  from: From,
): Promise<Coming | null> {
  if (historyIn(costOf(sync).streams) === 0) return null
  const position = await deps.meters.position({ device: request.caller.device, hash: from.since }).catch(() => null)
  return {
    firstSync: from.firstSync && from.since === null && position?.firstSyncOpen === true,
    coversUntilMs: position?.coversUntilMs ?? null,
  }
}

function firstSyncUntil({ caller }: MeteredRequest): number {
  return caller.firstSyncUntilMs ?? 0
}

/**
 * The field that an inline filter's `event_fields` hides from counting, or null. A stored filter cannot be seen here: its
 * events without integer time are history, those without id are charged each time.
 */
function hiddenFields(filter: string | null): string | null {
  if (filter === null || !filter.trimStart().startsWith('{')) return null
  let fields: unknown
  try {
    fields = (JSON.parse(filter) as { event_fields?: unknown } | null)?.event_fields
  } catch {
    return null
  }
  if (!Array.isArray(fields) || fields.length === 0) return null
  return ['origin_server_ts', 'event_id'].find((name) => !fields.includes(name)) ?? null
}

async function endDevice(request: MeteredRequest, say: (line: DecisionLine) => void): Promise<void> {
  const answer = deviceEnded()
  await sendError(request, answer)
  say({ decision: 'refused', reason: 'device-ended', status: answer.status })
}

function historyIn(streams: ReturnType<typeof costOf>['streams']): number {
  return Object.values(streams).reduce((sum, { hashes, bare }) => sum + hashes.length + bare, 0)
}

function total(cost: Readonly<Partial<Record<Stream, number>>>): number {
  return Object.values(cost).reduce((sum, events) => sum + events, 0)
}

// The stream that could not pay, named in the line.
function exhausted(sync: SyncAnswer, left: Readonly<Record<SyncStream, number>>, idle: boolean): string {
  const { streams } = costOf(sync)
  for (const [stream, { hashes, bare }] of Object.entries(streams)) {
    if (hashes.length + bare <= left[stream as SyncStream]) continue
    return idle && stream !== 'first-sync' ? 'idle' : `${stream}-exhausted`
  }
  return 'archive-exhausted'
}
