// A /sync read room by room costs, and is trimmed to, what the same body parsed whole is: in either form, wherever it is cut.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SLIDING } from '../../../server/metering/sliding-answer.ts'
import { CLASSIC, readAnswer, withComing } from '../../../server/metering/sync-answer.ts'
import { type PiecedTrim, readPieces, trimmedPieces } from '../../../server/metering/sync-pieces.ts'
import type { Fields } from '../../../server/metering/sync-units.ts'
import { type Budget, judge } from '../../../server/metering/trim.ts'
import { trim } from '../../../server/metering/trim-body.ts'
import { costOf } from '../../../server/metering/trim-cost.ts'
import { eventHasher } from '../../../server/metering/weigh.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'

const NOW = 1_800_000_000_000
const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
const reading = { nowMs: NOW, policy: { ...defaultPolicy, weights: { plaintext: 2, encrypted: 1 } }, hash }
const coming = { firstSync: false, coversUntilMs: NOW - 3_600_000 }

const event: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record(
      {
        event_id: fc.nat(80).map((id) => `$${id}`),
        origin_server_ts: fc.constantFrom(NOW - 1_000, NOW - 1_800_000, NOW - 86_400_000),
        type: fc.constantFrom('m.room.message', 'm.room.encrypted', 'm.room.topic', 'm.room.member'),
        sender: fc.constantFrom('@a:x', '@b:x'),
        state_key: fc.constantFrom('', '@a:x'),
        content: fc.constant({ body: 'é"\\ü' }),
        unsigned: fc.constantFrom({}, { 'm.relations': { a: { event_id: '$n', content: {}, origin_server_ts: 1 } } }),
      },
      { requiredKeys: ['type', 'content'] },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'text', 7) },
)
const some = fc.array(event, { maxLength: 5 })
const classicRoom = fc.record(
  {
    timeline: fc.record({ events: some, prev_batch: fc.constant('p'), limited: fc.boolean() }),
    state: fc.record({ events: some }),
    state_after: fc.record({ events: some }),
    msc4354_sticky: fc.record({ events: some }),
    ephemeral: fc.constant({ events: [{ type: 'm.typing', content: {} }] }),
    unheard: fc.oneof(event, some),
  },
  { requiredKeys: [] },
)
const slidingRoom = fc.record(
  { timeline: some, required_state: some, num_live: fc.nat(4), prev_batch: fc.constant('p'), unheard: event },
  { requiredKeys: [] },
)
const named = <T>(room: fc.Arbitrary<T>) =>
  fc.dictionary(fc.constantFrom('!a', '!b', '!"c"', '!ü', '__proto__', '!d'), room, { maxKeys: 4 })
const invited = named(fc.record({ invite_state: fc.record({ events: some }) }, { requiredKeys: [] }))
const classic: fc.Arbitrary<Fields> = fc.record(
  {
    next_batch: fc.constant('end'),
    rooms: fc.record(
      { join: named(classicRoom), leave: named(classicRoom), invite: invited, other: named(event) },
      { requiredKeys: [] },
    ),
    to_device: fc.constant({ events: [{ type: 'kept', content: {} }] }),
    highlights: some,
  },
  { requiredKeys: ['next_batch'] },
)
const sliding: fc.Arbitrary<Fields> = fc.record(
  {
    pos: fc.constant('3/end'),
    rooms: named(slidingRoom),
    extensions: fc.record({ to_device: fc.constant({ events: [] }), unheard: some }, { requiredKeys: [] }),
    lists: fc.constant({ all: { count: 3 } }),
  },
  { requiredKeys: ['pos'] },
)
const body = fc.oneof(
  classic.map((fields) => ({ form: CLASSIC, fields })),
  sliding.map((fields) => ({ form: SLIDING, fields })),
)
const budget: fc.Arbitrary<Budget> = fc
  .record({ archive: fc.nat(12), 'catch-up': fc.nat(12), rooms: fc.nat(3) })
  .map((left) => ({ left: { ...left, 'first-sync': 0 }, newest: 1, free: new Set<bigint>() }))

async function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): AsyncIterable<Uint8Array> {
  let from = 0
  for (const to of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield bytes.slice(from, to)
    from = to
  }
}
async function joined(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let all = ''
  for await (const part of parts) all += decoder.decode(part, { stream: true })
  return all + decoder.decode()
}
// Sections without rooms may come or go.
const comparable = (fields: Fields): Fields => {
  const sections = Object.entries((fields['rooms'] ?? {}) as Fields).filter(
    ([key, value]) => !(['join', 'leave'].includes(key) && Object.keys(value as Fields).length === 0),
  )
  return { ...fields, rooms: Object.fromEntries(sections) }
}

describe('a sync read in pieces', () => {
  it('costs and is trimmed to what the same body parsed whole is', async () => {
    await fc.assert(
      fc.asyncProperty(
        body,
        budget,
        fc.array(fc.nat(3_000), { maxLength: 8 }),
        async ({ form, fields }, purse, cuts) => {
          const text = JSON.stringify(fields)
          const bytes = new TextEncoder().encode(text)
          const whole = readAnswer(form, JSON.parse(text), reading)
          const pieced = await readPieces(form, chunksOf(bytes, cuts), reading)
          if (whole === null || pieced === null) throw new Error('unreadable')
          const [a, b] = [withComing(whole, coming), withComing(pieced.answer, coming)]
          expect(costOf(b, { owed: true, hash })).toEqual(costOf(a, { owed: true, hash }))
          const verdict = judge(a, purse)
          expect(judge(b, purse)).toEqual(verdict)
          expect(costOf(b, { verdict, owed: true, hash })).toEqual(costOf(a, { verdict, owed: true, hash }))
          const tokens = new Map(a.timelines.map((_, index) => [index, `at-${index}`]))
          const how: PiecedTrim = { verdict, tokens, reading }
          const out = await joined(trimmedPieces(form, chunksOf(bytes, cuts), { ...pieced, answer: b }, how))
          expect(comparable(JSON.parse(out) as Fields)).toEqual(
            comparable(JSON.parse(JSON.stringify(trim(a, verdict, tokens))) as Fields),
          )
        },
      ),
      { numRuns: 1_500 },
    )
  })

  it.each([
    ['no JSON', CLASSIC, '{"next_batch":"s","rooms":{"join":{"!a":{}}'],
    ['no position', CLASSIC, '{"rooms":{"join":{}}}'],
    ['a room that is none', CLASSIC, '{"next_batch":"s","rooms":{"join":{"!a":[]}}}'],
    ['rooms that are a list', CLASSIC, '{"next_batch":"s","rooms":{"leave":[]}}'],
    ['a room given twice', SLIDING, '{"pos":"1/s","rooms":{"!a":{},"!a":{}}}'],
    ['rooms given twice', CLASSIC, '{"next_batch":"s","rooms":{},"rooms":{"join":{"!a":{}}}}'],
    ['a list', SLIDING, '[]'],
  ])('is withheld: %s', async (_what, form, text) => {
    expect(await readPieces(form, chunksOf(new TextEncoder().encode(text), [5]), reading)).toBeNull()
  })

  it('is not taken for others when it is read again', async () => {
    const first = new TextEncoder().encode('{"next_batch":"s","rooms":{"join":{"!a":{}}}}')
    const other = new TextEncoder().encode('{"next_batch":"s","rooms":{"join":{"!a":{},"!b":{}}}}')
    const pieced = await readPieces(CLASSIC, chunksOf(first, []), reading)
    if (pieced === null) throw new Error('unreadable')
    const verdict = judge(pieced.answer, {
      left: { archive: 0, 'catch-up': 0, 'first-sync': 0 },
      newest: 0,
      free: new Set(),
    })
    await expect(
      joined(trimmedPieces(CLASSIC, chunksOf(other, []), pieced, { verdict, tokens: new Map(), reading })),
    ).rejects.toThrow('changed')
  })
})
