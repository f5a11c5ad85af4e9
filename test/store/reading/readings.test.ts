// Stored reading on a real database: batches written once from several gateways, days that turn over, and days that are dropped.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../db/client.ts'
import { type ReadingsStore, readingsStore } from '../../../db/stores/readings.ts'
import type { ReadingBatch } from '../../../server/gateway/reading-buffer.ts'
import type { ReadingRow } from '../../../server/gateway/reading-row.ts'
import { sealPlace } from '../../../server/platform/seal-columns.ts'
import { openSealer } from '../../../server/platform/seal-sealer.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { readingRow } from '../../support/reading-rows.ts'

const DAY_MS = 86_400_000
const NOON = new Date('2026-03-31T12:00:00Z')
const sealer = openSealer({ secrets: ['a secret for tests, of more than 32 characters'] })

let database: TestDatabase
let store: ReadingsStore
beforeEach(async () => {
  database = await testDatabase()
  store = readingsStore(database.db, sealer)
})
afterEach(() => database.drop())

const row = (at: Date): ReadingRow =>
  readingRow({
    at: at.toISOString(),
    client: 'test "quoted" é',
    groups: ['grp_1'],
    parts: [{ r: 'room_a', f: '-9223372036854775808', l: '7', u: { archive: 3 } }],
  })
const batch = (number: number, rows: readonly ReadingRow[], over: Partial<ReadingBatch> = {}): ReadingBatch => ({
  number,
  rows,
  totals: rows.map(({ at }) => ({ at, meter: 'archive', decision: 'released', answers: 1, units: 3, withheld: 0 })),
  rooms: new Map(),
  day: rows[0]?.at.slice(0, 10) ?? '2026-03-31',
  ...over,
})
const count = async (table = 'readings') =>
  (await database.sql`select count(*)::int as n from ${database.sql(table)}`)[0]?.['n']
const partitions = async () =>
  (
    await database.sql`select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'readings'::regclass order by 1`
  ).map(({ relname }) => relname as string)

test('batches of two gateways both arrive, and a batch that is sent again is written once', async () => {
  await Promise.all([
    store.write('wrt_a', batch(1, [row(NOON), row(NOON)])),
    store.write('wrt_b', batch(1, [row(NOON)])),
    ...Array.from({ length: 5 }, () => store.write('wrt_a', batch(1, [row(NOON), row(NOON)]))),
  ])
  await store.write('wrt_a', batch(2, [row(NOON)]))
  await store.write('wrt_a', batch(1, [row(NOON), row(NOON)]))
  expect(await count()).toBe(4)
  const totals =
    await database.sql`select width, at = ${NOON.toISOString()}::timestamptz as "isThen", answers::int, units::int from reading_totals order by width`
  expect(totals).toEqual([
    { width: 60, isThen: true, answers: 4, units: 12 },
    { width: 3600, isThen: true, answers: 4, units: 12 },
  ])
})

test('a row comes back as it was written', async () => {
  await store.write('wrt_a', batch(1, [row(NOON)]))
  const [read] = await database.sql`select * from readings`
  const { id: _, at, withheld, ...rest } = read as Record<string, unknown>
  const { at: written, withheld: none, ...expected } = row(NOON)
  expect(rest).toEqual({ ...expected, groups: '{grp_1}' })
  expect([new Date(at as string).toISOString(), Number(withheld)]).toEqual([written, none])
})

test('lines of a day without a partition lose nothing: they wait, and move when it is made', async () => {
  const days = [0, 1, 9].map((ahead) => new Date(NOON.getTime() + ahead * DAY_MS))
  await store.write(
    'wrt_a',
    batch(
      1,
      days.map((at) => row(at)),
    ),
  )
  expect(await count('readings_default')).toBe(3)
  expect((await store.sweep(NOON, 183)).made).toBe(9)
  expect(await count('readings_default')).toBe(0)
  expect([await count(), await count('readings_20260331'), await count('readings_20260409')]).toEqual([3, 1, 1])
  expect((await store.sweep(NOON, 183)).made).toBe(0)
})

test('gateways write on while days are made, and not a line is lost or doubled', async () => {
  const second = readingsStore(database.db, sealer)
  const write = async (writer: string) => {
    for (let number = 1; number <= 40; number++) {
      const at = new Date(NOON.getTime() + (number % 10) * DAY_MS)
      const one = batch(number, [row(at)])
      // As the buffer does: a batch that could not be written is sent again.
      while ((await store.write(writer, one).catch(() => null)) !== 'written');
    }
  }
  const make = async () => {
    for (let turn = 0; turn < 10; turn++) await second.sweep(new Date(NOON.getTime() + turn * DAY_MS), 183)
  }
  await Promise.all([write('wrt_a'), write('wrt_b'), make(), make().catch(() => undefined)])
  expect(await count()).toBe(80)
  expect((await database.sql`select sum(answers)::int as n from reading_totals where width = 60`)[0]).toEqual({ n: 80 })
})

test('midnight is midnight in UTC, whatever the time zone of the session', async () => {
  await database.sql.unsafe(
    `alter database ${(await database.sql`select current_database() as name`)[0]?.['name']} set timezone = 'Pacific/Auckland'`,
  )
  const other = openDatabase(database.url, { max: 1 })
  await readingsStore(other.db, sealer).sweep(NOON, 183)
  await store.write(
    'wrt_a',
    batch(1, [row(new Date('2026-03-31T23:59:59.999Z')), row(new Date('2026-04-01T00:00:00Z'))]),
  )
  expect([await count('readings_20260331'), await count('readings_20260401')]).toEqual([1, 1])
  await other.close()
})

test('days past what is kept are dropped whole, and what hangs on them goes with them', async () => {
  await store.sweep(NOON, 183)
  const rooms = new Map([['room_a', '!a:example.org']])
  await store.write('wrt_a', batch(1, [row(NOON)], { rooms }))
  const later = (days: number) => new Date(NOON.getTime() + days * DAY_MS)
  expect(await store.sweep(later(183), 183)).toEqual({ made: 8, dropped: 0 })
  expect([await count(), await count('reading_rooms')]).toEqual([1, 1])
  expect((await store.sweep(later(184), 183)).dropped).toBe(1)
  expect([await count(), await count('reading_rooms')]).toEqual([0, 0])
  expect(await partitions()).not.toContain('readings_20260331')
  // Charts go on: hours of three years, minutes of a month.
  expect((await database.sql`select width, units::int from reading_totals`)[0]).toEqual({ width: 3600, units: 3 })
  await store.sweep(later(1_200), 183)
  expect(await count('reading_totals')).toBe(0)
})

test('a shorter time takes effect at the next sweep', async () => {
  await store.sweep(NOON, 183)
  await store.write('wrt_a', batch(1, [row(NOON)]))
  await store.sweep(new Date(NOON.getTime() + 3 * DAY_MS), 2)
  expect(await count()).toBe(0)
})

test('which room a pseudonym stands for is sealed in its place, and its day is brought forward', async () => {
  const rooms = new Map([['room_a', '!secret:example.org']])
  await store.write('wrt_a', batch(1, [row(NOON)], { rooms }))
  await store.write('wrt_b', batch(1, [row(NOON)], { rooms, day: '2026-04-02' }))
  await store.write('wrt_b', batch(2, [row(NOON)], { rooms, day: '2026-04-01' }))
  const kept = await database.sql`select pseudonym, room, last_on::text from reading_rooms`
  expect(kept).toMatchObject([{ pseudonym: 'room_a', last_on: '2026-04-02' }])
  expect(kept[0]?.['room']).not.toContain('secret')
  expect(sealer.open('room', sealPlace('reading_rooms', 'room_a'), kept[0]?.['room'])).toBe('!secret:example.org')
})

test('what can never be written is told apart from what may be tried again', async () => {
  const broken = { ...row(NOON), at: 'no date' }
  expect(await store.write('wrt_a', batch(1, [broken]))).toBe('unusable')
  await database.sql`alter function palier_readings_write rename to gone`
  await expect(store.write('wrt_a', batch(2, [row(NOON)]))).rejects.toThrow()
})
