// Routes whose answer has no known bound: fetched, counted, charged all or nothing, and only then released, whole.
import type { MatrixError } from '../errors/matrix.ts'
import type { ReserveRequest, SpendRequest, Spent } from '../metering/port.ts'
import { type CarriedRows, countRows } from '../metering/rows.ts'
import { deviceEnded, sendError, storeAway, uncountable, upstreamError, upstreamFailed } from './metered-answers.ts'
import {
  alarm,
  askOf,
  leftOf,
  messageOf,
  missing,
  reasonOf,
  type Say,
  type Short,
  sayer,
  spendOf,
  totalOf,
  unitsIn,
} from './metered-charge.ts'
import { recentOf } from './metered-lately.ts'
import { isIdle } from './metered-plan.ts'
import type { MeteredRequest, UpstreamAnswer, UpstreamRequest } from './metered-port.ts'
import type { RowsPlan } from './metered-rows-plan.ts'
import type { HistoryParts } from './metered-serving.ts'
import { releasesAnyway, type Serving } from './metered-serving.ts'
import type { Ask } from './ports.ts'

/** A larger answer is not kept while its request is held: it is asked for again after the tap. */
const KEPT_BYTES = 256 * 1024

/** One request on its way, with all that its steps need. */
interface Reading {
  readonly deps: Serving
  readonly parts: HistoryParts
  readonly request: MeteredRequest
  readonly plan: RowsPlan
  readonly say: Say
  readonly lately: ReserveRequest
}

/** Serves one request with a plan. Resolves when all it owes is settled. */
export async function serveRows(
  deps: Serving,
  parts: HistoryParts,
  request: MeteredRequest,
  plan: RowsPlan,
): Promise<void> {
  const rooms = plan.room === null ? [] : [plan.room]
  const say = sayer(deps, parts, request, { meter: plan.meter, rooms })
  const lately = recentOf(deps, parts, request, plan)
  const reading: Reading = { deps, parts, request, plan, say, lately }
  // Nothing was left a moment ago: what is asked now costs the homeserver nothing, whatever it is. Rows about oneself are free.
  const refused = parts.refusals.find(lately) ?? (plan.isFree?.(null) ? null : parts.refusals.find(exhausted(reading)))
  if (refused) return refuse(reading, refused.answer, refused.reason, 'withheld')
  const fetched = await fetchCounted(reading, plan.request)
  if (fetched === null) return
  await payAndRelease(reading, fetched)
}

const exhausted = ({ lately, plan }: Reading): ReserveRequest => ({ ...lately, requestHash: `exhausted ${plan.meter}` })

/** An answer and what it costs. */
interface Fetched {
  readonly answer: UpstreamAnswer
  readonly streams: SpendRequest['streams']
  readonly live: number
}

// Null: answered already.
async function fetchCounted(reading: Reading, asked: UpstreamRequest): Promise<Fetched | null> {
  const { parts, plan, request, say } = reading
  const { key } = parts.hashFor(request.origin.network)
  const answer = await request.send(
    'events' in plan.counted ? { ...asked, spool: { shape: plan.counted.events, key } } : asked,
  )
  if (!answer.ok) {
    if (answer.reason === 'aborted') {
      say({ decision: 'aborted', reason: 'client-gone', status: 0 })
      return null
    }
    const failed = upstreamFailed(answer)
    await refuse(reading, failed, `upstream-${answer.reason}`, 'failed')
    return null
  }
  if (answer.status >= 300) {
    await refuse(reading, upstreamError(answer), 'upstream-error', 'released')
    return null
  }
  const cost = costOf(reading, answer)
  if (cost === null) {
    // In observe mode too: nobody can tell what it would be.
    await refuse(reading, uncountable(), 'uncountable', 'failed')
    return null
  }
  if (request.signal.aborted) {
    say({ decision: 'aborted', reason: 'client-gone', status: 0, units: unitsIn(cost.streams) })
    return null
  }
  if (totalOf(cost.streams) + cost.live === 0) {
    await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
    say({ decision: 'released', reason: 'nothing-carried', status: answer.status })
    return null
  }
  return { answer, ...cost }
}

function costOf(
  { deps, parts, request, plan }: Reading,
  { body, spooled }: UpstreamAnswer,
): Omit<Fetched, 'answer'> | null {
  const hash = parts.hashFor(request.origin.network)
  if ('events' in plan.counted) {
    const weighing = { nowMs: deps.clock.now(), policy: deps.applied.metering, hash }
    const weight = spooled ? spooled.weigh(weighing) : deps.weigh(body, plan.counted.events, weighing)
    if (weight === null) return null
    const { history, live, state } = weight
    return { streams: withoutNothing({ state: { hashes: [], bare: state }, archive: history }), live }
  }
  const carried = countRows(body, plan.counted.rows)
  if (carried === null) return null
  const { hashes, bare } = chargeOf(plan, carried, (id) => hash(`${plan.meter} ${id}`))
  const rows = { [plan.meter]: { hashes, bare } }
  return { streams: withoutNothing({ state: { hashes: [], bare: carried.state }, ...rows }), live: 0 }
}

function chargeOf(plan: RowsPlan, { ids }: CarriedRows, hash: (id: string) => bigint) {
  const hashes = new Set<bigint>()
  let bare = 0
  for (const id of ids) {
    if (plan.isFree?.(id)) continue
    const name = plan.idOf?.(id) ?? null
    if (name === null) bare++
    else hashes.add(hash(name))
  }
  return { hashes: [...hashes], bare }
}

function withoutNothing(streams: SpendRequest['streams']): SpendRequest['streams'] {
  return Object.fromEntries(Object.entries(streams).filter(([, { hashes, bare }]) => hashes.length + bare > 0))
}

async function payAndRelease(reading: Reading, first: Fetched): Promise<void> {
  const { deps, plan } = reading
  let fetched = first
  let spent = await spend(reading, fetched)
  // What is left of a route with a limit is released: fewer rows, asked for again.
  const left = spent?.state === 'short' && spent.meter === plan.meter ? leftOf(spent.left, plan.meter) : 0
  if (spent?.state === 'short' && left > 0 && plan.clamped && !releasesAnyway(deps.applied)) {
    const fewer = await fetchCounted(reading, plan.clamped(left))
    if (fewer === null) return
    fetched = fewer
    spent = await spend(reading, fetched)
  }
  await afterSpending(reading, fetched, spent)
}

// Null: the meters cannot be asked.
async function spend({ deps, request, plan }: Reading, { streams, live }: Fetched): Promise<Spent | null> {
  try {
    return await deps.meters.spend(spendOf(deps, request, streams, plan, { live, tapOnly: plan.tapOnly }))
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    return null
  }
}

async function afterSpending(reading: Reading, fetched: Fetched, spent: Spent | null): Promise<void> {
  const { deps, request } = reading
  if (spent?.state === 'paid') return release(reading, fetched, spent, 0)
  if (spent?.state === 'device-ended') return refuse(reading, deviceEnded(), 'device-ended', 'refused')
  const anyway = releasesAnyway(deps.applied)
  if (anyway) {
    const { answer, streams } = fetched
    await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
    const wouldBe = spent === null ? 'failed' : 'withheld'
    const units = unitsIn(streams)
    return reading.say({ decision: 'released', reason: anyway, wouldBe, units, status: answer.status })
  }
  if (spent === null) return refuse(reading, storeAway(), 'store-away', 'failed')
  await climb(reading, fetched, spent)
}

async function climb(reading: Reading, fetched: Fetched, short: Short): Promise<void> {
  const { deps, parts, request, say } = reading
  const ask = askFor(reading, fetched, short)
  const line = { meter: short.meter, units: unitsIn(fetched.streams), withheld: totalOf(fetched.streams) } as const
  let heldMs = 0
  try {
    if (fetched.answer.spooled || fetched.answer.body.length > KEPT_BYTES) {
      const { answer, reason } = await parts.ladder.answer(request, ask)
      if (answer.status === 429) remember(reading, short, { answer, reason })
      await sendError(request, answer)
      return say({ decision: 'withheld', reason, status: answer.status, ...line })
    }
    const climbed = await parts.ladder.climb(request, { state: 'refused', held: short.held }, ask, async () => {
      const again = await deps.meters.spend(
        spendOf(deps, request, fetched.streams, reading.plan, { live: fetched.live, tapOnly: reading.plan.tapOnly }),
      )
      return again.state === 'paid'
        ? ({ state: 'granted', paid: again } as const)
        : ({ state: 'refused', held: again.state === 'short' ? again.held : 0 } as const)
    })
    heldMs = climbed.heldMs
    if (climbed.granted) return await release(reading, fetched, climbed.granted.paid, heldMs)
    if (climbed.answer?.status === 429) remember(reading, short, { answer: climbed.answer, reason: climbed.reason })
    if (climbed.answer) await sendError(request, climbed.answer)
    const decision = climbed.answer ? 'withheld' : 'aborted'
    say({ decision, reason: climbed.reason, status: climbed.answer?.status ?? 0, heldMs, ...line })
  } catch (error) {
    deps.log.error('metering.stepup-failed', { detail: messageOf(error) })
    await refuse(reading, storeAway(), 'store-away', 'failed')
  }
}

function remember(
  reading: Reading,
  short: Short,
  refusal: { readonly answer: MatrixError; readonly reason: string },
): void {
  const { parts, plan, lately } = reading
  parts.refusals.remember(lately, refusal)
  const { meter } = plan
  if (!plan.tapOnly && short.meter === meter && leftOf(short.left, meter) === 0) {
    parts.refusals.remember(exhausted(reading), refusal)
  }
}

async function release(
  { deps, parts, request, say }: Reading,
  { answer, live }: Fetched,
  paid: Extract<Spent, { state: 'paid' }>,
  heldMs: number,
): Promise<void> {
  if (paid.alarms.includes('live')) alarm(deps, request)
  parts.refusals.forget(request.caller.serverName, request.caller.personId)
  const delivery = await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
  const approved = paid.source === 'allowance' ? 'approved' : 'within-budget'
  say({
    decision: 'released',
    reason: delivery.firstByte ? approved : 'client-gone',
    source: paid.source,
    cost: Object.values(paid.cost).reduce((sum, units) => sum + units, 0),
    units: paid.cost,
    live,
    heldMs,
    status: answer.status,
  })
}

function askFor({ deps, request, plan }: Reading, { streams }: Fetched, short: Short): Ask {
  const { metering } = deps.applied
  const units = missing(short.meter, streams, short)
  if (plan.tapOnly && short.meter === plan.meter) {
    // Rounded up: a key that is backed up between the tap and the repetition asks for no second tap.
    const exactly = Math.ceil((units + 1) / 100) * 100
    return askOf(request, metering, plan, {
      stream: plan.meter,
      reason: `${plan.meter}-whole`,
      units: exactly,
      exactly: true,
    })
  }
  const idle = isIdle(request.caller, deps.clock.now(), metering)
  return askOf(request, metering, plan, { stream: short.meter, reason: reasonOf(short.meter, idle), units })
}

async function refuse(
  { request, say }: Reading,
  answer: Pick<MatrixError, 'status'> & Parameters<typeof sendError>[1],
  reason: string,
  decision: Parameters<Say>[0]['decision'],
): Promise<void> {
  await sendError(request, answer)
  say({ decision, reason, status: answer.status })
}
