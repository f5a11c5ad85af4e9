// The pipeline of metered routes: identify came before it; here a request is metered, stepped up, forwarded and settled.

import { type MatrixError, matrixError } from '../errors/matrix.ts'
import { refusals } from '../metering/refusals.ts'
import { eventHasher } from '../metering/weigh.ts'
import { hmacKey } from '../platform/crypto.ts'
import { decisionLog } from './decision-line.ts'
import { sendError } from './metered-answers.ts'
import { serveHistory } from './metered-history.ts'
import { type Act, joinOf, serveAct } from './metered-joins.ts'
import { isMedia, serveMedia } from './metered-media.ts'
import { planOf } from './metered-plan.ts'
import type { Metered, MeteredRequest } from './metered-port.ts'
import { pusherOf } from './metered-pushers.ts'
import { serveRows } from './metered-rows.ts'
import { rowsPlanOf } from './metered-rows-plan.ts'
import type { HistoryParts, MeteredDeps, Serving } from './metered-serving.ts'
import { stepUpLadder } from './metered-stepup.ts'
import { serveSync } from './metered-sync.ts'
import { storedFilters } from './metered-sync-filter.ts'
import { turns } from './metered-turns.ts'

/** The pipeline: one call a metered request, resolved when its settlement or refund is done. */
export function meteredPipeline(deps: MeteredDeps): Metered {
  const parts: HistoryParts = {
    ladder: stepUpLadder(deps),
    refusals: refusals(deps.clock),
    decisions: decisionLog({ ...deps, macKey: deps.sealer.macKey('room-pseudonym') }),
    hashFor: eventHasher(deps.sealer.macKey('charged-event')),
    requestKey: hmacKey(deps.sealer.macKey('metered-request')),
  }
  const syncParts = { ...parts, filters: storedFilters() }
  const takeSync = turns(SYNCS_AT_ONCE)
  return async (request) => {
    const { caller } = request
    const serving: Serving = { ...deps, applied: deps.policies.for(caller) }
    if (SYNCS.has(request.route.row.id)) {
      const giveBack = takeSync(caller.device)
      if (giveBack === null) return refuseSync(parts, request)
      try {
        return await serveSync(serving, syncParts, request)
      } finally {
        giveBack()
      }
    }
    if (isMedia(request)) return serveMedia(serving, parts, request)
    const act = await actOf(serving, parts, request)
    if (act) return 'streams' in act ? serveAct(serving, parts, request, act) : refuse(parts, request, act)
    const rows = rowsPlanOf(request)
    if (rows) return 'meter' in rows ? serveRows(serving, parts, request, rows) : refuse(parts, request, rows)
    const plan = planOf(request)
    if (plan) return 'events' in plan ? serveHistory(serving, parts, request, plan) : refuse(parts, request, plan)
    const answer = matrixError('M_UNRECOGNIZED', 404, 'Unrecognized request')
    await sendError(request, answer)
    parts.decisions.write(request, { decision: 'refused', reason: 'unplanned-route', status: answer.status })
  }
}

// What opens something for good, or the error for a body that cannot be read.
async function actOf(deps: Serving, parts: HistoryParts, request: MeteredRequest): Promise<Act | MatrixError | null> {
  const { unit } = request.route.row
  if (unit === 'joins') return joinOf(request, parts.hashFor(request.origin.network))
  return unit === 'pushers' ? pusherOf(request, deps.config.pushGateways) : null
}

async function refuse(parts: HistoryParts, request: MeteredRequest, answer: MatrixError): Promise<void> {
  await sendError(request, answer)
  parts.decisions.write(request, { decision: 'refused', reason: 'body-invalid', status: answer.status })
}

/** The rows of /sync, classic and sliding: a device's turns are of all of them together. */
const SYNCS: ReadonlySet<string> = new Set(['sync', 'sync.sliding', 'sync.sliding.v4'])
/** A client has one /sync under way, two when it gave one up that is not over yet. */
const SYNCS_AT_ONCE = 4
const SYNC_RETRY_MS = 2_000

async function refuseSync(parts: HistoryParts, request: MeteredRequest): Promise<void> {
  const answer = matrixError('M_LIMIT_EXCEEDED', 429, 'This device has too many syncs under way', {
    retry_after_ms: SYNC_RETRY_MS,
  })
  await sendError(request, answer)
  parts.decisions.write(request, { decision: 'refused', reason: 'too-many-syncs', status: answer.status })
}
