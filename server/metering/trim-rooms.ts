// A /sync answer without the rooms that its caller was not given. Pure.
import { type Fields, isFields } from './sync-units.ts'

/** The body with the given rooms only, in either form; anything that is no such body as it is. */
export function onlyRooms(body: unknown, rooms: ReadonlySet<string>): unknown {
  if (!isFields(body)) return body
  const kept: Fields = { ...body }
  const ofRooms = (part: unknown): unknown =>
    isFields(part) ? Object.fromEntries(Object.entries(part).filter(([roomId]) => rooms.has(roomId))) : part
  if (isFields(body['rooms'])) {
    kept['rooms'] =
      typeof body['pos'] === 'string'
        ? ofRooms(body['rooms'])
        : Object.fromEntries(Object.entries(body['rooms']).map(([section, members]) => [section, ofRooms(members)]))
  }
  for (const part of ['lists', 'extensions']) if (isFields(body[part])) kept[part] = pruned(body[part], ofRooms, rooms)
  return kept
}

// Lists name rooms in `room_ids`, extensions by room in `rooms`, `subscribed` and `unsubscribed`.
function pruned(part: Fields, ofRooms: (part: unknown) => unknown, rooms: ReadonlySet<string>): Fields {
  const prune = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(prune)
    if (!isFields(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        if (key === 'rooms' || key === 'subscribed' || key === 'unsubscribed') return [key, ofRooms(member)]
        if (key === 'room_ids' && Array.isArray(member)) return [key, member.filter((id) => rooms.has(id as string))]
        return [key, key === 'events' || key === 'global' ? member : prune(member)]
      }),
    )
  }
  return prune(part) as Fields
}
