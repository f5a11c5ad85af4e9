// Answers of very many units, on real Postgres: charged exactly as small ones are, while others go in between.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../db/client.ts'
import { meterStore } from '../../../db/stores/metering.ts'
import type { MeterStore, Spender } from '../../../server/metering/port.ts'
import { roomHash } from '../../../server/metering/room.ts'
import { type MeterWorld, meterWorld } from '../../support/meter-world.ts'
import { HOUR_LIMIT, smallPolicy } from '../../support/metered-gateway.ts'
import { units, widePolicy } from '../../support/spending.ts'

/** Past what goes into a statement with others, in more than one part. */
const LARGE = 10_000
const WIDE = { ...widePolicy(2_000_000), firstSyncEvents: 50_000 }

let world: MeterWorld
beforeAll(async () => {
  world = await meterWorld()
})
afterAll(() => world.database.drop())

const spend = (spender: Spender, streams: Parameters<MeterStore['spend']>[0]['streams'], over = {}) =>
  world.store.spend(world.spending(spender, { streams, policy: WIDE, ...over }))
const used = async ({ serverName, personId }: Spender, which: string) =>
  (await world.store.remaining(serverName, personId)).find(({ meter }) => meter === which)?.used
/** More than a statement with the most hashes has. */
const MOST_CHARACTERS = 400_000
/** A pool that tells what it sends. */
function listening(max = 10) {
  const sent: { text: string; characters: number }[] = []
  const { db, close } = openDatabase(world.database.url, {
    max,
    debug: (_connection, _query, parameters: unknown[]) => {
      const text = parameters.map(String).join(' ')
      sent.push({ text: text.slice(0, 60_000), characters: text.length })
    },
  })
  return { db, sent, close }
}
const written = async (device: string) => {
  const [row] = await world.database.sql<{ hashes: number }[]>`
    select coalesce(sum(cardinality(event_hashes)), 0)::integer as hashes from charged_events where device_id = ${device}`
  return row?.hashes
}

describe('very many units in one answer', () => {
  it('keep nobody waiting, a million neither: no statement carries many of them, and what others ask goes in between', async () => {
    const { db, sent, close } = listening()
    const store = meterStore(db, smallPolicy)
    const thief = world.someone()
    const people = Array.from({ length: 50 }, () => world.someone())
    const everything = units(1, 1_000_000)
    const asked = Promise.all(
      Array.from({ length: 4 }, () => store.spend(world.spending(thief, { streams: { archive: everything } }))),
    )
    const granted = await Promise.all(
      people.map(async (person) => {
        const request = world.asking(person, 5)
        const reserved = await store.reserve(request)
        const settled = await store.settle(world.settling(request, world.some(5)))
        return [reserved.state, settled.state]
      }),
    )
    expect(granted).toEqual(people.map(() => ['granted', 'released']))
    for (const answer of await asked) {
      expect(answer).toMatchObject({ state: 'short', meter: 'archive', left: { archive: HOUR_LIMIT } })
    }
    expect(Math.max(...sent.map(({ characters }) => characters))).toBeLessThan(MOST_CHARACTERS)
    expect(sent.findIndex(({ text }) => text.includes('"reserve"'))).toBeLessThan(
      sent.findLastIndex(({ text }) => text.includes(thief.device)),
    )
    expect(await written(thief.device)).toBe(0)
    expect(await used(thief, 'archive')).toBe(0)
    await close()
  }, 120_000)

  it('that can be paid are, once: others go in between, and they are free for ten minutes', async () => {
    // One connection for what everybody waits for, as the gateway has it.
    const { db, sent, close } = listening(1)
    const store = meterStore(db, smallPolicy, world.database.db)
    const ada = world.someone()
    const others = Array.from({ length: 20 }, () => world.someone())
    const large = (count: number) =>
      store.spend(world.spending(ada, { streams: { archive: units(1, count) }, policy: WIDE }))
    const paying = large(250_000)
    const granted = await Promise.all(others.map((person) => store.reserve(world.asking(person, 5))))
    expect(granted.every(({ state }) => state === 'granted')).toBe(true)
    expect(await paying).toMatchObject({ state: 'paid', cost: { archive: 250_000 }, source: 'window' })
    expect(sent.filter(({ text }) => text.includes(ada.device))).toEqual([])
    expect(await written(ada.device)).toBe(250_000)
    expect(await large(250_100)).toMatchObject({ cost: { archive: 100 } })
    expect(await used(ada, 'archive')).toBe(250_100)
    await close()
  }, 120_000)

  it('of one account travel a few at a time, and others with them', async () => {
    const { db, sent, close } = listening()
    const store = meterStore(db, smallPolicy)
    const thief = world.someone()
    const ada = world.someone()
    const many = Array.from({ length: 100 }, (_, index) =>
      store.spend(world.spending(thief, { streams: { archive: units(1 + index * 4_000, 4_000) } })),
    )
    const request = world.asking(ada, 5)
    expect(await store.reserve(request)).toMatchObject({ state: 'granted' })
    const before = sent.filter(({ text }) => text.includes(thief.device)).length
    expect((await Promise.all(many)).every(({ state }) => state === 'short')).toBe(true)
    const after = sent.filter(({ text }) => text.includes(thief.device)).length
    // Four answers fit a statement: a hundred take twenty-five, and hers went with one of the first.
    expect(after).toBeGreaterThanOrEqual(25)
    expect(before).toBeLessThan(10)
    expect(Math.max(...sent.map(({ characters }) => characters))).toBeLessThan(MOST_CHARACTERS)
    await close()
  }, 60_000)
})

it('many pages of a device travel a few at a time: each is compared with all that was charged to it', async () => {
  const { db, sent, close } = listening()
  const store = meterStore(db, smallPolicy)
  const ada = world.someone()
  const pages = Array.from({ length: 64 }, () => world.asking(ada, 1, { policy: WIDE }))
  await Promise.all(pages.map((page) => store.reserve(page)))
  const settled = await Promise.all(
    pages.map((page, index) => store.settle({ ...world.settling(page, units(1 + index, 1)), policy: WIDE })),
  )
  expect(settled.every(({ state }) => state === 'released')).toBe(true)
  const statements = sent.flatMap(({ text }) => (text.includes('"settle"') ? [text.split('request ').length - 1] : []))
  expect(statements).toEqual([16, 16, 16, 16])
  await close()
})

describe('a large answer', () => {
  it('is charged for what was not charged before, each unit once over all of its streams', async () => {
    const ada = world.someone()
    await spend(ada, { archive: units(1, 1_000) })
    const streams = {
      archive: { ...units(1, LARGE), bare: 7 },
      'catch-up': units(LARGE - 99, 200),
      'first-sync': units(50_000, 300),
      state: units(60_000, LARGE),
      rooms: { hashes: [roomHash('!a'), roomHash('!b')], bare: 0 },
    }
    expect(await spend(ada, streams)).toMatchObject({
      state: 'paid',
      cost: { archive: LARGE - 1_000 + 7, 'catch-up': 100, 'first-sync': 300, state: LARGE },
    })
    expect(await spend(ada, streams)).toMatchObject({ state: 'paid', cost: { archive: 7 } })
    expect(await used(ada, 'rooms')).toBe(2)
    expect(await spend(ada, { archive: units(LARGE + 101, 5) })).toMatchObject({ cost: { archive: 5 } })
    await world.database
      .sql`update charged_events set charged_at = now() - interval '11 minutes' where device_id = ${ada.device}`
    expect(await spend(ada, streams)).toMatchObject({ cost: { archive: LARGE + 7, state: LARGE } })
  })

  it('that cannot be paid tells what is free, and what is left; nothing of it is charged or written', async () => {
    const ada = world.someone()
    await spend(ada, { archive: units(1, 3), rooms: { hashes: [roomHash('!a')], bare: 0 } })
    const short = await world.store.spend(
      world.spending(ada, {
        streams: {
          archive: units(1, LARGE),
          state: units(20_000, 5),
          rooms: { hashes: [roomHash('!a'), roomHash('!b')], bare: 0 },
        },
      }),
    )
    expect(short).toMatchObject({ state: 'short', meter: 'archive', left: { archive: HOUR_LIMIT - 3 } })
    expect(short.state === 'short' && short.free).toEqual(new Set([1n, 2n, 3n, roomHash('!a')]))
    expect(await written(ada.device)).toBe(3)
    expect(await used(ada, 'state')).toBe(0)
  })

  it('of a settlement is paid whole or not at all, and its repetition is let through', async () => {
    const ada = world.someone()
    const first = world.asking(ada, 10, { policy: WIDE })
    await world.store.reserve(first)
    const all = units(1, LARGE)
    expect(await world.store.settle({ ...world.settling(first, all), policy: WIDE })).toMatchObject({
      state: 'released',
      cost: LARGE,
    })
    expect(await world.store.settle({ ...world.settling(first, all), policy: WIDE })).toEqual({ state: 'gone' })
    expect(await world.archive(ada)).toEqual({ used: LARGE, held: 0 })

    // Nothing is left by the narrow policy: only what was charged before comes through.
    const again = world.asking(ada, 10, { requestHash: first.requestHash })
    expect(await world.store.reserve(again)).toMatchObject({ source: 'repeat', limit: 10 })
    expect(await world.store.settle(world.settling(again, all))).toMatchObject({ state: 'released', cost: 0 })
    const more = world.asking(ada, 10, { requestHash: first.requestHash })
    await world.store.reserve(more)
    expect(await world.store.settle(world.settling(more, units(1, LARGE + 1)))).toMatchObject({
      state: 'unpaid',
      cost: 1,
    })
    expect(await world.archive(ada)).toEqual({ used: LARGE, held: 0 })
  })

  it('is paid by an allowance that can pay the whole', async () => {
    const ada = world.someone()
    await world.grant(world.granting(ada, { rooms: ['*'], direction: 'state', amounts: { state: LARGE } }))
    const scope = { network: '192.0.2.0/24', client: 'test', room: '*', direction: 'state' }
    const none = {
      ...WIDE,
      windows: { ...WIDE.windows, state: WIDE.windows.state.map((one) => ({ ...one, limit: 0 })) },
    }
    const asked = { scope, policy: none }
    expect(await spend(ada, { state: units(1, LARGE + 1) }, asked)).toMatchObject({ state: 'short', meter: 'state' })
    expect(await spend(ada, { state: units(1, LARGE) }, asked)).toMatchObject({ state: 'paid', source: 'allowance' })
    expect(await spend(ada, { state: units(1, LARGE) }, asked)).toMatchObject({ state: 'paid', source: 'window' })
    expect(await world.store.allowances(ada.serverName, ada.personId)).toEqual([])
  })

  it('that a device comes back after no longer has its first sync for nothing', async () => {
    const ada = world.someone()
    const position = { hash: 'position', coversUntilMs: 1 }
    const first = units(1, LARGE)
    expect(await spend(ada, { 'first-sync': first }, { position })).toMatchObject({ cost: { 'first-sync': LARGE } })
    expect(await spend(ada, { archive: first }, { since: 'position' })).toMatchObject({ cost: { archive: LARGE } })
    expect(await spend(ada, { 'first-sync': units(LARGE + 1, LARGE) })).toMatchObject({
      state: 'short',
      meter: 'first-sync',
    })
  })

  it('of an ended device is none', async () => {
    const ada = world.someone()
    await world.back(ada)
    expect(await spend(ada, { archive: units(1, LARGE) })).toEqual({ state: 'device-ended' })
    expect(await written(ada.device)).toBe(0)
  })

  it('of which the charge fails is not free afterwards', async () => {
    const ada = world.someone()
    await world.store.reserve(world.asking(ada, 1))
    // A process that stops in the middle: what it wrote is not there, and nobody waits for it.
    await world.database.sql`alter table room_reads add constraint planted check (device_id <> 'dev_stops') not valid`
    const stops = { ...ada, device: 'dev_stops' }
    const streams = { archive: units(1, LARGE), rooms: { hashes: [roomHash('!a')], bare: 0 } }
    await expect(spend(stops, streams)).rejects.toThrow()
    await world.database.sql`alter table room_reads drop constraint planted`
    expect(await written(stops.device)).toBe(0)
    expect(await used(ada, 'archive')).toBe(0)
    expect(await spend(stops, streams)).toMatchObject({ cost: { archive: LARGE } })
  })
})
