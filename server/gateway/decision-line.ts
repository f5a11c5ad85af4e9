// One line a metered request: what was decided and why (docs/reference/decision-lines.md). No secret, no room in clear.
import type { Span, Stream } from '../metering/port.ts'
import { roomPseudonym } from '../metering/room.ts'
import { hmacKey } from '../platform/crypto.ts'
import { lastUsed } from '../platform/last-used.ts'
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
  /** The meter it was about: the one that was short, or the one that most was taken from. */
  readonly meter?: Stream
  /**
   * What the answer costs, meter by meter: charged when it was released, else what releasing it would have cost. Traffic is
   * recorded with it: the policy simulator plays these figures against another policy.
   */
  readonly units?: Readonly<Partial<Record<Stream, number>>>
  /** What was charged, or went out uncharged, where that is not `units`. Not in the log: what is stored of reading has it. */
  readonly charged?: Readonly<Partial<Record<Stream, number>>>
  /** The same room by room; worked out only where it is stored. Absent: all of it is of the one room in `rooms`. */
  readonly read?: () => readonly RoomRead[]
  /** Hashes of the first and last event of the one room in `rooms`. */
  readonly ends?: Pick<RoomRead, 'first' | 'last'>
  /** Dates of the history carried. */
  readonly span?: Span | null
  /** The allowance that paid, where one is known to have. */
  readonly allowanceId?: string | null
  /** The policy version that it was decided by. */
  readonly policyVersion?: number
  readonly status: number
  readonly heldMs?: number
  /** In observe mode: what enforcing would have decided. */
  readonly wouldBe?: DecisionKind
  readonly rooms?: readonly string[]
}

/** What an answer carried of one room. */
export interface RoomRead {
  readonly room: string
  readonly units: Readonly<Partial<Record<Stream, number>>>
  /** Keyed hashes of the first and the last event (server/metering/weigh.ts), in the answer's order; null: they have no id. */
  readonly first: bigint | null
  readonly last: bigint | null
}

/** Takes what is stored of reading, after the answer is with its client: nothing in it waits, and it never throws. */
export interface ReadingSink {
  take(request: MeteredRequest, line: DecisionLine, pseudonym: (roomId: string) => string): void
}

export interface DecisionLog {
  write(request: MeteredRequest, line: DecisionLine): void
  /** The name of a room in the log: the same room has the same, nobody can tell which it is. */
  pseudonym(roomId: string): string
}

/** Rooms named in one line at most; the number of all is beside it. */
const ROOMS_IN_LINE = 5
/** Rooms whose pseudonyms are at hand: who reads a room asks for it page after page, and a MAC costs more than the rest of a line. */
const PSEUDONYMS_KEPT = 2_000

/** `archive=100`, a text a meter that anything was counted in: a line's fields are flat. */
export function unitsText(units: NonNullable<DecisionLine['units']>): readonly string[] {
  return Object.entries(units).flatMap(([meter, count]) => (count ? [`${meter}=${count}`] : []))
}

/** Decision lines to the log, and their counters to the metrics. `macKey`: for the rooms' pseudonyms. */
export function decisionLog(deps: {
  log: Log
  metrics: Metrics
  macKey: Uint8Array
  readings?: ReadingSink | undefined
}): DecisionLog {
  const key = hmacKey(deps.macKey)
  const kept = lastUsed<string, string>(PSEUDONYMS_KEPT)
  const pseudonym = (roomId: string) => {
    const known = kept.get(roomId)
    if (known !== undefined) return known
    const made = roomPseudonym(key, roomId)
    kept.set(roomId, made)
    return made
  }
  return {
    pseudonym,
    write(request, line) {
      const { caller, origin, route } = request
      const { rooms = [], units, charged: _c, read: _r, ends: _e, span: _s, allowanceId: _a, ...fields } = line
      deps.log.info('metering.decision', {
        ...fields,
        units: units && unitsText(units),
        route: route.row.id,
        person: caller.personId,
        groups: caller.groups.length > 0 ? caller.groups : undefined,
        device: caller.device,
        network: origin.network,
        rooms: rooms.slice(0, ROOMS_IN_LINE).map(pseudonym),
        rooms_total: rooms.length,
      })
      deps.metrics.count('palier_metered_decisions_total', { decision: line.decision, reason: line.reason })
      const count = (window: string, outcome: string, events: number | undefined) => {
        if (events) deps.metrics.count('palier_metered_events_total', { window, outcome }, events)
      }
      // Bytes of files are no events of the archive.
      const { meter = 'archive' } = line
      count(meter, 'charged', line.cost)
      count('live', 'released', line.live)
      count(meter, 'withheld', line.withheld)
      deps.readings?.take(request, line, pseudonym)
    },
  }
}
