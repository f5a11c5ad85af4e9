// Rooms of the sample homeserver, as the client-server API tells them: /messages, /context, /event, state, sending.
import { type Context, Hono } from 'hono'
import type { Clock } from '../platform/clock.ts'
import { sha256Base64Url } from '../platform/crypto.ts'
import { type Account, matrixError, type SampleVariables } from './account.ts'
import { ROOMS, roomId, roomNumber, type SampleEvent, stateOf } from './content.ts'
import type { SampleState } from './state.ts'
import type { Timeline } from './timeline.ts'

export interface RoomDeps {
  readonly serverName: string
  readonly clock: Clock
  readonly state: SampleState
  readonly timeline: Timeline
}

const LIMIT_DEFAULT = 10
const LIMIT_MAX = 1000

type C = Context<SampleVariables>

/** Routes below `/rooms/:room`; the caller is known by then. */
export function roomRoutes(deps: RoomDeps): Hono<SampleVariables> {
  const app = new Hono<SampleVariables>()
  app.get('/joined_rooms', (c) =>
    c.json({ joined_rooms: Array.from({ length: ROOMS }, (_, room) => roomId(room, deps.serverName)) }),
  )
  app.get('/rooms/:room/messages', (c) => inRoom(c, deps, messages))
  app.get('/rooms/:room/context/:event', (c) => inRoom(c, deps, context))
  app.get('/rooms/:room/event/:event', (c) => inRoom(c, deps, event))
  app.get('/rooms/:room/state', (c) => inRoom(c, deps, (found) => c.json(found.roomState)))
  app.get('/rooms/:room/state/:type/:key?', (c) => inRoom(c, deps, oneState))
  app.get('/rooms/:room/members', (c) =>
    inRoom(c, deps, ({ roomState }) => c.json({ chunk: roomState.filter((entry) => entry.type === 'm.room.member') })),
  )
  app.get('/rooms/:room/joined_members', (c) => inRoom(c, deps, joinedMembers))
  app.put('/rooms/:room/send/:type/:transaction', (c) => inRoom(c, deps, send))
  for (const quiet of ['/rooms/:room/typing/:user', '/rooms/:room/receipt/:kind/:event', '/rooms/:room/read_markers']) {
    app.on(['PUT', 'POST'], quiet, (c) => c.json({}))
  }
  return app
}

interface InRoom {
  readonly c: C
  readonly deps: RoomDeps
  readonly account: Account
  readonly room: number
  readonly id: string
  readonly roomState: SampleEvent[]
}

function inRoom(c: C, deps: RoomDeps, handle: (found: InRoom) => Response | Promise<Response>) {
  const id = c.req.param('room') ?? ''
  const room = roomNumber(id, deps.serverName)
  if (room === null) return matrixError(c, 403, 'M_FORBIDDEN', 'You are not in this room')
  const account = c.get('account')
  return handle({ c, deps, account, room, id, roomState: stateOf(room, account.user, deps.serverName) })
}

function messages({ c, deps, room, id }: InRoom): Response {
  const { timeline } = deps
  const backwards = (c.req.query('dir') ?? 'b') !== 'f'
  const fromToken = c.req.query('from')
  const length = timeline.length(room, id)
  const start = fromToken === undefined ? (backwards ? length : 0) : timeline.placeOfToken(room, id, fromToken)
  if (start === null) return matrixError(c, 400, 'M_INVALID_PARAM', 'Unknown from token')
  const limit = limitOf(c)
  const slice = backwards
    ? timeline.slice(room, id, Math.max(0, start - limit), start)
    : timeline.slice(room, id, start, Math.min(length, start + limit))
  const chunk = backwards ? slice.events.reverse() : slice.events
  const end = backwards ? slice.from : slice.to
  const more = backwards ? end > 0 : end < length
  return c.json({ chunk, start: `p${start}`, ...(more ? { end: `p${end}` } : {}), state: [] })
}

function context({ c, deps, room, id, roomState }: InRoom): Response {
  const { timeline } = deps
  const place = timeline.placeOf(room, id, c.req.param('event') ?? '')
  if (place === null) return matrixError(c, 404, 'M_NOT_FOUND', 'Event not found')
  const limit = limitOf(c, 0)
  const from = Math.max(0, place - Math.floor(limit / 2))
  const to = Math.min(timeline.length(room, id), place + 1 + Math.ceil(limit / 2))
  return c.json({
    events_before: timeline.slice(room, id, from, place).events.reverse(),
    event: timeline.slice(room, id, place, place + 1).events[0],
    events_after: timeline.slice(room, id, place + 1, to).events,
    start: `p${from}`,
    end: `p${to}`,
    state: roomState,
  })
}

function event({ c, deps, room, id, roomState }: InRoom): Response {
  const wanted = c.req.param('event') ?? ''
  const place = deps.timeline.placeOf(room, id, wanted)
  const found =
    place === null
      ? roomState.find((entry) => entry.event_id === wanted)
      : deps.timeline.slice(room, id, place, place + 1).events[0]
  return found ? c.json(found) : matrixError(c, 404, 'M_NOT_FOUND', 'Event not found')
}

function oneState({ c, roomState }: InRoom): Response {
  const key = c.req.param('key') ?? ''
  const found = roomState.find((entry) => entry.type === c.req.param('type') && entry.state_key === key)
  return found ? c.json(found.content) : matrixError(c, 404, 'M_NOT_FOUND', 'No such state')
}

function joinedMembers({ c, roomState }: InRoom): Response {
  const members = roomState.filter((entry) => entry.type === 'm.room.member')
  return c.json({
    joined: Object.fromEntries(members.map((entry) => [entry.state_key, { display_name: entry.content.displayname }])),
  })
}

async function send({ c, deps, account, id }: InRoom): Promise<Response> {
  const content = (await c.req.json().catch(() => null)) as Record<string, unknown> | null
  if (content === null || typeof content !== 'object') return matrixError(c, 400, 'M_NOT_JSON', 'Not JSON')
  const transaction = `${account.user} ${account.device} ${c.req.param('transaction') ?? ''}`
  const event = deps.state.send(
    {
      event_id: `$${sha256Base64Url(`${transaction} ${deps.state.sent.length}`)}`,
      room_id: id,
      sender: account.user,
      type: c.req.param('type') ?? 'm.room.message',
      origin_server_ts: deps.clock.now(),
      content,
      unsigned: { transaction_id: c.req.param('transaction') },
    },
    transaction,
  )
  return c.json({ event_id: event.event_id })
}

/** As Synapse: ten by default, a thousand at most; a limit that is no number is refused. */
function limitOf(c: C, least = 1): number {
  const text = c.req.query('limit')
  if (text === undefined) return LIMIT_DEFAULT
  const limit = Number(text)
  return Number.isInteger(limit) ? Math.min(Math.max(limit, least), LIMIT_MAX) : LIMIT_DEFAULT
}
