// What a /sync answer carries, room by room: read once, before it is known what pays for it. Pure.
import { roomHash } from './room.ts'
import {
  type Coming,
  comingBack,
  eventsOf,
  type Fields,
  integerOf,
  isFields,
  type Reading,
  type StateRows,
  type Stray,
  type Unit,
  UnitReader,
} from './sync-units.ts'

export interface RoomTimeline {
  /** Of the classic form: which section the room stands in. */
  readonly section: 'join' | 'leave' | 'rooms'
  readonly roomId: string
  /** The room's hash among those read. */
  readonly roomHash: bigint
  readonly room: Fields
  /** As in the answer: oldest first. */
  readonly events: readonly unknown[]
  readonly units: readonly Unit[]
  /** The age of the newest event: which rooms are the most recently active. */
  readonly newestMs: number
}

/** An answer of either form. */
export interface SyncAnswer {
  readonly form: 'classic' | 'sliding'
  readonly body: Fields
  /** What the client comes back with: `next_batch`, or `pos`. */
  readonly position: string
  /** Where scrolling back begins with everything up to this answer; null when it does not say. */
  readonly resumeAt: string | null
  readonly timelines: readonly RoomTimeline[]
  readonly strays: readonly Stray[]
  readonly state: StateRows
  /** Live events that were counted without being looked at one by one. */
  readonly live: number
  /** Epoch milliseconds past which an event's time cannot be true. */
  readonly latestMs: number
}

export const STATE_AFTER = ['state_after', 'org.matrix.msc4222.state_after']
const STATE_LISTS = ['state', ...STATE_AFTER]
const STICKY_LISTS = ['msc4354_sticky', 'sticky']
/** Members of a room that carry no event of it: receipts, typing, the person's own settings, numbers. */
const ROOM_REST = ['timeline', ...STATE_LISTS, ...STICKY_LISTS, 'ephemeral', 'account_data']
/** The same of the answer. To-device messages, presence and settings are no events of rooms. */
const REST = ['next_batch', 'rooms', 'account_data', 'presence', 'to_device', 'device_lists']
const STRIPPED = { invite: 'invite_state', knock: 'knock_state' } as const

/** A classic answer that carries nothing but live events, whose number is all that matters. */
export function liveOnly(position: string, live: number): SyncAnswer {
  const none = { passing: 0, owed: { hashes: [], bare: 0 } }
  return {
    form: 'classic',
    body: {},
    position,
    resumeAt: position,
    timelines: [],
    strays: [],
    state: none,
    live,
    latestMs: 0,
  }
}

/** Reads a parsed classic /sync answer; null when it is not one: it must be withheld. */
export function readSync(body: unknown, reading: Reading): SyncAnswer | null {
  if (!isFields(body) || typeof body['next_batch'] !== 'string') return null
  const reader = new UnitReader(reading)
  const timelines: RoomTimeline[] = []
  const rooms = body['rooms'] ?? {}
  if (!isFields(rooms)) return null
  for (const section of ['join', 'leave'] as const) {
    const members = rooms[section] ?? {}
    if (!isFields(members)) return null
    for (const [roomId, room] of Object.entries(members)) {
      if (!isFields(room)) return null
      const events = eventsOf(room['timeline'])
      if (events === null || !readLists(reader, room, roomId, events)) return null
      const timeline = timelineOf(reader, section, roomId, room, events)
      if (timeline !== null) timelines.push(timeline)
    }
  }
  for (const [section, key] of Object.entries(STRIPPED)) {
    const members = rooms[section] ?? {}
    if (!isFields(members)) return null
    for (const [roomId, room] of Object.entries(members)) {
      if (!isFields(room)) return null
      const rows = eventsOf(room[key])
      if (rows === null) return null
      reader.stripped(rows, roomId)
      searchRest(reader, room, [key], roomId)
    }
  }
  searchRest(reader, rooms, ['join', 'leave', ...Object.keys(STRIPPED)], null)
  searchRest(reader, body, REST, null)
  return {
    form: 'classic',
    body,
    position: body['next_batch'],
    resumeAt: body['next_batch'],
    timelines,
    strays: reader.strays,
    state: reader.state,
    live: 0,
    latestMs: reader.latestMs,
  }
}

function readLists(reader: UnitReader, room: Fields, roomId: string, events: readonly unknown[]): boolean {
  const people = reader.livePeople(events)
  for (const key of STATE_LISTS) {
    const rows = eventsOf(room[key])
    if (rows === null) return false
    reader.rows(rows, roomId, people)
  }
  for (const key of STICKY_LISTS) {
    const extras = eventsOf(room[key])
    if (extras === null) return false
    reader.extras(extras, roomId)
  }
  searchRest(reader, room, ROOM_REST, roomId)
  if (isFields(room['timeline'])) searchRest(reader, room['timeline'], ['events'], roomId)
  return true
}

/** Searches the members of a part that are not named. */
export function searchRest(
  reader: UnitReader,
  part: Fields,
  understood: readonly string[],
  roomId: string | null,
): void {
  for (const key of Object.keys(part)) {
    if (!understood.includes(key)) reader.searchMember(part, key, roomId)
  }
}

/** A room's timeline with what each event costs; null when it is empty. */
export function timelineOf(
  reader: UnitReader,
  section: RoomTimeline['section'],
  roomId: string,
  room: Fields,
  events: readonly unknown[],
): RoomTimeline | null {
  if (events.length === 0) return null
  const newest = events.at(-1)
  return {
    section,
    roomId,
    roomHash: roomHash(roomId),
    room,
    events,
    units: events.map((event) => reader.event(event)),
    newestMs: (isFields(newest) ? integerOf(newest['origin_server_ts']) : null) ?? 0,
  }
}

/** The same answer, its history to be paid as this position says: reading it needs no position, paying does. */
export function withComing(answer: SyncAnswer, coming: Coming): SyncAnswer {
  const again = (unit: Unit): Unit => comingBack(unit, coming, answer.latestMs)
  return {
    ...answer,
    timelines: answer.timelines.map((timeline) => ({ ...timeline, units: timeline.units.map(again) })),
    strays: answer.strays.map((stray) => ({ ...stray, unit: again(stray.unit) })),
  }
}
