// Counting by JSON.parse: what the scanner is held against, and what counts where an answer is parsed anyway.
import { type CarriedEvent, type CountEvents, MAX_DEPTH } from './port.ts'
import { type Place, SHAPES } from './shapes.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Counts by parsing the whole body. */
export const countByParsing: CountEvents = (body, shape) => {
  const root = parseBody(body)
  if (root === undefined || (shape === 'event' && !isObject(root))) return null
  const events: CarriedEvent[] = []
  return collect(root, SHAPES[shape], events) ? events : null
}

// False: something else stands where events should.
function collect(value: unknown, place: Place, events: CarriedEvent[]): boolean {
  switch (place.is) {
    case 'event':
      collectEvent(value, place.kind, events)
      return true
    case 'list':
      return Array.isArray(value) && value.every((item) => collect(item, place.of, events))
    case 'map':
      return isObject(value) && Object.keys(value).every((key) => collect(value[key], place.of, events))
    case 'object': {
      if (!isObject(value)) return false
      // In the order of the shape, not of the body.
      return Object.entries(place.members).every(([key, member]) => {
        const there = own(value, key)
        return there === undefined || collect(there, member, events)
      })
    }
  }
}

/** JSON in UTF-8, or undefined: not UTF-8, a byte order mark, not JSON, or deeper than `MAX_DEPTH`. */
export function parseBody(body: Uint8Array): unknown {
  if (isTooDeep(body)) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Adds an event and those nested in its `unsigned`. What is no object counts too: as one without age or id. */
export function collectEvent(event: unknown, kind: CarriedEvent['kind'], events: CarriedEvent[]): void {
  if (!isObject(event)) {
    events.push({ kind, ts: null, id: null, encrypted: false })
    return
  }
  const ts = own(event, 'origin_server_ts')
  const id = own(event, 'event_id')
  events.push({
    // What has no `state_key` is no state, whatever section carries it.
    kind: kind === 'state' && own(event, 'state_key') === undefined ? 'timeline' : kind,
    ts: Number.isSafeInteger(ts) ? (ts as number) : null,
    id: typeof id === 'string' && id !== '' ? id : null,
    encrypted: own(event, 'type') === 'm.room.encrypted',
  })
  collectUnsigned(own(event, 'unsigned'), events)
}

/** Adds the events in the members of an `unsigned`: bundled aggregations and `redacted_because` are whole events. */
export function collectUnsigned(unsigned: unknown, events: CarriedEvent[]): void {
  if (Array.isArray(unsigned)) {
    for (const item of unsigned) collectNested(item, events)
  } else if (isObject(unsigned)) {
    // `prev_content` is content: nothing in it is an event, whatever it looks like.
    for (const key of Object.keys(unsigned)) if (key !== 'prev_content') collectNested(unsigned[key], events)
  }
}

// Content makes an event, whatever else is missing: a homeserver thins out what is nested by the client's `event_fields` too.
function collectNested(value: unknown, events: CarriedEvent[]): void {
  if (isObject(value) && own(value, 'content') !== undefined) {
    collectEvent(value, 'timeline', events)
  } else {
    collectUnsigned(value, events)
  }
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// `__proto__` from JSON.parse is an own member like any other; an inherited one is none.
function own(object: { [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

// A bound on the nesting before anything recurses over it. Brackets in strings do not nest.
function isTooDeep(body: Uint8Array): boolean {
  let depth = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === 0x22) {
      at++
      while (at < body.length && body[at] !== 0x22) at += body[at] === 0x5c ? 2 : 1
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_DEPTH) return true
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--
    }
  }
  return false
}
