// The pipeline of metered routes: identify came before it; here a request is metered, stepped up, forwarded and settled.

import type { Config } from '../config/config.ts'
import { matrixError } from '../errors/matrix.ts'
import type { MeterStore, ResumePoints } from '../metering/port.ts'
import { refusals } from '../metering/refusals.ts'
import type { CountEvents } from '../metering/scanner/port.ts'
import { eventHasher } from '../metering/weigh.ts'
import type { Clock } from '../platform/clock.ts'
import { hmacKey } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import type { Wait } from '../platform/wait.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import { decisionLog } from './decision-line.ts'
import { sendError } from './metered-answers.ts'
import { type HistoryParts, serveHistory } from './metered-history.ts'
import { planOf } from './metered-plan.ts'
import type { Metered, MeteredRequest } from './metered-port.ts'
import { stepUpLadder } from './metered-stepup.ts'
import { serveSync } from './metered-sync.ts'
import { turns } from './metered-turns.ts'
import type { StepUp } from './ports.ts'

export interface MeteredDeps {
  readonly config: Pick<Config, 'holdSeconds' | 'enforce'>
  readonly policy: MeteringPolicy
  readonly clock: Clock
  readonly random: Random
  readonly wait: Wait
  readonly log: Log
  readonly metrics: Metrics
  readonly sealer: Pick<Sealer, 'macKey'>
  readonly meters: Omit<MeterStore, 'grantAllowance' | 'giveBack'>
  readonly resumePoints: ResumePoints
  readonly stepUp: StepUp
  readonly count: CountEvents
}

/** The pipeline: one call a metered request, resolved when its settlement or refund is done. */
export function meteredPipeline(deps: MeteredDeps): Metered {
  const parts: HistoryParts = {
    ladder: stepUpLadder(deps),
    refusals: refusals(deps.clock),
    decisions: decisionLog({ log: deps.log, metrics: deps.metrics, macKey: deps.sealer.macKey('room-pseudonym') }),
    hashFor: eventHasher(deps.sealer.macKey('charged-event')),
    requestKey: hmacKey(deps.sealer.macKey('metered-request')),
  }
  const takeSync = turns(SYNCS_AT_ONCE)
  return async (request) => {
    if (request.route.row.id === 'sync') {
      const giveBack = takeSync(request.caller.device)
      if (giveBack === null) return refuseSync(parts, request)
      try {
        return await serveSync(deps, parts, request)
      } finally {
        giveBack()
      }
    }
    const plan = planOf(request.route)
    if (plan) return serveHistory(deps, parts, request, plan)
    const answer = matrixError('M_UNRECOGNIZED', 404, 'Unrecognized request')
    await sendError(request, answer)
    parts.decisions.write(request, { decision: 'refused', reason: 'unplanned-route', status: answer.status })
  }
}

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
