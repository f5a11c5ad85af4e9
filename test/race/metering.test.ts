// Two pools, many workers, one budget: what is promised of it must hold whatever the interleaving.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../db/client.ts'
import { meterStore } from '../../db/stores/metering.ts'
import type { MeterStore, ReserveRequest, SettleRequest } from '../../server/metering/port.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { defaultPolicy, type MeteringPolicy } from '../../server/policy/defaults.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const WORKERS = 64
const THRESHOLD = 1_000
let database: TestDatabase
let second: ReturnType<typeof openDatabase>

beforeAll(async () => {
  database = await testDatabase()
  second = openDatabase(database.url)
})
afterAll(async () => {
  await second.close()
  await database.drop()
})

function policyOf(limit: number): MeteringPolicy {
  return {
    ...defaultPolicy,
    windows: { ...defaultPolicy.windows, archive: [{ windowSeconds: 86_400, buckets: 96, limit }] },
  }
}

function reserveOf(person: string, events: number): ReserveRequest {
  return {
    id: newToken('reservation', systemRandom),
    serverName: 'example.org',
    personId: person,
    device: `dev_${person}`,
    network: '192.0.2.0/24',
    client: 'test',
    room: '!room:example.org',
    direction: 'backward',
    events,
    idle: false,
    requestHash: newToken('browserBinding', systemRandom),
  }
}

let nextHash = 0n
function settleOf(reserve: ReserveRequest, events: number): SettleRequest {
  const { serverName, personId, device, id, requestHash } = reserve
  const hashes = Array.from({ length: events }, () => nextHash++)
  return {
    serverName,
    personId,
    device,
    id,
    requestHash,
    history: { hashes, bare: 0 },
    live: 0,
    state: 0,
    limitUsed: reserve.events,
  }
}

/** Asks, receives and settles until refused; the events released. `carried`: what the upstream answers for a granted number. */
async function readAll(
  store: MeterStore,
  person: string,
  page: number,
  carried = (granted: number) => granted,
): Promise<number> {
  let released = 0
  for (;;) {
    const request = reserveOf(person, page)
    const reserved = await store.reserve(request)
    if (reserved.state === 'refused') return released
    const events = carried(reserved.events)
    const settled = await store.settle(settleOf(request, events))
    if (settled.state === 'released') released += events
    else if (settled.state === 'unpaid' && settled.left < 1) return released
  }
}

describe('with two instances on one database', () => {
  it('releases exactly one event to 64 workers when one is left, in 1,000 rounds', { timeout: 60_000 }, async () => {
    const policy = policyOf(1)
    const stores = [meterStore(database.db, policy), meterStore(second.db, policy)] as const
    const round = async (number: number) => {
      const released = await Promise.all(
        Array.from({ length: WORKERS }, async (_, worker) => {
          const store = stores[worker % 2] as MeterStore
          const request = reserveOf(`one-${number}`, 20)
          const reserved = await store.reserve(request)
          if (reserved.state === 'refused') return 0
          const settled = await store.settle(settleOf(request, reserved.events))
          return settled.state === 'released' ? reserved.events : 0
        }),
      )
      return released.reduce((sum, events) => sum + events, 0)
    }
    const totals: number[] = []
    for (let number = 0; number < 1_000; number += 10) {
      totals.push(...(await Promise.all(Array.from({ length: 10 }, (_, index) => round(number + index)))))
    }
    expect(totals).toHaveLength(1_000)
    expect(totals.every((total) => total === 1)).toBe(true)
  })

  it('never releases one event more than the threshold, and to the event what is left once all is settled', {
    timeout: 60_000,
  }, async () => {
    const policy = policyOf(THRESHOLD)
    const stores = [meterStore(database.db, policy), meterStore(second.db, policy)] as const
    for (let run = 0; run < 20; run++) {
      const person = `threshold-${run}`
      const released = await Promise.all(
        Array.from({ length: WORKERS }, (_, worker) =>
          // Pages come back part empty, so that much is reserved and little used.
          readAll(stores[worker % 2] as MeterStore, person, 7 + worker, (granted) => Math.ceil(granted / 3)),
        ),
      )
      const early = released.reduce((sum, events) => sum + events, 0)
      expect(early).toBeLessThanOrEqual(THRESHOLD)
      const rest = await readAll(stores[0], person, 10)
      expect(early + rest).toBe(THRESHOLD)
    }
  })

  it('never releases more when the upstream ignores the limit', { timeout: 60_000 }, async () => {
    const policy = policyOf(THRESHOLD)
    const stores = [meterStore(database.db, policy), meterStore(second.db, policy)] as const
    for (let run = 0; run < 20; run++) {
      const person = `liar-${run}`
      const released = await Promise.all(
        Array.from({ length: WORKERS }, async (_, worker) => {
          let sum = 0
          for (let turn = 0; turn < 10; turn++) {
            const request = reserveOf(person, 10)
            const store = stores[worker % 2] as MeterStore
            if ((await store.reserve(request)).state === 'refused') continue
            const settled = await store.settle(settleOf(request, 37))
            if (settled.state === 'released') sum += 37
          }
          return sum
        }),
      )
      expect(released.reduce((sum, events) => sum + events, 0)).toBeLessThanOrEqual(THRESHOLD)
      const [archive] = await stores[0].remaining('example.org', person)
      expect(archive).toMatchObject({
        meter: 'archive',
        held: 0,
        used: released.reduce((sum, events) => sum + events, 0),
      })
    }
  })

  it('never deadlocks over batches of many persons taken in opposite orders', { timeout: 60_000 }, async () => {
    const policy = policyOf(THRESHOLD)
    const stores = [meterStore(database.db, policy), meterStore(second.db, policy)] as const
    const people = Array.from({ length: 30 }, (_, index) => `crowd-${index}`)
    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, round) => {
        const order = round % 2 === 0 ? people : [...people].reverse()
        return Promise.all(
          order.map(async (person) => {
            const request = reserveOf(person, 5)
            const store = stores[round % 2] as MeterStore
            await store.reserve(request)
            return (await store.settle(settleOf(request, 5))).state
          }),
        )
      }),
    )
    expect(results.flat().every((state) => state === 'released')).toBe(true)
  })

  it('settles once and gives back once, whoever asks', async () => {
    const policy = policyOf(THRESHOLD)
    const stores = [meterStore(database.db, policy), meterStore(second.db, policy)] as const
    for (let run = 0; run < 50; run++) {
      const request = reserveOf(`once-${run}`, 10)
      await stores[0].reserve(request)
      const settle = settleOf(request, 10)
      const settled = await Promise.all(
        [...Array(8).keys()].map((index) => (stores[index % 2] as MeterStore).settle(settle)),
      )
      expect(settled.filter(({ state }) => state === 'released')).toHaveLength(1)
      const back = await Promise.all(
        [...Array(8).keys()].map((index) =>
          (stores[index % 2] as MeterStore).giveBack({
            ...request,
            incident: newToken('incident', systemRandom),
            reason: 'not-me',
          }),
        ),
      )
      expect(back.filter(Boolean)).toHaveLength(1)
      const [archive] = await stores[1].remaining('example.org', `once-${run}`)
      expect(archive).toMatchObject({ used: 0, held: 0 })
    }
  })

  it('grants an approval once and the day of taps never more than its ceiling', async () => {
    const grant = (approvalHash: string, handle = database) =>
      handle.db.transaction((tx) =>
        meterStore(handle.db, defaultPolicy).grantAllowance(tx, {
          id: newToken('allowance', systemRandom),
          approvalHash,
          serverName: 'example.org',
          personId: 'tapper',
          device: 'dev_tapper',
          network: '192.0.2.0/24',
          client: 'test',
          rooms: ['!room:example.org'],
          direction: 'backward',
          amounts: { archive: 2_000 },
          ttlSeconds: 3_600,
        }),
      )
    const same = await Promise.all(Array.from({ length: 8 }, () => grant('approval-1')))
    expect(same.filter(({ state }) => state === 'granted')).toHaveLength(1)
    expect(same.filter(({ state }) => state === 'already-granted')).toHaveLength(7)
    const more = await Promise.all(Array.from({ length: 8 }, (_, index) => grant(`approval-${index + 2}`)))
    expect(more.filter(({ state }) => state === 'granted')).toHaveLength(4)
    expect(more.filter(({ state }) => state === 'ceiling-reached')).toHaveLength(4)
  })
})
