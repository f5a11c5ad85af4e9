// Alerts through the console's API on a real Postgres: kept with what raised them, handled once, and ended in one click.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { outbox, personLanguages } from '../../../db/schema/notify.ts'
import { people } from '../../../db/schema/people.ts'
import { devices } from '../../../db/schema/sessions.ts'
import { alerts } from '../../../db/schema/watch.ts'
import { sweepAlerts } from '../../../db/stores/alerts.ts'
import { consoleAlerts } from '../../../db/stores/console-alerts.ts'
import type { Alert } from '../../../server/notify/port.ts'
import { notifierOf } from '../../../server/wiring/notify.ts'
import type { TestDevice } from '../../support/people.ts'
import { type WatchedConsole, watchedConsole } from '../../support/watched-console.ts'

let world: WatchedConsole
let supervisor: Awaited<ReturnType<WatchedConsole['administrator']>>
let device: TestDevice
beforeAll(async () => {
  world = await watchedConsole({
    PALIER_SMTP_URL: 'smtp://127.0.0.1:25',
    PALIER_MAIL_FROM: 'palier@example.org',
    PALIER_SYNAPSE_ADMIN_TOKEN_FILE: '/nowhere',
  })
  supervisor = await world.administrator('supervisor', 'sam')
})
afterAll(() => world.stop())
beforeEach(async () => {
  await world.sql`truncate alerts, outbox`
  device = await world.device(await world.person())
})

async function raise(over: Partial<Alert> = {}): Promise<string> {
  const alert = {
    kind: 'sweep',
    action: 'alert',
    serverName: 'example.org',
    personId: device.person.id,
    device: device.id,
    explanation: { fr: 'f', en: 'e' },
    evidence: { rooms: 60 },
    ...over,
  } as const
  const before = new Set((await world.db.select().from(alerts)).map(({ id }) => id))
  await world.db.transaction((tx) => notifierOf(world.ground).alert(alert, tx))
  return (await world.db.select().from(alerts)).find(({ id }) => !before.has(id))?.id ?? ''
}
const toPerson = async () =>
  (await world.db.select().from(outbox)).filter(({ payload }) => payload.includes('"letter"'))
const isLive = async (id: string) =>
  (await world.db.select().from(devices).where(eq(devices.id, id)))[0]?.endedAt === null
const auditOf = async (subject: string) =>
  (await world.db.select().from(auditEntries).where(eq(auditEntries.subject, subject))).map(({ action }) => action)

test('an API token does not end what is of whoever has a role', async () => {
  await world.db.update(people).set({ role: 'auditor' }).where(eq(people.id, device.person.id))
  const id = await raise()
  for (const scope of ['device', 'person'])
    expect(await supervisor.say('alerts.end-and-notify', { id, scope })).toMatchObject({
      status: 403,
      body: { reason: 'administrators-by-owners' },
    })
  expect(await isLive(device.id)).toBe(true)
  expect((await supervisor.say('alerts.show', { id })).body.state).toBe('open')
})

describe('an alert', () => {
  test('is kept with what it tells about, and only if that commits', async () => {
    const id = await raise()
    await expect(
      world.db.transaction(async (tx) => {
        await notifierOf(world.ground).alert(
          {
            kind: 'sweep',
            action: 'alert',
            serverName: 's',
            personId: null,
            device: null,
            explanation: { fr: '', en: '' },
            evidence: {},
          },
          tx,
        )
        throw new Error('undone')
      }),
    ).rejects.toThrow('undone')
    const { body } = await supervisor.say('alerts.list')
    expect(body).toMatchObject({
      open: 1,
      next: null,
      items: [
        {
          id,
          kind: 'sweep',
          state: 'open',
          person: { id: device.person.id, username: device.person.username },
          device: { id: device.id, live: true },
          evidence: { rooms: 60 },
          explanation: { fr: 'f', en: 'e' },
          handled_by: null,
        },
      ],
    })
  })

  test('of a trial is not kept, and one of half a year ago goes', async () => {
    await world.db.transaction((tx) =>
      notifierOf(world.ground).alert(
        {
          kind: 'test',
          action: 'alert',
          serverName: 's',
          personId: null,
          device: null,
          explanation: { fr: '', en: '' },
          evidence: {},
        },
        tx,
      ),
    )
    expect(await world.db.$count(alerts)).toBe(0)
    await raise()
    await world.sql`update alerts set raised_at = now() - interval '181 days'`
    const kept = await raise()
    await sweepAlerts(world.db)
    expect((await world.db.select().from(alerts)).map(({ id }) => id)).toEqual([kept])
  })

  test('is found by state, kind, person and device, page by page', async () => {
    const other = await world.device(await world.person())
    const ids: string[] = []
    for (let count = 0; count < 5; count++) ids.unshift(await raise())
    const theirs = await raise({ kind: 'machine-pace', personId: other.person.id, device: other.id })
    const list = async (input: object) => (await supervisor.say('alerts.list', input)).body
    for (const input of [{ kind: 'machine-pace' }, { person: other.person.id }, { device: other.id }])
      expect((await list(input)).items.map(({ id }: { id: string }) => id)).toEqual([theirs])
    const first = await list({ person: device.person.id, limit: 3 })
    const rest = await list({ person: device.person.id, limit: 3, after: first.next })
    expect([...first.items, ...rest.items].map(({ id }: { id: string }) => id)).toEqual(ids)
    await supervisor.say('alerts.handle', { id: theirs })
    expect((await list({ state: 'handled' })).items.map(({ id }: { id: string }) => id)).toEqual([theirs])
  })
})

describe('handling', () => {
  test('is written down once: the second administrator is told who was first', async () => {
    const id = await raise()
    const late = await world.administrator('owner')
    expect(await supervisor.say('alerts.handle', { id, note: 'a colleague at work' })).toMatchObject({
      status: 200,
      body: { state: 'handled', handled_by: 'sam', handled_how: 'noted', note: 'a colleague at work' },
    })
    for (const verb of ['alerts.handle', 'alerts.end-and-notify'])
      expect(await late.say(verb, { id })).toMatchObject({
        status: 409,
        body: { reason: 'edited-meanwhile', alert: { id, handled_by: 'sam' } },
      })
    expect(await isLive(device.id)).toBe(true)
    expect(await auditOf(id)).toEqual(['alert.handled'])
  })

  test('is for those who may, and of what there is', async () => {
    const id = await raise()
    const auditor = await world.administrator('auditor')
    const enroller = await world.administrator('enroller')
    expect((await auditor.say('alerts.show', { id })).status).toBe(200)
    expect((await enroller.say('alerts.list')).status).toBe(403)
    for (const verb of ['alerts.handle', 'alerts.end-and-notify'])
      expect((await auditor.say(verb, { id })).status).toBe(403)
    for (const [verb, input] of [
      ['alerts.show', { id: 'alr_no' }],
      ['alerts.handle', { id: "'; drop table alerts --" }],
      ['alerts.end-and-notify', { id: 'alr_no' }],
    ] as const)
      expect(await supervisor.say(verb, input)).toMatchObject({ status: 404, body: { reason: 'unknown-alert' } })
    expect((await supervisor.say('alerts.end-and-notify', { id, scope: 'everyone' })).status).toBe(400)
    expect((await supervisor.say('alerts.handle', { id, note: 'x'.repeat(501) })).status).toBe(400)
  })
})

describe('end and notify', () => {
  test('ends the device, tells its person by every way there is, and marks it handled', async () => {
    await world.db.update(people).set({ email: 'her@example.org' }).where(eq(people.id, device.person.id))
    await world.db.update(devices).set({ displayName: 'Phone <b>‮' }).where(eq(devices.id, device.id))
    await world.db.insert(personLanguages).values({ personId: device.person.id, locale: 'fr', usedAt: new Date() })
    const other = await world.device(device.person)
    const id = await raise()
    const { status, body } = await supervisor.say('alerts.end-and-notify', { id, note: 'not her' })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        devices: 1,
        alert: {
          state: 'handled',
          handled_how: 'device-ended',
          handled_by: 'sam',
          told: ['server-notice', 'mail'],
          device: { live: false },
        },
      },
    })
    expect([await isLive(device.id), await isLive(other.id)]).toEqual([false, true])
    const owed = await toPerson()
    expect(owed.map(({ channel, target }) => [channel, target]).toSorted()).toEqual([
      ['mail', 'her@example.org'],
      ['server-notice', `@${device.person.username}:example.org`],
    ])
    expect(JSON.parse(owed[0]?.payload ?? '')).toMatchObject({
      locale: 'fr',
      letter: { fr: { text: expect.stringContaining('«\u00a0Phone <b>\u00a0»') } },
    })
    expect(await auditOf(id)).toEqual(['alert.handled'])
    expect(await auditOf(device.id)).toEqual(['session.ended'])
  })

  test('of the person ends all of theirs; one who cannot be told is said not to have been', async () => {
    const unreachable = consoleAlerts(world.db, {
      revoker: world.revoker,
      notifier: { tell: async () => [] },
      audit: { append: async () => Promise.reject(new Error('not reached')) },
    })
    const other = await world.device(device.person)
    const id = await raise()
    const { body } = await supervisor.say('alerts.end-and-notify', { id, scope: 'person' })
    expect(body).toMatchObject({ devices: 2, alert: { handled_how: 'person-ended', told: ['server-notice'] } })
    expect([await isLive(device.id), await isLive(other.id)]).toEqual([false, false])
    // Before anything is written, what fails undoes all of it.
    const again = await raise()
    const alert = await unreachable.show(again)
    if (alert === null) throw new Error('there is no alert')
    const letter = { fr: { subject: '', text: '' }, en: { subject: '', text: '' } }
    const by = { actor: 'per_x', personId: supervisor.person.id, note: null, letter }
    await expect(unreachable.endAndNotify(alert, 'device', by)).rejects.toThrow('not reached')
    expect((await supervisor.say('alerts.show', { id: again })).body.state).toBe('open')
  })

  test('cut off in the middle has done nothing, and can be done again; done at once by two, it is done once', async () => {
    const id = await raise()
    const failing = consoleAlerts(world.db, {
      revoker: world.revoker,
      notifier: { tell: () => Promise.reject(new Error('the process ended')) },
      audit: { append: () => Promise.reject(new Error('not reached')) },
    })
    const alert = await failing.show(id)
    if (alert === null) throw new Error('there is no alert')
    const letter = { fr: { subject: '', text: '' }, en: { subject: '', text: '' } }
    const by = { actor: 'per_x', personId: supervisor.person.id, note: null, letter }
    await expect(failing.endAndNotify(alert, 'device', by)).rejects.toThrow('the process ended')
    expect(await isLive(device.id)).toBe(true)
    expect((await supervisor.say('alerts.show', { id })).body.state).toBe('open')
    const answers = await Promise.all(Array.from({ length: 4 }, () => supervisor.say('alerts.end-and-notify', { id })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409])
    expect(await isLive(device.id)).toBe(false)
    expect(await toPerson()).toHaveLength(1)
    expect(await auditOf(id)).toEqual(['alert.handled'])
  })

  test('of a device that has ended already still tells and marks; of none there is nothing to end', async () => {
    const id = await raise()
    await world.revoker.revoke('device', device.id, 'logout')
    expect(await supervisor.say('alerts.end-and-notify', { id })).toMatchObject({
      status: 200,
      body: { devices: 0, alert: { state: 'handled', told: ['server-notice'] } },
    })
    const none = await raise({ device: 'ext_before', personId: null })
    for (const scope of ['device', 'person'])
      expect(await supervisor.say('alerts.end-and-notify', { id: none, scope })).toMatchObject({
        status: 409,
        body: { reason: 'nothing-to-end' },
      })
  })
})
