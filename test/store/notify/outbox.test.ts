// The outbox on a real Postgres: what commits is owed, what is claimed is claimed once, what failed comes back.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../../db/client.ts'
import { outbox } from '../../../db/schema/notify.ts'
import { people } from '../../../db/schema/people.ts'
import { alertLog } from '../../../db/stores/alerts.ts'
import { alertAddressStore, outboxStore, personAddressStore } from '../../../db/stores/outbox.ts'
import { NOTICES_AN_HOUR, notifier } from '../../../server/notify/notifier.ts'
import { outboxWorker } from '../../../server/notify/outbox.ts'
import type { Channel, Claim, Delivery, NewOwed, Owed } from '../../../server/notify/port.ts'
import { ATTEMPTS_AT_MOST } from '../../../server/notify/retry.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { quietLog } from '../../support/enrolment.ts'

let database: TestDatabase
let second: DatabaseHandle

beforeAll(async () => {
  database = await testDatabase({ max: 20 })
  second = openDatabase(database.url, { max: 20 })
})
beforeEach(async () => {
  await database.sql`truncate outbox`
})
afterAll(async () => {
  await second.close()
  await database.drop()
})

const claim = (over: Partial<Claim> = {}): Claim => ({
  channel: 'webhook',
  targets: null,
  serverName: null,
  except: [],
  limit: 10,
  leaseMs: 30_000,
  ...over,
})
const thing = (over: Partial<NewOwed> = {}): NewOwed => ({
  id: newToken('notification', systemRandom),
  channel: 'webhook',
  target: 'soc',
  about: newToken('alert', systemRandom),
  payload: '{}',
  serverName: null,
  ...over,
})
const owe = (owed: NewOwed, atMost?: number) =>
  database.db.transaction((tx) => outboxStore(database.db).enqueue(owed, tx, atMost))
const rows = () => database.db.select().from(outbox)
const row = async (id: string) => (await database.db.select().from(outbox).where(eq(outbox.id, id)))[0]
/** As if so long had passed. */
const pass = (seconds: number) =>
  database.sql`update outbox set next_attempt_at = next_attempt_at - make_interval(secs => ${seconds}),
    created_at = created_at - make_interval(secs => ${seconds})`

describe('owing', () => {
  test('happens if and only if the transaction commits', async () => {
    const store = outboxStore(database.db)
    await expect(
      database.db.transaction(async (tx) => {
        await store.enqueue(thing(), tx)
        throw new Error('undone')
      }),
    ).rejects.toThrow('undone')
    expect(await rows()).toEqual([])
    await owe(thing())
    expect(await rows()).toHaveLength(1)
  })

  test('the same thing to the same target twice is owing it once', async () => {
    await owe(thing({ about: 'alr_same' }))
    await owe(thing({ about: 'alr_same' }))
    await owe(thing({ about: 'alr_same', target: 'other' }))
    expect(await rows()).toHaveLength(2)
  })

  test('is bounded by the hour and target, exactly, whoever owes at once', async () => {
    const stores = [outboxStore(database.db), outboxStore(second.db)]
    const handles = [database.db, second.db]
    const notice = () => thing({ channel: 'server-notice', target: '@a:example.org', serverName: 'example.org' })
    const owed = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (handles[index % 2] as typeof database.db).transaction((tx) =>
          (stores[index % 2] as (typeof stores)[number]).enqueue(notice(), tx, 12),
        ),
      ),
    )
    expect(owed.filter(Boolean)).toHaveLength(12)
    expect(await rows()).toHaveLength(12)
    await pass(3_601)
    expect(await owe(notice(), 12)).toBe(true)
  })
})

describe('claiming', () => {
  test('gives each thing to one of many', async () => {
    for (let index = 0; index < 60; index++) await owe(thing({ target: `receiver-${index}` }))
    const stores = [outboxStore(database.db), outboxStore(second.db)]
    const claimed = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        (stores[index % 2] as (typeof stores)[number]).take(claim({ limit: 5 })),
      ),
    )
    const ids = claimed.flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    // What was locked by another at that instant is left for the next round; nothing is lost.
    const rest = (await stores[0]?.take(claim({ limit: 100 }))) ?? []
    expect(ids.length + rest.length).toBe(60)
  })

  test('takes the oldest of each target, and of those that are not left alone', async () => {
    const [first, later, other] = [thing(), thing(), thing({ target: 'other' })]
    for (const each of [first, later, other]) await owe(each)
    const store = outboxStore(database.db)
    expect((await store.take(claim())).map(({ id }) => id).sort()).toEqual([first.id, other.id].sort())
    expect(await store.take(claim({ except: ['soc', 'other'] }))).toEqual([])
    expect((await store.take(claim())).map(({ id }) => id)).toEqual([later.id])
  })

  test('takes only what this process can deliver', async () => {
    const here = thing({ channel: 'server-notice', target: '@a:one.example', serverName: 'one.example' })
    const there = thing({ channel: 'server-notice', target: '@a:two.example', serverName: 'two.example' })
    const hook = thing({ target: 'na"me\\' })
    for (const each of [here, there, hook]) await owe(each)
    const store = outboxStore(database.db)
    const taken = await store.take(claim({ channel: 'server-notice', serverName: 'one.example' }))
    expect(taken.map(({ id }) => id)).toEqual([here.id])
    expect(await store.take(claim({ targets: ['soc'] }))).toEqual([])
    expect((await store.take(claim({ targets: ['soc', 'na"me\\'] }))).map(({ id }) => id)).toEqual([hook.id])
  })

  test('lapses: what a killed process held is due again, the attempt counted', async () => {
    await owe(thing())
    const store = outboxStore(database.db)
    expect(await store.take(claim())).toMatchObject([{ attempts: 1 }])
    expect(await store.take(claim())).toEqual([])
    await pass(31)
    expect(await store.take(claim())).toMatchObject([{ attempts: 2 }])
  })
})

/** A worker whose channel does what `say` says; rounds are run by hand. */
function working(say: (owed: Owed) => Delivery | Promise<Delivery>, channel: Channel = 'webhook') {
  const lines: { event: string; fields: unknown }[] = []
  const counted: string[] = []
  const note = (event: string, fields: unknown) => void lines.push({ event, fields })
  const made = outboxWorker({
    channel,
    targets: null,
    serverName: null,
    outbox: outboxStore(database.db),
    deliver: { deliver: async (owed) => say(owed) },
    random: systemRandom,
    log: { debug: note, info: note, warn: note, error: note },
    metrics: {
      count: (_name, labels) => void counted.push(Object.values(labels).join(' ')),
      set: () => undefined,
      observe: () => undefined,
    },
  })
  return { made, lines, counted }
}

describe('a worker', () => {
  test('delivers what is owed, and not again', async () => {
    const got: string[] = []
    const owed = thing({ payload: '{"a":1}' })
    await owe(owed)
    const { made, counted } = working(({ payload }) => {
      got.push(payload)
      return { state: 'delivered' }
    })
    expect(await made.runDue()).toBe(1)
    expect(await made.runDue()).toBe(0)
    expect(got).toEqual(['{"a":1}'])
    expect(counted).toEqual(['webhook delivered'])
    expect(await row(owed.id)).toMatchObject({ nextAttemptAt: null, deliveredAt: expect.any(Date), deadAt: null })
  })

  test('tries again what failed, later each time, and gives up in the end with an error in the log', async () => {
    const owed = thing()
    await owe(owed)
    const { made, lines } = working(() => ({ state: 'failed', error: 'status 500' }))
    for (let attempt = 1; attempt <= ATTEMPTS_AT_MOST.webhook; attempt++) {
      expect(await made.runDue()).toBe(1)
      expect(await made.runDue()).toBe(0)
      await pass(10 * 3_600)
    }
    expect(await row(owed.id)).toMatchObject({ nextAttemptAt: null, deadAt: expect.any(Date), lastError: 'status 500' })
    expect(lines.filter(({ event }) => event === 'notify.failed')).toHaveLength(ATTEMPTS_AT_MOST.webhook - 1)
    expect(lines.at(-1)).toMatchObject({ event: 'notify.dead', fields: { target: 'soc' } })
  })

  test('gives up at once what can never succeed', async () => {
    const owed = thing()
    await owe(owed)
    const { made } = working(() => ({ state: 'failed', error: 'status 410', final: true }))
    await made.runDue()
    expect(await row(owed.id)).toMatchObject({ nextAttemptAt: null, deadAt: expect.any(Date) })
  })

  test('a channel that throws has failed, no more', async () => {
    const owed = thing()
    await owe(owed)
    const { made } = working(() => Promise.reject(new Error('a fault of ours')))
    await made.runDue()
    expect(await row(owed.id)).toMatchObject({ deadAt: null, lastError: 'a fault of ours', attempts: 1 })
  })

  test('is not held up by a receiver that hangs', async () => {
    let letGo: () => void = () => undefined
    const hanging = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const delivered: string[] = []
    const { made } = working(async ({ id, target }) => {
      if (target === 'hangs') await hanging
      delivered.push(id)
      return { state: 'delivered' }
    })
    for (let index = 0; index < 20; index++) await owe(thing({ target: 'hangs' }))
    const others = Array.from({ length: 20 }, () => thing({ target: 'well' }))
    for (const each of others) await owe(each)
    made.start()
    await expect.poll(() => delivered.length, { timeout: 20_000 }).toBe(20)
    expect(delivered.sort()).toEqual(others.map(({ id }) => id).sort())
    letGo()
    await made.stop()
  })
})

describe('the notifier', () => {
  const notifierWith = (over: { serverNotices?: boolean; mailTo?: string[] | null } = {}) =>
    notifier({
      outbox: outboxStore(database.db),
      addresses: alertAddressStore(database.db),
      people: personAddressStore('example.org'),
      kept: alertLog,
      clock: { now: () => 1_790_000_000_000 },
      random: systemRandom,
      log: quietLog,
      serverNotices: over.serverNotices ?? true,
      receivers: ['soc', 'chat'],
      mailTo: over.mailTo === undefined ? ['duty@example.org'] : over.mailTo,
    })
  const alert = {
    kind: 'sweep',
    action: 'alert',
    serverName: 'example.org',
    personId: 'per_a',
    device: 'dev_a',
    explanation: { fr: 'f', en: 'e' },
    evidence: { rooms: 60 },
  } as const

  test('owes an alert to every receiver, address and owner with an address, each once', async () => {
    const now = new Date()
    const person = (id: string, role: 'owner' | 'person', suspendedAt: Date | null = null) =>
      database.db.insert(people).values({ id, username: id, displayName: id, role, createdAt: now, suspendedAt })
    await person('per_owner', 'owner')
    await person('per_same', 'owner')
    await person('per_gone', 'owner', now)
    await person('per_plain', 'person')
    const addresses = alertAddressStore(database.db)
    await addresses.set('per_owner', 'owner@example.org', now)
    await addresses.set('per_same', 'duty@example.org', now)
    await addresses.set('per_gone', 'gone@example.org', now)
    await addresses.set('per_plain', 'plain@example.org', now)
    await database.db.transaction((tx) => notifierWith().alert(alert, tx))
    const owed = await rows()
    expect(owed.map(({ channel, target }) => `${channel} ${target}`).sort()).toEqual([
      'mail duty@example.org',
      'mail owner@example.org',
      'webhook chat',
      'webhook soc',
    ])
    expect(new Set(owed.map(({ about }) => about)).size).toBe(1)
    const payload: unknown = JSON.parse(owed[0]?.payload ?? '')
    expect(payload).toMatchObject({
      type: 'palier.alert',
      data: { kind: 'sweep', device: 'dev_a', evidence: { rooms: 60 } },
    })
  })

  test('owes nobody mail where there is no mail server', async () => {
    await database.db.transaction((tx) => notifierWith({ mailTo: null }).alert(alert, tx))
    expect((await rows()).map(({ channel }) => channel)).toEqual(['webhook', 'webhook'])
  })

  test('owes a person one notice a prompt and so many an hour', async () => {
    const prompted = (approvalHash: string) =>
      database.db.transaction((tx) =>
        notifierWith().prompted(
          { approvalHash, personId: 'per_a', serverName: 'example.org', userId: '@a:example.org' },
          tx,
        ),
      )
    await prompted('hash-0')
    await prompted('hash-0')
    expect(await rows()).toHaveLength(1)
    for (let index = 1; index < 40; index++) await prompted(`hash-${index}`)
    const owed = await rows()
    expect(owed).toHaveLength(NOTICES_AN_HOUR)
    expect(owed[0]).toMatchObject({ channel: 'server-notice', target: '@a:example.org', serverName: 'example.org' })
    expect(JSON.stringify(owed)).not.toMatch(/apv_|approve\//)
  })

  test('owes no notice where there is no homeserver administrator to send it', async () => {
    await database.db.transaction((tx) =>
      notifierWith({ serverNotices: false }).prompted(
        { approvalHash: 'h', personId: 'per_a', serverName: 'example.org', userId: '@a:example.org' },
        tx,
      ),
    )
    expect(await rows()).toEqual([])
  })
})

test('what was done a month ago is taken away', async () => {
  await owe(thing())
  const kept = thing({ target: 'kept' })
  await owe(kept)
  await database.sql`update outbox set created_at = now() - interval '31 days' where target = 'soc'`
  await outboxStore(database.db).sweep()
  expect((await rows()).map(({ id }) => id)).toEqual([kept.id])
})
