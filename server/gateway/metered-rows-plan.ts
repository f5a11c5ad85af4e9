// What the rows of an answer without a known bound are charged to, read off the route. Pure.
import * as z from 'zod'
import type { MatrixError } from '../errors/matrix.ts'
import type { RowShape } from '../metering/rows.ts'
import type { Shape } from '../metering/scanner/port.ts'
import { readBody } from './metered-body.ts'
import type { Bound } from './metered-charge.ts'
import type { MeteredRequest, UpstreamRequest } from './metered-port.ts'
import { withParameters } from './query.ts'

const searchBody = z.looseObject({ limit: z.int().min(0).optional() })
/** What a homeserver takes when the client says nothing, and the most that is asked of it. */
const PUBLIC_ROOMS = { byDefault: 100, max: 500 }
const PEOPLE = { byDefault: 10, max: 50 }

export type RowMeter = 'state' | 'directory' | 'key-backup'

export interface RowsPlan extends Bound {
  readonly meter: RowMeter
  /** Rows of a body that carries no events, or events that are rows of state. */
  readonly counted: { readonly rows: RowShape } | { readonly events: Shape }
  /** What a row is remembered by, so that asking again within ten minutes is free; absent: each costs, each time. */
  idOf?(id: string | null): string | null
  /** Rows that cost nothing: those about the person who asks. */
  isFree?(id: string | null): boolean
  /** Windows do not pay: the whole of a backup. */
  readonly tapOnly: boolean
  readonly request: UpstreamRequest
  /** Asks for at most so many rows, where the route has a limit that may be lowered. */
  clamped?(rows: number): UpstreamRequest
}

/** The plan of a route whose answer is counted and then charged; null for any other; an error for a body it cannot read. */
export function rowsPlanOf({
  route,
  body,
  caller,
}: Pick<MeteredRequest, 'route' | 'body' | 'caller'>): RowsPlan | MatrixError | null {
  const { id } = route.row
  const room = route.params['roomId'] ?? null
  const userId = route.params['userId'] ?? null
  const named = route.params['roomIdOrAlias'] ?? ''
  const asked: UpstreamRequest = { target: route.target }
  const state = (counted: RowsPlan['counted']): RowsPlan => ({
    meter: 'state',
    counted,
    room,
    direction: 'state',
    tapOnly: false,
    request: asked,
  })
  const directory = (rows: RowShape, more: Partial<RowsPlan> = {}): RowsPlan => ({
    meter: 'directory',
    counted: { rows },
    // The directory is no room's: one tap serves a search and a space alike.
    room: null,
    direction: 'directory',
    idOf: (row) => row,
    tapOnly: false,
    request: asked,
    ...more,
  })
  const backup = (rows: RowShape, more: Partial<RowsPlan> = {}): RowsPlan => ({
    meter: 'key-backup',
    counted: { rows },
    room,
    direction: 'key-backup',
    tapOnly: true,
    request: asked,
    ...more,
  })
  switch (id) {
    case 'rooms.state':
      return state({ events: 'state' })
    case 'rooms.state.type':
    case 'rooms.state.type.empty':
    case 'rooms.state.type.key':
      return state(route.query.first('format') === 'event' ? { events: 'state-event' } : { rows: 'one' })
    case 'rooms.members':
      return state({ events: 'members' })
    case 'rooms.joined_members':
      return state({ rows: 'joined-members' })
    case 'keys.query':
      return { ...state({ rows: 'keys-query' }), isFree: (user) => user === caller.userId }
    case 'rooms.hierarchy':
    case 'unstable.hierarchy':
      return directory('hierarchy', limited(route))
    case 'publicRooms':
      return directory('public-rooms', limited(route))
    case 'publicRooms.search':
    case 'user_directory': {
      const limits = id === 'user_directory' ? PEOPLE : PUBLIC_ROOMS
      const read = readBody(body, searchBody)
      if ('error' in read) return read.error
      const { value } = read
      const wanted = Math.min(value.limit || limits.byDefault, limits.max)
      const asking = (rows: number): UpstreamRequest => ({
        target: route.target,
        body: JSON.stringify({ ...value, limit: Math.max(1, Math.min(wanted, rows)) }),
      })
      const shape = id === 'user_directory' ? 'user-directory' : 'public-rooms'
      return directory(shape, { request: asking(wanted), clamped: asking })
    }
    case 'mutual_rooms':
    case 'unstable.mutual_rooms':
    case 'mutual_rooms.v1':
    case 'unstable.mutual_rooms.v1':
      // What a row tells is who else is there: the same rooms shared with another person are other rows.
      return directory('mutual-rooms', { idOf: (row) => row && `${row} with ${route.query.first('user_id')}` })
    case 'profile':
    case 'profile.field':
    case 'unstable.profile.field':
      return directory('one', { idOf: () => userId, isFree: () => userId === caller.userId })
    case 'room_summary':
    case 'unstable.room_summary':
    case 'unstable.summary':
      // Whoever keeps an alias may name another room by it each time.
      return directory('one', { idOf: () => (named.startsWith('!') ? named : null) })
    case 'thirdparty.location':
    case 'thirdparty.location.protocol':
    case 'thirdparty.user':
    case 'thirdparty.user.protocol':
      return directory('list')
    case 'room_keys.keys':
      return backup('backup', { room: '*' })
    case 'room_keys.keys.room':
      return backup('backup-room')
    case 'room_keys.keys.session':
      return backup('one', {
        // One key by one, from any room.
        room: null,
        tapOnly: false,
        idOf: () => `${room} ${route.params['sessionId']}`,
      })
    default:
      return null
  }
}

function limited(route: MeteredRequest['route']): Pick<RowsPlan, 'request'> & Required<Pick<RowsPlan, 'clamped'>> {
  // 0 is "all of it" to a homeserver.
  const wanted = route.limit || (route.row.clamp?.default ?? 1)
  const clamped = (rows: number): UpstreamRequest => ({
    target: withParameters(route, { limit: String(Math.max(1, Math.min(wanted, rows))) }),
  })
  return { request: clamped(wanted), clamped }
}
