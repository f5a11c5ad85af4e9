// What the store of meters promises, on real Postgres: allowances, deadlines, ceilings, give-back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReserveRequest, Spender } from '../../../server/metering/port.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { type MeterWorld, meterWorld } from '../../support/meter-world.ts'
import { HOUR_LIMIT } from '../../support/metered-gateway.ts'

let world: MeterWorld
beforeAll(async () => {
  world = await meterWorld()
})
afterAll(() => world.database.drop())

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
    const ada = world.someone()
    const stranger = { ...ada, ...over } as Spender
    await world.exhaust(ada)
    if (stranger.personId !== ada.personId || stranger.serverName !== ada.serverName) await world.exhaust(stranger)
    await world.grant(world.granting(ada))
    expect(await world.store.reserve(world.asking(ada, 5, over as Partial<ReserveRequest>))).toMatchObject({
      state: 'refused',
      reason: 'archive-exhausted',
    })
    expect(await world.store.reserve(world.asking(ada, 5, { room: '!b' }))).toMatchObject({
      state: 'granted',
      source: 'allowance',
      events: 5,
      left: 15,
    })
  })

  it('ends', async () => {
    const ada = world.someone()
    await world.exhaust(ada)
    await world.grant(world.granting(ada))
    await world.database.sql`update allowances set expires_at = now() where device_id = ${ada.device}`
    expect(await world.store.reserve(world.asking(ada, 5))).toMatchObject({ state: 'refused' })
    expect(await world.store.allowances(ada.serverName, ada.personId)).toEqual([])
  })

  it('is spent to the event by many at once, and never mixed with what the windows have left', async () => {
    const ada = world.someone()
    await world.exhaust(ada, 3)
    await world.grant(world.granting(ada))
    const asked = await Promise.all(Array.from({ length: 12 }, () => world.store.reserve(world.asking(ada, 4))))
    const granted = asked.flatMap((one) => (one.state === 'granted' ? [one] : []))
    expect(granted.map(({ source, events }) => [source, events])).toEqual([
      ['window', 3],
      ...Array.from({ length: 5 }, () => ['allowance', 4]),
    ])
  })

  it('pays what came beyond the reservation while it lasts, and takes it all back when it does not', async () => {
    const ada = world.someone()
    await world.exhaust(ada)
    await world.grant(world.granting(ada))
    const first = world.asking(ada, 5)
    await world.store.reserve(first)
    expect(await world.store.settle(world.settling(first, world.some(18)))).toMatchObject({
      state: 'released',
      cost: 18,
      left: 2,
    })
    const second = world.asking(ada, 5)
    expect(await world.store.reserve(second)).toMatchObject({ events: 2, left: 0 })
    expect(await world.store.settle(world.settling(second, world.some(3)))).toEqual({
      state: 'unpaid',
      cost: 3,
      left: 2,
    })
    expect(await world.store.allowances(ada.serverName, ada.personId)).toMatchObject([
      { used: 18, held: 0, granted: 20 },
    ])
    expect(await world.archive(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
  })

  it('serves an idle device, which has nothing else', async () => {
    const ada = world.someone()
    expect(await world.store.reserve(world.asking(ada, 5, { idle: true }))).toMatchObject({
      state: 'refused',
      reason: 'idle',
    })
    await world.grant(world.granting(ada))
    expect(await world.store.reserve(world.asking(ada, 5, { idle: true }))).toMatchObject({
      state: 'granted',
      source: 'allowance',
    })
  })
})

describe('what a tap may release', () => {
  it('is added once an approval, up to the ceiling of the day and not one event more', async () => {
    const ada = world.someone()
    const ceiling = defaultPolicy.windows['tap-release'][0]?.limit ?? 0
    const once = world.granting(ada, { amounts: { archive: ceiling - 5 } })
    expect(await world.grant(once)).toMatchObject({ state: 'granted', expiresAt: expect.any(Date) })
    expect(await world.grant({ ...once, id: newToken('allowance', systemRandom) })).toEqual({
      state: 'already-granted',
    })
    expect(await world.grant(world.granting(ada, { amounts: { archive: 6 } }))).toEqual({
      state: 'ceiling-reached',
      left: 5,
    })
    expect(await world.grant(world.granting(ada, { amounts: { archive: 5 } }))).toMatchObject({ state: 'granted' })
    expect(await world.grant(world.granting(ada, { amounts: { archive: 1 } }))).toEqual({
      state: 'ceiling-reached',
      left: 0,
    })
    expect(await world.store.allowances(ada.serverName, ada.personId)).toHaveLength(2)
  })

  it('is not added when the transaction it belongs to fails', async () => {
    const ada = world.someone()
    const failed = world.database.db.transaction(async (tx) => {
      await world.store.grantAllowance(tx, world.granting(ada))
      throw new Error('the audit log is away')
    })
    await expect(failed).rejects.toThrow('audit log')
    expect(await world.store.allowances(ada.serverName, ada.personId)).toEqual([])
    expect(
      (await world.store.remaining(ada.serverName, ada.personId)).find(({ meter }) => meter === 'tap-release')?.used,
    ).toBe(0)
  })
})

describe('a reservation', () => {
  it('reserves once and settles once under its id, for its own device only', async () => {
    const ada = world.someone()
    const request = world.asking(ada, 5)
    expect(await Promise.all([world.store.reserve(request), world.store.reserve(request)])).toMatchObject([
      { events: 5 },
      { events: 5 },
    ])
    expect(await world.archive(ada)).toEqual({ used: 0, held: 5 })
    expect(await world.store.settle(world.settling({ ...request, device: 'dev_thief' }, world.some(5)))).toEqual({
      state: 'gone',
    })
    expect(await world.store.settle(world.settling(request, world.some(4)))).toMatchObject({
      state: 'released',
      cost: 4,
      left: HOUR_LIMIT - 4,
    })
    expect(await world.store.settle(world.settling(request, world.some(4)))).toEqual({ state: 'gone' })
    await world.store.refund(request, request.id)
    expect(await world.archive(ada)).toEqual({ used: 4, held: 0 })
  })

  it('costs nothing once refunded, however often', async () => {
    const ada = world.someone()
    const request = world.asking(ada, 5)
    await world.store.reserve(request)
    await Promise.all([world.store.refund(request, request.id), world.store.refund(request, request.id)])
    expect(await world.archive(ada)).toEqual({ used: 0, held: 0 })
    expect(await world.store.settle(world.settling(request, world.some(5)))).toEqual({ state: 'gone' })
  })

  it('past its deadline is consumed by whatever the person does next, reading the meters included', async () => {
    const ada = world.someone()
    const request = world.asking(ada, 5)
    await world.store.reserve(request)
    await world.late(request.id)
    expect(await world.archive(ada)).toEqual({ used: 5, held: 0 })
    expect(await world.store.settle(world.settling(request, world.some(5)))).toEqual({ state: 'gone' })
    await world.store.refund(request, request.id)
    expect(await world.archive(ada)).toEqual({ used: 5, held: 0 })
  })

  it('past its deadline is not settled even when nobody came in between', async () => {
    const ada = world.someone()
    const request = world.asking(ada, 5)
    await world.store.reserve(request)
    await world.late(request.id)
    expect(await world.store.settle(world.settling(request, world.some(2)))).toEqual({ state: 'gone' })
    expect(await world.archive(ada)).toEqual({ used: 5, held: 0 })
  })

  it('of an allowance is consumed there', async () => {
    const ada = world.someone()
    await world.exhaust(ada)
    await world.grant(world.granting(ada))
    const request = world.asking(ada, 5)
    await world.store.reserve(request)
    await world.late(request.id)
    await world.archive(ada)
    expect(await world.store.allowances(ada.serverName, ada.personId)).toMatchObject([{ used: 5, held: 0 }])
  })

  it('refused says what is held and when the windows have room again', async () => {
    const ada = world.someone()
    await world.exhaust(ada, 5)
    const request = world.asking(ada, 5)
    await world.store.reserve(request)
    const refused = await world.store.reserve(world.asking(ada, 5))
    expect(refused).toMatchObject({ state: 'refused', held: 5 })
    await world.store.settle(world.settling(request, world.some(5)))
    const later = await world.store.reserve(world.asking(ada, 5))
    if (later.state !== 'refused') throw new Error('not refused')
    expect(later.retryAfterSeconds).toBeGreaterThan(3_500)
    expect(later.retryAfterSeconds).toBeLessThanOrEqual(3_660)
  })
})

describe('an ended device', () => {
  it('gives back what it read and what it held, to the event, once, and reads nothing more', async () => {
    const owner = world.someone()
    const thief = { ...owner, device: `${owner.device}_thief` }
    await world.store.spend(world.spending(owner, { streams: { archive: world.some(7) } }))
    await world.store.spend(
      world.spending(thief, { streams: { archive: world.some(9), 'catch-up': world.some(4) }, live: 3 }),
    )
    const underWay = world.asking(thief, 6)
    await world.store.reserve(underWay)
    await world.grant(world.granting(thief))
    expect(await world.back(thief)).toBe(true)
    expect(await world.back(thief)).toBe(false)
    expect(await world.archive(owner)).toEqual({ used: 7, held: 0 })
    expect(
      (await world.store.remaining(owner.serverName, owner.personId)).find(({ meter }) => meter === 'catch-up'),
    ).toMatchObject({ used: 0 })
    const [incident] = await world.database.sql`select consumed from incidents where device_id = ${thief.device}`
    expect(incident?.['consumed']).toEqual({ archive: 15, 'catch-up': 4, live: 3, rooms: 1 })
    expect(await world.store.settle(world.settling(underWay, world.some(6)))).toEqual({ state: 'device-ended' })
    expect(await world.store.reserve(world.asking(thief, 1))).toMatchObject({
      state: 'refused',
      reason: 'device-ended',
    })
    expect(await world.store.spend(world.spending(thief, { live: 1 }))).toEqual({ state: 'device-ended' })
    expect(await world.store.allowances(owner.serverName, owner.personId)).toEqual([])
    expect(await world.archive(owner)).toEqual({ used: 7, held: 0 })
  })

  it('is given back for two devices in 30 days: ending one after the other is no way around the windows', async () => {
    const owner = world.someone()
    for (const [ended, left] of [
      ['first', 0],
      ['second', 0],
      ['third', 9],
      ['fourth', 18],
    ] as const) {
      const device = { ...owner, device: `${owner.device}_${ended}` }
      await world.store.spend(world.spending(device, { streams: { archive: world.some(9) } }))
      expect(await world.back(device)).toBe(true)
      expect(await world.archive(owner)).toEqual({ used: left, held: 0 })
    }
    const incidents = await world.database.sql`
      select given_back, consumed from incidents where person_id = ${owner.personId} order by created_at, device_id`
    expect(incidents.map((incident) => incident['given_back'])).toEqual([true, true, false, false])
    expect(incidents.every((incident) => incident['consumed'].archive === 9)).toBe(true)
  })

  it('is given back together with its revocation, or not at all', async () => {
    const ada = world.someone()
    await world.store.spend(world.spending(ada, { streams: { archive: world.some(5) } }))
    const failed = world.database.db.transaction(async (tx) => {
      await world.store.giveBack({ ...ada, incident: newToken('incident', systemRandom), reason: 'not-me' }, tx)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await world.archive(ada)).toEqual({ used: 5, held: 0 })
  })
})
