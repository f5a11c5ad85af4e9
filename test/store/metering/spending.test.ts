// What the store of meters promises /sync, on real Postgres: streams, positions, and that no event is charged twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resumePointStore } from '../../../db/stores/metering.ts'
import type { Spender, SpendRequest } from '../../../server/metering/port.ts'
import { roomHash } from '../../../server/metering/room.ts'
import { defaultPolicy, type MeteringPolicy } from '../../../server/policy/defaults.ts'
import { type MeterWorld, meterWorld } from '../../support/meter-world.ts'
import { HOUR_LIMIT, smallPolicy } from '../../support/metered-gateway.ts'

let world: MeterWorld
beforeAll(async () => {
  world = await meterWorld()
})
afterAll(() => world.database.drop())

describe('events charged within ten minutes', () => {
  it('are free to the device by either road, and charged to another', async () => {
    const ada = world.someone()
    const events = world.some(5)
    const request = world.asking(ada, 5)
    await world.store.reserve(request)
    await world.store.settle(world.settling(request, events))
    expect(await world.store.spend(world.spending(ada, { streams: { archive: events } }))).toMatchObject({
      state: 'paid',
      cost: {},
    })
    expect(
      await world.store.spend(world.spending({ ...ada, device: 'dev_phone' }, { streams: { archive: events } })),
    ).toMatchObject({ state: 'paid', cost: { archive: 5 } })
    expect(await world.archive(ada)).toEqual({ used: 10, held: 0 })
  })

  it('are charged once when an answer carries them twice; those without id each time', async () => {
    const ada = world.someone()
    const request = world.asking(ada, 9)
    await world.store.reserve(request)
    const { hashes } = world.some(3)
    expect(
      await world.store.settle(world.settling(request, { hashes: [...hashes, ...hashes], bare: 2 })),
    ).toMatchObject({
      cost: 5,
    })
    expect(
      await world.store.spend(
        world.spending(ada, { streams: { archive: { hashes, bare: 2 }, 'catch-up': { hashes, bare: 0 } } }),
      ),
    ).toMatchObject({ cost: { archive: 2 } })
  })

  it('are forgotten by the sweep, with what nobody came back for', async () => {
    const ada = world.someone()
    await world.store.spend(
      world.spending(ada, { streams: { archive: world.some(2) }, position: { hash: 'p', coversUntilMs: 1 } }),
    )
    const points = resumePointStore(world.database.db)
    await points.remember([{ device: ada.device, roomId: '!a', withheldEventId: '$e', token: 't' }])
    await world.store.sweep()
    expect(await points.find(ada.device, ['$e'])).toEqual(new Map([['$e', 't']]))
    await world.database
      .sql`update charged_events set charged_at = now() - interval '11 minutes' where device_id = ${ada.device}`
    await world.database
      .sql`update device_positions set delivered_at = now() - interval '31 days' where device_id = ${ada.device}`
    await world.database
      .sql`update resume_points set created_at = now() - interval '31 days' where device_id = ${ada.device}`
    await world.store.sweep()
    for (const table of ['charged_events', 'device_positions', 'resume_points']) {
      expect(
        await world.database.sql`select 1 from ${world.database.sql(table)} where device_id = ${ada.device}`,
      ).toHaveLength(0)
    }
  })
})

describe('the streams of /sync', () => {
  it('are paid all or not at all, and what is left and free is told', async () => {
    const ada = world.someone()
    await world.exhaust(ada, 4)
    const [old, coming] = [world.some(5), world.some(7)]
    await world.store.spend(
      world.spending(ada, { streams: { 'catch-up': { hashes: coming.hashes.slice(0, 2), bare: 0 } } }),
    )
    const short = await world.store.spend(
      world.spending(ada, {
        streams: { archive: old, 'catch-up': coming },
        live: 3,
        position: { hash: 'p', coversUntilMs: 1 },
      }),
    )
    expect(short).toEqual({
      state: 'short',
      meter: 'archive',
      held: 0,
      retryAfterSeconds: expect.any(Number),
      left: { archive: 4, 'catch-up': 28, 'first-sync': 25 },
      free: new Set(coming.hashes.slice(0, 2)),
    })
    expect(await world.archive(ada)).toEqual({ used: HOUR_LIMIT - 4, held: 0 })
    expect(await world.store.position({ device: ada.device, hash: 'p' })).toEqual({
      coversUntilMs: null,
      firstSyncOpen: true,
    })
    const kept = { archive: { hashes: old.hashes.slice(0, 4), bare: 0 }, 'catch-up': coming }
    expect(await world.store.spend(world.spending(ada, { streams: kept }))).toMatchObject({
      state: 'paid',
      cost: { archive: 4, 'catch-up': 5 },
    })
  })

  it('leave what a request under way holds', async () => {
    const ada = world.someone()
    await world.store.reserve(world.asking(ada, 30))
    expect(await world.store.spend(world.spending(ada, { streams: { archive: world.some(11) } }))).toMatchObject({
      state: 'short',
      left: { archive: 10 },
    })
  })

  it('have nothing for an idle device but its first sync and what is live', async () => {
    const ada = world.someone()
    const idle = (streams: SpendRequest['streams']) =>
      world.store.spend(world.spending(ada, { streams, live: 2, idle: true }))
    expect(await idle({ archive: world.some(1) })).toMatchObject({
      state: 'short',
      left: { archive: 0, 'catch-up': 0 },
    })
    expect(await idle({ 'catch-up': world.some(1) })).toMatchObject({ state: 'short' })
    expect(await idle({ 'key-backup': world.some(1) })).toMatchObject({ state: 'short', meter: 'key-backup' })
    expect(await idle({ directory: world.some(1) })).toMatchObject({ state: 'paid' })
    expect(await idle({ 'first-sync': world.some(1) })).toMatchObject({ state: 'paid' })
    expect(await idle({})).toMatchObject({ state: 'paid' })
  })

  it('alarm past the ceiling of live events, and withhold none', async () => {
    const ada = world.someone()
    const ceiling = defaultPolicy.windows.live[0]?.limit ?? 0
    expect(await world.store.spend(world.spending(ada, { live: ceiling }))).toMatchObject({ state: 'paid', alarms: [] })
    expect(await world.store.spend(world.spending(ada, { live: 1 }))).toMatchObject({ state: 'paid', alarms: ['live'] })
  })
})

describe('a position', () => {
  const delivered = (spender: Spender, hash: string, coversUntilMs: number, since: string | null = null) =>
    world.store.spend(world.spending(spender, { position: { hash, coversUntilMs }, since }))

  it('is known to its own device alone, and covers what it did when it was first delivered', async () => {
    const ada = world.someone()
    await delivered(ada, 'p', 1_000)
    await delivered(ada, 'p', 2_000)
    expect(await world.store.position({ device: ada.device, hash: 'p' })).toMatchObject({ coversUntilMs: 1_000 })
    expect(await world.store.position({ device: 'dev_other', hash: 'p' })).toMatchObject({ coversUntilMs: null })
    expect(await world.store.position({ device: ada.device, hash: 'forged' })).toMatchObject({ coversUntilMs: null })
  })

  it('stays among the newest eight, however late the client comes back, so that each of its connections may', async () => {
    const ada = world.someone()
    const age = () =>
      world.database
        .sql`update device_positions set delivered_at = delivered_at - interval '2 days' where device_id = ${ada.device}`
    const covered = async (hash: string) => (await world.store.position({ device: ada.device, hash })).coversUntilMs
    // The last of one connection, then those of another.
    for (let number = 1; number <= 9; number++) {
      await delivered(ada, `p${number}`, number)
      await age()
      expect(await covered('p1')).toBe(1)
    }
    await delivered(ada, 'p10', 10)
    expect([await covered('p1'), await covered('p2'), await covered('p10')]).toEqual([null, 2, 10])
  })

  it('that comes back closes the first sync for good, asked for or spent from', async () => {
    for (const come of ['position', 'spend'] as const) {
      const ada = world.someone()
      await delivered(ada, 'p1', 1)
      expect(await world.store.position({ device: ada.device, hash: 'forged' })).toMatchObject({ firstSyncOpen: true })
      if (come === 'position') await world.store.position({ device: ada.device, hash: 'p1' })
      else await delivered(ada, 'p2', 2, 'p1')
      expect(await world.store.position({ device: ada.device, hash: null })).toMatchObject({ firstSyncOpen: false })
      expect(await world.store.spend(world.spending(ada, { streams: { 'first-sync': world.some(1) } }))).toMatchObject({
        state: 'short',
        left: { 'first-sync': 0 },
      })
    }
  })

  it('is not needed for the first sync, which ends with its events', async () => {
    const ada = world.someone()
    expect(await world.store.spend(world.spending(ada, { streams: { 'first-sync': world.some(20) } }))).toMatchObject({
      state: 'paid',
    })
    expect(await world.store.spend(world.spending(ada, { streams: { 'first-sync': world.some(6) } }))).toMatchObject({
      state: 'short',
      left: { 'first-sync': 5 },
    })
    expect(await world.store.spend(world.spending(ada, { streams: { 'first-sync': world.some(5) } }))).toMatchObject({
      state: 'paid',
    })
    expect(await world.archive(ada)).toEqual({ used: 0, held: 0 })
  })
})

describe('the limits of a caller', () => {
  const limited = (limit: number): MeteringPolicy => ({
    ...smallPolicy,
    windows: {
      ...smallPolicy.windows,
      directory: smallPolicy.windows.directory.map((window) => ({ ...window, limit })),
    },
    rooms: { ...smallPolicy.rooms, limit },
  })

  it('are those of the policy in force for it, in one batch with others', async () => {
    const ada = world.someone()
    const asked = (policy: MeteringPolicy | undefined, units: number) =>
      world.store.spend({
        ...world.spending(ada, { streams: { directory: { hashes: [], bare: units } } }),
        ...(policy && { policy }),
      })
    const [none, few, many] = await Promise.all([asked(limited(0), 1), asked(limited(5), 5), asked(undefined, 300)])
    expect([none?.state, few?.state, many?.state]).toEqual(['short', 'paid', 'paid'])
    // One person, one count: what one device read counts against the limits of all.
    expect(await asked(limited(300), 1)).toMatchObject({ state: 'short', meter: 'directory', left: { directory: 0 } })
    expect(await asked(undefined, 1)).toMatchObject({ state: 'paid' })
    const own = await world.store.remaining(ada.serverName, ada.personId, limited(7))
    expect(own.filter(({ meter }) => meter === 'directory')).toMatchObject([
      { limit: 7, used: 306 },
      { limit: 7, used: 306 },
      { limit: 7, used: 306 },
    ])
  })

  it('of rooms hold for reservations too, and an allowance that names the room needs none', async () => {
    const ada = world.someone()
    const policy = limited(1)
    const reserve = (room: string) => world.store.reserve({ ...world.asking(ada, 1, { room }), policy })
    expect(await reserve('!a')).toMatchObject({ state: 'granted', source: 'window' })
    expect(await reserve('!a')).toMatchObject({ state: 'granted', source: 'window' })
    const refused = await reserve('!b')
    expect(refused).toMatchObject({ state: 'refused', reason: 'rooms-exhausted' })
    const day = policy.rooms.windowSeconds
    const { retryAfterSeconds } = refused as Extract<typeof refused, { state: 'refused' }>
    expect(retryAfterSeconds).toBeGreaterThan(day)
    expect(retryAfterSeconds).toBeLessThanOrEqual(day + 60)
    await world.grant(world.granting(ada, { rooms: ['!b'] }))
    expect(await reserve('!b')).toMatchObject({ state: 'granted', source: 'allowance' })
    expect(await reserve('!c')).toMatchObject({ state: 'refused', reason: 'rooms-exhausted' })
  })
})

it('the sweep forgets sub-buckets and rooms that no window covers, and no others', async () => {
  const ada = world.someone()
  const room = { hashes: [roomHash('!swept')], bare: 0 }
  await world.store.spend(world.spending(ada, { streams: { archive: world.some(3), rooms: room } }))
  const { sql } = world.database
  const [head] =
    await sql`select newest1 from meters where person_id = ${ada.personId} and device_id = '' and meter = 'archive'`
  const put = (ago: number) => sql`
    insert into meter_buckets (server_name, person_id, device_id, meter, place, bucket, used)
    values (${ada.serverName}, ${ada.personId}, '', 'archive', 1, ${Number(head?.['newest1']) - ago}, 1)`
  await put(2)
  await put(10_000)
  await sql`insert into room_reads (server_name, person_id, room, device_id, read_at)
    values (${ada.serverName}, ${ada.personId}, 7, 'dev', now() - interval '40 days'),
      -- Policy may count rooms over as long as 30 days, whatever ships.
      (${ada.serverName}, ${ada.personId}, 8, 'dev', now() - interval '30 days')`
  await world.store.sweep()
  const [left] =
    await sql`select (select count(*)::int from meter_buckets where person_id = ${ada.personId}) as buckets,
    (select count(*)::int from room_reads where person_id = ${ada.personId}) as rooms`
  expect(left).toEqual({ buckets: 1, rooms: 2 })
})
