// What the pipeline of metered routes is made of, and what serves one request of it.
import type { Config } from '../config/config.ts'
import type { MatrixError } from '../errors/matrix.ts'
import type { IgnoredChanges, MeterStore, ResumePoints } from '../metering/port.ts'
import type { Refusals } from '../metering/refusals.ts'
import type { Scanner } from '../metering/scanner/wasm.ts'
import type { HashId, WeighBody } from '../metering/weigh.ts'
import type { Clock } from '../platform/clock.ts'
import type { HmacKey } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import type { Wait } from '../platform/wait.ts'
import type { Applied, PolicyInForce } from '../policy/port.ts'
import type { DecisionLog, ReadingSink } from './decision-line.ts'
import type { Ladder } from './metered-stepup.ts'
import type { StepUp } from './ports.ts'

export interface MeteredDeps {
  readonly config: Pick<Config, 'holdSeconds' | 'pushGateways'> & Partial<Pick<Config, 'consentDialog'>>
  readonly policies: PolicyInForce
  readonly clock: Clock
  readonly random: Random
  readonly wait: Wait
  readonly log: Log
  readonly metrics: Metrics
  readonly sealer: Pick<Sealer, 'macKey'>
  readonly meters: Omit<MeterStore, 'grantAllowance' | 'giveBack'>
  readonly resumePoints: ResumePoints
  readonly ignoring: Pick<IgnoredChanges, 'lately'>
  readonly stepUp: StepUp
  readonly weigh: WeighBody
  /** Reads a classic /sync without parsing it, where it can. */
  readonly see: Scanner['see']
  /** Keeps what is stored of reading. */
  readonly readings?: ReadingSink
}

/** What serves one request: with what policy says of its caller. */
export type Serving = MeteredDeps & { readonly applied: Applied }

/**
 * Why an answer past the thresholds is released all the same: the decision line's reason. Null: it is withheld.
 */
export function releasesAnyway({ enforce, exempt }: Applied): 'observed' | 'exempt' | null {
  return exempt ? 'exempt' : enforce === 'observe' ? 'observed' : null
}

export interface HistoryParts {
  readonly ladder: Ladder
  /** What was answered moments ago. */
  readonly refusals: Refusals<{ readonly answer: MatrixError; readonly reason: string }>
  readonly decisions: DecisionLog
  readonly hashFor: (network: string) => HashId
  readonly requestKey: HmacKey
}
