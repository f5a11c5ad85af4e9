// Stored lines as the simulator plays them: the same traffic as the log's lines, in order, however many; and totals that agree with them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consoleReading } from '../../../db/stores/console-reading.ts'
import { type TrafficRecord, trafficRecord } from '../../../server/policy/simulation/record.ts'
import { messages } from '../../support/metered-gateway.ts'
import { type ReadingWorld, readingWorld } from '../../support/reading-console.ts'
import { honest } from '../../support/rigged-homeserver.ts'
import { classicBody, classicRoom, DAY, events, syncing } from '../../support/sync-world.ts'

let world: ReadingWorld
beforeAll(async () => {
  world = await readingWorld()
  world.homeserver.rig = honest
})
afterAll(() => world.stop())

async function all(from: Date, to: Date): Promise<TrafficRecord[]> {
  const read: TrafficRecord[] = []
  for await (const record of consoleReading(world.db).lines({ from, to })) read.push(record)
  return read
}

test('what was read is the same traffic in the database as in the log', async () => {
  const gateway = await world.storing()
  const started = new Date(Date.now() - 60_000)
  const ada = await world.device()
  ada.caller.groups = ['grp_1']
  await gateway.get(ada, messages('!a:x', 'l-0', 10))
  await gateway.get(ada, '/_matrix/client/v3/rooms/!a:x/state')
  const { given, serve } = syncing(world, gateway)
  const since = await given(ada, 'classic', 10 * DAY)
  serve(classicBody({ '!b:x': classicRoom(events(3, 5 * DAY)), '!c:x': classicRoom(events(2, 5 * DAY)) }))
  await gateway.get(ada, `/_matrix/client/v3/sync?since=${since}`)
  world.homeserver.rig = honest
  for (let turn = 0; turn < 3; turn++) await gateway.get(ada, messages('!a:x', `l-${100 + turn * 20}`, 20))
  await world.stored()

  const played = (record: TrafficRecord) => {
    const { person, device, network, groups, route, units, withheld } = record
    const counted = Object.fromEntries(Object.entries(units).filter(([, count]) => count > 0))
    return { person, device, network, groups, route, units: counted, withheld, rooms: [...record.rooms].sort() }
  }
  const logged = gateway.lines
    .map((line) =>
      trafficRecord(JSON.stringify({ time: new Date().toISOString(), event: 'metering.decision', ...line })),
    )
    .filter((record) => typeof record === 'object')
    // What neither counted nor withheld anything is not stored, and plays no part.
    .filter(({ units, withheld }) => withheld || Object.values(units).some((count) => count > 0))
  const stored = (await all(started, new Date())).filter(
    ({ person, kind }) => person === ada.person.id && kind === 'read',
  )
  expect(stored.length).toBeGreaterThan(4)
  expect(stored.map(played)).toEqual(logged.map(played))
})

test('sign-ins stand among them where they were', async () => {
  const eve = await world.device()
  const records = await all(new Date(Date.now() - 3_600_000), new Date(Date.now() + 1_000))
  expect(records.filter(({ kind, device }) => kind === 'sign-in' && device === eve.id)).toHaveLength(1)
  expect(records.map(({ atMs }) => atMs)).toEqual(records.map(({ atMs }) => atMs).sort((a, b) => a - b))
})

test('more lines than are in memory at once come each once, in order, within the time that was asked for', async () => {
  const from = new Date('2026-01-31T23:30:00Z')
  await world.sql`insert into readings (at, server_name, person_id, device_id, network, client, route, decision, reason, policy_version,
      answers, parts, rooms_total, live, state, withheld)
    select ${from.toISOString()}::timestamptz + (n / 4) * interval '1 second', 's', 'per_many', 'dev_' || n, 'n', 'c', 'r', 'released', 'w', 0, 1,
      '[{"u":{"archive":1}}]', 0, 0, 0, 0 from generate_series(0, 11999) n`
  const read = await all(from, new Date(from.getTime() + 2_500_000))
  expect(read.length).toBe(10_000)
  expect(new Set(read.map(({ device }) => device)).size).toBe(10_000)
  expect(read.every(({ units }) => units['archive'] === 1)).toBe(true)
})

test('totals are what the gateways let out, by minute and by hour', async () => {
  const [one, two] = [await world.storing(), await world.storing()]
  const console = world.as(await world.addPerson(), 'supervisor')
  const totalsOf = async (width: 'minute' | 'hour') => {
    const period = {
      from: new Date(Date.now() - DAY).toISOString(),
      // Not a whole day on: two days are the longest, and a millisecond may pass between the two.
      to: new Date(Date.now() + DAY / 2).toISOString(),
      width,
    }
    const { body } = await console.read('reading.totals', period)
    return body.items
      .filter(
        ({ meter, decision }: TrafficRecord & { meter: string; decision: string }) =>
          meter === 'archive' && decision === 'released',
      )
      .reduce((sum: number, { units }: { units: number }) => sum + units, 0)
  }
  await world.stored()
  const before = [await totalsOf('minute'), await totalsOf('hour')]
  const ada = await world.device()
  await one.get(ada, messages('!t:x', 't-0', 7))
  await two.get(ada, messages('!t:x', 't-7', 8))
  await world.stored()
  expect([await totalsOf('minute'), await totalsOf('hour')]).toEqual(before.map((units) => units + 15))
  const far = { from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }
  expect((await console.read('reading.totals', { ...far, width: 'minute' })).body.reason).toBe('period-invalid')
})
