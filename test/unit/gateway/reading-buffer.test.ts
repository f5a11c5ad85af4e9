import { expect, test } from 'vitest'
import type { DecisionLine } from '../../../server/gateway/decision-line.ts'
import type { MeteredRequest } from '../../../server/gateway/metered-port.ts'
import type { Caller } from '../../../server/gateway/ports.ts'
import { type ReadingBatch, readingBuffer } from '../../../server/gateway/reading-buffer.ts'
import { readingRow } from '../../../server/gateway/reading-row.ts'
import type { Metrics } from '../../../server/platform/metrics.ts'
import { CALLER } from './support.ts'

const NOON = Date.UTC(2026, 2, 31, 12)
const origin = { address: '192.0.2.1', network: '192.0.2.0/24', client: 'test' }
const requestOf = (over: Partial<Caller> = {}) =>
  ({ caller: { ...CALLER, ...over }, origin, route: { row: { id: 'rooms.messages' } } }) as unknown as MeteredRequest
const request = requestOf()
const pseudonym = (room: string) => `room_${room.length}_${room.slice(1, 3)}`
const page = (archive: number, room = '!a:x'): DecisionLine => ({
  decision: 'released',
  reason: 'within-budget',
  status: 200,
  rooms: [room],
  units: { archive },
})
const refused = (room = '!a:x'): DecisionLine => ({
  decision: 'withheld',
  reason: 'archive-exhausted',
  status: 429,
  asked: 100,
  rooms: [room],
})

function setUp(writes: ('written' | 'unusable' | 'away')[] = []) {
  const sent: ReadingBatch[] = []
  const logged: unknown[] = []
  const counted: unknown[] = []
  let nowMs = NOON
  const note = (event: string, fields?: unknown) => void logged.push([event, fields])
  const metrics: Metrics = {
    count: (name, _labels, by) => void counted.push([name, by]),
    set: () => undefined,
    observe: () => undefined,
  }
  const buffer = readingBuffer({
    writer: 'wrt_1',
    clock: { now: () => nowMs },
    log: { debug: note, info: note, warn: note, error: note },
    metrics,
    store: {
      write: async (_writer, batch) => {
        sent.push(batch)
        const outcome = writes.shift() ?? 'written'
        if (outcome === 'away') throw new Error('away')
        return outcome
      },
    },
  })
  const take = (line: DecisionLine, from = request) => buffer.take(from, line, pseudonym)
  return { buffer, take, sent, logged, counted, wait: (ms: number) => (nowMs += ms) }
}

test('live traffic and idle polls make no row: they are counted in totals that name nobody', async () => {
  const { buffer, take, sent } = setUp()
  const live = { decision: 'released', reason: 'within-budget', status: 200, rooms: ['!a:x', '!b:x'] } as const
  for (let i = 0; i < 876; i++) take({ ...live, live: 2, units: {} })
  take({ decision: 'released', reason: 'nothing-carried', status: 200 })
  await buffer.flush()
  expect(sent).toMatchObject([
    {
      rows: [],
      totals: [
        { meter: 'live', answers: 876, units: 1752 },
        { meter: 'none', answers: 1 },
      ],
    },
  ])
  expect(JSON.stringify(sent)).not.toContain('per_1')
})

test('a batch whose fate is unknown is sent again as it was, and what came meanwhile after it', async () => {
  const { buffer, take, sent, logged } = setUp(['away', 'away'])
  take(page(3))
  expect(await buffer.flush()).toBe(false)
  take(page(4))
  expect(await buffer.flush()).toBe(false)
  expect(await buffer.flush()).toBe(true)
  expect(sent.map(({ number }) => number)).toEqual([1, 1, 1, 2])
  expect(sent[2]).toBe(sent[0])
  expect(sent.slice(2).map(({ rows }) => rows.map(({ parts }) => parts[0]?.u))).toEqual([
    [{ archive: 3 }],
    [{ archive: 4 }],
  ])
  // Said once, however long it lasts.
  expect(logged).toEqual([['readings.write_failed', { detail: 'away', waiting: 1 }]])
})

test('what waits is bounded, and what is lost is said', async () => {
  const { buffer, take, sent, logged, counted } = setUp(['away'])
  take(page(1))
  await buffer.flush()
  for (let i = 0; i < 25_000; i++) take(page(1))
  await buffer.flush()
  expect(sent.slice(1).reduce((sum, { rows }) => sum + rows.length, 0)).toBe(20_001)
  expect(logged.at(-1)).toEqual(['readings.lost', { lines: 5_000 }])
  expect(counted).toEqual([['palier_readings_lost_total', 5_000]])
  // The totals have them all the same.
  expect(
    sent
      .slice(1)
      .flatMap(({ totals }) => totals)
      .reduce((sum, { units }) => sum + units, 0),
  ).toBe(25_001)
})

test('a batch that can never be written does not stop the others', async () => {
  const { buffer, take, logged } = setUp(['unusable'])
  take(page(1))
  expect(await buffer.flush()).toBe(true)
  expect(logged).toEqual([['readings.lost', { lines: 1 }]])
})

test('a device that asks again and again, for whatever room, fills no more than its share', async () => {
  const { buffer, take, sent } = setUp()
  for (let i = 0; i < 3_000; i++) take(refused())
  for (let i = 0; i < 3_000; i++) take(refused(`!${i}:x`))
  take(refused(), requestOf({ device: 'dev_2' }))
  await buffer.flush()
  const rows = sent[0]?.rows ?? []
  expect(rows.length).toBeLessThanOrEqual(52)
  expect(rows.reduce((sum, { answers }) => sum + answers, 0)).toBe(6_001)
  expect(rows[0]).toMatchObject({ answers: 3_000, withheld: 100, parts: [], asked_rooms: [pseudonym('!a:x')] })
  expect(rows.filter(({ device_id: device }) => device === 'dev_2')).toHaveLength(1)
})

test('a room is sealed once a day, and again on the next', async () => {
  const { buffer, take, sent, wait } = setUp()
  for (let turn = 0; turn < 3; turn++) {
    take(page(1))
    await buffer.flush()
  }
  wait(86_400_000)
  take(page(1))
  await buffer.flush()
  expect(sent.map(({ rooms }) => [...rooms.values()])).toEqual([['!a:x'], [], [], ['!a:x']])
})

test('the room that everything of an answer is of has all of it; what cannot be told apart has no room', () => {
  const at = new Date(NOON)
  const rowOf = (line: DecisionLine) => readingRow(request, line, at, (room) => room)
  const ends = { first: 5n, last: -6n }
  expect(rowOf({ ...page(3), ends, units: { archive: 3, rooms: 1 } })).toMatchObject({
    parts: [{ r: '!a:x', f: '5', l: '-6', u: { archive: 3 } }],
    asked: { archive: 3, rooms: 1 },
  })
  const sync: DecisionLine = {
    decision: 'trimmed',
    reason: 'archive-exhausted',
    status: 200,
    rooms: ['!a:x', '!b:x', '!c:x'],
    units: { archive: 50, 'catch-up': 9 },
    charged: { archive: 7, 'catch-up': 4 },
    withheld: 48,
    read: () => [
      { room: '!a:x', units: { archive: 5, 'catch-up': 3 }, first: 1n, last: null },
      { room: '!b:x', units: { archive: 2, 'catch-up': 2 }, first: null, last: null },
    ],
  }
  // Of catch-up one event had been charged before: of which room is not known.
  expect(rowOf(sync)).toMatchObject({
    parts: [{ r: '!a:x', f: '1', u: { archive: 5 } }, { r: '!b:x', u: { archive: 2 } }, { u: { 'catch-up': 4 } }],
    asked: { archive: 50, 'catch-up': 9 },
    withheld: 48,
  })
})

test('an answer over more rooms than a row names keeps its sum', () => {
  const read = () =>
    Array.from({ length: 876 }, (_, i) => ({ room: `!${i}:x`, units: { 'first-sync': 1 }, first: null, last: null }))
  const line: DecisionLine = { ...page(0), units: { 'first-sync': 876 }, rooms: [], read }
  const row = readingRow(request, line, new Date(NOON), (room) => room)
  expect(row?.parts).toHaveLength(101)
  expect(row?.parts.reduce((sum, { u }) => sum + (u['first-sync'] ?? 0), 0)).toBe(876)
})

test('a date that no calendar has is not said', () => {
  const span = { fromMs: -1, toMs: Number.MAX_SAFE_INTEGER }
  expect(readingRow(request, { ...page(1), span }, new Date(NOON), pseudonym)).toMatchObject({
    from_at: '1969-12-31T23:59:59.999Z',
    to_at: null,
  })
})
