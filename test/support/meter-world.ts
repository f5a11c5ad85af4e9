// The store of meters on a database of its own, and the requests that tests put to it.
import type { Transaction } from '../../db/client.ts'
import { meterStore } from '../../db/stores/metering.ts'
import type {
  AllowanceGrant,
  Charge,
  MeterStore,
  ReserveRequest,
  SettleRequest,
  Spender,
  SpendRequest,
} from '../../server/metering/port.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { testDatabase } from './database.ts'
import { HOUR_LIMIT, smallPolicy } from './metered-gateway.ts'
import { PLAIN_SPENDING } from './spending.ts'

export type MeterWorld = Awaited<ReturnType<typeof meterWorld>>

export async function meterWorld() {
  const database = await testDatabase()
  const store: MeterStore<Transaction> = meterStore(database.db, smallPolicy)
  let serial = 0
  const someone = (): Spender => ({ serverName: 'example.org', personId: `per_${++serial}`, device: `dev_${serial}` })
  function some(count: number): Charge {
    serial += 1_000
    return { hashes: Array.from({ length: count }, (_, index) => BigInt(serial + index)), bare: 0 }
  }

  function asking(spender: Spender, events: number, over: Partial<ReserveRequest> = {}): ReserveRequest {
    return {
      ...spender,
      id: newToken('reservation', systemRandom),
      network: '192.0.2.0/24',
      client: 'test',
      room: '!a',
      direction: 'backward',
      events,
      idle: false,
      requestHash: `request ${++serial}`,
      ...over,
    }
  }
  const settling = (
    { id, serverName, personId, device, requestHash, events }: ReserveRequest,
    history: Charge,
  ): SettleRequest => ({ id, serverName, personId, device, requestHash, history, live: 0, state: 0, limitUsed: events })
  const spending = (spender: Spender, over: Partial<SpendRequest>): SpendRequest => ({
    ...spender,
    streams: {},
    ...PLAIN_SPENDING,
    ...over,
  })
  const archive = async ({ serverName, personId }: Spender) => {
    const [hour] = await store.remaining(serverName, personId)
    return { used: hour?.used, held: hour?.held }
  }
  const exhaust = (spender: Spender, leave = 0) =>
    store.spend(spending(spender, { streams: { archive: { hashes: [], bare: HOUR_LIMIT - leave } } }))
  const granting = (spender: Spender, over: Partial<AllowanceGrant> = {}): AllowanceGrant => ({
    ...spender,
    id: newToken('allowance', systemRandom),
    approvalHash: `approval ${++serial}`,
    network: '192.0.2.0/24',
    client: 'test',
    rooms: ['!a', '!b'],
    direction: 'backward',
    amounts: { archive: 20 },
    ttlSeconds: 3_600,
    ...over,
  })
  const grant = (request: AllowanceGrant) => database.db.transaction((tx) => store.grantAllowance(tx, request))
  const late = (id: string) =>
    database.sql`update reservations set deadline = now() - interval '1 second' where id = ${id}`
  const back = (spender: Spender) =>
    store.giveBack({ ...spender, incident: newToken('incident', systemRandom), reason: 'not-me' })

  return { database, store, someone, some, asking, settling, spending, archive, exhaust, granting, grant, late, back }
}
