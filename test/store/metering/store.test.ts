// What the store of meters promises, on real Postgres: allowances, charged-again, /sync's streams, deadlines, ceilings, give-back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { meterStore, resumePointStore } from '../../../db/stores/metering.ts'
import type { AllowanceGrant, Charge, MeterStore, ReserveRequest, SettleRequest, Spender, SpendRequest } from '../../../server/metering/port.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import type { Transaction } from '../../../db/client.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { HOUR_LIMIT, smallPolicy } from '../../support/metered-gateway.ts'

let database: TestDatabase
let store: MeterStore<Transaction>
beforeAll(async () => {
  database = await testDatabase()
  store = meterStore(database.db, smallPolicy)
})
afterAll(() => database.drop())

let serial = 0
const someone = (): Spender => ({ serverName: 'example.org', personId: `per_${++serial}`, device: `dev_${serial}` })
const some = (count: number, from = (serial += 1_000)): Charge => ({ hashes: Array.from({ length: count }, (_, index) => BigInt(from + index)), bare: 0 })

function asking(spender: Spender, events: number, over: Partial<ReserveRequest> = {}): ReserveRequest {
  return {
    ...spender, id: newToken('reservation', systemRandom), network: '192.0.2.0/24', client: 'test', room: '!a', direction: 'backward',
    events, idle: false, requestHash: `request ${++serial}`, ...over,
  }
}
const settling = ({ id, serverName, personId, device, requestHash, events }: ReserveRequest, history: Charge): SettleRequest =>
  ({ id, serverName, personId, device, requestHash, history, live: 0, state: 0, limitUsed: events })
const spending = (spender: Spender, over: Partial<SpendRequest>): SpendRequest =>
  ({ ...spender, streams: {}, live: 0, state: 0, position: null, since: null, idle: false, ...over })
const archive = async ({ serverName, personId }: Spender) => {
  const [hour] = await store.remaining(serverName, personId)
  return { used: hour?.used, held: hour?.held }
}
const exhaust = (spender: Spender, leave = 0) => store.spend(spending(spender, { streams: { archive: { hashes: [], bare: HOUR_LIMIT - leave } } }))
const granting = (spender: Spender, over: Partial<AllowanceGrant> = {}): AllowanceGrant => ({
  ...spender, id: newToken('allowance', systemRandom), approvalHash: `approval ${++serial}`, network: '192.0.2.0/24', client: 'test',
  rooms: ['!a', '!b'], direction: 'backward', events: 20, ttlSeconds: 3_600, ...over,
})
const grant = (request: AllowanceGrant) => database.db.transaction((tx) => store.grantAllowance(tx, request))
const late = (id: string) => database.sql`update reservations set deadline = now() - interval '1 second' where id = ${id}`
const back = (spender: Spender) => store.giveBack({ ...spender, incident: newToken('incident', systemRandom), reason: 'not-me' })

describe('an allowance', () => {
  it.each([
    ['another room', { room: '!c' }],
    ['another network', { network: '198.51.100.0/24' }],
    ['another client', { client: 'other' }],
    ['another direction', { direction: 'forward' }],
    ['another device', { device: 'dev_other' }],
    ['another person', { personId: 'per_other' }],
    ['another homeserver', { serverName: 'other.example' }],
  ])('is not for %s', async (_what, over) => {
    const ada = someone()
    const stranger = { ...ada, ...over } as Spender
    await exhaust(ada)
    if (stranger.personId !== ada.personId || stranger.serverName !== ada.serverName) await exhaust(stranger)
    await grant(granting(ada))
    expect(await store.reserve(asking(ada, 5, over as Partial<ReserveRequest>))).toMatchObject({ state: 'refused', reason: 'archive-exhausted' })
    expect(await store.reserve(asking(ada, 5, { room: '!b' }))).toMatchObject({ state: 'granted', source: 'allowance', events: 5, left: 15 })
  })

  it('ends', async () => {
    const ada = someone()
    await exhaust(ada)
    await grant(granting(ada))
    await database.sql`update allowances set expires_at = now() where device_id = ${ada.device}`
    expect(await store.reserve(asking(ada, 5))).toMatchObject({ state: 'refused' })
    expect(await store.allowances(ada.serverName, ada.personId)).toEqual([])
  })

  it('is spent to the event by many at once, and never mixed with what the windows have left', async () => {
    const ada = someone()
    await exhaust(ada, 3)
    await grant(granting(ada))
    const asked = await Promise.all(Array.from({ length: 12 }, () => store.reserve(asking(ada, 4))))
    const granted = asked.flatMap((one) => (one.state === 'granted' ? [one] : []))
    expect(granted.map(({ source, events }) => [source, events])).toEqual([['window', 3], ...Array.from({ length: 5 }, () => ['allowance', 4])])
  })

  it('pays what came beyond the reservation while it lasts, and takes it all back when it does not', async () => {
    const ada = someone()
    await exhaust(ada)
    await grant(granting(ada))
    const first = asking(ada, 5)
    await store.reserve(first)
    expect(await store.settle(settling(first, some(18)))).toMatchObject({ state: 'released', cost: 18, left: 2 })
    const second = asking(ada, 5)
    expect(await store.reserve(second)).toMatchObject({ events: 2, left: 0 })
    expect(await store.settle(settling(second, some(3)))).toEqual({ state: 'unpaid', cost: 3, left: 2 })
    expect(await store.allowances(ada.serverName, ada.personId)).toMatchObject([{ used: 18, held: 0, granted: 20 }])
    expect(await archive(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
  })

  it('serves an idle device, which has nothing else', async () => {
    const ada = someone()
    expect(await store.reserve(asking(ada, 5, { idle: true }))).toMatchObject({ state: 'refused', reason: 'idle' })
    await grant(granting(ada))
    expect(await store.reserve(asking(ada, 5, { idle: true }))).toMatchObject({ state: 'granted', source: 'allowance' })
  })
})

describe('what a tap may release', () => {
  it('is added once an approval, up to the ceiling of the day and not one event more', async () => {
    const ada = someone()
    const ceiling = defaultPolicy.windows['tap-release'][0]?.limit ?? 0
    const once = granting(ada, { events: ceiling - 5 })
    expect(await grant(once)).toMatchObject({ state: 'granted', expiresAt: expect.any(Date) })
    expect(await grant({ ...once, id: newToken('allowance', systemRandom) })).toEqual({ state: 'already-granted' })
    expect(await grant(granting(ada, { events: 6 }))).toEqual({ state: 'ceiling-reached', left: 5 })
    expect(await grant(granting(ada, { events: 5 }))).toMatchObject({ state: 'granted' })
    expect(await grant(granting(ada, { events: 1 }))).toEqual({ state: 'ceiling-reached', left: 0 })
    expect(await store.allowances(ada.serverName, ada.personId)).toHaveLength(2)
  })

  it('is not added when the transaction it belongs to fails', async () => {
    const ada = someone()
    const failed = database.db.transaction(async (tx) => {
      await store.grantAllowance(tx, granting(ada))
      throw new Error('the audit log is away')
    })
    await expect(failed).rejects.toThrow('audit log')
    expect(await store.allowances(ada.serverName, ada.personId)).toEqual([])
    expect((await store.remaining(ada.serverName, ada.personId)).find(({ meter }) => meter === 'tap-release')?.used).toBe(0)
  })
})

describe('a reservation', () => {
  it('reserves once and settles once under its id, for its own device only', async () => {
    const ada = someone()
    const request = asking(ada, 5)
    expect(await Promise.all([store.reserve(request), store.reserve(request)])).toMatchObject([{ events: 5 }, { events: 5 }])
    expect(await archive(ada)).toEqual({ used: 0, held: 5 })
    expect(await store.settle(settling({ ...request, device: 'dev_thief' }, some(5)))).toEqual({ state: 'gone' })
    expect(await store.settle(settling(request, some(4)))).toMatchObject({ state: 'released', cost: 4, left: HOUR_LIMIT - 4 })
    expect(await store.settle(settling(request, some(4)))).toEqual({ state: 'gone' })
    await store.refund(request, request.id)
    expect(await archive(ada)).toEqual({ used: 4, held: 0 })
  })

  it('costs nothing once refunded, however often', async () => {
    const ada = someone()
    const request = asking(ada, 5)
    await store.reserve(request)
    await Promise.all([store.refund(request, request.id), store.refund(request, request.id)])
    expect(await archive(ada)).toEqual({ used: 0, held: 0 })
    expect(await store.settle(settling(request, some(5)))).toEqual({ state: 'gone' })
  })

  it('past its deadline is consumed by whatever the person does next, reading the meters included', async () => {
    const ada = someone()
    const request = asking(ada, 5)
    await store.reserve(request)
    await late(request.id)
    expect(await archive(ada)).toEqual({ used: 5, held: 0 })
    expect(await store.settle(settling(request, some(5)))).toEqual({ state: 'gone' })
    await store.refund(request, request.id)
    expect(await archive(ada)).toEqual({ used: 5, held: 0 })
  })

  it('past its deadline is not settled even when nobody came in between', async () => {
    const ada = someone()
    const request = asking(ada, 5)
    await store.reserve(request)
    await late(request.id)
    expect(await store.settle(settling(request, some(2)))).toEqual({ state: 'gone' })
    expect(await archive(ada)).toEqual({ used: 5, held: 0 })
  })

  it('of an allowance is consumed there', async () => {
    const ada = someone()
    await exhaust(ada)
    await grant(granting(ada))
    const request = asking(ada, 5)
    await store.reserve(request)
    await late(request.id)
    await archive(ada)
    expect(await store.allowances(ada.serverName, ada.personId)).toMatchObject([{ used: 5, held: 0 }])
  })

  it('refused says what is held and when the windows have room again', async () => {
    const ada = someone()
    await exhaust(ada, 5)
    const request = asking(ada, 5)
    await store.reserve(request)
    const refused = await store.reserve(asking(ada, 5))
    expect(refused).toMatchObject({ state: 'refused', held: 5 })
    await store.settle(settling(request, some(5)))
    const later = await store.reserve(asking(ada, 5))
    if (later.state !== 'refused') throw new Error('not refused')
    expect(later.retryAfterSeconds).toBeGreaterThan(3_500)
    expect(later.retryAfterSeconds).toBeLessThanOrEqual(3_660)
  })
})

describe('events charged within ten minutes', () => {
  it('are free to the device by either road, and charged to another', async () => {
    const ada = someone()
    const events = some(5)
    const request = asking(ada, 5)
    await store.reserve(request)
    await store.settle(settling(request, events))
    expect(await store.spend(spending(ada, { streams: { archive: events } }))).toMatchObject({ state: 'paid', cost: {} })
    expect(await store.spend(spending({ ...ada, device: 'dev_phone' }, { streams: { archive: events } }))).toMatchObject({ state: 'paid', cost: { archive: 5 } })
    expect(await archive(ada)).toEqual({ used: 10, held: 0 })
  })

  it('are charged once when an answer carries them twice; those without id each time', async () => {
    const ada = someone()
    const request = asking(ada, 9)
    await store.reserve(request)
    const { hashes } = some(3)
    expect(await store.settle(settling(request, { hashes: [...hashes, ...hashes], bare: 2 }))).toMatchObject({ cost: 5 })
    expect(await store.spend(spending(ada, { streams: { archive: { hashes, bare: 2 }, 'catch-up': { hashes, bare: 0 } } }))).toMatchObject({ cost: { archive: 2 } })
  })

  it('are forgotten by the sweep, with what nobody came back for', async () => {
    const ada = someone()
    await store.spend(spending(ada, { streams: { archive: some(2) }, position: { hash: 'p', coversUntilMs: 1 } }))
    const points = resumePointStore(database.db)
    await points.remember([{ device: ada.device, roomId: '!a', withheldEventId: '$e', token: 't' }])
    await store.sweep()
    expect(await points.find(ada.device, ['$e'])).toEqual(new Map([['$e', 't']]))
    await database.sql`update charged_events set charged_at = now() - interval '11 minutes' where device_id = ${ada.device}`
    await database.sql`update device_positions set delivered_at = now() - interval '31 days' where device_id = ${ada.device}`
    await database.sql`update resume_points set created_at = now() - interval '31 days' where device_id = ${ada.device}`
    await store.sweep()
    for (const table of ['charged_events', 'device_positions', 'resume_points']) {
      expect(await database.sql`select 1 from ${database.sql(table)} where device_id = ${ada.device}`).toHaveLength(0)
    }
  })
})

describe('the streams of /sync', () => {
  it('are paid all or not at all, and what is left and free is told', async () => {
    const ada = someone()
    await exhaust(ada, 4)
    const [old, coming] = [some(5), some(7)]
    await store.spend(spending(ada, { streams: { 'catch-up': { hashes: coming.hashes.slice(0, 2), bare: 0 } } }))
    const short = await store.spend(spending(ada, { streams: { archive: old, 'catch-up': coming }, live: 3, position: { hash: 'p', coversUntilMs: 1 } }))
    expect(short).toEqual({ state: 'short', left: { archive: 4, 'catch-up': 28, 'first-sync': 25 }, free: new Set(coming.hashes.slice(0, 2)) })
    expect(await archive(ada)).toEqual({ used: HOUR_LIMIT - 4, held: 0 })
    expect(await store.position({ device: ada.device, hash: 'p' })).toEqual({ coversUntilMs: null, firstSyncOpen: true })
    const kept = { archive: { hashes: old.hashes.slice(0, 4), bare: 0 }, 'catch-up': coming }
    expect(await store.spend(spending(ada, { streams: kept }))).toMatchObject({ state: 'paid', cost: { archive: 4, 'catch-up': 5 } })
  })

  it('leave what a request under way holds', async () => {
    const ada = someone()
    await store.reserve(asking(ada, 30))
    expect(await store.spend(spending(ada, { streams: { archive: some(11) } }))).toMatchObject({ state: 'short', left: { archive: 10 } })
  })

  it('have nothing for an idle device but its first sync and what is live', async () => {
    const ada = someone()
    const idle = (streams: SpendRequest['streams']) => store.spend(spending(ada, { streams, live: 2, idle: true }))
    expect(await idle({ archive: some(1) })).toMatchObject({ state: 'short', left: { archive: 0, 'catch-up': 0 } })
    expect(await idle({ 'catch-up': some(1) })).toMatchObject({ state: 'short' })
    expect(await idle({ 'first-sync': some(1) })).toMatchObject({ state: 'paid' })
    expect(await idle({})).toMatchObject({ state: 'paid' })
  })

  it('alarm past the ceiling of live events, and withhold none', async () => {
    const ada = someone()
    const ceiling = defaultPolicy.windows.live[0]?.limit ?? 0
    expect(await store.spend(spending(ada, { live: ceiling }))).toMatchObject({ state: 'paid', alarms: [] })
    expect(await store.spend(spending(ada, { live: 1 }))).toMatchObject({ state: 'paid', alarms: ['live'] })
  })
})

describe('a position', () => {
  const delivered = (spender: Spender, hash: string, coversUntilMs: number, since: string | null = null) =>
    store.spend(spending(spender, { position: { hash, coversUntilMs }, since }))

  it('is known to its own device alone, and covers what it did when it was first delivered', async () => {
    const ada = someone()
    await delivered(ada, 'p', 1_000)
    await delivered(ada, 'p', 2_000)
    expect(await store.position({ device: ada.device, hash: 'p' })).toMatchObject({ coversUntilMs: 1_000 })
    expect(await store.position({ device: 'dev_other', hash: 'p' })).toMatchObject({ coversUntilMs: null })
    expect(await store.position({ device: ada.device, hash: 'forged' })).toMatchObject({ coversUntilMs: null })
  })

  it('stays until the one after the next, however late the client comes back', async () => {
    const ada = someone()
    const age = () => database.sql`update device_positions set delivered_at = delivered_at - interval '2 days' where device_id = ${ada.device}`
    await delivered(ada, 'p1', 1)
    await age()
    await delivered(ada, 'p2', 2)
    // The answer with p2 was lost: the client asks with p1 again.
    expect(await store.position({ device: ada.device, hash: 'p1' })).toMatchObject({ coversUntilMs: 1 })
    await age()
    await delivered(ada, 'p3', 3)
    expect(await store.position({ device: ada.device, hash: 'p1' })).toMatchObject({ coversUntilMs: null })
    expect(await store.position({ device: ada.device, hash: 'p2' })).toMatchObject({ coversUntilMs: 2 })
  })

  it('that comes back closes the first sync for good, asked for or spent from', async () => {
    for (const come of ['position', 'spend'] as const) {
      const ada = someone()
      await delivered(ada, 'p1', 1)
      expect(await store.position({ device: ada.device, hash: 'forged' })).toMatchObject({ firstSyncOpen: true })
      if (come === 'position') await store.position({ device: ada.device, hash: 'p1' })
      else await delivered(ada, 'p2', 2, 'p1')
      expect(await store.position({ device: ada.device, hash: null })).toMatchObject({ firstSyncOpen: false })
      expect(await store.spend(spending(ada, { streams: { 'first-sync': some(1) } }))).toMatchObject({ state: 'short', left: { 'first-sync': 0 } })
    }
  })

  it('is not needed for the first sync, which ends with its events', async () => {
    const ada = someone()
    expect(await store.spend(spending(ada, { streams: { 'first-sync': some(20) } }))).toMatchObject({ state: 'paid' })
    expect(await store.spend(spending(ada, { streams: { 'first-sync': some(6) } }))).toMatchObject({ state: 'short', left: { 'first-sync': 5 } })
    expect(await store.spend(spending(ada, { streams: { 'first-sync': some(5) } }))).toMatchObject({ state: 'paid' })
    expect(await archive(ada)).toEqual({ used: 0, held: 0 })
  })
})

describe('an ended device', () => {
  it('gives back what it read and what it held, to the event, once, and reads nothing more', async () => {
    const owner = someone()
    const thief = { ...owner, device: `${owner.device}_thief` }
    await store.spend(spending(owner, { streams: { archive: some(7) } }))
    await store.spend(spending(thief, { streams: { archive: some(9), 'catch-up': some(4) }, live: 3 }))
    const underWay = asking(thief, 6)
    await store.reserve(underWay)
    await grant(granting(thief))
    expect(await back(thief)).toBe(true)
    expect(await back(thief)).toBe(false)
    expect(await archive(owner)).toEqual({ used: 7, held: 0 })
    expect((await store.remaining(owner.serverName, owner.personId)).find(({ meter }) => meter === 'catch-up')).toMatchObject({ used: 0 })
    const [incident] = await database.sql`select consumed from incidents where device_id = ${thief.device}`
    expect(incident?.['consumed']).toEqual({ archive: 15, 'catch-up': 4, live: 3 })
    expect(await store.settle(settling(underWay, some(6)))).toEqual({ state: 'device-ended' })
    expect(await store.reserve(asking(thief, 1))).toMatchObject({ state: 'refused', reason: 'device-ended' })
    expect(await store.spend(spending(thief, { live: 1 }))).toEqual({ state: 'device-ended' })
    expect(await store.allowances(owner.serverName, owner.personId)).toEqual([])
    expect(await archive(owner)).toEqual({ used: 7, held: 0 })
  })

  it('is given back together with its revocation, or not at all', async () => {
    const ada = someone()
    await store.spend(spending(ada, { streams: { archive: some(5) } }))
    const failed = database.db.transaction(async (tx) => {
      await store.giveBack({ ...ada, incident: newToken('incident', systemRandom), reason: 'not-me' }, tx)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await archive(ada)).toEqual({ used: 5, held: 0 })
  })
})
