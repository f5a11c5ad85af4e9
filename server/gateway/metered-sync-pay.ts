// Paying for a /sync: all of it, or what can be paid of it, trimmed. State that cannot be paid waits for a tap.
import type { Spent, Stream } from '../metering/port.ts'
import { roomsCarried } from '../metering/rooms-read.ts'
import type { SyncAnswer } from '../metering/sync-answer.ts'
import { type Budget, judge } from '../metering/trim.ts'
import { type Cost, costOf, ROWS_COMING_BACK } from '../metering/trim-cost.ts'
import type { HashId } from '../metering/weigh.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import type { DecisionLine } from './decision-line.ts'
import { deviceEnded, sendError, storeAway } from './metered-answers.ts'
import {
  alarm,
  askOf,
  messageOf,
  reasonOf,
  type Say,
  type Short,
  scopeOf,
  spenderOf,
  unitsIn,
  unitsOf,
} from './metered-charge.ts'
import { judgeWithPlaces, placesOf } from './metered-places.ts'
import { isIdle } from './metered-plan.ts'
import type { MeteredRequest, UpstreamAnswer } from './metered-port.ts'
import type { HistoryParts } from './metered-serving.ts'
import { releasesAnyway, type Serving } from './metered-serving.ts'
import type { SyncBody } from './metered-sync-body.ts'
import type { StoredFilters } from './metered-sync-filter.ts'

export interface SyncParts extends Pick<HistoryParts, 'ladder' | 'decisions' | 'hashFor'> {
  readonly filters: StoredFilters
}

/** One answer on its way to its client. */
export interface SyncWork {
  readonly deps: Serving
  readonly parts: SyncParts
  readonly request: MeteredRequest
  readonly answer: UpstreamAnswer
  readonly body: SyncBody
  /** What is in it, and what pays for that. */
  readonly sync: SyncAnswer
  readonly hash: HashId
  /** Whether older rows of state have to be paid for. */
  readonly owed: boolean
  /** Whether the newest event of a timeline is its room's newest. Asked only when it matters. */
  mayShowNewest(): Promise<boolean>
  /** The position that the client came with. */
  readonly since: string | null
  readonly sinceHash: string | null
  /** Whether the first-sync window of the device's sign-in may be open. */
  readonly firstSyncOpen: boolean
  readonly position: { readonly hash: string; readonly coversUntilMs: number }
  readonly say: Say
}

/** How often a verdict is made anew when others spend at the same time. */
const MAX_TRIES = 6
/** The part of catch-up that is kept for the newest event of each room. */
const KEPT_FOR_NEWEST = 0.1
/** For all rooms at once: what a tap for state is bound to. */
const STATE = { room: '*', direction: 'state' } as const
const NOTHING: Budget = {
  left: { archive: 0, 'catch-up': 0, 'first-sync': 0, rooms: 0 },
  newest: null,
  free: new Set(),
}

type Figures = Pick<DecisionLine, 'history' | 'live' | 'state' | 'rooms' | 'units' | 'read'>

/** Pays and sends. Resolves when nothing is owed any more. */
export async function payAndRelease(work: SyncWork): Promise<void> {
  const { deps, request, answer, sync, say } = work
  const cost = costOf(sync, work)
  const figures = figuresOf(sync, cost)
  // Nothing carried and nowhere new: the poll of a quiet hour costs no statement.
  if (carriesNothing(cost) && sync.position === work.since) {
    // Coming back closes the first sync; elsewhere what is paid for does that in passing.
    if (work.firstSyncOpen && work.sinceHash !== null)
      await deps.meters.position({ device: request.caller.device, hash: work.sinceHash }).catch(() => null)
    await request.respond(answer.status, answer.headers, work.body.whole)
    return say({ decision: 'released', reason: 'nothing-carried', status: answer.status, ...figures })
  }
  if (request.signal.aborted) return gone(work, figures)
  const idle = isIdle(request.caller, deps.clock.now(), deps.applied.metering)
  let spent: Spent
  try {
    spent = await spend(work, cost, idle)
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    return releaseLiveOnly(work, figures)
  }
  if (spent.state === 'device-ended') return endDevice(work, figures)
  if (spent.state === 'paid') {
    if (spent.alarms.includes('live')) alarm(deps, request)
    await request.respond(answer.status, answer.headers, work.body.whole)
    return say({
      decision: 'released',
      reason: spent.source === 'allowance' ? 'approved' : 'within-budget',
      source: spent.source,
      cost: total(spent.cost),
      status: answer.status,
      ...figures,
      units: spent.cost,
    })
  }
  if (releasesAnyway(deps.applied) !== null) return releaseAnyway(work, figures, cost, spent, idle)
  if (spent.meter === 'state') return withholdState(work, figures, spent)
  await payTrimmed(work, figures, spent, idle)
}

// Judge, find where each cut resumes, pay for exactly what is left in; anew when somebody else spent meanwhile.
async function payTrimmed(work: SyncWork, figures: Figures, first: Short, idle: boolean): Promise<void> {
  const { deps, request, answer, sync, say } = work
  const places = placesOf(deps, request, sync.resumeAt)
  const mayShowNewest = await work.mayShowNewest()
  const free = new Set<bigint>()
  let short = first
  // An idle device has nothing of catch-up but rooms' newest events: how much is left for those is told when it is asked for.
  let askedIdle = idle
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    for (const hash of short.free) free.add(hash)
    const left = mayShowNewest
      ? keeping(short, deps.applied.metering, idle, askedIdle)
      : { left: short.left, newest: null }
    const budget = attempt === MAX_TRIES ? NOTHING : { ...left, free }
    const { verdict, tokens } = await judgeWithPlaces(sync, budget, places)
    if (request.signal.aborted) return gone(work, figures)
    if (sync.resumeAt === null && isEmptiedSomewhere(sync, verdict)) return fail(work, figures, 'no-place-to-resume')
    askedIdle = idle && verdict.newest.size === 0
    let spent: Spent
    try {
      spent = await spend(work, costOf(sync, { ...work, verdict }), askedIdle)
    } catch {
      return releaseLiveOnly(work, figures)
    }
    if (spent.state === 'device-ended') return endDevice(work, figures)
    if (spent.state === 'short') {
      if (spent.meter === 'state') return withholdState(work, figures, spent)
      short = { ...spent, left: { ...short.left, ...spent.left } }
      continue
    }
    if (spent.alarms.includes('live')) alarm(deps, request)
    const body = await work.body.trimmed(sync, verdict, tokens).catch(() => null)
    if (body === null) return fail(work, figures, 'spool-failed')
    await request.respond(answer.status, answer.headers, body)
    return say({
      decision: 'trimmed',
      reason: reasonOf(first.meter, idle),
      meter: first.meter,
      cost: total(spent.cost),
      withheld: verdict.withheld,
      status: answer.status,
      ...figures,
      charged: spent.cost,
      read: () => roomsCarried(sync, verdict),
    })
  }
  await fail(work, figures, 'contended')
}

/**
 * What there is to pay with when rooms' newest events are to stay: a part of catch-up is kept for them, in this answer and in
 * later ones. An idle device has nothing but those.
 */
function keeping({ left }: Short, policy: MeteringPolicy, idle: boolean, askedIdle: boolean): Omit<Budget, 'free'> {
  const limit = Math.min(...policy.windows['catch-up'].map((window) => window.limit))
  if (idle) {
    const newest = askedIdle ? limit : left['catch-up']
    return { left: { ...left, archive: 0, 'catch-up': 0 }, newest }
  }
  const newest = Math.min(left['catch-up'], Math.floor(limit * KEPT_FOR_NEWEST))
  return { left: { ...left, 'catch-up': left['catch-up'] - newest }, newest }
}

async function releaseAnyway(work: SyncWork, figures: Figures, cost: Cost, short: Short, idle: boolean): Promise<void> {
  const { deps, request, answer, sync, say } = work
  const reason = releasesAnyway(deps.applied) ?? 'observed'
  await spend(work, { ...cost, streams: {} }, idle).catch(() => undefined)
  await request.respond(answer.status, answer.headers, work.body.whole)
  const byState = short.meter === 'state'
  const withheld = judge(sync, { ...keeping(short, deps.applied.metering, idle, idle), free: short.free }).withheld
  say({
    decision: 'released',
    reason,
    wouldBe: byState ? 'withheld' : 'trimmed',
    meter: short.meter,
    withheld: byState ? work.sync.state.owed.hashes.length + work.sync.state.owed.bare : withheld,
    status: answer.status,
    ...figures,
  })
}

// State is never trimmed: a client without a room's encryption would write into it in clear. It is given whole, or after a tap.
async function withholdState(work: SyncWork, figures: Figures, short: Short): Promise<void> {
  const { deps, parts, request, say } = work
  const { hashes, bare } = work.sync.state.owed
  const units = hashes.filter((hash) => !short.free.has(hash)).length + bare
  const ask = askOf(request, deps.applied.metering, STATE, { stream: 'state', reason: 'state-exhausted', units })
  const { answer, reason } = await parts.ladder.answer(request, ask).catch((error: unknown) => {
    deps.log.error('metering.stepup-failed', { detail: messageOf(error) })
    return { answer: storeAway(), reason: 'store-away' }
  })
  await sendError(request, answer)
  say({ decision: 'withheld', reason, meter: 'state', withheld: units, status: answer.status, ...figures })
}

// The store cannot be asked: history and state are closed, live traffic flows. No position is recorded.
async function releaseLiveOnly(work: SyncWork, figures: Figures): Promise<void> {
  const { deps, request, answer, sync, say } = work
  const anyway = releasesAnyway(deps.applied) !== null
  const rows = sync.state.owed.hashes.length + sync.state.owed.bare
  if (!anyway && rows > (work.since === null ? 0 : ROWS_COMING_BACK)) {
    return fail(work, figures, 'store-away')
  }
  const verdict = anyway ? null : await judgeWithPlaces(sync, NOTHING, placesOf(deps, request, sync.resumeAt))
  if (verdict && sync.resumeAt === null && isEmptiedSomewhere(sync, verdict.verdict))
    return fail(work, figures, 'no-place-to-resume')
  const withheld = verdict?.verdict.withheld ?? 0
  const body =
    verdict === null || withheld === 0
      ? work.body.whole
      : await work.body.trimmed(sync, verdict.verdict, verdict.tokens).catch(() => null)
  if (body === null) return fail(work, figures, 'spool-failed')
  await request.respond(answer.status, answer.headers, body)
  say({
    decision: withheld > 0 ? 'trimmed' : 'released',
    reason: 'store-away',
    withheld,
    status: answer.status,
    ...figures,
    ...(anyway ? {} : { charged: {} }),
  })
}

function spend(work: SyncWork, { streams, live, state }: Cost, idle: boolean): Promise<Spent> {
  const { deps, request, position, sinceHash } = work
  return deps.meters.spend({
    ...spenderOf(deps, request),
    streams,
    live,
    state,
    position,
    since: sinceHash,
    idle,
    scope: streams.state ? scopeOf(request, STATE) : null,
  })
}

function isEmptiedSomewhere({ timelines }: SyncAnswer, verdict: ReturnType<typeof judge>): boolean {
  return timelines.some(
    ({ units }, index) =>
      verdict.keep[index] === 0 && (verdict.emptied.has(index) || units.every(({ due }) => due.length > 0)),
  )
}

function figuresOf(sync: SyncAnswer, { streams, live }: Cost): Figures {
  const { timelines, state } = sync
  const history = (['archive', 'catch-up', 'first-sync'] as const).reduce(
    (sum, stream) => sum + (streams[stream] ? unitsOf(streams[stream]) : 0),
    0,
  )
  return {
    history,
    live,
    state: state.passing + state.owed.hashes.length + state.owed.bare,
    rooms: timelines.map(({ roomId }) => roomId),
    units: unitsIn(streams),
    read: () => roomsCarried(sync),
  }
}

function carriesNothing({ streams, live, state }: Cost): boolean {
  return live + state === 0 && Object.values(streams).every((charge) => unitsOf(charge) === 0)
}

function gone({ say }: SyncWork, figures: Figures): void {
  say({ decision: 'aborted', reason: 'client-gone', status: 0, ...figures })
}

async function fail({ request, say }: SyncWork, figures: Figures, reason: string): Promise<void> {
  const answer = storeAway()
  await sendError(request, answer)
  say({ decision: 'failed', reason, status: answer.status, ...figures })
}

async function endDevice({ request, say }: SyncWork, figures: Figures): Promise<void> {
  const answer = deviceEnded()
  await sendError(request, answer)
  say({ decision: 'refused', reason: 'device-ended', status: answer.status, ...figures })
}

function total(cost: Readonly<Partial<Record<Stream, number>>>): number {
  return Object.entries(cost).reduce((sum, [stream, units]) => (stream === 'rooms' ? sum : sum + units), 0)
}
