// A body read in pieces is what JSON.parse makes of it, wherever it is cut; what JSON.parse refuses, and a key given twice, is refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonPieces, type Path } from '../../../server/metering/json-pieces.ts'

const OPENED = new Set(['', 'rooms', 'rooms/join'])
const isOpened = (path: Path) => OPENED.has(path.join('/'))

/** The body put together again from its pieces; undefined when it was refused. */
function together(body: Uint8Array, cuts: readonly number[]): unknown {
  let root: unknown
  const place = (path: Path): Record<string, unknown> => {
    root ??= {}
    let at = root as Record<string, unknown>
    for (const key of path) {
      if (!Object.hasOwn(at, key)) Object.defineProperty(at, key, { value: {}, enumerable: true, writable: true })
      at = at[key] as Record<string, unknown>
    }
    return at
  }
  const pieces = jsonPieces({
    isOpened: (path) => {
      if (isOpened(path)) place(path)
      return isOpened(path)
    },
    value: (path, bytes) => {
      try {
        const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
        if (path.length === 0) root = value
        else Object.defineProperty(place(path.slice(0, -1)), path.at(-1) as string, { value, enumerable: true })
        return true
      } catch {
        return false
      }
    },
    maxBytes: 1_000_000,
  })
  const ends = [...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length]
  let from = 0
  for (const to of ends) {
    // A buffer that is used again for the next bytes.
    const chunk = body.slice(from, to)
    if (!pieces.take(chunk)) return undefined
    chunk.fill(0x5b)
    from = to
  }
  return pieces.end() ? root : undefined
}

const bytes = (text: string) => new TextEncoder().encode(text)
const key = fc.constantFrom('rooms', 'join', 'leave', 'next_batch', '!a', 'a"b', 'ü', '__proto__', '')
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, fc.string(), fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
  list: fc.array(tie('any'), { maxLength: 3 }),
  map: fc.dictionary(key, tie('any'), { maxKeys: 4 }),
}))
const cuts = fc.array(fc.nat(400), { maxLength: 6 })
const spaced = fc.constantFrom(undefined, 1, '\t')

describe('a body in pieces', () => {
  it('is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(value.map, spaced, cuts, (body, space, at) => {
        const text = JSON.stringify(body, null, space)
        expect(JSON.stringify(together(bytes(text), at))).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is refused when a byte of it is changed so that it is no JSON any more, or is what JSON.parse makes of it then', () => {
    fc.assert(
      fc.property(value.map, fc.nat(), fc.constantFrom(...'{}[]",:\\ x0'), cuts, (body, place, byte, at) => {
        const text = JSON.stringify(body)
        const changed = text.slice(0, place % text.length) + byte + text.slice((place % text.length) + 1)
        let parsed: unknown
        try {
          parsed = JSON.parse(changed)
        } catch {
          expect(together(bytes(changed), at)).toBeUndefined()
          return
        }
        const read = together(bytes(changed), at)
        // A key that comes twice now is refused.
        if (read !== undefined) expect(JSON.stringify(read)).toBe(JSON.stringify(parsed))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['a key given twice', '{"rooms":{},"rooms":{}}'],
    ['a key given twice, once escaped', '{"rooms":{"join":{"a":1,"\\u0061":2}}}'],
    ['two bodies', '{} {}'],
    ['a body cut short', '{"rooms":{"join":{"!a":{}}'],
    ['something between members', '{"rooms":{"join":{"!a":{} {"event_id":"$x"} ,"!b":{}}}}'],
    ['a comma at the end', '{"a":1,}'],
    ['nothing', ''],
  ])('is refused: %s', (_what, text) => {
    expect(together(bytes(text), [3])).toBeUndefined()
  })

  it('is refused when one value is larger than may be held', () => {
    const pieces = jsonPieces({ isOpened: (path) => path.length === 0, value: () => true, maxBytes: 100 })
    expect(pieces.take(bytes('{"a":"'))).toBe(true)
    expect(pieces.take(bytes('x'.repeat(101)))).toBe(false)
  })
})
