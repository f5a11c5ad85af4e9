// Counting over raw bytes: a validating scanner that builds nothing but the count. It agrees with JSON.parse on every input
// (test/property/metering/scanner.test.ts holds it against reference.ts): duplicate keys, escaped keys, numbers of any form,
// UTF-8 and depth included. Only an `unsigned` that nests objects is parsed.
import { type CarriedEvent, type CountEvents, MAX_DEPTH, type Shape } from './port.ts'
import { collectUnsigned, countByParsing } from './reference.ts'

type Section = readonly [key: string, kind: CarriedEvent['kind'], list: boolean]

const SECTIONS: Readonly<Partial<Record<Shape, readonly Section[]>>> = {
  chunk: [
    ['chunk', 'timeline', true],
    ['original_event', 'timeline', false],
    ['state', 'state', true],
  ],
  context: [
    ['events_before', 'timeline', true],
    ['event', 'timeline', false],
    ['events_after', 'timeline', true],
    ['state', 'state', true],
  ],
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/** Thrown for input that is not JSON: one instance, never seen outside. */
const NOT_JSON = new Error('not JSON')

/** Counts by scanning the bytes once; shapes that the scanner does not know are parsed. */
export const countByScanning: CountEvents = (body, shape) => {
  if (shape !== 'event' && SECTIONS[shape] === undefined) return countByParsing(body, shape)
  const scanner = new Scanner(body)
  try {
    return scanner.count(shape)
  } catch (error) {
    if (error === NOT_JSON) return null
    throw error
  }
}

/** An event whose plainly written id is read at the end, with all the others. */
interface Unread {
  readonly event: { -readonly [field in keyof CarriedEvent]: CarriedEvent[field] }
  readonly from: number
  readonly to: number
}

class Scanner {
  readonly #bytes: Uint8Array
  readonly #words: DataView
  readonly #unread: Unread[] = []
  #at = 0
  #depth = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  count(shape: Shape): CarriedEvent[] | null {
    this.#space()
    const events = shape === 'event' ? this.#rootEvent() : this.#sections(SECTIONS[shape] ?? [])
    this.#space()
    if (this.#at !== this.#bytes.length) throw NOT_JSON
    if (events !== null) this.#readIds()
    return events
  }

  // One text for all ids: a decoder's call costs more than what it decodes.
  #readIds(): void {
    let length = 0
    for (const { from, to } of this.#unread) length += to - from
    const gathered = new Uint8Array(length)
    let end = 0
    for (const { from, to } of this.#unread)
      for (let at = from; at < to; at++) gathered[end++] = this.#bytes[at] as number
    const text = decoder.decode(gathered)
    let start = 0
    for (const { event, from, to } of this.#unread) {
      event.id = text.slice(start, start + to - from)
      start += to - from
    }
  }

  #rootEvent(): CarriedEvent[] | null {
    const isObject = this.#bytes[this.#at] === OPEN_OBJECT
    const events: CarriedEvent[] = []
    this.#event('timeline', events)
    return isObject ? events : null
  }

  #sections(sections: readonly Section[]): CarriedEvent[] | null {
    if (this.#bytes[this.#at] !== OPEN_OBJECT) {
      this.#value()
      return null
    }
    // The last of equal keys wins, also over one that would not do.
    const found: (CarriedEvent[] | null | undefined)[] = sections.map(() => undefined)
    this.#object((key) => {
      const index = sections.findIndex(([name]) => name === key)
      const section = sections[index]
      if (section === undefined) this.#value()
      else found[index] = this.#section(section)
    })
    if (found.includes(null)) return null
    return found.flatMap((events) => events ?? [])
  }

  #section([, kind, list]: Section): CarriedEvent[] | null {
    const events: CarriedEvent[] = []
    if (!list) {
      this.#event(kind, events)
      return events
    }
    if (this.#bytes[this.#at] !== OPEN_LIST) {
      this.#value()
      return null
    }
    this.#list(() => this.#event(kind, events))
    return events
  }

  #event(kind: CarriedEvent['kind'], events: CarriedEvent[]): void {
    if (this.#bytes[this.#at] !== OPEN_OBJECT) {
      this.#value()
      events.push({ kind, ts: null, id: null })
      return
    }
    let ts: number | null = null
    let id: string | null = null
    let idFrom = -1
    let idTo = -1
    let isState = false
    let unsignedFrom = -1
    let unsignedTo = -1
    this.#object((key) => {
      const from = this.#at
      if (key === 'event_id' && this.#bytes[from] === QUOTE) {
        const plain = this.#string()
        id = plain ? null : this.#text(from, this.#at) || null
        idFrom = plain ? from + 1 : -1
        idTo = this.#at - 1
        return
      }
      this.#value()
      if (key === 'origin_server_ts') ts = this.#integer(from, this.#at)
      else if (key === 'event_id') {
        id = null
        idFrom = -1
      } else if (key === 'state_key') isState = true
      else if (key === 'unsigned') {
        unsignedFrom = from
        unsignedTo = this.#at
      }
    })
    const event = { kind: kind === 'state' && !isState ? 'timeline' : kind, ts, id }
    events.push(event)
    if (idFrom !== -1 && idTo > idFrom) this.#unread.push({ event, from: idFrom, to: idTo })
    if (unsignedFrom === -1) return
    const nests = this.#bytes.subarray(unsignedFrom + 1, unsignedTo).includes(OPEN_OBJECT)
    if (nests) collectUnsigned(this.#parse(unsignedFrom, unsignedTo), events)
  }

  /** Reads an object; `member` is called with each known key (null for others) and must consume the value. */
  #object(member: ((key: string | null) => void) | null): void {
    this.#open()
    if (this.#bytes[this.#at] === CLOSE_OBJECT) {
      this.#close()
      return
    }
    for (;;) {
      if (this.#bytes[this.#at] !== QUOTE) throw NOT_JSON
      const from = this.#at
      const plain = this.#string()
      const to = this.#at
      this.#space()
      if (this.#bytes[this.#at] !== COLON) throw NOT_JSON
      this.#at++
      this.#space()
      if (member === null) this.#value()
      else member(this.#key(from, to, plain))
      this.#space()
      const next = this.#bytes[this.#at]
      if (next === CLOSE_OBJECT) {
        this.#close()
        return
      }
      if (next !== COMMA) throw NOT_JSON
      this.#at++
      this.#space()
    }
  }

  #list(item: (() => void) | null): void {
    this.#open()
    if (this.#bytes[this.#at] === CLOSE_LIST) {
      this.#close()
      return
    }
    for (;;) {
      if (item === null) this.#value()
      else item()
      this.#space()
      const next = this.#bytes[this.#at]
      if (next === CLOSE_LIST) {
        this.#close()
        return
      }
      if (next !== COMMA) throw NOT_JSON
      this.#at++
      this.#space()
    }
  }

  #open(): void {
    if (++this.#depth > MAX_DEPTH) throw NOT_JSON
    this.#at++
    this.#space()
  }

  #close(): void {
    this.#depth--
    this.#at++
  }

  // Recursion is bounded by MAX_DEPTH.
  #value(): void {
    const byte = this.#bytes[this.#at]
    if (byte === QUOTE) this.#string()
    else if (byte === OPEN_OBJECT) this.#object(null)
    else if (byte === OPEN_LIST) this.#list(null)
    else if (byte === 0x74) this.#literal('true')
    else if (byte === 0x66) this.#literal('false')
    else if (byte === 0x6e) this.#literal('null')
    else this.#number()
  }

  /** Consumes a string; whether it is printable ASCII without escapes. */
  #string(): boolean {
    const bytes = this.#bytes
    const words = this.#words
    const length = bytes.length
    const lastWord = length - 4
    let at = this.#at + 1
    let plain = true
    while (at < length) {
      if (at <= lastWord) {
        const marks = marksOf(words.getInt32(at, true))
        if (marks === 0) {
          at += 4
          continue
        }
        at += (31 - Math.clz32(marks & -marks)) >> 3
      }
      const byte = bytes[at] as number
      if (byte === QUOTE) {
        this.#at = at + 1
        return plain
      }
      if (byte < 0x20) throw NOT_JSON
      if (byte === BACKSLASH) {
        plain = false
        at = this.#escape(at)
      } else if (byte >= 0x80) {
        plain = false
        at = this.#multibyte(at)
      } else {
        at++
      }
    }
    throw NOT_JSON
  }

  // RFC 8259 §7.
  #escape(at: number): number {
    const byte = this.#bytes[at + 1]
    if (byte === 0x75) {
      for (let digit = at + 2; digit < at + 6; digit++) if (!isHex(this.#bytes[digit])) throw NOT_JSON
      return at + 6
    }
    if (byte === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(byte))) throw NOT_JSON
    return at + 2
  }

  // RFC 3629 §4: no overlong form, no surrogate, nothing past U+10FFFF.
  #multibyte(at: number): number {
    const bytes = this.#bytes
    const first = bytes[at] as number
    const second = bytes[at + 1] ?? 0
    if (first >= 0xc2 && first <= 0xdf) {
      if (isTail(second)) return at + 2
    } else if (first >= 0xe0 && first <= 0xef) {
      const low = first === 0xe0 ? 0xa0 : 0x80
      const high = first === 0xed ? 0x9f : 0xbf
      if (second >= low && second <= high && isTail(bytes[at + 2] ?? 0)) return at + 3
    } else if (first >= 0xf0 && first <= 0xf4) {
      const low = first === 0xf0 ? 0x90 : 0x80
      const high = first === 0xf4 ? 0x8f : 0xbf
      if (second >= low && second <= high && isTail(bytes[at + 2] ?? 0) && isTail(bytes[at + 3] ?? 0)) return at + 4
    }
    throw NOT_JSON
  }

  // RFC 8259 §6.
  #number(): void {
    const bytes = this.#bytes
    let at = this.#at
    if (bytes[at] === 0x2d) at++
    if (bytes[at] === 0x30) at++
    else at = this.#digits(at)
    if (bytes[at] === 0x2e) at = this.#digits(at + 1)
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at++
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
      at = this.#digits(at)
    }
    this.#at = at
  }

  #digits(from: number): number {
    let at = from
    while (isDigit(this.#bytes[at])) at++
    if (at === from) throw NOT_JSON
    return at
  }

  #literal(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[this.#at + index] !== word.charCodeAt(index)) throw NOT_JSON
    }
    this.#at += word.length
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  /** The key when it is one that matters, whatever way it is written. */
  #key(from: number, to: number, plain: boolean): string | null {
    if (!plain) return this.#text(from, to)
    const known = KEYS_BY_LENGTH[to - from - 2]
    if (known === undefined) return null
    next: for (const key of known) {
      for (let index = 0; index < key.length; index++) {
        if (this.#bytes[from + 1 + index] !== key.charCodeAt(index)) continue next
      }
      return key
    }
    return null
  }

  #integer(from: number, to: number): number | null {
    const first = this.#bytes[from]
    if (!isDigit(first) && first !== 0x2d) return null
    if (to - from <= SAFE_DIGITS) {
      let sum = 0
      let at = from
      while (at < to && isDigit(this.#bytes[at])) sum = sum * 10 + (this.#bytes[at++] as number) - 0x30
      if (at === to) return sum
    }
    const value = Number(ascii(this.#bytes, from, to))
    return Number.isSafeInteger(value) ? value : null
  }

  #text(from: number, to: number): string {
    return this.#parse(from, to) as string
  }

  #parse(from: number, to: number): unknown {
    return JSON.parse(decoder.decode(this.#bytes.subarray(from, to)))
  }
}

/** So many digits always make a safe integer. */
const SAFE_DIGITS = 15
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const KEYS_BY_LENGTH: readonly string[][] = (() => {
  const table: string[][] = []
  const keys = [
    'origin_server_ts',
    'event_id',
    'state_key',
    'unsigned',
    'chunk',
    'state',
    'events_before',
    'event',
    'events_after',
    'original_event',
  ]
  for (const key of keys) {
    table[key.length] ??= []
    ;(table[key.length] as string[]).push(key)
  }
  return table
})()

function ascii(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] as number)
  return text
}

/**
 * Of four bytes of a string, little-endian: a mark in the high bit of each that is not ASCII, under 0x20, a quote or a
 * backslash. The lowest mark is exact; one above it may be there for a borrow only.
 */
function marksOf(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101
  return (word | (word - 0x20202020) | quotes | backslashes) & 0x80808080
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const lower = byte | 0x20
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66)
}

function isTail(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf
}
