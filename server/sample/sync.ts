// /sync of the sample homeserver: everything at first, then what was sent since, waiting for it if asked to.
import type { Context } from 'hono'
import { type Account, matrixError, type SampleVariables } from './account.ts'
import { ROOMS, roomId, roomNumber, stateOf } from './content.ts'
import type { RoomDeps } from './rooms.ts'

const TIMELINE_DEFAULT = 10
const TIMELINE_MAX = 100
const WAIT_MAX_MS = 30_000

/** GET /sync with `since`, `timeout`, `full_state` and an inline or stored `filter` (its timeline limit is what counts). */
export async function sync(
  c: Context<SampleVariables>,
  deps: RoomDeps,
  filters: ReadonlyMap<string, string>,
): Promise<Response> {
  const account = c.get('account')
  const sinceText = c.req.query('since')
  const since = sinceText === undefined ? null : positionOf(sinceText)
  if (sinceText !== undefined && (since === null || since > deps.state.sent.length)) {
    return matrixError(c, 400, 'M_INVALID_PARAM', 'Unknown since token')
  }
  const limit = timelineLimit(c.req.query('filter'), filters)
  if (since !== null && since === deps.state.sent.length) {
    await deps.state.news(Math.min(Number(c.req.query('timeout') ?? 0) || 0, WAIT_MAX_MS), c.req.raw.signal)
  }
  const position = deps.state.sent.length
  const join = since === null ? allRooms(deps, account, limit) : newsSince(deps, since, position, limit)
  return c.json({
    next_batch: `s${position}`,
    rooms: { join, invite: {}, leave: {} },
    account_data: { events: [] },
    presence: { events: [] },
    to_device: { events: [] },
    device_lists: { changed: [], left: [] },
    device_one_time_keys_count: { signed_curve25519: 0 },
  })
}

function allRooms(deps: RoomDeps, account: Account, limit: number): Record<string, unknown> {
  const rooms = Array.from({ length: ROOMS }, (_, room) => {
    const id = roomId(room, deps.serverName)
    const length = deps.timeline.length(room, id)
    const slice = deps.timeline.slice(room, id, Math.max(0, length - limit), length)
    return [id, joined(slice, stateOf(room, account.user, deps.serverName), slice.from > 0)]
  })
  return Object.fromEntries(rooms) as Record<string, unknown>
}

function newsSince(deps: RoomDeps, since: number, position: number, limit: number): Record<string, unknown> {
  const touched = new Set(deps.state.sent.slice(since, position).map((event) => event.room_id))
  const rooms = [...touched].flatMap((id) => {
    const room = roomNumber(id, deps.serverName)
    if (room === null) return []
    const before = deps.timeline.length(room, id, since)
    const length = deps.timeline.length(room, id, position)
    const slice = deps.timeline.slice(room, id, Math.max(before, length - limit), length)
    return [[id, joined(slice, [], slice.from > before)]]
  })
  return Object.fromEntries(rooms) as Record<string, unknown>
}

function joined(slice: { events: unknown[]; from: number }, state: unknown[], limited: boolean) {
  return {
    timeline: { events: slice.events, limited, prev_batch: `p${slice.from}` },
    state: { events: state },
    account_data: { events: [] },
    ephemeral: { events: [] },
    unread_notifications: { notification_count: 0, highlight_count: 0 },
    summary: {},
  }
}

function positionOf(token: string): number | null {
  const match = /^s(\d{1,9})$/.exec(token)
  return match === null ? null : Number(match[1])
}

function timelineLimit(filter: string | undefined, filters: ReadonlyMap<string, string>): number {
  const text = filter?.startsWith('{') ? filter : filters.get(filter ?? '')
  if (text === undefined) return TIMELINE_DEFAULT
  try {
    const limit = (JSON.parse(text) as { room?: { timeline?: { limit?: unknown } } }).room?.timeline?.limit
    return typeof limit === 'number' && limit > 0 ? Math.min(limit, TIMELINE_MAX) : TIMELINE_DEFAULT
  } catch {
    return TIMELINE_DEFAULT
  }
}
