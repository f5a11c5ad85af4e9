// Acts that open something for good and whose cost is known beforehand: a room that is joined or knocked at, an address that
// new messages are pushed to. Charged before the homeserver hears of them; what was charged is not given back.
import * as z from 'zod'
import type { MatrixError } from '../errors/matrix.ts'
import type { SpendRequest } from '../metering/port.ts'
import { parseBody } from '../metering/scanner/reference.ts'
import type { DecisionLine } from './decision-line.ts'
import { deviceEnded, sendError, storeAway, upstreamError, upstreamFailed } from './metered-answers.ts'
import { readBody } from './metered-body.ts'
import { askOf, type Bound, messageOf, reasonOf, sayer, spendOf, unitsIn } from './metered-charge.ts'
import type { HeaderList, MeteredRequest, UpstreamRequest } from './metered-port.ts'
import type { HistoryParts } from './metered-serving.ts'
import { releasesAnyway, type Serving } from './metered-serving.ts'

/** A join over federation may take long. */
const ACT_MS = 300_000

export interface Act extends Bound {
  readonly meter: 'joins' | 'pushers'
  readonly streams: SpendRequest['streams']
  readonly tapOnly: boolean
  /** Reason id when it is for a tap only. */
  readonly reason: string | null
  /** What is forwarded; the client's own request when absent. */
  readonly request?: UpstreamRequest
  /** What of the homeserver's answer the client gets. */
  answerOf(parsed: unknown): object | null
}

/** The rooms joined or knocked at: no room's allowance, since one tap is for more than one of them. */
export function joinOf({ route, body }: MeteredRequest, hash: (id: string) => bigint): Act | MatrixError {
  const room = route.params['roomId'] ?? route.params['roomIdOrAlias'] ?? ''
  const act: Act = {
    meter: 'joins',
    // The repetition of a lost answer is free. Not of an alias: whoever keeps it may name another room by it each time.
    streams: { joins: room.startsWith('!') ? { hashes: [hash(`join ${room}`)], bare: 0 } : { hashes: [], bare: 1 } },
    room: null,
    direction: 'join',
    tapOnly: false,
    reason: null,
    answerOf: (parsed) => {
      const read = roomAnswer.safeParse(parsed)
      return read.success ? read.data : null
    },
  }
  return route.row.id === 'rooms.state.put.member' ? membershipOf(act, body) : act
}

/** Memberships by which somebody enters a room. */
const ENTERING: ReadonlySet<unknown> = new Set(['join', 'knock'])

// A membership written as state: a homeserver takes it for the join that it is. Invitations, bans and the like cost nothing.
function membershipOf(act: Act, body: Uint8Array): Act | MatrixError {
  const read = readBody(body, membership)
  if ('error' in read) return read.error
  return {
    ...act,
    ...(ENTERING.has(read.value['membership']) ? {} : { streams: {} }),
    request: { body: JSON.stringify(read.value) },
    answerOf: (parsed) => {
      const answer = eventAnswer.safeParse(parsed)
      return answer.success ? answer.data : null
    },
  }
}

const membership = z.looseObject({})
const eventAnswer = z.object({ event_id: z.string().optional(), delay_id: z.string().optional() })
const roomAnswer = z.object({ room_id: z.string().optional() })
const FREE = { state: 'paid', source: 'window', cost: {} } as const
const JSON_FIELDS: HeaderList = [['content-type', 'application/json']]

/** Charges an act, forwards it, and answers. Resolves when all it owes is settled. */
export async function serveAct(deps: Serving, parts: HistoryParts, request: MeteredRequest, act: Act): Promise<void> {
  const rooms = act.room === null ? [] : [act.room]
  const say = sayer(deps, parts, request, { meter: act.meter, units: unitsIn(act.streams), rooms })
  const spend = spendOf(deps, request, act.streams, act, { tapOnly: act.tapOnly })
  const anyway = releasesAnyway(deps.applied)
  const fail = async (
    answer: Parameters<typeof sendError>[1] & { status: number },
    reason: string,
    status = 'failed',
  ) => {
    await sendError(request, answer)
    say({ decision: status as 'failed' | 'refused' | 'withheld', reason, status: answer.status })
  }
  let source: string = anyway ?? 'window'
  let heldMs = 0
  let charged: Pick<DecisionLine, 'charged'> = {}
  try {
    const free = Object.keys(act.streams).length === 0
    const spent = free ? FREE : await deps.meters.spend(spend)
    if (spent.state === 'device-ended') return fail(deviceEnded(), 'device-ended', 'refused')
    if (spent.state === 'paid') {
      source = spent.source
      charged = { charged: spent.cost }
    } else if (!anyway) {
      const reason = act.reason ?? reasonOf(spent.meter, false)
      const ask = askOf(request, deps.applied.metering, act, { stream: act.meter, reason })
      const climbed = await parts.ladder.climb(request, { state: 'refused', held: spent.held }, ask, async () => {
        const again = await deps.meters.spend(spend)
        return again.state === 'paid'
          ? ({ state: 'granted', source: again.source } as const)
          : ({ state: 'refused', held: 0 } as const)
      })
      heldMs = climbed.heldMs
      if (climbed.granted === null) {
        if (climbed.answer) await sendError(request, climbed.answer)
        const decision = climbed.answer ? 'withheld' : 'aborted'
        return say({ decision, reason: climbed.reason, heldMs, status: climbed.answer?.status ?? 0 })
      }
      source = climbed.granted.source
    }
  } catch (error) {
    deps.log.error('metering.store-away', { detail: messageOf(error) })
    if (!anyway) return fail(storeAway(), 'store-away')
  }
  const answer = await request.send({ timeoutMs: ACT_MS, ...act.request })
  if (!answer.ok) {
    if (answer.reason === 'aborted') return say({ decision: 'aborted', reason: 'client-gone', heldMs, status: 0 })
    return fail(upstreamFailed(answer), `upstream-${answer.reason}`)
  }
  if (answer.status >= 300) {
    const passed = upstreamError(answer)
    await sendError(request, passed)
    return say({ decision: 'released', reason: 'upstream-error', heldMs, status: passed.status, ...charged })
  }
  const body = act.answerOf(parseBody(answer.body))
  if (body === null) return fail(upstreamError({ ...answer, status: 502 }), 'uncountable')
  await request.respond(answer.status, JSON_FIELDS, JSON.stringify(body))
  const reason = anyway ?? (source === 'allowance' ? 'approved' : 'within-budget')
  say({ decision: 'released', reason, source, heldMs, status: answer.status, ...charged })
}
