// The scanner and JSON.parse must agree on every input: what one counts, the other counts; what one refuses, so does the other.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHAPES, type Shape } from '../../../server/metering/scanner/shapes.ts'
import { scannedAlike, scanner, WEIGHING } from '../../support/scanner.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const NAMES = Object.keys(SHAPES) as Shape[]

function agree(body: Uint8Array, cuts: readonly number[] = []): void {
  for (const shape of NAMES) scannedAlike(body, shape, cuts)
}

const count = (body: Uint8Array, shape: Shape) => scanner.see(body, shape, WEIGHING.hash.key)
const cuts = fc.array(fc.nat(), { maxLength: 4 })

const KEYS = [
  'chunk',
  'original_event',
  'search_categories',
  'room_events',
  'results',
  'result',
  'context',
  'rooms',
  'messages',
  'invite',
  'notifications',
  'state',
  'event',
  'events_before',
  'events_after',
  'event_id',
  'origin_server_ts',
  'unsigned',
  'state_key',
  'content',
  'type',
  'm.relations',
  'latest_event',
  'redacted_because',
  'prev_content',
  '__proto__',
  'other',
  'é',
]

/** A string as JSON, with some of its characters escaped. */
const jsonString = (value: fc.Arbitrary<string>) =>
  fc.tuple(value, fc.infiniteStream(fc.boolean())).map(([text, escaped]) => {
    const inner = [...text].map((character) => {
      const isEscaped = escaped.next().value
      if (isEscaped && character.length === 1) return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      return JSON.stringify(character).slice(1, -1)
    })
    return `"${inner.join('')}"`
  })
const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r')
const scalar = fc.oneof(
  fc.constantFrom(
    '1',
    '0',
    '-0',
    '1e3',
    '1.0',
    '1.5',
    '9007199254740993',
    '1e400',
    '-1',
    '1.7e12',
    '1700000000000',
    'true',
    'null',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  jsonString(
    fc.oneof(fc.constantFrom('', '$event', '$é', '{"', '\u2028', 'm.room.encrypted'), fc.string({ unit: 'grapheme' })),
  ),
)
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc
      .array(fc.tuple(space, tie('json')), { maxLength: 3 })
      .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
    // Keys may repeat: the last wins.
    fc
      .array(fc.tuple(space, jsonString(fc.constantFrom(...KEYS)), space, tie('json'), space), { maxLength: 4 })
      .map((members) => `{${members.map(([a, key, b, value, c]) => `${a}${key}${b}:${value}${c}`).join(',')}}`),
  ),
}))

describe('the scanner and JSON.parse', () => {
  it('count the same events in arbitrary JSON of these keys', () => {
    fc.assert(
      fc.property(json, cuts, (text, at) => agree(encode(text), at)),
      { numRuns: 1_500 },
    )
  })

  it('count the same events in pages', () => {
    const event = fc.dictionary(fc.constantFrom(...KEYS), json).map(
      (fields) =>
        `{${Object.entries(fields)
          .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
          .join(',')}}`,
    )
    const page = fc
      .tuple(fc.array(event, { maxLength: 4 }), fc.array(event, { maxLength: 4 }), event)
      .map(
        ([chunk, state, one]) =>
          `{"chunk":[${chunk}],"events_before":[${chunk}],"event":${one},"state":[${state}],"end":"t1-2"}`,
      )
    fc.assert(
      fc.property(page, cuts, (text, at) => agree(encode(text), at)),
      { numRuns: 1_000 },
    )
  })

  it('agree when bytes are changed, cut out or put in', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.nat(2),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x22, 0x5c, 0x7b, 0x7d, 0x2c, 0xc3, 0xed, 0xf4)),
    )
    fc.assert(
      fc.property(json, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        const bytes = [...encode(text)]
        for (const [place, what, byte] of changes)
          bytes.splice(place % (bytes.length + 1), what === 0 ? 0 : 1, ...(what === 1 ? [] : [byte]))
        agree(new Uint8Array(bytes))
      }),
      { numRuns: 1_500 },
    )
  })

  it('agree on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => agree(bytes)),
      { numRuns: 1_000 },
    )
  })

  it('agree on every byte at every place of a word, in an id and in a text', () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let place = 0; place < 12; place++) {
        for (const key of ['event_id', 'body']) {
          const body = encode(`{"chunk":[{"${key}":"aaaaaaaaaaaa","origin_server_ts":1}]}`)
          body[body.indexOf(0x61, body.lastIndexOf(0x3a, body.length - 25)) + place] = byte
          agree(body)
        }
      }
    }
  })

  it('read each event its own id, whatever way it is written, the last of equal keys', () => {
    const ids = [
      '"$a"',
      '""',
      '"$\\u0062"',
      '"$é"',
      '7',
      '"$c","event_id":"$d"',
      '"$e","event_id":"\\u0024f"',
      '"$g","event_id":7',
    ]
    const events = [...ids, '"$h","event_id":""', '"$i"'].map((id) => `{"event_id":${id}}`)
    const body = encode(`{"chunk":[${events}]}`)
    agree(body)
  })

  it('agree on integers of every length', () => {
    for (let length = 1; length < 20; length++) {
      for (const digit of ['0', '1', '9'])
        for (const sign of ['', '-']) agree(encode(`{"chunk":[{"origin_server_ts":${sign}${digit.repeat(length)}}]}`))
    }
  })

  it('refuse what is deeper than their cap, and take what is not', () => {
    const nested = (depth: number) => encode(`{"chunk":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`)
    expect(count(nested(512), 'chunk')).toMatchObject({ seen: [{ hash: null }] })
    agree(nested(512))
    expect(count(nested(513), 'chunk')).toBeNull()
    agree(nested(513))
    agree(encode('['.repeat(200_000)))
  })

  it('refuse a byte order mark, split UTF-8 and surrogates', () => {
    for (const body of [
      [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
      [0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      const bytes = new Uint8Array(body)
      expect(scanner.weigh(bytes, 'chunk', WEIGHING)).toBeNull()
      agree(bytes)
    }
  })

  it('count the same wherever a body is cut', () => {
    const text = `{"é":"\\u00e9\\n😀","chunk":[{"event_id":"$é","origin_server_ts":-12,"type":"m.room.encrypted","unsigned":
      {"age":1.5e2,"m.relations":{"x":{"content":{},"event_id":"$n","unsigned":{"redacted_because":{"content":null}}}}}},
      7,true,false,null,[{"event_id":"no"}],{"unsigned":{"a":[{"b":{"content":1}}]}}],"state":[{"state_key":""},{}]}`
    const body = encode(text)
    for (let at = 0; at <= body.length; at++) agree(body, [at])
    agree(
      body,
      Array.from(body, (_, at) => at),
    )
  })

  it('take strings and lists larger than what is scanned at once', () => {
    const long = 'é'.repeat(400_000)
    const event = `{"content":{"body":"${long}"},"event_id":"$long","origin_server_ts":5}`
    agree(encode(`{"chunk":[${event},${event}],"end":"${'x'.repeat(1_000_000)}"}`), [17, 400_001])
    const many = encode(`{"chunk":[${'{},'.repeat(1_000_000)}{}]}`)
    expect(scanner.weigh(many, 'chunk', WEIGHING)?.history.bare).toBe(3 * 1_000_001)
    // Neither an id nor a key nor a number has such a size: in a whole body JSON.parse counts them.
    for (const odd of [
      `{"event_id":"${long}"}`,
      `{"unsigned":{"${long}":{"content":1}}}`,
      `{"origin_server_ts":1${'0'.repeat(400_000)}}`,
    ])
      agree(encode(`{"chunk":[${odd}]}`), [300_000])
  })

  it('refuse more events than are kept account of', () => {
    const body = encode(`{"chunk":[${'0,'.repeat(2_100_000)}0]}`)
    expect(scanner.weigh(body, 'chunk', WEIGHING)).toBeNull()
  })

  it('count events nested in unsigned, and what is no state in a state section', () => {
    const nested = { event_id: '$n', type: 'm', content: {}, origin_server_ts: 5 }
    const body = encode(
      JSON.stringify({
        chunk: [
          {
            event_id: '$a',
            origin_server_ts: 1,
            unsigned: { 'm.relations': { 'm.thread': { latest_event: nested } }, prev_content: nested },
          },
        ],
        state: [
          { event_id: '$s', origin_server_ts: 2, state_key: '' },
          { event_id: '$m', origin_server_ts: 3 },
        ],
      }),
    )
    const sight = count(body, 'chunk')
    expect(sight === null || sight === 'parse' ? sight : sight.seen.map(({ ts, isState }) => [ts, isState])).toEqual([
      [1, false],
      [5, false],
      [2, true],
      [3, false],
    ])
    agree(body)
  })
})
