// Routes whose answer has a known bound: reserve, fetch with the clamped limit, count, settle, and only then release, whole.

import type { MatrixError } from '../errors/matrix.ts'
import type { ReserveRequest, Settled, SpendRequest, Stream } from '../metering/port.ts'
import { roomHash } from '../metering/room.ts'
import { roomsIn } from '../metering/rows.ts'
import type { Weight } from '../metering/weigh.ts'
import {
  deviceEnded,
  lapsed,
  sendError,
  storeAway,
  uncountable,
  upstreamError,
  upstreamFailed,
} from './metered-answers.ts'
import {
  alarm,
  askOf,
  messageOf,
  reasonOf,
  type Say,
  sayer,
  spenderOf,
  spendOf,
  unitsIn,
  unitsOf,
} from './metered-charge.ts'
import { recentOf } from './metered-lately.ts'
import { EVERYWHERE, type Granted, type Plan, type Refused } from './metered-plan.ts'
import type { MeteredRequest, UpstreamAnswer, UpstreamRequest } from './metered-port.ts'
import { type HistoryParts, releasesAnyway, type Serving } from './metered-serving.ts'
import type { Ask } from './ports.ts'

/** One request on its way, with all that its steps need. */
interface Reading {
  readonly deps: Serving
  readonly parts: HistoryParts
  readonly request: MeteredRequest
  readonly plan: Plan
  readonly say: Say
}

/** Serves one request with a plan. Resolves when its reservation is settled or refunded. */
export async function serveHistory(
  deps: Serving,
  parts: HistoryParts,
  request: MeteredRequest,
  plan: Plan,
): Promise<void> {
  const say = sayer(deps, parts, request, { asked: plan.events, rooms: [plan.room] })
  const reading: Reading = { deps, parts, request, plan, say }
  const reserve = recentOf(deps, parts, request, plan, plan.events)
  const anyway = releasesAnyway(deps.applied)
  const lately = parts.refusals.find(reserve)
  if (lately) return refuse(reading, lately.answer, lately.reason, 'withheld')
  let reserved: Granted | Refused
  try {
    reserved = await deps.meters.reserve(reserve)
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    if (anyway) return releaseUnreserved(reading, 'store-away')
    return refuse(reading, storeAway(), 'store-away', 'failed')
  }

  let heldMs = 0
  if (reserved.state === 'refused') {
    if (reserved.reason === 'device-ended') return refuse(reading, deviceEnded(), 'device-ended', 'refused')
    if (anyway) return releaseUnreserved(reading, reserved.reason)
    const climbed = await parts.ladder
      .climb(request, reserved, askFor(reading, 'archive', reserved.reason), () => deps.meters.reserve(reserve))
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
        meter: reserved.reason === 'rooms-exhausted' ? 'rooms' : 'archive',
        heldMs: climbed.heldMs,
        status: climbed.answer?.status ?? 0,
      })
      return
    }
    reserved = climbed.granted
    heldMs = climbed.heldMs
  }
  await serveReserved(reading, { ...reserve, reserved, heldMs })
}

type Holding = ReserveRequest & { readonly reserved: Granted; readonly heldMs: number }

async function serveReserved(reading: Reading, holding: Holding): Promise<void> {
  const { deps, request, plan, say } = reading
  const { reserved, heldMs } = holding
  const limit = releasesAnyway(deps.applied) ? plan.events : Math.max(1, reserved.limit)
  const fields = { source: reserved.source, granted: reserved.events, heldMs }
  const refund = () => giveUp(reading, holding)
  // Held so long that the client left, or ended before anything was asked.
  if (request.signal.aborted) {
    await refund()
    return say({ decision: 'aborted', reason: 'client-gone', status: 0, ...fields })
  }
  const answer = await request.send({ ...plan.request(limit), ...spooling(reading) })
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
  const weight = weighed(reading, answer)
  const rooms = weight !== null && plan.room === EVERYWHERE ? roomsIn(answer.body, plan.shape) : []
  if (weight === null || rooms === null) {
    await refund()
    const failed = uncountable()
    await sendError(request, failed)
    return say({ decision: 'failed', reason: 'uncountable', status: failed.status, ...fields })
  }
  // Gone before the first byte: nothing was read. After this point it is charged, and asking again within ten minutes is free.
  if (request.signal.aborted) {
    await refund()
    return say({ decision: 'aborted', reason: 'client-gone', status: 0, ...fields })
  }
  const named =
    plan.room === EVERYWHERE ? ({ ...reading, say: (line) => say({ rooms, ...line }) } satisfies Reading) : reading
  const beside = besideOf(plan, holding, weight, rooms)
  if (beside !== null && !(await payBeside(named, holding, beside))) return
  const rest = beside?.state ? { ...weight, state: 0 } : weight
  await settleAndRelease(named, holding, answer, rest, beside ?? {})
}

// What an answer carries beside history: the rooms of a request over all of them, and state where it is more than names for
// the page's senders.
function besideOf(
  plan: Plan,
  { reserved }: Holding,
  weight: Weight,
  rooms: readonly string[],
): SpendRequest['streams'] | null {
  const history = unitsOf(weight.history)
  // An allowance that pays the archive needs no room.
  const counted = reserved.source !== 'allowance' && history > 0 && rooms.length > 0
  const manyRows = weight.state > 0 && (plan.shape !== 'chunk' || weight.state > plan.events)
  if (!counted && !manyRows) return null
  return {
    ...(counted ? { rooms: { hashes: rooms.map(roomHash), bare: 0 } } : {}),
    ...(manyRows ? { state: { hashes: [], bare: weight.state } } : {}),
  }
}

// False: the request is over, its reservation given back.
async function payBeside(reading: Reading, holding: Holding, streams: SpendRequest['streams']): Promise<boolean> {
  const { deps, request, plan, say } = reading
  const anyway = releasesAnyway(deps.applied)
  try {
    const spent = await deps.meters.spend(spendOf(deps, request, streams, plan))
    if (spent.state === 'paid' || anyway) return true
    await giveUp(reading, holding)
    if (spent.state === 'device-ended') {
      await refuse(reading, deviceEnded(), 'device-ended', 'refused')
      return false
    }
    const { answer, reason } = await climbedNot(
      reading,
      spent.meter,
      reasonOf(spent.meter, false),
      weightOf(streams, spent.meter),
    )
    await sendError(request, answer)
    say({ decision: 'withheld', reason, meter: spent.meter, units: unitsIn(streams), status: answer.status })
    return false
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    if (anyway) return true
    await giveUp(reading, holding)
    await refuse(reading, storeAway(), 'store-away', 'failed')
    return false
  }
}

function weightOf(streams: SpendRequest['streams'], stream: Stream): number {
  const charge = streams[stream]
  return charge ? unitsOf(charge) : 0
}

async function settleAndRelease(
  reading: Reading,
  holding: Holding,
  answer: UpstreamAnswer,
  weight: Weight,
  beside: SpendRequest['streams'],
): Promise<void> {
  const { deps, parts, request, say } = reading
  const { reserved, heldMs } = holding
  const history = unitsOf(weight.history)
  const fields = {
    source: reserved.source,
    granted: reserved.events,
    heldMs,
    history,
    live: weight.live,
    state: weight.state,
    meter: 'archive',
    units: { archive: history, ...unitsIn(beside) },
    span: weight.span,
    ends: { first: weight.history.hashes[0] ?? null, last: weight.history.hashes.at(-1) ?? null },
    allowanceId: reserved.allowanceId,
  } as const
  const anyway = releasesAnyway(deps.applied)
  let settled: Settled
  try {
    settled = await deps.meters.settle({
      ...spenderOf(deps, request),
      id: holding.id,
      ...weight,
      requestHash: holding.requestHash,
      limitUsed: Math.max(1, reserved.limit),
    })
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    if (anyway) {
      await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
      return say({ decision: 'released', reason: anyway, wouldBe: 'failed', status: answer.status, ...fields })
    }
    // It may have been charged or not: never released. Past its deadline an open reservation counts as consumed.
    return refuse(reading, storeAway(), 'store-away', 'failed')
  }
  parts.refusals.forget(holding.serverName, holding.personId)
  if (settled.state === 'released') {
    if (settled.alarms.includes('live')) alarm(deps, request)
    const delivery = await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
    const reason =
      reserved.source === 'window' ? 'within-budget' : reserved.source === 'allowance' ? 'approved' : 'asked-again'
    return say({
      decision: 'released',
      reason: delivery.firstByte ? reason : 'client-gone',
      cost: settled.cost,
      left: settled.left,
      status: answer.status,
      ...fields,
      units: { ...fields.units, archive: settled.cost },
    })
  }
  if (settled.state === 'device-ended') return refuse(reading, deviceEnded(), 'device-ended', 'refused')
  if (anyway) {
    await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
    return say({ decision: 'released', reason: anyway, wouldBe: 'withheld', status: answer.status, ...fields })
  }
  if (settled.state === 'gone') return refuse(reading, lapsed(), 'reservation-lapsed', 'failed')
  const { answer: withheld, reason } = await climbedNot(reading, 'archive', 'archive-exhausted')
  await sendError(request, withheld)
  const why = history > Math.max(1, reserved.limit) ? 'upstream-over-limit' : reason
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

// Observed or exempt, and nothing left: the answer goes out all the same, and the line says what would have been withheld.
async function releaseUnreserved(reading: Reading, source: string): Promise<void> {
  const { deps, request, plan, say } = reading
  const answer = await request.send({ ...plan.request(plan.events), ...spooling(reading) })
  if (!answer.ok) {
    const failed = upstreamFailed(answer)
    await sendError(request, failed)
    return say({ decision: 'failed', reason: `upstream-${answer.reason}`, status: failed.status })
  }
  const weight = answer.status < 300 ? weighed(reading, answer) : null
  const wouldBe = (history: number) =>
    (weight === null && answer.status < 300) || source === 'store-away'
      ? 'failed'
      : history > 0
        ? 'withheld'
        : 'released'
  await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
  const history = weight === null ? 0 : unitsOf(weight.history)
  say({
    decision: 'released',
    reason: releasesAnyway(deps.applied) ?? 'observed',
    wouldBe: wouldBe(history),
    history,
    live: weight?.live ?? 0,
    state: weight?.state ?? 0,
    meter: 'archive',
    units: { archive: history },
    status: answer.status,
    source,
  })
}

// An answer over all rooms is read again for the names of the rooms: it has to be in memory.
function spooling({ parts, request, plan }: Reading): Pick<UpstreamRequest, 'spool'> {
  if (plan.room === EVERYWHERE) return {}
  return { spool: { shape: plan.shape, key: parts.hashFor(request.origin.network).key } }
}

function weighed({ deps, parts, request, plan }: Reading, { body, spooled }: UpstreamAnswer): Weight | null {
  const hash = parts.hashFor(request.origin.network)
  const weighing = { nowMs: deps.clock.now(), policy: deps.applied.metering, hash }
  return spooled ? spooled.weigh(weighing) : deps.weigh(body, plan.shape, weighing)
}

async function giveUp({ deps, parts }: Reading, holding: Holding): Promise<void> {
  try {
    await deps.meters.refund(holding, holding.id)
    parts.refusals.forget(holding.serverName, holding.personId)
  } catch {
    // The reservation counts as consumed at its deadline: over-charged, never under.
    deps.log.warn('metering.refund-failed', { person: holding.personId })
  }
}

async function refuse(
  { request, say }: Reading,
  answer: Parameters<typeof sendError>[1],
  reason: string,
  decision: Parameters<Say>[0]['decision'],
): Promise<void> {
  await sendError(request, answer)
  say({ decision, reason, status: answer.status })
}

// The answer for a request that is not held: its approval is asked for all the same.
async function climbedNot(
  reading: Reading,
  stream: Stream,
  reason: string,
  units = 0,
): Promise<{ answer: MatrixError; reason: string }> {
  const { deps, parts, request } = reading
  return parts.ladder.answer(request, askFor(reading, stream, reason, units)).catch((error: unknown) => {
    deps.log.error('metering.stepup-failed', { detail: messageOf(error) })
    return { answer: storeAway(), reason: 'store-away' }
  })
}

function askFor({ deps, request, plan }: Reading, stream: Stream, reason: string, units = 0): Ask {
  return askOf(request, deps.applied.metering, plan, { stream, reason, units })
}
