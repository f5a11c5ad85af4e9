// Detection over the real meters: what it reads of them, what it remembers, that it raises once an hour, and what then happens.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../../db/client.ts'
import { auditEntries } from '../../../db/schema/audit.ts'
import { outbox } from '../../../db/schema/notify.ts'
import { alertLog } from '../../../db/stores/alerts.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { detectionStore } from '../../../db/stores/detection.ts'
import { alertAddressStore, outboxStore, personAddressStore } from '../../../db/stores/outbox.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { type DetectionInForce, detector } from '../../../server/detection/detector.ts'
import { type DetectionPolicy, defaultDetection, type Subject } from '../../../server/detection/port.ts'
import { notifier } from '../../../server/notify/notifier.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { quietLog } from '../../support/enrolment.ts'
import { gatewayWorld, type TestDevice, type World } from '../../support/gateway-process-world.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'

let world: World
let second: DatabaseHandle

beforeAll(async () => {
  world = await gatewayWorld({ gateways: 0 })
  second = openDatabase(world.url, { max: 10 })
})
afterAll(async () => {
  await second.close()
  await world.stop()
})

const SERVER = 'example.org'
const subjectOf = (device: TestDevice, over: Partial<Subject> = {}): Subject => ({
  serverName: SERVER,
  personId: device.person.id,
  device: device.id,
  network: '127.0.0.0/24',
  client: 'Element/1.11.90 (Firefox/140.0)',
  ...over,
})
const someone = async () => world.addDevice(await world.addPerson())
const spending = (device: TestDevice) => ({
  serverName: SERVER,
  personId: device.person.id,
  device: device.id,
  ...PLAIN_SPENDING,
})
const spend = (device: TestDevice, streams: Record<string, number>, live = 0) =>
  world.meters.spend({
    ...spending(device),
    streams: Object.fromEntries(Object.entries(streams).map(([stream, bare]) => [stream, { hashes: [], bare }])),
    live,
  })
const enforcing = (detection: Partial<DetectionPolicy> = {}): DetectionInForce => ({
  metering: defaultPolicy,
  detection: { ...defaultDetection, ...detection },
  enforced: true,
})
const everything = (action: 'alert' | 'tap' | 'end'): Partial<DetectionPolicy> => ({
  actions: {
    sweep: action,
    'machine-pace': action,
    'directory-crawl': action,
    'unusual-hours': action,
    'denied-approvals': action,
    'live-ceiling': action,
  },
})

function instance(
  handle: DatabaseHandle['db'] = world.db,
  end: (device: string) => Promise<void> = async () => undefined,
) {
  const counted: string[] = []
  const made = detector({
    store: detectionStore(handle),
    notifier: notifier({
      outbox: outboxStore(handle),
      addresses: alertAddressStore(handle),
      people: personAddressStore('example.org'),
      kept: alertLog,
      clock: systemClock,
      random: systemRandom,
      log: quietLog,
      serverNotices: false,
      receivers: ['soc'],
      mailTo: null,
    }),
    audit: auditLog({ store: auditStore(handle), clock: systemClock }),
    end,
    clock: systemClock,
    log: quietLog,
    metrics: {
      count: (name, labels) => void counted.push(`${name} ${Object.values(labels).join(' ')}`),
      set: () => undefined,
      observe: () => undefined,
    },
  })
  return { made, counted }
}
const raisedFor = (device: string) => world.db.select().from(auditEntries).where(eq(auditEntries.subject, device))
/** Habits of somebody who has read for so many days, seen until two days ago. */
const grewUsedTo = (device: TestDevice, days: number) =>
  world.sql`update person_habits set days = ${days}, first_at = now() - interval '60 days',
    last_at = now() - interval '2 days', last_day = current_date - 2 where person_id = ${device.person.id}`

describe('the facts', () => {
  test('are what the meters counted, of this person and device', async () => {
    const device = await someone()
    const other = await world.addDevice(device.person)
    await spend(device, { archive: 30 })
    await spend(other, { archive: 12 })
    await spend(device, { directory: 250 })
    await spend(device, {}, 400)
    const rooms = (...hashes: bigint[]) => ({ streams: { rooms: { hashes, bare: 0 } } })
    await world.meters.spend({ ...spending(device), ...rooms(1n, 2n, 3n) })
    await world.meters.spend({ ...spending(other), ...rooms(3n, 4n) })
    const store = detectionStore(world.db)
    const facts = await store.facts(subjectOf(device), defaultPolicy)
    expect(facts).toMatchObject({
      roomsLastHour: 3,
      directoryLastDay: 250,
      live: { events: 400, ceiling: 5_000 },
      deniedLastDay: 0,
    })
    expect(facts.archiveMinutes).toHaveLength(60)
    expect(facts.habits).toEqual({
      days: 0,
      hours: new Array(24).fill(0),
      networkKnown: false,
      clientKnown: false,
      directoryKnown: false,
    })
    // The minute under way is left out; a minute later, by the database's own count, it is the last whole one.
    await world.sql`update meters set newest1 = newest1 - 1, newest2 = newest2 - 1, newest3 = newest3 - 1
      where device_id in (${device.id}, ${other.id})`
    const later = async (each: TestDevice) => (await store.facts(subjectOf(each), defaultPolicy)).archiveMinutes
    expect((await later(device)).reduce((sum, events) => sum + events, 0)).toBe(30)
    expect((await later(other)).reduce((sum, events) => sum + events, 0)).toBe(12)
  })

  test('hold denied prompts of the last day, of this device', async () => {
    const device = await someone()
    const other = await world.addDevice(device.person)
    const deny = (each: TestDevice, hash: string, ago: string) => world.sql`
      insert into approvals (hash, sealed_token, state, server_name, person_id, device_id, network, client, intent, merge_key,
        created_at, expires_at, decided_at)
      values (${hash}, '', 'denied', ${SERVER}, ${each.person.id}, ${each.id}, '', '', '{}', ${hash}, now(), now(), now() - ${ago}::interval)`
    await deny(device, `${device.id}-1`, '1 hour')
    await deny(device, `${device.id}-2`, '2 hours')
    await deny(device, `${device.id}-3`, '25 hours')
    await deny(other, `${other.id}-1`, '1 hour')
    expect((await detectionStore(world.db).facts(subjectOf(device), defaultPolicy)).deniedLastDay).toBe(2)
  })

  test('know habits from before the last day only, whatever was learnt since', async () => {
    const device = await someone()
    const store = detectionStore(world.db)
    const subject = subjectOf(device)
    await store.learn(subject, true)
    const { hour, habits } = await store.facts(subject, defaultPolicy)
    expect(habits).toMatchObject({ days: 0, networkKnown: false, clientKnown: false, directoryKnown: false })
    await grewUsedTo(device, 20)
    const known = (await store.facts(subject, defaultPolicy)).habits
    expect(known).toMatchObject({ days: 20, networkKnown: true, clientKnown: true, directoryKnown: true })
    // By the hour in which it was learnt, also when the next has begun since.
    expect([known.hours[hour], known.hours.at(hour - 1)]).toContain(20)
    const newer = { client: 'Element/1.12.3 (Firefox/151.0)' }
    expect((await store.facts(subjectOf(device, newer), defaultPolicy)).habits.clientKnown).toBe(true)
    const elsewhere = { client: 'curl/8', network: '203.0.113.0/24' }
    expect((await store.facts(subjectOf(device, elsewhere), defaultPolicy)).habits).toMatchObject({
      networkKnown: false,
      clientKnown: false,
    })
  })

  test('count a day once, and no more networks than somebody has', async () => {
    const device = await someone()
    const store = detectionStore(world.db)
    for (let index = 0; index < 100; index++)
      await store.learn(
        subjectOf(device, { network: `10.${index}.0.0/24`, client: `client ${'x'.repeat(index)}` }),
        false,
      )
    const rows = await world.sql<{ kind: string; count: number; days: number }[]>`
      select kind, count(*)::int as count, max(days) as days from person_habits where person_id = ${device.person.id} group by kind`
    expect(rows.find(({ kind }) => kind === 'network')?.count).toBe(60)
    expect(rows.find(({ kind }) => kind === 'day')).toMatchObject({ count: 1, days: 1 })
  })
})

describe('raising', () => {
  test('happens once an hour for a device and signal, over all instances, with all that tells of it', async () => {
    const device = await someone()
    await spend(device, {}, 6_000)
    const instances = [instance(), instance(second.db)] as const
    const decided = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        instances[index % 2 === 0 ? 0 : 1].made.examine(subjectOf(device), enforcing()),
      ),
    )
    expect(decided.flat()).toMatchObject([{ finding: { signal: 'live-ceiling' }, action: 'alert' }])
    expect(instances.flatMap(({ counted }) => counted)).toEqual(['palier_alerts_total live-ceiling'])
    const owed = await world.db.select().from(outbox).where(eq(outbox.channel, 'webhook'))
    expect(owed.filter(({ payload }) => payload.includes(device.id))).toHaveLength(1)
    const [entry, ...more] = await raisedFor(device.id)
    expect(more).toEqual([])
    expect(entry).toMatchObject({ action: 'detection.raised', actor: 'system' })
    expect(entry?.detail).toMatchObject({ signal: 'live-ceiling', events: 6_000, ceiling: 5_000 })
    await world.sql`update raised_signals set raised_at = now() - interval '61 minutes' where device_id = ${device.id}`
    expect(await instances[0].made.examine(subjectOf(device), enforcing())).toHaveLength(1)
  })

  test('is nothing when what tells of it cannot be written', async () => {
    const device = await someone()
    const store = detectionStore(world.db)
    const finding = { signal: 'sweep', score: 1, explanation: { fr: '', en: '' }, evidence: {} } as const
    await expect(
      store.raiseOnce(subjectOf(device), finding, async () => {
        throw new Error('the outbox is full')
      }),
    ).rejects.toThrow('full')
    expect(await store.recent(device.id)).toEqual([])
    expect(await store.raiseOnce(subjectOf(device), finding, async () => undefined)).toBe(true)
  })
})

describe('what policy may do', () => {
  test('end: the device has ended before it is written down that it was', async () => {
    const device = await someone()
    await spend(device, {}, 6_000)
    const { made } = instance(world.db, async (id) => void (await world.revoker.revoke('device', id, 'revoked')))
    expect(await made.examine(subjectOf(device), enforcing(everything('end')))).toMatchObject([{ action: 'end' }])
    const [row] = await world.sql`select ended_reason from devices where id = ${device.id}`
    expect(row).toEqual({ ended_reason: 'revoked' })
    expect((await raisedFor(device.id)).map(({ action }) => action)).toEqual(['session.ended', 'detection.raised'])
    const given = await world.sql`select 1 from incidents where device_id = ${device.id}`
    expect(given).toHaveLength(0)
  })

  test('end: not where nothing is enforced', async () => {
    const device = await someone()
    await spend(device, {}, 6_000)
    const ended: string[] = []
    const { made } = instance(world.db, async (id) => void ended.push(id))
    const observing = { ...enforcing(everything('end')), enforced: false }
    expect(await made.examine(subjectOf(device), observing)).toMatchObject([{ action: 'alert' }])
    expect(ended).toEqual([])
  })

  test('tap: the device waits for one, here at once, elsewhere soon, until a tap after it', async () => {
    const device = await someone()
    await spend(device, {}, 6_000)
    const [here, there] = [instance().made, instance(second.db).made]
    here.start()
    there.start()
    try {
      expect(here.waitsForTap(device.id)).toBe(false)
      await here.examine(subjectOf(device), enforcing(everything('tap')))
      expect(here.waitsForTap(device.id)).toBe(true)
      await expect.poll(() => there.waitsForTap(device.id)).toBe(true)
      await world.sql`update devices set last_tap_at = now() + interval '1 second' where id = ${device.id}`
      await expect.poll(() => here.waitsForTap(device.id)).toBe(false)
      await expect.poll(() => there.waitsForTap(device.id)).toBe(false)
    } finally {
      await Promise.all([here.stop(), there.stop()])
    }
  })
})

test('looking is once in a while for a person, however much they read, and the last word is not lost', async () => {
  const EVERY_MS = 400
  const device = await someone()
  const lookedMs: number[] = []
  const real = detectionStore(world.db)
  const made = detector({
    store: {
      ...real,
      facts: (subject, policy) => {
        lookedMs.push(Date.now())
        return real.facts(subject, policy)
      },
    },
    notifier: { alert: async () => undefined },
    audit: auditLog({ store: auditStore(world.db), clock: systemClock }),
    end: async () => undefined,
    clock: systemClock,
    log: quietLog,
    metrics: { count: () => undefined, set: () => undefined, observe: () => undefined },
    everyMs: EVERY_MS,
  })
  made.start()
  try {
    for (let index = 0; index < 50; index++) made.look(subjectOf(device), enforcing())
    await expect.poll(() => lookedMs.length).toBe(1)
    for (let index = 0; index < 50; index++) made.look(subjectOf(device), enforcing())
    await expect.poll(() => lookedMs.length).toBe(2)
    const [first = 0, second = 0] = lookedMs
    // Seen from outside, by when the facts were asked for: a busy machine asks the first late and the second not.
    expect(second - first).toBeGreaterThan(EVERY_MS / 2)
  } finally {
    await made.stop()
  }
  // Stopped, it looks at nobody.
  made.look(subjectOf(device), enforcing())
  expect(lookedMs).toHaveLength(2)
})
