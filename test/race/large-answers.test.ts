// Answers of very many units, beside others of the same person, on two instances: what is charged must be what was released.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../db/client.ts'
import { meterStore } from '../../db/stores/metering.ts'
import type { MeterStore, Spender, SpendRequest } from '../../server/metering/port.ts'
import { type MeterWorld, meterWorld } from '../support/meter-world.ts'
import { smallPolicy } from '../support/metered-gateway.ts'
import { units, widePolicy } from '../support/spending.ts'

/** Past what goes into a statement with others, in more than one part. */
const LARGE = 10_000
const WIDE = widePolicy(2_000_000)

let world: MeterWorld
let elsewhere: ReturnType<typeof openDatabase>
let stores: readonly [MeterStore, MeterStore]
beforeAll(async () => {
  world = await meterWorld()
  elsewhere = openDatabase(world.database.url)
  stores = [world.store, meterStore(elsewhere.db, smallPolicy)]
})
afterAll(async () => {
  await elsewhere.close()
  await world.database.drop()
})

const spending = (spender: Spender, over: Partial<SpendRequest>) => world.spending(spender, over)
const used = async ({ serverName, personId }: Spender, which: string) =>
  (await world.store.remaining(serverName, personId)).find(({ meter }) => meter === which)?.used

describe('with two instances on one database', () => {
  it('the same large answer on two instances is charged once', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = world.someone()
      const request = spending(ada, { streams: { archive: units(1, LARGE) }, policy: WIDE })
      const paid = await Promise.all([0, 1, 2, 3].map((one) => (stores[one % 2] as MeterStore).spend(request)))
      expect(paid.every(({ state }) => state === 'paid')).toBe(true)
      expect(await used(ada, 'archive')).toBe(LARGE)
    }
  }, 60_000)

  it('a large answer and pages of what it carries are charged once each, and what does not fit is not paid', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = world.someone()
      const policy = widePolicy(LARGE + 50)
      const large = [0, 1].map((one) =>
        (stores[one] as MeterStore).spend(
          spending(ada, { streams: { archive: units(1 + one * LARGE, LARGE) }, policy }),
        ),
      )
      const pages = Array.from({ length: 20 }, (_, page) =>
        (stores[page % 2] as MeterStore).spend(
          spending(ada, { streams: { archive: units(1 + page * 10, 10) }, policy }),
        ),
      )
      const paid = (await Promise.all(large)).filter(({ state }) => state === 'paid')
      const some = (await Promise.all(pages)).filter(({ state }) => state === 'paid')
      const [row] = await world.database.sql<{ hashes: number }[]>`
        select count(distinct h)::integer as hashes from charged_events, unnest(event_hashes) h where device_id = ${ada.device}`
      expect(await used(ada, 'archive')).toBe(row?.hashes)
      expect(row?.hashes).toBeLessThanOrEqual(LARGE + 50)
      expect(paid.length).toBeLessThanOrEqual(1)
      expect(paid.length + some.length).toBeGreaterThan(0)
    }
  }, 60_000)
})
