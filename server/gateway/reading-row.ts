// From a decision line to what is stored of reading: a row an answer that counted or was withheld, and its share of the totals.
// Live traffic is in the totals only, which name nobody. Pure.
import type { Stream } from '../metering/port.ts'
import type { DecisionLine, RoomRead } from './decision-line.ts'
import type { MeteredRequest } from './metered-port.ts'

type Units = Readonly<Partial<Record<Stream, number>>>

/** What one answer carried of one room, or of no one room: as stored (db/schema/readings.ts). */
export interface ReadingPart {
  readonly r?: string
  readonly f?: string
  readonly l?: string
  readonly u: Units
}

/** A row of `readings`, by its columns. */
export interface ReadingRow {
  readonly at: string
  readonly server_name: string
  readonly person_id: string
  readonly device_id: string
  readonly network: string
  readonly client: string
  readonly groups: readonly string[] | null
  readonly route: string
  readonly decision: string
  readonly reason: string
  readonly would_be: string | null
  readonly source: string | null
  readonly meter: string | null
  readonly policy_version: number
  readonly answers: number
  readonly parts: readonly ReadingPart[]
  readonly asked: Units | null
  readonly asked_rooms: readonly string[] | null
  readonly rooms_total: number
  readonly live: number
  readonly state: number
  readonly withheld: number
  readonly allowance_id: string | null
  readonly from_at: string | null
  readonly to_at: string | null
}

/** Rooms named in a row at most; what was read of the others is in its part without a room. */
export const ROOMS_IN_ROW = 100
/** Rooms that were asked for, of a row in which nothing was read. */
const ASKED_ROOMS = 5

/** Units that left the gateway, by meter: rooms are no units. Empty when nothing was released. */
export function readUnits({ decision, units, charged }: DecisionLine): Units {
  if (decision !== 'released' && decision !== 'trimmed') return {}
  return withoutRooms(charged ?? units ?? {})
}

/** Units that were asked for and not released. */
export function withheldUnits({ decision, withheld, units, asked }: DecisionLine): number {
  if (withheld !== undefined) return withheld
  if (decision !== 'withheld') return 0
  return sum(withoutRooms(units ?? {})) || (asked ?? 0)
}

/** The row of a line; null when it is not kept: live traffic, polls, refusals that asked for nothing. */
export function readingRow(
  { caller, origin, route }: MeteredRequest,
  line: DecisionLine,
  at: Date,
  pseudonym: (roomId: string) => string,
): ReadingRow | null {
  const read = readUnits(line)
  const { decision, reason, rooms = [], wouldBe } = line
  const units = line.units ?? askedUnits(line)
  const isRead = sum(read) > 0
  const isAsked = decision !== 'released' && sum(withoutRooms(units)) > 0
  const isSpared = wouldBe !== undefined && wouldBe !== 'released'
  if (!isRead && !isAsked && !isSpared && decision !== 'withheld' && decision !== 'trimmed') return null
  const parts = isRead ? partsOf(read, line, pseudonym) : []
  const isReleased = decision === 'released' || decision === 'trimmed'
  return {
    at: at.toISOString(),
    server_name: caller.serverName,
    person_id: caller.personId,
    device_id: caller.device,
    network: origin.network,
    client: origin.client,
    groups: caller.groups.length > 0 ? caller.groups : null,
    route: route.row.id,
    decision,
    reason,
    would_be: wouldBe ?? null,
    source: line.source ?? null,
    meter: line.meter ?? null,
    policy_version: line.policyVersion ?? 0,
    answers: 1,
    parts,
    asked: sameUnits(units, read) || sum(units) === 0 ? null : units,
    asked_rooms: isRead || rooms.length === 0 ? null : rooms.slice(0, ASKED_ROOMS).map(pseudonym),
    rooms_total: rooms.length,
    live: isReleased ? (line.live ?? 0) : 0,
    state: isReleased ? (line.state ?? 0) : 0,
    withheld: withheldUnits(line),
    allowance_id: line.allowanceId ?? null,
    from_at: isRead && line.span ? instant(line.span.fromMs) : null,
    to_at: isRead && line.span ? instant(line.span.toMs) : null,
  }
}

// Of a line from before it was known what the answer carries: what was asked for, as its reader takes it (docs/reference/decision-lines.md).
function askedUnits({ decision, history, asked }: DecisionLine): Units {
  return decision === 'withheld' ? { archive: history ?? asked ?? 0 } : {}
}

/** The rooms whose pseudonyms a row names, by room id. */
export function roomsNamed(line: DecisionLine): readonly string[] {
  const { rooms = [] } = line
  if (sum(readUnits(line)) === 0) return rooms.slice(0, ASKED_ROOMS)
  return mostRead(roomReads(line)).map(({ room }) => room)
}

// Room by room, as far as the rooms' counts are what was charged; the rest is of no one room.
function partsOf(read: Units, line: DecisionLine, pseudonym: (roomId: string) => string): readonly ReadingPart[] {
  const rest: Partial<Record<Stream, number>> = { ...read }
  const reads = roomReads(line)
  const sums: Partial<Record<Stream, number>> = {}
  for (const { units } of reads) {
    for (const [stream, count] of entries(units)) sums[stream] = (sums[stream] ?? 0) + count
  }
  const parts = mostRead(reads).map(({ room, units, first, last }): ReadingPart => {
    const own: Partial<Record<Stream, number>> = {}
    for (const [stream, count] of entries(units)) {
      // Where part of it was free (charged before), which room that was of is not known.
      if (count === 0 || sums[stream] !== read[stream]) continue
      own[stream] = count
      rest[stream] = (rest[stream] ?? 0) - count
    }
    return {
      r: pseudonym(room),
      ...(first === null ? {} : { f: String(first) }),
      ...(last === null ? {} : { l: String(last) }),
      u: own,
    }
  })
  const over = Object.fromEntries(entries(rest).filter(([, count]) => count > 0)) as Units
  return sum(over) > 0 ? [...parts, { u: over }] : parts
}

// What a line says room by room; of a line with one room, all of it.
function roomReads(line: DecisionLine): readonly RoomRead[] {
  if (line.read) return line.read()
  const { rooms = [] } = line
  const [room] = rooms
  if (room === undefined || room === '*') return []
  if (rooms.length === 1) return [{ room, units: readUnits(line), ...(line.ends ?? { first: null, last: null }) }]
  return rooms.map((one) => ({ room: one, units: {}, first: null, last: null }))
}

function mostRead(reads: readonly RoomRead[]): readonly RoomRead[] {
  if (reads.length <= ROOMS_IN_ROW) return reads
  return [...reads].sort((a, b) => sum(b.units) - sum(a.units)).slice(0, ROOMS_IN_ROW)
}

function withoutRooms(units: Units): Units {
  if (units.rooms === undefined) return units
  const { rooms: _, ...others } = units
  return others
}

function entries(units: Units): readonly [Stream, number][] {
  return Object.entries(units) as [Stream, number][]
}

function sum(units: Units): number {
  let total = 0
  for (const stream in units) total += units[stream as Stream] ?? 0
  return total
}

function sameUnits(one: Units, other: Units): boolean {
  return entries({ ...one, ...other }).every(([stream]) => (one[stream] ?? 0) === (other[stream] ?? 0))
}

// Past what a date can be: not said.
function instant(ms: number): string | null {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) || Math.abs(ms) > LATEST_MS ? null : date.toISOString()
}

const LATEST_MS = Date.UTC(9999, 0)
