// What an answer of simplified sliding sync (MSC4186) carries: the same as a classic /sync, in another form. Pure.
import {
  type AnswerForm,
  type AnswerReader,
  answerOf,
  type RoomRead,
  type SyncAnswer,
  searchRest,
  timelineOf,
} from './sync-answer.ts'
import { type Fields, isFields, listOf, type Reading, UnitReader } from './sync-units.ts'

/** Members of a room that are read as what they are. Names, counts and the like are searched like everything else. */
const ROOM_REST = ['timeline', 'required_state', 'invite_state', 'knock_state', 'stripped_state']
const STRIPPED = ['invite_state', 'knock_state', 'stripped_state']
/** Extensions that carry no event of a room: messages to the device, key counts, settings, receipts, typing; and profiles, a row a person. */
const EXTENSIONS = ['to_device', 'e2ee', 'account_data', 'receipts', 'typing', 'org.matrix.msc4262.profiles']
const REST = ['pos', 'rooms', 'extensions']

/** The sliding form. */
export const SLIDING: AnswerForm = { roomsAt: [['rooms']], reader: (reading) => new SlidingReader(reading) }

class SlidingReader implements AnswerReader {
  readonly #units: UnitReader

  constructor(reading: Reading) {
    this.#units = new UnitReader(reading)
  }

  room(section: readonly string[], roomId: string, room: unknown): RoomRead | null {
    if (!isFields(room)) return null
    const events = listOf(room['timeline'])
    const rows = listOf(room['required_state'])
    if (events === null || rows === null) return null
    this.#units.rows(rows, roomId, this.#units.livePeople(events))
    for (const key of STRIPPED) {
      const stripped = listOf(room[key])
      if (stripped === null) return null
      this.#units.stripped(stripped, roomId)
    }
    searchRest(this.#units, room, ROOM_REST, roomId)
    const timeline = timelineOf(this.#units, section, roomId, room, events)
    return { timeline, strays: this.#units.takeStrays() }
  }

  rest(body: unknown): SyncAnswer | null {
    if (!isFields(body) || typeof body['pos'] !== 'string') return null
    const extensions = body['extensions'] ?? {}
    if (!isFields(extensions) || !isFields(body['rooms'] ?? {})) return null
    const profiles = extensions['org.matrix.msc4262.profiles']
    if (isFields(profiles)) this.#units.profiles(profiles['users'])
    searchRest(this.#units, extensions, EXTENSIONS, null)
    searchRest(this.#units, body, REST, null)
    return answerOf('sliding', body, body['pos'], streamTokenOf(body['pos']), this.#units)
  }
}

// Synapse's position is the connection's and the stream's, with a slash between: the second is a pagination token.
function streamTokenOf(pos: string): string | null {
  return /^\d+\/([^/]+)$/.exec(pos)?.[1] ?? null
}

/** How many events of each room's timeline a client may ask for at once: as many as Synapse gives a classic /sync. */
export const TIMELINE_LIMIT = 100

/**
 * A request's body with every `timeline_limit` lowered to ours; the same bytes when there is none to lower; null when it is no
 * JSON object. Ranges stay: a list's positions are the client's bookkeeping.
 */
export function clampedRequest(body: Uint8Array): Uint8Array | string | null {
  const request = parsed(body)
  if (!isFields(request)) return null
  let lowered = false
  const clamp = (rooms: unknown): unknown =>
    isFields(rooms)
      ? Object.fromEntries(
          Object.entries(rooms).map(([name, asked]) => {
            if (!isFields(asked) || typeof asked['timeline_limit'] !== 'number') return [name, asked]
            if (asked['timeline_limit'] <= TIMELINE_LIMIT) return [name, asked]
            lowered = true
            return [name, { ...asked, timeline_limit: TIMELINE_LIMIT } satisfies Fields]
          }),
        )
      : rooms
  const clamped: Fields = { ...request }
  for (const key of ['lists', 'room_subscriptions']) if (Object.hasOwn(request, key)) clamped[key] = clamp(request[key])
  return lowered ? JSON.stringify(clamped) : body
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
  } catch {
    return null
  }
}
