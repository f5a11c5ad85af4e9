// What the sample homeserver serves beside rooms' pages: search, directories, notifications, files, joins. Enough to see that each
// has a meter of its own.
import { type Context, Hono } from 'hono'
import { matrixError, type SampleVariables } from './account.ts'
import { FAMILIES, GIVEN_NAMES, ROOMS, roomId, roomName, roomNumber, type SampleEvent } from './content.ts'
import type { RoomDeps } from './rooms.ts'

type C = Context<SampleVariables>
type Json = Readonly<Record<string, unknown>>

/** How far back a search looks in each room. */
const SEARCHED = 100
/** The size of the June 2026 theft. */
const FILES = 59_386
const FILE_BYTES = 227_000
const THUMBNAIL_BYTES = 2_000

/** Routes beside `/rooms`; the caller is known by then. */
export function elsewhereRoutes(deps: RoomDeps): Hono<SampleVariables> {
  const app = new Hono<SampleVariables>()
  app.post('/search', (c) => search(c, deps))
  app.get('/notifications', (c) => notifications(c, deps))
  app.on(['GET', 'POST'], '/publicRooms', (c) => publicRooms(c, deps))
  app.post('/user_directory/search', (c) => people(c, deps))
  app.get('/media/download/:server/:id/:name?', file)
  app.get('/media/thumbnail/:server/:id', file)
  for (const path of ['/join/:room', '/rooms/:room/join']) app.post(path, (c) => join(c, deps))
  return app
}

async function search(c: C, deps: RoomDeps): Promise<Response> {
  const asked = member(member(await bodyOf(c), 'search_categories'), 'room_events')
  const term = asked['search_term']
  if (typeof term !== 'string' || term === '') return matrixError(c, 400, 'M_MISSING_PARAM', 'No search_term')
  const filter = member(asked, 'filter')
  const limit = count(filter['limit'], 10)
  const around = 'event_context' in asked ? member(asked, 'event_context') : null
  const skip = count(c.req.query('next_batch'), 0)
  const results: object[] = []
  let found = 0
  for (const room of roomsOf(filter['rooms'], deps)) {
    const id = roomId(room, deps.serverName)
    const length = deps.timeline.length(room, id)
    for (let place = length - 1; place >= Math.max(0, length - SEARCHED) && results.length < limit; place--) {
      const [event] = deps.timeline.slice(room, id, place, place + 1).events
      if (!event || !textOf(event).includes(term.toLowerCase()) || found++ < skip) continue
      const slice = (from: number, to: number) =>
        deps.timeline.slice(room, id, Math.max(0, from), Math.min(length, to)).events
      const context = around && {
        events_before: slice(place - count(around['before_limit'], 5), place).reverse(),
        events_after: slice(place + 1, place + 1 + count(around['after_limit'], 5)),
      }
      results.push({ rank: 1, result: event, ...(context ? { context } : {}) })
    }
    if (results.length >= limit) break
  }
  const more = results.length < limit ? {} : { next_batch: String(found) }
  return c.json({ search_categories: { room_events: { count: found, highlights: [term], results, ...more } } })
}

function notifications(c: C, deps: RoomDeps): Response {
  const limit = Math.min(count(c.req.query('limit'), 50), 500)
  const from = count(c.req.query('from'), 0)
  const told = Array.from({ length: Math.max(0, Math.min(limit, ROOMS - from)) }, (_, index) => {
    const id = roomId(from + index, deps.serverName)
    const length = deps.timeline.length(from + index, id)
    const [event] = deps.timeline.slice(from + index, id, length - 1, length).events
    return { room_id: id, event, actions: ['notify'], read: false, ts: event?.origin_server_ts }
  })
  const next = from + told.length
  return c.json({ notifications: told, ...(next < ROOMS ? { next_token: String(next) } : {}) })
}

async function publicRooms(c: C, deps: RoomDeps): Promise<Response> {
  const asked = c.req.method === 'POST' ? await bodyOf(c) : {}
  const limit = count(asked['limit'] ?? c.req.query('limit'), 0) || ROOMS
  const since = count(asked['since'] ?? c.req.query('since'), 0)
  const wanted = String(member(asked, 'filter')['generic_search_term'] ?? '').toLowerCase()
  const matching = Array.from({ length: ROOMS }, (_, room) => room).filter((room) =>
    roomName(room).toLowerCase().includes(wanted),
  )
  const chunk = matching.slice(since, since + limit).map((room) => ({
    room_id: roomId(room, deps.serverName),
    name: roomName(room),
    num_joined_members: 2,
    world_readable: false,
    guest_can_join: false,
  }))
  const next = since + chunk.length
  const more = next < matching.length ? { next_batch: String(next) } : {}
  return c.json({ chunk, total_room_count_estimate: matching.length, ...more })
}

async function people(c: C, deps: RoomDeps): Promise<Response> {
  const { search_term: term = '', limit } = await bodyOf(c)
  const wanted = String(term).toLowerCase()
  const found = GIVEN_NAMES.flatMap((given) => FAMILIES.map((family) => `${given}.${family}`)).filter((name) =>
    name.includes(wanted),
  )
  const results = found.slice(0, Math.min(count(limit, 10), 50)).map((name) => ({
    user_id: `@${name}:${deps.serverName}`,
    display_name: name,
  }))
  return c.json({ results, limited: results.length < found.length })
}

function file(c: C): Response {
  const number = /^sample-(\d{1,5})$/.exec(c.req.param('id') ?? '')?.[1]
  if (number === undefined || Number(number) >= FILES) return matrixError(c, 404, 'M_NOT_FOUND', 'No such file')
  const bytes = new Uint8Array(c.req.path.includes('/thumbnail/') ? THUMBNAIL_BYTES : FILE_BYTES)
  const type = { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length) }
  return new Response(bytes, { headers: type })
}

function join(c: C, deps: RoomDeps): Response {
  const id = c.req.param('room') ?? ''
  const isThere = roomNumber(id, deps.serverName) !== null
  return isThere ? c.json({ room_id: id }) : matrixError(c, 404, 'M_NOT_FOUND', 'No such room')
}

function roomsOf(asked: unknown, deps: RoomDeps): readonly number[] {
  if (!Array.isArray(asked)) return Array.from({ length: ROOMS }, (_, room) => room)
  return asked.flatMap((id) => roomNumber(String(id), deps.serverName) ?? [])
}

function textOf({ content }: SampleEvent): string {
  return String(content['body'] ?? '').toLowerCase()
}

async function bodyOf(c: C): Promise<Json> {
  return member({ body: await c.req.json().catch(() => null) }, 'body')
}

function member(object: Json, name: string): Json {
  const value = object[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function count(value: unknown, byDefault: number): number {
  const number = value === undefined ? byDefault : Number(value)
  return Number.isInteger(number) && number >= 0 ? number : byDefault
}
