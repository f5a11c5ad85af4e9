// Routes whose answer has a known bound: reserve, fetch with the clamped limit, count, settle, and only then release, whole.

import type { MatrixError } from '../errors/matrix.ts'
import type { ReserveRequest, Settled, Spender } from '../metering/port.ts'
import type { Refusals } from '../metering/refusals.ts'
import { type HashId, type Weight, weigh } from '../metering/weigh.ts'
import { type HmacKey, hmacSha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import { newToken } from '../platform/tokens.ts'
import type { DecisionLine, DecisionLog } from './decision-line.ts'
import type { MeteredDeps } from './metered.ts'
import {
  deviceEnded,
  lapsed,
  sendError,
  storeAway,
  uncountable,
  upstreamError,
  upstreamFailed,
} from './metered-answers.ts'
import { type Granted, isIdle, type Plan, type Refused } from './metered-plan.ts'
import type { MeteredRequest, UpstreamAnswer } from './metered-port.ts'
import type { Ladder } from './metered-stepup.ts'
import type { Ask } from './ports.ts'

export interface HistoryParts {
  readonly ladder: Ladder
  /** What was answered moments ago. */
  readonly refusals: Refusals<{ readonly answer: MatrixError; readonly reason: string }>
  readonly decisions: DecisionLog
  readonly hashFor: (network: string) => HashId
  readonly requestKey: HmacKey
}

/** Serves one request with a plan. Resolves when its reservation is settled or refunded. */
export async function serveHistory(
  deps: MeteredDeps,
  parts: HistoryParts,
  request: MeteredRequest,
  plan: Plan,
): Promise<void> {
  const reserve = reserveOf(deps, parts, request, plan)
  const say = (line: DecisionLine) =>
    parts.decisions.write(request, { asked: plan.events, rooms: [plan.room], ...line })
  const observing = deps.config.enforce === 'observe'
  const lately = parts.refusals.find(reserve)
  if (lately) return refuse(request, say, lately.answer, lately.reason, 'withheld')
  let reserved: Granted | Refused
  try {
    reserved = await deps.meters.reserve(reserve)
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    if (observing) return observeRefused(deps, parts, request, plan, 'store-away', say)
    return refuse(request, say, storeAway(), 'store-away', 'failed')
  }

  let heldMs = 0
  if (reserved.state === 'refused') {
    if (reserved.reason === 'device-ended') return refuse(request, say, deviceEnded(), 'device-ended', 'refused')
    if (observing) return observeRefused(deps, parts, request, plan, reserved.reason, say)
    const ask = askFor(request, plan, reserved.reason)
    const climbed = await parts.ladder
      .climb(request, reserved, ask, () => deps.meters.reserve(reserve))
      .catch((error: unknown) => {
        deps.log.error('metering.stepup-failed', { detail: messageOf(error) })
        return { granted: null, answer: storeAway(), reason: 'store-away', heldMs: 0 } as const
      })
    if (climbed.granted === null) {
      if (climbed.answer?.status === 429)
        parts.refusals.remember(reserve, { answer: climbed.answer, reason: climbed.reason })
      if (climbed.answer) await sendError(request, climbed.answer)
      say({
        decision: climbed.answer ? 'withheld' : 'aborted',
        reason: climbed.reason,
        heldMs: climbed.heldMs,
        status: climbed.answer?.status ?? 0,
      })
      return
    }
    reserved = climbed.granted
    heldMs = climbed.heldMs
  }
  await serveReserved(deps, parts, request, plan, { ...reserve, reserved, heldMs }, say)
}

type Say = (line: DecisionLine) => void
type Holding = ReserveRequest & { readonly reserved: Granted; readonly heldMs: number }

async function serveReserved(
  deps: MeteredDeps,
  parts: HistoryParts,
  request: MeteredRequest,
  plan: Plan,
  holding: Holding,
  say: Say,
): Promise<void> {
  const { reserved, heldMs } = holding
  const observing = deps.config.enforce === 'observe'
  const limit = observing ? plan.events : Math.max(1, reserved.limit)
  const fields = { source: reserved.source, granted: reserved.events, heldMs }
  const refund = () => giveUp(deps, parts, holding)
  // Held so long that the client left, or ended before anything was asked.
  if (request.signal.aborted) {
    await refund()
    return say({ decision: 'aborted', reason: 'client-gone', status: 0, ...fields })
  }
  const answer = await request.send({ target: plan.target(limit) })
  if (!answer.ok) {
    await refund()
    if (answer.reason === 'aborted') return say({ decision: 'aborted', reason: 'client-gone', status: 0, ...fields })
    const failed = upstreamFailed(answer)
    await sendError(request, failed)
    return say({ decision: 'failed', reason: `upstream-${answer.reason}`, status: failed.status, ...fields })
  }
  if (answer.status >= 300) {
    await refund()
    const passed = upstreamError(answer)
    await sendError(request, passed)
    return say({ decision: 'released', reason: 'upstream-error', status: passed.status, ...fields })
  }
  const events = deps.count(answer.body, plan.shape)
  if (events === null) {
    await refund()
    const failed = uncountable()
    await sendError(request, failed)
    return say({ decision: 'failed', reason: 'uncountable', status: failed.status, ...fields })
  }
  const weight = weigh(events, deps.clock.now(), deps.policy, parts.hashFor(request.origin.network))
  // Gone before the first byte: nothing was read. After this point it is charged, and asking again within ten minutes is free.
  if (request.signal.aborted) {
    await refund()
    return say({ decision: 'aborted', reason: 'client-gone', status: 0, ...fields })
  }
  await settleAndRelease(deps, parts, request, plan, holding, answer, weight, say)
}

async function settleAndRelease(
  deps: MeteredDeps,
  parts: HistoryParts,
  request: MeteredRequest,
  plan: Plan,
  holding: Holding,
  answer: UpstreamAnswer,
  weight: Weight,
  say: Say,
): Promise<void> {
  const { reserved, heldMs } = holding
  const fields = {
    source: reserved.source,
    granted: reserved.events,
    heldMs,
    history: weight.history.hashes.length + weight.history.bare,
    live: weight.live,
    state: weight.state,
  }
  const observing = deps.config.enforce === 'observe'
  let settled: Settled
  try {
    settled = await deps.meters.settle({
      ...spenderOf(request),
      id: holding.id,
      ...weight,
      requestHash: holding.requestHash,
      limitUsed: Math.max(1, reserved.limit),
    })
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    if (observing) {
      await request.respond(answer.status, answer.headers, answer.body)
      return say({ decision: 'released', reason: 'observed', wouldBe: 'failed', status: answer.status, ...fields })
    }
    // It may have been charged or not: never released. Past its deadline an open reservation counts as consumed.
    return refuse(request, say, storeAway(), 'store-away', 'failed')
  }
  parts.refusals.forget(holding.serverName, holding.personId)
  if (settled.state === 'released') {
    if (settled.alarms.includes('live')) alarm(deps, request)
    const delivery = await request.respond(answer.status, answer.headers, answer.body)
    const reason =
      reserved.source === 'window' ? 'within-budget' : reserved.source === 'allowance' ? 'approved' : 'asked-again'
    return say({
      decision: 'released',
      reason: delivery.firstByte ? reason : 'client-gone',
      cost: settled.cost,
      left: settled.left,
      status: answer.status,
      ...fields,
    })
  }
  if (settled.state === 'device-ended') return refuse(request, say, deviceEnded(), 'device-ended', 'refused')
  if (observing) {
    await request.respond(answer.status, answer.headers, answer.body)
    return say({ decision: 'released', reason: 'observed', wouldBe: 'withheld', status: answer.status, ...fields })
  }
  if (settled.state === 'gone') return refuse(request, say, lapsed(), 'reservation-lapsed', 'failed')
  const { answer: withheld, reason } = await parts.ladder
    .answer(request, askFor(request, plan, 'archive-exhausted'))
    .catch((error: unknown) => {
      deps.log.error('metering.stepup-failed', { detail: messageOf(error) })
      return { answer: storeAway(), reason: 'store-away' }
    })
  await sendError(request, withheld)
  const isOver = weight.history.hashes.length + weight.history.bare > Math.max(1, reserved.limit)
  const why = isOver ? 'upstream-over-limit' : reason
  say({
    decision: 'withheld',
    reason: why,
    cost: 0,
    left: settled.left,
    withheld: settled.cost,
    status: withheld.status,
    ...fields,
  })
}

// Observe mode, nothing left: the answer goes out all the same, and the line says what would have been withheld.
async function observeRefused(
  deps: MeteredDeps,
  parts: HistoryParts,
  request: MeteredRequest,
  plan: Plan,
  reason: string,
  say: Say,
): Promise<void> {
  const answer = await request.send({ target: plan.target(plan.events) })
  if (!answer.ok) {
    const failed = upstreamFailed(answer)
    await sendError(request, failed)
    return say({ decision: 'failed', reason: `upstream-${answer.reason}`, status: failed.status })
  }
  const events = answer.status < 300 ? deps.count(answer.body, plan.shape) : []
  const wouldBe = (history: number) =>
    events === null || reason === 'store-away' ? 'failed' : history > 0 ? 'withheld' : 'released'
  const weight = weigh(events ?? [], deps.clock.now(), deps.policy, parts.hashFor(request.origin.network))
  await request.respond(answer.status, answer.headers, answer.body)
  const history = weight.history.hashes.length + weight.history.bare
  say({
    decision: 'released',
    reason: 'observed',
    wouldBe: wouldBe(history),
    history,
    live: weight.live,
    state: weight.state,
    status: answer.status,
    source: reason,
  })
}

async function giveUp(deps: MeteredDeps, parts: HistoryParts, holding: Holding): Promise<void> {
  try {
    await deps.meters.refund(holding, holding.id)
    parts.refusals.forget(holding.serverName, holding.personId)
  } catch {
    // The reservation counts as consumed at its deadline: over-charged, never under.
    deps.log.warn('metering.refund-failed', { person: holding.personId })
  }
}

async function refuse(
  request: MeteredRequest,
  say: Say,
  answer: Parameters<typeof sendError>[1],
  reason: string,
  decision: DecisionLine['decision'],
): Promise<void> {
  await sendError(request, answer)
  say({ decision, reason, status: answer.status })
}

function reserveOf(deps: MeteredDeps, parts: HistoryParts, request: MeteredRequest, plan: Plan): ReserveRequest {
  return {
    ...spenderOf(request),
    id: newToken('reservation', deps.random),
    network: request.origin.network,
    client: request.origin.client,
    room: plan.room,
    direction: plan.direction,
    events: plan.events,
    idle: isIdle(request.caller, deps.clock.now(), deps.policy),
    requestHash: base64Url(
      hmacSha256(parts.requestKey, `${request.caller.device}\n${request.origin.network}\n${request.target}`),
    ),
  }
}

export function spenderOf(request: MeteredRequest): Spender {
  return { serverName: request.caller.serverName, personId: request.caller.personId, device: request.caller.device }
}

function askFor(request: MeteredRequest, plan: Plan, reason: string): Ask {
  const { caller, origin } = request
  return { caller, origin, meter: 'archive', rooms: [plan.room], direction: plan.direction, reason }
}

function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).slice(0, 200)
}

/** Live events past their ceiling: nothing is withheld, somebody should look. */
export function alarm(deps: MeteredDeps, request: MeteredRequest): void {
  deps.metrics.count('palier_live_ceiling_alarms_total', {})
  deps.log.warn('metering.live-ceiling', { person: request.caller.personId, device: request.caller.device })
}
