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
  /** Where the rooms stand that this one is of. */
  readonly section: readonly string[]
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

/** Reads an answer, its rooms before the rest of it. */
export interface AnswerReader {
  readonly timelines: readonly RoomTimeline[]
  readonly strays: readonly Stray[]
  /** Reads one room of a section (a form's `roomsAt`); false when it is none: the answer must be withheld. */
  room(section: readonly string[], roomId: string, room: unknown): boolean
  /** Reads the rest of the body, not its rooms again. Null when it is no answer. */
  answer(body: unknown): SyncAnswer | null
}

/** A form of answer. */
export interface AnswerForm {
  /** Where the objects stand whose members are rooms. */
  readonly roomsAt: readonly (readonly string[])[]
  reader(reading: Reading): AnswerReader
}

/** Reads a whole parsed body; null when it is not an answer of that form: it must be withheld. */
export function readAnswer(form: AnswerForm, body: unknown, reading: Reading): SyncAnswer | null {
  const reader = form.reader(reading)
  for (const section of form.roomsAt) {
    const rooms = memberAt(body, section)
    if (rooms === undefined || rooms === null) continue
    if (!isFields(rooms)) return null
    for (const [roomId, room] of Object.entries(rooms)) if (!reader.room(section, roomId, room)) return null
  }
  return reader.answer(body)
}

function memberAt(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((part, key) => (isFields(part) && Object.hasOwn(part, key) ? part[key] : undefined), body)
}

/** The classic form. */
export const CLASSIC: AnswerForm = {
  roomsAt: [
    ['rooms', 'join'],
    ['rooms', 'leave'],
  ],
  reader: (reading) => new ClassicReader(reading),
}

class ClassicReader implements AnswerReader {
  readonly #units: UnitReader
  readonly timelines: RoomTimeline[] = []

  constructor(reading: Reading) {
    this.#units = new UnitReader(reading)
  }

  get strays(): readonly Stray[] {
    return this.#units.strays
  }

  room(section: readonly string[], roomId: string, room: unknown): boolean {
    if (!isFields(room)) return false
    const events = eventsOf(room['timeline'])
    if (events === null || !readLists(this.#units, room, roomId, events)) return false
    const timeline = timelineOf(this.#units, section, roomId, room, events)
    if (timeline !== null) this.timelines.push(timeline)
    return true
  }

  answer(body: unknown): SyncAnswer | null {
    if (!isFields(body) || typeof body['next_batch'] !== 'string') return null
    const rooms = body['rooms'] ?? {}
    if (!isFields(rooms)) return null
    for (const [section, key] of Object.entries(STRIPPED)) {
      const members = rooms[section] ?? {}
      if (!isFields(members)) return null
      for (const [roomId, room] of Object.entries(members)) {
        const rows = isFields(room) ? eventsOf(room[key]) : null
        if (rows === null) return null
        this.#units.stripped(rows, roomId)
        searchRest(this.#units, room as Fields, [key], roomId)
      }
    }
    searchRest(this.#units, rooms, ['join', 'leave', ...Object.keys(STRIPPED)], null)
    searchRest(this.#units, body, REST, null)
    const position = body['next_batch']
    return {
      form: 'classic',
      body,
      position,
      resumeAt: position,
      timelines: this.timelines,
      ...this.#units.read(),
      live: 0,
    }
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
  section: readonly string[],
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
