// One line a metered request: what was decided and why (docs/reference/decision-lines.md). No secret, no room in clear.
import { hmacKey, hmacSha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { MeteredRequest } from './metered-port.ts'

export type DecisionKind = 'released' | 'trimmed' | 'withheld' | 'refused' | 'failed' | 'aborted'

export interface DecisionLine {
  readonly decision: DecisionKind
  /** A stable id from docs/reference/decision-lines.md. */
  readonly reason: string
  /** What pays: `window`, `allowance`, `repeat`, or nothing. */
  readonly source?: string
  readonly asked?: number
  readonly granted?: number
  readonly history?: number
  readonly live?: number
  readonly state?: number
  readonly cost?: number
  readonly left?: number
  readonly withheld?: number
  readonly status: number
  readonly heldMs?: number
  /** In observe mode: what enforcing would have decided. */
  readonly wouldBe?: DecisionKind
  readonly rooms?: readonly string[]
}

export interface DecisionLog {
  write(request: MeteredRequest, line: DecisionLine): void
  /** The name of a room in the log: the same room has the same, nobody can tell which it is. */
  pseudonym(roomId: string): string
}

/** Rooms named in one line at most; the number of all is beside it. */
const ROOMS_IN_LINE = 5

/** Decision lines to the log, and their counters to the metrics. `macKey`: for the rooms' pseudonyms. */
export function decisionLog(deps: { log: Log; metrics: Metrics; macKey: Uint8Array }): DecisionLog {
  const key = hmacKey(deps.macKey)
  const pseudonym = (roomId: string) => `room_${base64Url(hmacSha256(key, roomId).subarray(0, 9))}`
  return {
    pseudonym,
    write(request, line) {
      const { caller, origin, route } = request
      const { rooms = [], ...fields } = line
      deps.log.info('metering.decision', {
        ...fields,
        route: route.row.id,
        person: caller.personId,
        device: caller.device,
        network: origin.network,
        rooms: rooms.slice(0, ROOMS_IN_LINE).map(pseudonym),
        rooms_total: rooms.length,
      })
      deps.metrics.count('palier_metered_decisions_total', { decision: line.decision, reason: line.reason })
      const count = (window: string, outcome: string, events: number | undefined) => {
        if (events) deps.metrics.count('palier_metered_events_total', { window, outcome }, events)
      }
      count('archive', 'charged', line.cost)
      count('live', 'released', line.live)
      count('archive', 'withheld', line.withheld)
    },
  }
}
