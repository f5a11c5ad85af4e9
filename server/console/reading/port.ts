// What the console reads of reading: totals for charts, what a person read, and the stored lines as the policy simulator plays them.
// No room is named in any of it: rooms are pseudonyms (server/gateway/decision-line.ts).
import type { TrafficRecord } from '../../policy/simulation/record.ts'

/** How wide a total is. Minutes are kept 31 days, hours three years; neither names a person. */
export type TotalsWidth = 'minute' | 'hour'

export interface TotalsAsk {
  /** From here, included, … */
  readonly from: Date
  /** … to before here. */
  readonly to: Date
  /** `day`: hours, added up by day (UTC). */
  readonly width: TotalsWidth | 'day'
}

/** What all gateways released and withheld within one minute or hour, of one meter by one kind of decision. */
export interface ReadingTotal {
  /** The start of the minute, hour or day. */
  readonly at: Date
  /** A `Stream` of server/metering/port.ts, `live` (events as they happen), or `none` (answers that counted nothing). */
  readonly meter: string
  /** A `DecisionKind` of server/gateway/decision-line.ts. */
  readonly decision: string
  /** Answers in which this meter was counted; an answer that counted in two meters is in both. */
  readonly answers: number
  /** Units charged, or released without being charged (observe, exempt). */
  readonly units: number
  readonly withheld: number
}

export interface PersonReadingAsk {
  readonly personId: string
  readonly from: Date
  readonly to: Date
  readonly by: 'hour' | 'day'
}

/** What one person read within an hour or a day (UTC), by room and meter. Live traffic is not kept by person. */
export interface PersonReading {
  /** The start of the hour or day. */
  readonly at: Date
  /** Pseudonym; null: no one room (the directory, key backups, more rooms than an answer's line names). */
  readonly room: string | null
  readonly meter: string
  readonly answers: number
  readonly units: number
  readonly withheld: number
}

export interface ReadingStore {
  /** Oldest first. Minutes and hours in which nothing was counted are absent. */
  totals(ask: TotalsAsk): Promise<readonly ReadingTotal[]>
  /** Oldest first. */
  person(ask: PersonReadingAsk): Promise<readonly PersonReading[]>
  /** Stored lines and sign-ins from `from` to before `to`, oldest first, in pages: any number of them. */
  lines(ask: { readonly from: Date; readonly to: Date }): AsyncIterable<TrafficRecord>
}
