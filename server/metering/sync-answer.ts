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
const SECTIONS = ['join', 'leave', ...Object.keys(STRIPPED)]

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

/** What a room carries. */
export interface RoomRead {
  /** Null: its timeline is empty. */
  readonly timeline: RoomTimeline | null
  readonly strays: readonly Stray[]
}

/** Reads an answer, its rooms before the rest of it. */
export interface AnswerReader {
  /** Reads one room of a section (a form's `roomsAt`); null when it is none: the answer must be withheld. */
  room(section: readonly string[], roomId: string, room: unknown): RoomRead | null
  /** Reads the rest of the body, not its rooms again: the answer without them. Null when it is none. */
  rest(body: unknown): SyncAnswer | null
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
  const rooms: RoomRead[] = []
  for (const section of form.roomsAt) {
    for (const [roomId, room] of Object.entries(memberAt(body, section) ?? {})) {
      const read = reader.room(section, roomId, room)
      if (read === null) return null
      rooms.push(read)
    }
  }
  const rest = reader.rest(body)
  return rest && withRooms(rest, rooms)
}

/** The rest of an answer with the rooms that were read before it. */
export function withRooms(rest: SyncAnswer, rooms: readonly RoomRead[]): SyncAnswer {
  return {
    ...rest,
    timelines: rooms.flatMap(({ timeline }) => timeline ?? []),
    strays: [...rooms.flatMap(({ strays }) => strays), ...rest.strays],
  }
}

// Whatever is no object there is for the rest to judge.
function memberAt(body: unknown, path: readonly string[]): Fields | null {
  const member = path.reduce<unknown>(
    (part, key) => (isFields(part) && Object.hasOwn(part, key) ? part[key] : null),
    body,
  )
  return isFields(member) ? member : null
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

  constructor(reading: Reading) {
    this.#units = new UnitReader(reading)
  }

  room(section: readonly string[], roomId: string, room: unknown): RoomRead | null {
    if (!isFields(room)) return null
    const events = eventsOf(room['timeline'])
    if (events === null || !readLists(this.#units, room, roomId, events)) return null
    const timeline = timelineOf(this.#units, section, roomId, room, events)
    return { timeline, strays: this.#units.takeStrays() }
  }

  rest(body: unknown): SyncAnswer | null {
    if (!isFields(body) || typeof body['next_batch'] !== 'string') return null
    const rooms = body['rooms'] ?? {}
    if (!isFields(rooms)) return null
    if (!SECTIONS.every((section) => isFields(rooms[section] ?? {}))) return null
    for (const [section, key] of Object.entries(STRIPPED)) {
      for (const [roomId, room] of Object.entries((rooms[section] ?? {}) as Fields)) {
        const rows = isFields(room) ? eventsOf(room[key]) : null
        if (rows === null) return null
        this.#units.stripped(rows, roomId)
        searchRest(this.#units, room as Fields, [key], roomId)
      }
    }
    this.#units.profiles(body['org.matrix.msc4429.users'])
    searchRest(this.#units, rooms, SECTIONS, null)
    searchRest(this.#units, body, REST, null)
    return answerOf('classic', body, body['next_batch'], body['next_batch'], this.#units)
  }
}

/** An answer as its rest was read: its rooms are still to come. */
export function answerOf(
  form: SyncAnswer['form'],
  body: Fields,
  position: string,
  resumeAt: string | null,
  units: UnitReader,
): SyncAnswer {
  const { state, latestMs } = units
  return { form, body, position, resumeAt, timelines: [], strays: units.takeStrays(), state, live: 0, latestMs }
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
