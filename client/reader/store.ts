// What the reader knows: its rooms, the messages it was given, and how many. Kept for the life of the tab, as a client keeps
// its own, so that a reload asks for nothing twice.
import type { MessagesAnswer, RoomEvent, Session, SyncAnswer } from './matrix.ts'

export interface Message {
  readonly id: string
  readonly sender: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Null: an event without a text of its own. */
  readonly text: string | null
}

export interface Room {
  readonly id: string
  readonly name: string | null
  /** What /sync gave, oldest first, and where older messages begin; null: there are none. */
  readonly recent: readonly Message[]
  readonly before: string | null
  /** What was scrolled back to, oldest first, and where the next page begins. */
  readonly older: readonly Message[]
  readonly next: string | null
}

export interface Mail {
  readonly since: string | null
  readonly rooms: ReadonlyMap<string, Room>
  /** Events given by /sync, and events given on scrolling back. */
  readonly received: number
  readonly scrolled: number
}

export const NOTHING: Mail = { since: null, rooms: new Map(), received: 0, scrolled: 0 }

/** What is known after an answer of /sync. */
export function synced(mail: Mail, answer: SyncAnswer): Mail {
  const rooms = new Map(mail.rooms)
  let received = mail.received
  for (const id of Object.keys(answer.rooms?.leave ?? {})) rooms.delete(id)
  for (const [id, joined] of Object.entries(answer.rooms?.join ?? {})) {
    const known = rooms.get(id)
    const events = joined.timeline?.events ?? []
    received += events.length
    const name = nameIn([...(joined.state?.events ?? []), ...events]) ?? known?.name ?? null
    if (known === undefined || joined.timeline?.limited === true) {
      const before = joined.timeline?.prev_batch ?? null
      rooms.set(id, { id, name, recent: shown(events), before, older: [], next: before })
    } else rooms.set(id, { ...known, name, recent: joinedOnce(known.recent, shown(events)) })
  }
  return { ...mail, since: answer.next_batch, rooms, received }
}

/** What is known after a page of older messages of one room. */
export function scrolled(mail: Mail, id: string, answer: MessagesAnswer): Mail {
  const room = mail.rooms.get(id)
  if (room === undefined) return mail
  const older = shown([...answer.chunk].reverse())
  const rooms = new Map(mail.rooms)
  const known = new Set(room.recent.map((message) => message.id))
  rooms.set(id, {
    ...room,
    older: joinedOnce(
      older.filter((message) => !known.has(message.id)),
      room.older,
    ),
    next: answer.end ?? null,
  })
  return { ...mail, rooms, scrolled: mail.scrolled + answer.chunk.length }
}

/** The rooms whose name or id holds the words, the most recently active first. */
export function listed(mail: Mail, words: string): Room[] {
  const wanted = plain(words.trim())
  return [...mail.rooms.values()]
    .filter((room) => wanted === '' || plain(`${room.name ?? ''} ${room.id}`).includes(wanted))
    .sort((a, b) => newest(b) - newest(a) || titleOf(a).localeCompare(titleOf(b)))
}

export function titleOf(room: Room): string {
  return room.name ?? room.id
}

function newest(room: Room): number {
  return room.recent.at(-1)?.at ?? 0
}

/** Without accents and capitals, so that "prefecture" finds "Préfecture". */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

function nameIn(events: readonly RoomEvent[]): string | null {
  const name = events.findLast((event) => event.type === 'm.room.name' && event.state_key === '')?.content['name']
  return typeof name === 'string' && name !== '' ? name : null
}

function shown(events: readonly RoomEvent[]): Message[] {
  return events
    .filter((event) => event.state_key === undefined)
    .map((event) => ({
      id: event.event_id,
      sender: event.sender,
      at: event.origin_server_ts,
      text: typeof event.content['body'] === 'string' ? event.content['body'] : null,
    }))
}

function joinedOnce(older: readonly Message[], newer: readonly Message[]): Message[] {
  const known = new Set(newer.map((message) => message.id))
  return [...older.filter((message) => !known.has(message.id)), ...newer]
}

// Kept in the tab: the session, what it was given, and what a sign-in under way expects.
const SESSION = 'palier-reader-session'
const MAIL = 'palier-reader-mail'
const EXPECTED = 'palier-reader-expects-sign-in'
const DEVICE = 'palier-reader-device'

export function savedSession(): Session | null {
  return read<Session>(SESSION)
}

export function saveSession(session: Session): void {
  write(SESSION, session)
  write(DEVICE, session.device_id)
}

/** Forgets the session; softly, the device keeps its id and its messages for when its owner signs in again. */
export function forgetSession(softly: boolean): void {
  sessionStorage.removeItem(SESSION)
  if (softly) return
  sessionStorage.removeItem(MAIL)
  sessionStorage.removeItem(DEVICE)
}

export function savedDevice(): string | null {
  return read<string>(DEVICE)
}

/** Only a sign-in begun in this tab may end in it: a login token that somebody sends in a link is not used. */
export function expectSignIn(): void {
  write(EXPECTED, true)
}

export function signInWasExpected(): boolean {
  const expected = read<boolean>(EXPECTED) === true
  sessionStorage.removeItem(EXPECTED)
  return expected
}

export function savedMail(): Mail {
  const saved = read<Omit<Mail, 'rooms'> & { rooms: Room[] }>(MAIL)
  return saved === null ? NOTHING : { ...saved, rooms: new Map(saved.rooms.map((room) => [room.id, room])) }
}

/** What was scrolled back to is not kept: asked for again, it is not charged again for ten minutes. */
export function saveMail(mail: Mail): void {
  const rooms = [...mail.rooms.values()].map((room) => ({ ...room, older: [], next: room.before }))
  write(MAIL, { ...mail, rooms })
}

function read<Value>(key: string): Value | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Value | null
  } catch {
    return null
  }
}

function write(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Full: the next load of the page asks the server instead.
    sessionStorage.removeItem(key)
  }
}
