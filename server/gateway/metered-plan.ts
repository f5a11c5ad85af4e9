// What a metered request of bounded size asks for, read off its classified route and its body. Pure.
import type { MatrixError } from '../errors/matrix.ts'
import type { Reserved } from '../metering/port.ts'
import type { Shape } from '../metering/scanner/port.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import type { Classified } from './classify.ts'
import type { MeteredRequest, UpstreamRequest } from './metered-port.ts'
import { searchPlan } from './metered-search.ts'
import type { Caller, Direction } from './ports.ts'
import { withParameters } from './query.ts'

export type Granted = Extract<Reserved, { state: 'granted' }>
export type Refused = Extract<Reserved, { state: 'refused' }>

/** The room of a request over all rooms. */
export const EVERYWHERE = '*'

export interface Plan {
  readonly shape: Shape
  /** `*` for a request over all rooms: which they were is read off the answer. */
  readonly room: string
  readonly direction: Direction
  /** Events the answer may carry when the limit is honoured, at least 1. */
  readonly events: number
  /** What asks for at most that many events. */
  request(events: number): UpstreamRequest
}

/** The plan of a route with a bounded answer; null for a route this pipeline does not know; an error for a body it cannot read. */
export function planOf(request: Pick<MeteredRequest, 'route' | 'body'>): Plan | MatrixError | null {
  const { route } = request
  const { id } = route.row
  const room = route.params['roomId'] ?? EVERYWHERE
  const asked = route.limit ?? 0
  const limited = (limit: number): UpstreamRequest => ({ target: withParameters(route, { limit: String(limit) }) })
  const asItIs = (): UpstreamRequest => ({ target: route.target })
  const page = (shape: Shape, direction: Direction, events = asked): Plan => ({
    shape,
    room,
    direction,
    events: Math.max(1, events),
    request: (granted) => limited(Math.min(asked, granted)),
  })
  switch (id) {
    case 'search':
      return searchPlan(request)
    case 'rooms.event':
    case 'rooms.timestamp_to_event':
    case 'unstable.timestamp_to_event':
      return { shape: 'event', room, direction: 'event', events: 1, request: asItIs }
    case 'events.one':
      return { shape: 'event', room, direction: 'everywhere', events: 1, request: asItIs }
    case 'rooms.context':
      // The event asked for comes besides the limit.
      return {
        ...page('context', 'around', asked + 1),
        request: (granted) => limited(Math.min(asked, granted - 1)),
      }
    case 'rooms.initialSync':
      return page('room-initial-sync', 'backward')
    case 'initialSync':
      return everyRoomsPage(route, asked)
    case 'notifications':
      return page('notifications', 'everywhere')
    case 'events':
      // A reservation does not outlive a poll of any length: the client asks again sooner.
      return {
        ...page('chunk', 'everywhere'),
        request: (granted) => ({
          target: withParameters(route, { limit: String(Math.min(asked, granted)), timeout: String(pollMs(route)) }),
        }),
      }
    default:
      if (id === 'rooms.messages' || id.includes('relations') || id.includes('threads')) {
        return page('chunk', route.query.first('dir') === 'f' ? 'forward' : 'backward')
      }
      return null
  }
}

/** The rooms that a page of every room is planned for; what more of them carry is paid at settlement or withheld. */
const ROOMS_OF_INITIAL_SYNC = 20

// The limit is one room's: what was granted is shared among them.
function everyRoomsPage(route: Classified, asked: number): Plan {
  return {
    shape: 'initial-sync',
    room: EVERYWHERE,
    direction: 'everywhere',
    events: Math.max(1, asked) * ROOMS_OF_INITIAL_SYNC,
    request: (granted) => ({
      target: withParameters(route, {
        limit: String(Math.min(asked, Math.max(1, Math.floor(granted / ROOMS_OF_INITIAL_SYNC)))),
      }),
    }),
  }
}

/** The longest poll that a reservation is held for. */
const MAX_POLL_MS = 30_000

function pollMs(route: Classified): number {
  const timeout = route.query.first('timeout')
  return timeout !== null && /^[0-9]{1,9}$/.test(timeout) ? Math.min(Number(timeout), MAX_POLL_MS) : MAX_POLL_MS
}

/**
 * Whether a device was without activity and tap for longer than the idle limit. Sessions do not count a request as activity
 * once the limit has passed: only a tap ends it.
 */
export function isIdle(caller: Caller, nowMs: number, policy: Pick<MeteringPolicy, 'idleLimitMs'>): boolean {
  return nowMs - Math.max(caller.lastActiveAtMs, caller.lastTapAtMs) > policy.idleLimitMs
}
