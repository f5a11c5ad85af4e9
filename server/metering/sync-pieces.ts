// A /sync answer too large to be parsed whole: read room by room as it comes, and trimmed room by room when it is read again. What
// is kept of a room is what judging needs: what its events cost, and their ids.
import { jsonPieces } from './json-pieces.ts'
import { parseBody } from './scanner/reference.ts'
import { type AnswerForm, type RoomRead, STATE_AFTER, type SyncAnswer, withRooms } from './sync-answer.ts'
import { type Fields, isFields, type Reading } from './sync-units.ts'
import { stays, type Verdict } from './trim.ts'
import { trim } from './trim-body.ts'

export interface PiecedSync {
  /** To be judged and paid for as any other; `trimmedPieces` trims it. */
  readonly answer: SyncAnswer
  /** Which timeline and which strays of the answer each room has, in the order of the body. */
  readonly rooms: readonly Span[]
}
interface Span {
  /** Null: its timeline is empty. */
  readonly timeline: number | null
  readonly strays: readonly [from: number, to: number]
}

/** The largest room, and the largest of all that is not rooms, in bytes. */
const MAX_PIECE_BYTES = 64 * 1024 * 1024
/** Events of timelines in one answer: some 350 bytes are kept of each until it is sent. */
const MAX_EVENTS = 500_000

/** Reads an answer of that form; null when it is not one, or a part of it is too large to be parsed: it must be withheld. */
export async function readPieces(
  form: AnswerForm,
  chunks: AsyncIterable<Uint8Array>,
  reading: Reading,
): Promise<PiecedSync | null> {
  const reader = form.reader(reading)
  const read: RoomRead[] = []
  let events = 0
  const rest = await readRest(form, chunks, (section, roomId, bytes) => {
    const room = reader.room(section, roomId, parseBody(bytes))
    if (room === null) return false
    events += room.timeline?.units.length ?? 0
    read.push(lightened(room))
    return events <= MAX_EVENTS
  })
  const answer = rest === null ? null : reader.rest(rest)
  if (answer === null) return null
  let timelines = 0
  let strays = 0
  const rooms = read.map((room): Span => {
    const from = strays
    strays += room.strays.length
    return { timeline: room.timeline === null ? null : timelines++, strays: [from, strays] }
  })
  return { answer: withRooms(answer, read), rooms }
}

// Whether state is told after the timeline, and the state among the events, is all that is asked of a room later.
function lightened({ timeline, strays }: RoomRead): RoomRead {
  const light = strays.map(({ roomId, unit }) => ({ holder: [], key: '', rest: undefined, roomId, unit }))
  if (timeline === null) return { timeline, strays: light }
  const room: Fields = {}
  for (const key of STATE_AFTER) if (Object.hasOwn(timeline.room, key)) room[key] = {}
  const events = timeline.events.map((event) => {
    if (!isFields(event)) return null
    const { event_id, type, state_key } = event
    return state_key === undefined ? { event_id } : { event_id, type, state_key }
  })
  return { timeline: { ...timeline, room, events }, strays: light }
}

/** How a pieced answer is trimmed: as it was read, judged and placed. */
export interface PiecedTrim {
  readonly reading: Reading
  readonly verdict: Verdict
  readonly tokens: ReadonlyMap<number, string>
}

/** The trimmed body, from the same chunks again. Throws when they are others. */
export async function* trimmedPieces(
  form: AnswerForm,
  chunks: AsyncIterable<Uint8Array>,
  { answer, rooms }: PiecedSync,
  how: PiecedTrim,
): AsyncIterable<Uint8Array> {
  const { outside, sections } = trimmedRest(answer, rooms.at(-1)?.strays[1] ?? 0, how.verdict)
  yield text(`${outside}"rooms":{${sections}`)
  let wrote = sections !== ''
  let open: string | null = null
  let next = 0
  for await (const piece of roomPieces(form, chunks)) {
    const span = rooms[next++]
    if (span === undefined) throw new Error(CHANGED)
    // Classic rooms stand in sections, those of sliding sync do not.
    const name = piece.section[1] ?? null
    if (name !== open) {
      yield text(`${open === null ? '' : '}'}${wrote ? ',' : ''}${JSON.stringify(name)}:{`)
      open = name
      wrote = false
    }
    yield text(`${wrote ? ',' : ''}${JSON.stringify(piece.roomId)}:`)
    wrote = true
    yield isWhole(answer, how.verdict, span)
      ? piece.bytes
      : text(JSON.stringify(trimmedRoom(form, piece, answer, span, how)))
  }
  yield text(`${open === null ? '' : '}'}}}`)
}

const CHANGED = 'the answer changed while it was read again'
const ENCODER = new TextEncoder()
const text = (part: string): Uint8Array => ENCODER.encode(part)

function isWhole(answer: SyncAnswer, verdict: Verdict, { timeline, strays: [from, to] }: Span): boolean {
  for (let at = from; at < to; at++) if (!verdict.strays.has(at)) return false
  if (timeline === null) return true
  return answer.timelines[timeline]?.units.every((_, at) => stays(answer, verdict, timeline, at)) === true
}

function trimmedRoom(
  form: AnswerForm,
  { section, roomId, bytes }: RoomPiece,
  answer: SyncAnswer,
  { timeline, strays }: Span,
  { reading, verdict, tokens }: PiecedTrim,
): unknown {
  const room = parseBody(bytes)
  const read = form.reader(reading).room(section, roomId, room)
  if (read === null || (read.timeline === null) !== (timeline === null)) throw new Error(CHANGED)
  const body = section.reduceRight<Fields>((inner, key) => ({ [key]: inner }), { [roomId]: room })
  const token = timeline === null ? undefined : tokens.get(timeline)
  const trimmed = trim(
    withRooms({ ...answer, body, strays: [] }, [read]),
    localVerdict(verdict, timeline, strays),
    new Map(token === undefined ? [] : [[0, token]]),
  )
  return (section.reduce<unknown>((part, key) => (part as Fields)[key], trimmed) as Fields)[roomId]
}

// The verdict on one room, or on the rest, by its own numbers.
function localVerdict(verdict: Verdict, timeline: number | null, [from, to]: readonly [number, number]): Verdict {
  const strays = new Set<number>()
  for (let at = from; at < to; at++) if (verdict.strays.has(at)) strays.add(at - from)
  if (timeline === null) return { ...verdict, keep: [], emptied: new Set(), strays }
  const emptied = new Set(verdict.emptied.has(timeline) ? [0] : [])
  return { ...verdict, keep: [verdict.keep[timeline] as number], emptied, strays }
}

// What stands outside of `rooms`, and the sections in it that hold none of the rooms read one by one.
function trimmedRest(answer: SyncAnswer, from: number, verdict: Verdict): { outside: string; sections: string } {
  const own = { ...answer, timelines: [], strays: answer.strays.slice(from) }
  const { rooms, ...others } = trim(own, localVerdict(verdict, null, [from, answer.strays.length]), new Map())
  const members = (part: unknown) =>
    Object.entries((part ?? {}) as Fields).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return {
    outside: `{${members(others)
      .map((member) => `${member},`)
      .join('')}`,
    sections: members(rooms).join(','),
  }
}

interface RoomPiece {
  readonly section: readonly string[]
  readonly roomId: string
  readonly bytes: Uint8Array
}

/** Every room as it stands, in the order of the body. */
async function* roomPieces(form: AnswerForm, chunks: AsyncIterable<Uint8Array>): AsyncIterable<RoomPiece> {
  let found: RoomPiece[] = []
  const room = (section: readonly string[], roomId: string, bytes: Uint8Array) => {
    found.push({ section, roomId, bytes })
    return true
  }
  const pieces = piecesOf(form, room, () => true)
  for await (const chunk of chunks) {
    if (!pieces.take(chunk)) throw new Error(CHANGED)
    yield* found
    found = []
  }
  if (!pieces.end()) throw new Error(CHANGED)
}

// Everything but the rooms, parsed; null when it is no JSON.
async function readRest(form: AnswerForm, chunks: AsyncIterable<Uint8Array>, room: TakeRoom): Promise<Fields | null> {
  const rest: Fields = {}
  let held = 0
  const pieces = piecesOf(form, room, (path, bytes) => {
    held += bytes.length
    const value = parseBody(bytes)
    if (value === undefined || path.length === 0 || held > MAX_PIECE_BYTES) return false
    const holder = path.slice(0, -1).reduce<Fields>((part, key) => {
      part[key] ??= {}
      return part[key] as Fields
    }, rest)
    Object.defineProperty(holder, path.at(-1) as string, { value, enumerable: true })
    return true
  })
  for await (const chunk of chunks) if (!pieces.take(chunk)) return null
  return pieces.end() ? rest : null
}

type TakeRoom = (section: readonly string[], roomId: string, bytes: Uint8Array) => boolean

function piecesOf(form: AnswerForm, room: TakeRoom, other: (path: readonly string[], bytes: Uint8Array) => boolean) {
  const name = (path: readonly string[]) => JSON.stringify(path)
  const sections = new Set(form.roomsAt.map(name))
  // The objects on the way to the rooms, and those that hold them.
  const opened = new Set(form.roomsAt.flatMap((path) => [name(path), ...path.map((_, at) => name(path.slice(0, at)))]))
  return jsonPieces({
    isOpened: (path) => opened.has(name(path)),
    value: (path, bytes) => {
      const section = path.slice(0, -1)
      return path.length > 0 && sections.has(name(section))
        ? room(section, path.at(-1) as string, bytes)
        : other([...path], bytes)
    },
    maxBytes: MAX_PIECE_BYTES,
  })
}
