// From an answer to what is stored of it: the gateway's pipeline, its buffer, and the database.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readingsStore } from '../../../db/stores/readings.ts'
import { readingBuffer } from '../../../server/gateway/reading-buffer.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { sealPlace } from '../../../server/platform/seal-columns.ts'
import {
  HOUR_LIMIT,
  type KnownDevice,
  type MeteredGateway,
  messages,
  meteredGateway,
} from '../../support/metered-gateway.ts'
import { honest } from '../../support/rigged-homeserver.ts'
import { classicBody, classicRoom, DAY, events, live, syncing } from '../../support/sync-world.ts'

let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
let flush: () => Promise<boolean>
beforeAll(async () => {
  world = await meteredGateway()
  const buffer = readingBuffer({
    store: readingsStore(world.db, world.sealer),
    writer: 'wrt_test',
    clock: systemClock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    metrics: { count() {}, set() {}, observe() {} },
  })
  flush = () => buffer.flush()
  gateway = await world.gateway({ readings: buffer })
})
afterAll(() => world.stop())
beforeEach(() => {
  world.homeserver.rig = honest
})

const ROOM = '!archive:example.org'
interface Row {
  readonly decision: string
  readonly reason: string
  readonly answers: number
  readonly parts: { r?: string; f?: string; l?: string; u: Record<string, number> }[]
  readonly withheld: string
  readonly asked_rooms: string | null
  readonly from_at: string | null
}
async function stored({ id }: KnownDevice): Promise<Row[]> {
  await flush()
  return world.sql<Row[]>`select * from readings where device_id = ${id} order by id`
}
const units = (rows: readonly Row[], meter: string) =>
  rows.flatMap(({ parts }) => parts).reduce((sum, { u }) => sum + (u[meter] ?? 0), 0)

test('a page of history is a row: its room by another name, how much, from which event to which, of which dates', async () => {
  const ada = await world.device()
  await gateway.get(ada, messages(ROOM, 'h0', 10))
  await gateway.get(ada, messages(ROOM, 'h10', 5))
  const rows = await stored(ada)
  expect(rows.map(({ decision, answers }) => [decision, answers])).toEqual([
    ['released', 1],
    ['released', 1],
  ])
  expect(rows.map(({ parts }) => parts.map(({ u }) => u))).toEqual([[{ archive: 10 }], [{ archive: 5 }]])
  const [first, second] = rows.map(({ parts }) => parts[0])
  expect(first?.r).toMatch(/^room_[\w-]{12}$/)
  expect(second?.r).toBe(first?.r)
  expect(new Set([first?.f, first?.l, second?.f, second?.l]).size).toBe(4)
  expect(rows[0]?.from_at).not.toBeNull()
  expect(JSON.stringify(rows)).not.toContain('archive:example.org')
  const [room] = await world.sql`select room from reading_rooms where pseudonym = ${first?.r ?? ''}`
  expect(world.sealer.open('room', sealPlace('reading_rooms', first?.r ?? ''), room?.['room'])).toBe(ROOM)
  expect((await world.hour(ada)).used).toBe(15)
})

test('what is asked again within ten minutes is charged nothing and stored once', async () => {
  const ada = await world.device()
  for (let i = 0; i < 3; i++) await gateway.get(ada, messages(ROOM, 'h0', 10))
  expect(units(await stored(ada), 'archive')).toBe(10)
})

test('past the threshold: what was refused is a row as well, with nothing read', async () => {
  const ada = await world.deviceWith(0)
  for (let i = 0; i < 3; i++) await gateway.get(ada, messages(ROOM, 'h0', 10))
  const rows = await stored(ada)
  expect(rows.reduce((sum, { answers }) => sum + answers, 0)).toBe(3)
  expect(rows.every(({ decision, parts }) => decision === 'withheld' && parts.length === 0)).toBe(true)
  expect(rows[0]?.reason).toBe('archive-exhausted')
  expect([Number(rows[0]?.withheld), rows[0]?.asked_rooms]).toEqual([10, expect.stringMatching(/^\{room_/)])
})

test('a /sync of live events in many rooms makes no row', async () => {
  const ada = await world.device()
  const { classic, given, serve } = syncing(world, gateway)
  const since = await given(ada, 'classic')
  serve(classicBody(Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`!live${i}:x`, classicRoom(live(1))]))))
  expect((await classic(ada, `?since=${since}`)).status).toBe(200)
  expect(await stored(ada)).toEqual([])
})

test('a /sync that brings history is one row, room by room; trimmed, it is what stayed', async () => {
  const ada = await world.deviceWith(8)
  const { classic, given, serve } = syncing(world, gateway)
  const since = await given(ada, 'classic', 10 * DAY)
  serve(
    classicBody({
      '!a:x': classicRoom(events(6, 20 * DAY)),
      '!b:x': classicRoom([...events(6, 20 * DAY), ...live(1)]),
    }),
  )
  const before = (await world.hour(ada)).used
  const answer = await classic(ada, `?since=${since}`)
  expect(answer.status).toBe(200)
  const rows = await stored(ada)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ decision: 'trimmed', reason: 'archive-exhausted' })
  expect(units(rows, 'archive')).toBe((await world.hour(ada)).used - before)
  expect(units(rows, 'archive')).toBe(HOUR_LIMIT - before)
  expect(rows[0]?.parts.filter(({ r }) => r !== undefined)).toHaveLength(2)
  expect(rows[0]?.parts.every(({ r }) => r !== undefined)).toBe(true)
})
