// Counting what is no event: people, rooms, devices' keys and keys of the backup, each a row of an answer.
import type { Shape } from './scanner/port.ts'
import { parseBody } from './scanner/reference.ts'

/**
 * Where rows stand in the body:
 * - `joined-members`: the members of `joined`
 * - `hierarchy`: `rooms[]` by `room_id`; what stands in their `children_state[]` are rows of state
 * - `public-rooms`: `chunk[]` by `room_id`
 * - `user-directory`: `results[]` by `user_id`
 * - `mutual-rooms`: `joined[]`, room ids
 * - `keys-query`: people in any of `device_keys`, `master_keys`, `self_signing_keys`, `user_signing_keys`
 * - `backup`: the members of `rooms.*.sessions`; `backup-room`: of `sessions`
 * - `list`: the body is a list of rows
 * - `one`: the body is one row
 */
export type RowShape =
  | 'joined-members'
  | 'hierarchy'
  | 'public-rooms'
  | 'user-directory'
  | 'mutual-rooms'
  | 'keys-query'
  | 'backup'
  | 'backup-room'
  | 'list'
  | 'one'

export interface CarriedRows {
  /** A row each; null where it has no usable id: such a row is charged each time. */
  readonly ids: readonly (string | null)[]
  /** Rows of state beside them. */
  readonly state: number
}

type Json = Readonly<Record<string, unknown>>

/** The rows of a body; null when it is not JSON of that shape: the answer must be withheld. */
export function countRows(body: Uint8Array, shape: RowShape): CarriedRows | null {
  const root = parseBody(body)
  if (shape === 'list') return Array.isArray(root) ? rows(root.map(() => null)) : null
  if (!isObject(root)) return null
  switch (shape) {
    case 'one':
      return rows([null])
    case 'joined-members':
      return keysOf([own(root, 'joined')])
    case 'keys-query':
      return keysOf(
        ['device_keys', 'master_keys', 'self_signing_keys', 'user_signing_keys'].map((name) => own(root, name)),
      )
    case 'public-rooms':
      return listed(own(root, 'chunk'), 'room_id')
    case 'user-directory':
      return listed(own(root, 'results'), 'user_id')
    case 'mutual-rooms':
      return listed(own(root, 'joined'), null)
    case 'hierarchy':
      return hierarchy(root)
    case 'backup-room':
      return keysOf([own(root, 'sessions')])
    case 'backup':
      return wholeBackup(own(root, 'rooms'))
  }
}

function hierarchy(root: Json): CarriedRows | null {
  const listedRooms = own(root, 'rooms')
  const found = listed(listedRooms, 'room_id')
  if (found === null) return null
  let state = 0
  for (const room of (listedRooms ?? []) as unknown[]) {
    const children = isObject(room) ? own(room, 'children_state') : undefined
    if (children === undefined) continue
    if (!Array.isArray(children)) return null
    state += children.length
  }
  return rows(found.ids, state)
}

// A session's id names it in its room only.
function wholeBackup(rooms: unknown): CarriedRows | null {
  if (rooms === undefined) return rows([])
  if (!isObject(rooms)) return null
  const ids: string[] = []
  for (const room of Object.keys(rooms)) {
    const one = rooms[room]
    const found = isObject(one) ? keysOf([own(one, 'sessions')]) : null
    if (found === null) return null
    for (const id of found.ids) ids.push(`${room} ${id}`)
  }
  return rows(ids)
}

// An absent section carries nothing; one that is something else cannot be counted.
function keysOf(sections: readonly unknown[]): CarriedRows | null {
  const keys = new Set<string>()
  for (const section of sections) {
    if (section === undefined) continue
    if (!isObject(section)) return null
    for (const key of Object.keys(section)) keys.add(key)
  }
  return rows([...keys])
}

function listed(section: unknown, key: string | null): CarriedRows | null {
  if (section === undefined) return rows([])
  if (!Array.isArray(section)) return null
  return rows(
    section.map((item: unknown) => {
      const id = key === null ? item : isObject(item) ? own(item, key) : null
      return typeof id === 'string' && id !== '' ? id : null
    }),
  )
}

function rows(ids: readonly (string | null)[], state = 0): CarriedRows {
  return { ids, state }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(object: Json, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** The ids of the rooms whose events a body carries, for requests over all rooms; null when one of them is not named. */
export function roomsIn(body: Uint8Array, shape: Shape): readonly string[] | null {
  const root = parseBody(body)
  if (!isObject(root)) return null
  const ids = new Set<string>()
  for (const item of carriers(root, shape)) {
    const id = isObject(item) ? own(item, 'room_id') : undefined
    if (typeof id !== 'string' || id === '') return null
    ids.add(id)
  }
  return [...ids]
}

// What names a room in each of those shapes.
function carriers(root: Json, shape: Shape): readonly unknown[] {
  const list = (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [])
  const member = (value: unknown, key: string) => (isObject(value) ? own(value, key) : undefined)
  switch (shape) {
    case 'search': {
      const found = list(member(member(own(root, 'search_categories'), 'room_events'), 'results'))
      return found.map((result) => member(result, 'result'))
    }
    case 'notifications':
      return list(own(root, 'notifications'))
    case 'initial-sync':
      return list(own(root, 'rooms'))
    case 'chunk':
      // Typing and presence of a legacy poll belong to no room, or name it.
      return list(own(root, 'chunk')).filter((event) => member(event, 'event_id') !== undefined)
    default:
      return [root]
  }
}
