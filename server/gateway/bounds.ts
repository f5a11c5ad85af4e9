// What a caller that is not a person at a device may ask for: services within their networks, rooms and users; clients from
// before the gateway nothing that the gateway itself would have to answer for them. Pure.
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import { within } from '../platform/network.ts'
import { mayActAs } from '../sessions/service.ts'
import type { Classified } from './classify.ts'
import type { Caller } from './ports.ts'

export type Bounded =
  /** `passed`: forwarded as it is, though the table has the gateway answer it. */
  { readonly caller: Caller; readonly passed: boolean } | { readonly refused: MatrixError; readonly reason: string }

/** Rows whose answer is about all rooms and is cut to the service's own (`onlyRooms`, `onlyJoinedRooms`). */
const CUT: ReadonlySet<string> = new Set(['sync', 'joined_rooms'])
/** What a service does not do: it holds no key, signs nobody in, and has no phone. */
const NOT_FOR_SERVICES: ReadonlySet<string> = new Set([
  'pushers.set',
  'account.3pid.email',
  'account.3pid.msisdn',
  // Its `user_id` names somebody else than who asks.
  'mutual_rooms',
  'unstable.mutual_rooms',
  'mutual_rooms.v1',
  'unstable.mutual_rooms.v1',
])
/** Parameters by which an application service speaks for another's device. */
const DEVICE_PARAMETERS = ['device_id', 'org.matrix.msc3202.device_id']

/** The caller as the request may be served for it, or why it may not. A person's is as it was. */
export function bounded(caller: Caller, route: Classified, address: string): Bounded {
  if (caller.kind === 'person') return { caller, passed: false }
  return caller.kind === 'existing' ? existing(caller, route) : service(caller, route, address)
}

function existing(caller: Caller, route: Classified): Bounded {
  const { row } = route
  if (row.treatment !== 'control' || row.anonymous || row.id === 'capabilities') return { caller, passed: false }
  // The homeserver ends what it began itself.
  if (row.id === 'logout' || row.id === 'logout.all') return { caller, passed: true }
  // Confirmed with a key, so by somebody who has signed in with one.
  const refused = matrixError('M_UNKNOWN_TOKEN', 401, 'Sign in again', { soft_logout: true })
  return { refused, reason: 'existing-login' }
}

function service(caller: Caller, route: Classified, address: string): Bounded {
  const bounds = caller.service
  if (bounds === null || !within(address, bounds.networks)) {
    // As if the token were unknown: where it may be used from is nobody's business.
    return { refused: matrixError('M_UNKNOWN_TOKEN', 401, 'Unknown access token'), reason: 'service-network' }
  }
  const { row } = route
  const answersForPeople = row.treatment === 'control' && !row.anonymous && row.id !== 'capabilities'
  if (answersForPeople || row.id.startsWith('room_keys') || NOT_FOR_SERVICES.has(row.id)) {
    return forbidden('Not for services', 'service-route')
  }
  const userId = actingAs(caller, route)
  if (typeof userId !== 'string') return userId
  const room = route.params['roomId'] ?? route.params['roomIdOrAlias']
  if (caller.rooms !== null) {
    if (room !== undefined && !caller.rooms.includes(room))
      return forbidden('This service may not see that room', 'service-room')
    const aboutAll = row.unit === 'events' || row.id.startsWith('createRoom') || row.id === 'joined_rooms'
    // What stands below a space is other rooms.
    if ((room === undefined && aboutAll && !CUT.has(row.id)) || row.id.endsWith('hierarchy'))
      return forbidden('This service sees rooms one by one', 'service-all-rooms')
  }
  return { caller: userId === caller.userId ? caller : { ...caller, userId }, passed: false }
}

/** Whom an application service speaks for (`user_id`), only within its registered namespace. */
function actingAs(caller: Caller, route: Classified): string | Extract<Bounded, { reason: string }> {
  if (DEVICE_PARAMETERS.some((name) => route.query.count(name) > 0))
    return forbidden('This service may not speak for a device', 'service-device')
  const named = route.query.count('user_id')
  if (named === 0) return caller.userId
  const userId = route.query.first('user_id')
  if (named > 1 || userId === null) return forbidden('user_id must be given once', 'service-user')
  if (userId === caller.userId || mayActAs(caller.service?.namespace ?? [], userId)) return userId
  return forbidden('This service may not speak for that user', 'service-user')
}

function forbidden(message: string, reason: string): Extract<Bounded, { reason: string }> {
  return { refused: matrixError('M_FORBIDDEN', 403, message), reason }
}

type Json = Readonly<Record<string, unknown>>

/** A /sync answer with those rooms only. What is not about a room stays. */
export function onlyRooms(answer: Json, rooms: readonly string[]): Json {
  const { rooms: sections } = answer
  if (!isObject(sections)) return answer
  const kept = Object.entries(sections).map(([section, byRoom]) => [
    section,
    isObject(byRoom) ? Object.fromEntries(Object.entries(byRoom).filter(([room]) => rooms.includes(room))) : {},
  ])
  return { ...answer, rooms: Object.fromEntries(kept) }
}

/** GET /joined_rooms with those rooms only. */
export function onlyJoinedRooms(answer: Json, rooms: readonly string[]): Json {
  const joined = Array.isArray(answer['joined_rooms']) ? answer['joined_rooms'] : []
  return { joined_rooms: joined.filter((room) => typeof room === 'string' && rooms.includes(room)) }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
