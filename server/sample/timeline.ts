// A room's timeline: the generated messages, then what was sent. Places are numbers; tokens name a gap between two events.
import { messageAt, placeOf, roomSizes, type SampleEvent } from './content.ts'
import type { SampleState } from './state.ts'

export interface Slice {
  readonly events: SampleEvent[]
  /** Places of the slice: from inclusive, to exclusive. */
  readonly from: number
  readonly to: number
}

/** Reads rooms of one sample homeserver. */
export class Timeline {
  readonly #state: SampleState
  readonly #serverName: string

  constructor(state: SampleState, serverName: string) {
    this.#state = state
    this.#serverName = serverName
  }

  /** Number of events in a room, counting what was sent up to a stream position. */
  length(room: number, roomId: string, position = this.#state.sent.length): number {
    return (roomSizes[room] as number) + this.#sentIn(roomId, position).length
  }

  slice(room: number, roomId: string, from: number, to: number): Slice {
    const generated = roomSizes[room] as number
    const sent = this.#sentIn(roomId, this.#state.sent.length)
    const events: SampleEvent[] = []
    for (let place = from; place < to; place++) {
      const event = place < generated ? messageAt(room, place, this.#serverName) : sent[place - generated]
      if (event !== undefined) events.push(event)
    }
    return { events, from, to }
  }

  /** The place of an event in its room, or null. */
  placeOf(room: number, roomId: string, eventId: string): number | null {
    const generated = placeOf(eventId)
    if (generated !== null) return generated.room === room ? generated.index : null
    const index = this.#sentIn(roomId, this.#state.sent.length).findIndex((event) => event.event_id === eventId)
    return index === -1 ? null : (roomSizes[room] as number) + index
  }

  /** A token back to a place: `p<place>`, or a stream position `s<number>`. Null when it is neither. */
  placeOfToken(room: number, roomId: string, token: string): number | null {
    const match = /^([ps])(\d{1,9})$/.exec(token)
    if (match === null) return null
    const number = Number(match[2])
    const place = match[1] === 'p' ? number : this.length(room, roomId, number)
    return place <= this.length(room, roomId) ? place : null
  }

  #sentIn(roomId: string, position: number): SampleEvent[] {
    return this.#state.sent.slice(0, position).filter((event) => event.room_id === roomId)
  }
}
