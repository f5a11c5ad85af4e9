// Where events stand in the bodies that are counted, as data: the reference counts by it, and a scanner is held to it.

/**
 * - `event`: one event; its `unsigned` is searched for nested ones
 * - `list`, `map`: every element of a list, every member of an object
 * - `object`: the named members, where they are present; the others carry no event
 *
 * Something else than the named kind makes the body uncountable, except at `event`, where it counts as an event without age.
 */
export type Place =
  | { readonly is: 'event'; readonly kind: 'timeline' | 'state' }
  | { readonly is: 'list' | 'map'; readonly of: Place }
  | { readonly is: 'object'; readonly members: Readonly<Record<string, Place>> }

const event: Place = { is: 'event', kind: 'timeline' }
const row: Place = { is: 'event', kind: 'state' }
const list = (of: Place): Place => ({ is: 'list', of })
const map = (of: Place): Place => ({ is: 'map', of })
const object = (members: Readonly<Record<string, Place>>): Place => ({ is: 'object', members })

const page = object({ chunk: list(event) })

export const SHAPES = {
  chunk: object({ chunk: list(event), original_event: event, state: list(row) }),
  context: object({ events_before: list(event), event, events_after: list(event), state: list(row) }),
  event,
  /** `POST search`: what was found, what stands around it, and the state of the rooms when asked for. */
  search: object({
    search_categories: object({
      room_events: object({
        results: list(
          object({ result: event, context: object({ events_before: list(event), events_after: list(event) }) }),
        ),
        state: map(list(row)),
      }),
    }),
  }),
  /** `GET initialSync`: every room's page and state; an invitation is a membership. */
  'initial-sync': object({ rooms: list(object({ messages: page, state: list(row), invite: row })) }),
  'room-initial-sync': object({ messages: page, state: list(row) }),
  notifications: object({ notifications: list(object({ event })) }),
  /** `GET rooms/{r}/members`. */
  members: object({ chunk: list(row) }),
  /** `GET rooms/{r}/state`: a list, not an object. */
  state: list(row),
  /** `GET rooms/{r}/state/{type}/{key}?format=event`: the body is one row. */
  'state-event': row,
} as const satisfies Record<string, Place>

export type Shape = keyof typeof SHAPES
