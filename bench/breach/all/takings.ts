// What the thief of every endpoint has in hand, meter by meter: counted from the bytes it received and from nothing else.
import type { Answer, Asked } from '../connection.ts'

/** What is counted apart. `rooms`: distinct rooms of which old events were read. */
export type Counted =
  | 'archive'
  | 'catch-up'
  | 'rooms'
  | 'state'
  | 'directory'
  | 'media-files'
  | 'media-bytes'
  | 'key-backup'
  | 'joins'
  | 'pushers'

/** How an endpoint's answers are read beside the old events that are counted in every one. */
export type Reading = 'events' | 'state' | 'directory' | 'media' | 'key-backup' | 'join' | 'pusher'

/** Events older than this are history (server/policy/defaults.ts). */
const LIVE_WINDOW_MS = 600_000
/** Where members with a state key are state, not messages. */
const STATE_SECTIONS = new Set([
  'state',
  'state_after',
  'org.matrix.msc4222.state_after',
  'required_state',
  'invite_state',
  'knock_state',
  'stripped_state',
  'children_state',
])

export class Takings {
  readonly #seen: Record<Exclude<Counted, 'media-bytes'>, Set<string>> = {
    archive: new Set(),
    'catch-up': new Set(),
    rooms: new Set(),
    state: new Set(),
    directory: new Set(),
    'media-files': new Set(),
    'key-backup': new Set(),
    joins: new Set(),
    pushers: new Set(),
  }
  /** A room's newest event by its room, of answers that end with it. */
  readonly #newest = new Map<string, string>()
  readonly #archiveLimit: number
  /** Old events received, those that came again included. */
  received = 0
  #mediaBytes = 0
  /** Whether the answer at hand is of a sync: its young state is live, and free (docs/reference/metering.md). */
  #isSync = false

  /** `archiveLimit`: old events from which on a room's newest is paid by catch-up (docs/decisions/0013). */
  constructor(archiveLimit = Number.POSITIVE_INFINITY) {
    this.#archiveLimit = archiveLimit
  }

  of(counted: Counted): number {
    if (counted === 'archive' || counted === 'catch-up') {
      const { archive, 'catch-up': caughtUp } = this.#seen
      const newest = this.#newest.size
      const spilt = Math.min(newest, Math.max(0, archive.size + newest - this.#archiveLimit))
      return counted === 'archive' ? archive.size + newest - spilt : caughtUp.size + spilt
    }
    return counted === 'media-bytes' ? this.#mediaBytes : this.#seen[counted].size
  }

  /**
   * Counts one answer. `coveredUntilMs`: what came since a stolen position that covers what is older, so that what is newer is
   * catch-up. Returns what is new by what it is counted in.
   */
  take(
    reading: Reading,
    asked: Asked,
    answer: Answer,
    nowMs: number,
    coveredUntilMs = Number.POSITIVE_INFINITY,
  ): Partial<Record<Counted, number>> {
    const before = new Map(COUNTED.map((one) => [one, this.of(one)]))
    if (answer.status === 200) this.#read(reading, asked, answer)
    this.#isSync = /\/sync\?/.test(asked.path)
    if (this.#isSync) this.#setNewestApart(answer.body, nowMs, coveredUntilMs)
    // A cut answer's events were read too, as far as they make sense.
    this.#walk(answer.body, reading === 'state', roomOf(asked.path), nowMs, coveredUntilMs)
    const news: Partial<Record<Counted, number>> = {}
    for (const one of COUNTED) {
      const more = this.of(one) - (before.get(one) ?? 0)
      if (more > 0) news[one] = more
    }
    return news
  }

  #read(reading: Reading, { path, body: sent }: Asked, { body, bytes }: Answer): void {
    const fields = objectOf(body)
    if (reading === 'state') this.#readState(path, body)
    else if (reading === 'directory' && Array.isArray(body)) {
      for (const listed of body) this.#seen.directory.add(JSON.stringify(listed))
    } else if (reading === 'directory') this.#readDirectory(path, fields)
    else if (reading === 'media') {
      const name = path.split('?')[0] as string
      if (!this.#seen['media-files'].has(name)) this.#mediaBytes += bytes
      this.#seen['media-files'].add(name)
    } else if (reading === 'key-backup') this.#readBackup(path, fields)
    else if (reading === 'join') this.#seen.joins.add(String(fields['room_id'] ?? roomOf(path)))
    else if (reading === 'pusher') this.#seen.pushers.add(JSON.stringify(objectOf(sent)['data']))
  }

  // Arrays and members are walked as events; contents and maps of members have no event ids.
  #readState(path: string, body: unknown): void {
    const room = roomOf(path)
    for (const user of Object.keys(objectOf(objectOf(body)['joined']))) this.#seen.state.add(`${room} member ${user}`)
    for (const user of Object.keys(objectOf(objectOf(body)['device_keys']))) this.#seen.state.add(`keys ${user}`)
    if (/\/state\/[^/]+/.test(path.split('?')[0] as string) && !('event_id' in objectOf(body))) {
      this.#seen.state.add(path.split('?')[0]?.replace(/^.*\/rooms\//, '') ?? '')
    }
  }

  #readDirectory(path: string, fields: Record<string, unknown>): void {
    for (const row of [...arrayOf(fields['results']), ...arrayOf(fields['chunk']), ...arrayOf(fields['rooms'])]) {
      const { user_id: user, room_id: room } = objectOf(row)
      this.#seen.directory.add(String(user ?? room))
    }
    for (const room of arrayOf(fields['joined'])) this.#seen.directory.add(String(room))
    if (path.includes('/profile/'))
      this.#seen.directory.add(decodeURIComponent(path.replace(/^.*\/profile\/([^/?]*).*$/, '$1')))
    if (typeof fields['room_id'] === 'string') this.#seen.directory.add(fields['room_id'])
  }

  #readBackup(path: string, fields: Record<string, unknown>): void {
    for (const [room, content] of Object.entries(objectOf(fields['rooms']))) {
      for (const session of Object.keys(objectOf(objectOf(content)['sessions']))) this.#session(room, session)
    }
    for (const session of Object.keys(objectOf(fields['sessions']))) this.#session('', session)
    if ('session_data' in fields) this.#session('', decodeURIComponent(path.replace(/^.*\/([^/?]*)\?.*$/, '$1')))
  }

  // Session ids are unique over rooms in what is seeded.
  #session(_room: string, session: string): void {
    this.#seen['key-backup'].add(session)
  }

  #walk(value: unknown, isState: boolean, room: string | null, nowMs: number, coveredUntilMs: number): void {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) {
      for (const item of value) this.#walk(item, isState, room, nowMs, coveredUntilMs)
      return
    }
    const fields = value as Record<string, unknown>
    const { event_id: id, origin_server_ts: ts, type, room_id: named } = fields
    const here = typeof named === 'string' ? named : room
    // An id with its date and nothing else tells what `GET /event` gives.
    if (typeof id === 'string' && (typeof type === 'string' || (type === undefined && typeof ts === 'number'))) {
      const isOld = typeof ts !== 'number' || ts < nowMs - LIVE_WINDOW_MS
      if (isState && 'state_key' in fields) {
        if (isOld || !this.#isSync) this.#seen.state.add(id)
      } else if (isOld) this.#event(id, here, ts, coveredUntilMs)
    }
    for (const [key, item] of Object.entries(fields)) {
      // /sync and its like name rooms by the keys of a map.
      this.#walk(item, isState || STATE_SECTIONS.has(key), key.startsWith('!') ? key : here, nowMs, coveredUntilMs)
    }
  }

  // One a room: were it another the next time, it would be one of the archive.
  #setNewestApart(body: unknown, nowMs: number, coveredUntilMs: number): void {
    const rooms = objectOf(objectOf(body)['rooms'])
    const classic = [...Object.entries(objectOf(rooms['join'])), ...Object.entries(objectOf(rooms['leave']))]
    for (const [room, content] of [...classic, ...Object.entries(rooms)]) {
      const { timeline } = objectOf(content)
      const last = objectOf((Array.isArray(timeline) ? timeline : arrayOf(objectOf(timeline)['events'])).at(-1))
      const { event_id: id, origin_server_ts: ts } = last
      if (typeof id !== 'string' || typeof ts !== 'number' || ts >= nowMs - LIVE_WINDOW_MS) continue
      if (ts > coveredUntilMs || this.#newest.has(room)) continue
      if (!this.#seen.archive.has(id) && !this.#seen['catch-up'].has(id)) this.#newest.set(room, id)
    }
  }

  #event(id: string, room: string | null, ts: unknown, coveredUntilMs: number): void {
    this.received++
    const caughtUp = typeof ts === 'number' && ts > coveredUntilMs
    const [mine, other] = caughtUp ? (['catch-up', 'archive'] as const) : (['archive', 'catch-up'] as const)
    if (this.#seen[other].has(id) || (room !== null && this.#newest.get(room) === id)) return
    this.#seen[mine].add(id)
    if (mine === 'archive' && room !== null) this.#seen.rooms.add(room)
  }
}

export const COUNTED: readonly Counted[] = [
  'archive',
  'catch-up',
  'rooms',
  'state',
  'directory',
  'media-files',
  'media-bytes',
  'key-backup',
  'joins',
  'pushers',
]

function roomOf(path: string): string | null {
  const found = /\/rooms\/([^/?]+)/.exec(path)?.[1]
  return found === undefined ? null : decodeURIComponent(found)
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
