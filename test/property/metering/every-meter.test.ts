// The database's functions against a list of what was charged when (test/support/meter-model.ts): the same answers and the
// same figures after any sequence of operations, at any moments.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { batchOf, type Operation, resultsOf } from '../../../db/stores/metering-batch.ts'
import { policyForDatabase } from '../../../server/metering/layout.ts'
import type { Spender } from '../../../server/metering/port.ts'
import { roomHash } from '../../../server/metering/room.ts'
import { defaultPolicy, type MeteringPolicy, type RingMeter } from '../../../server/policy/defaults.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { MeterModel } from '../../support/meter-model.ts'

const policy: MeteringPolicy = {
  ...defaultPolicy,
  windows: {
    ...defaultPolicy.windows,
    archive: [
      { windowSeconds: 60, buckets: 6, limit: 10 },
      { windowSeconds: 600, buckets: 5, limit: 25 },
    ],
    directory: [{ windowSeconds: 60, buckets: 3, limit: 8 }],
    // Past 2^31, as bytes are.
    joins: [
      { windowSeconds: 120, buckets: 4, limit: 3_000_000_000 },
      { windowSeconds: 600, buckets: 5, limit: 5_000_000_000 },
      { windowSeconds: 1_200, buckets: 2, limit: 7_000_000_000 },
    ],
    'tap-release': [{ windowSeconds: 600, buckets: 6, limit: 30 }],
  },
  rooms: { windowSeconds: 120, limit: 2 },
  reservationSeconds: 20,
  chargedAgainSeconds: 100,
}
const { layouts, caps } = policyForDatabase(policy)
const applied = { policy, caps }
const METERS: readonly RingMeter[] = ['archive', 'directory', 'joins', 'tap-release']
const PLACE = { network: 'n', client: 'c', direction: 'backward' }

let database: TestDatabase
let people = 0
beforeAll(async () => {
  database = await testDatabase({ max: 2 })
})
afterAll(() => database.drop())

async function call(operations: readonly Operation[], seconds: number): Promise<unknown[]> {
  const { batch, hashes: all, servers, persons } = batchOf(operations, layouts)
  await database.sql`select palier_meter_people(${servers}::text::text[], ${persons}::text::text[])`
  const rows =
    await database.sql`select palier_meter(${batch}::text::jsonb, ${all}::text::bigint[], to_timestamp(${seconds})) as results`
  return resultsOf(operations, rows[0]?.['results'] as string)
}

const device = fc.constantFrom('one', 'two', 'three')
const room = fc.constantFrom('!a', '!b', '!c', '!d', '*')
const hashes = fc.uniqueArray(fc.bigInt({ min: 1n, max: 14n }), { maxLength: 6 })
const wait = fc.constantFrom(0, 0, 0, 1, 9, 10, 19, 20, 21, 59, 60, 61, 99, 100, 101, 120, 180, 181, 599, 600, 1_300)
const amount = fc.constantFrom(1, 5, 2_000_000_000, 3_000_000_000)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('reserve' as const),
      wait,
      device,
      room,
      events: fc.integer({ min: 1, max: 8 }),
      idle: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('settle' as const),
      wait,
      which: fc.nat({ max: 3 }),
      hashes,
      bare: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('refund' as const), wait, which: fc.nat({ max: 3 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('spend' as const),
      wait,
      device,
      room,
      scoped: fc.boolean(),
      idle: fc.constantFrom(false, false, true),
      tapOnly: fc.constantFrom(false, false, false, true),
      archive: fc.option(fc.record({ hashes, bare: fc.nat({ max: 3 }) }), { nil: undefined }),
      directory: fc.option(fc.record({ hashes, bare: fc.nat({ max: 4 }) }), { nil: undefined }),
      joins: fc.option(
        amount.map((bare) => ({ hashes: [], bare })),
        { nil: undefined },
      ),
      pushers: fc.option(fc.constant({ hashes: [], bare: 1 }), { nil: undefined, freq: 4 }),
      rooms: fc.uniqueArray(fc.constantFrom('!a', '!b', '!c', '!d'), { maxLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('grant' as const),
      wait,
      device,
      rooms: fc.constantFrom(['!a'], ['!a', '!b'], ['*'], []),
      amounts: fc.constantFrom({ archive: 12 }, { archive: 5, joins: 4_000_000_000 }, { directory: 9 }, { pushers: 1 }),
      ttlSeconds: fc.constantFrom(50, 300),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('give-back' as const), wait, device: fc.constantFrom('two', 'three') }),
  },
)

it('is the same as a list of what was charged when, whatever is asked of whatever meter and whenever', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const personId = `person-${people++}`
      const model = new MeterModel(policy)
      const spender = (name: string): Spender => ({ serverName: 's', personId, device: `${personId}-${name}` })
      const reserved: { id: string; device: string }[] = []
      let now = 1_800_000_007
      for (const [index, one] of steps.entries()) {
        now += one.wait
        const id = `${personId}-${index}`
        switch (one.op) {
          case 'reserve': {
            const request = {
              ...spender(one.device),
              ...PLACE,
              id,
              room: one.room,
              events: one.events,
              idle: one.idle,
              requestHash: id,
            }
            reserved.push({ id, device: one.device })
            const [found] = await call([{ op: 'reserve', request, applied }], now)
            expect(found).toEqual(model.reserve(request, now))
            break
          }
          case 'settle': {
            const of = reserved.at(-1 - one.which)
            if (!of) break
            const history = { hashes: one.hashes, bare: one.bare }
            const request = {
              ...spender(of.device),
              id: of.id,
              history,
              live: 0,
              state: 0,
              requestHash: of.id,
              limitUsed: 8,
            }
            const [found] = await call([{ op: 'settle', request, applied }], now)
            expect(found).toEqual(model.settle(request, now))
            break
          }
          case 'refund': {
            const of = reserved.at(-1 - one.which)
            if (!of) break
            const { serverName, device: whose } = spender(of.device)
            const fields = { server: serverName, person: personId, device: whose, id: of.id }
            const [found] = await call([{ op: 'refund', person: spender(of.device), fields, meters: [] }], now)
            expect(found).toEqual(model.refund(of.id, now))
            break
          }
          case 'spend': {
            const { archive, directory, joins, pushers, rooms } = one
            const streams = {
              ...(archive && { archive }),
              ...(directory && { directory }),
              ...(joins && { joins }),
              ...(pushers && { pushers }),
              ...(rooms.length > 0 && { rooms: { hashes: rooms.map(roomHash), bare: 0 } }),
            }
            const scope = one.scoped ? { ...PLACE, room: one.room === '!d' ? null : one.room } : null
            const rest = { live: 0, state: 0, position: null, since: null, idle: one.idle, tapOnly: one.tapOnly, scope }
            const request = { ...spender(one.device), streams, ...rest }
            const [found] = await call([{ op: 'spend', request, applied }], now)
            expect(found).toMatchObject(model.spend(request, now))
            break
          }
          case 'grant': {
            const { rooms, amounts, ttlSeconds } = one
            const grant = {
              ...spender(one.device),
              ...PLACE,
              id: `alw-${id}`,
              approvalHash: id,
              rooms,
              amounts,
              ttlSeconds,
            }
            const { serverName: server, device: whose } = grant
            const fields = { ...grant, server, person: personId, device: whose, caps }
            const [found] = await call([{ op: 'grant', person: grant, fields, meters: ['tap-release'] }], now)
            expect(found).toMatchObject(model.grant(grant, now))
            break
          }
          case 'give-back': {
            const { serverName: server, device: whose } = spender(one.device)
            const { giveBacksPer30Days } = policy
            const fields = {
              server,
              person: personId,
              device: whose,
              incident: `inc-${id}`,
              reason: 'test',
              layouts,
              giveBacksPer30Days,
            }
            const [found] = await call([{ op: 'give-back', person: spender(one.device), fields, meters: [] }], now)
            expect(found).toMatchObject(model.giveBack(whose, now))
          }
        }
        const fields = { server: 's', person: personId, roomsSeconds: policy.rooms.windowSeconds }
        const read: Operation = { op: 'read', person: { serverName: 's', personId }, fields, meters: [] }
        const [figures] = (await call([read], now)) as [{ meters: { meter: string; used: number[] | null }[] }]
        for (const meter of METERS) {
          const found = figures.meters.find((row) => row.meter === meter)?.used ?? policy.windows[meter].map(() => 0)
          expect({ meter, used: found }).toEqual({ meter, used: model.used(meter, now) })
        }
      }
    }),
    { numRuns: 150 },
  )
})
