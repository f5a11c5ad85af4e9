// Whom a directory suspends is out at once; whom it may not suspend, resume, delete or write to.
import { eq } from 'drizzle-orm'
import { afterAll, expect, it } from 'vitest'
import { expectedKeys } from '../../../db/schema/enrolment.ts'
import { people } from '../../../db/schema/people.ts'
import { devices, idSessions } from '../../../db/schema/sessions.ts'
import { directoryWorld, patch, user } from '../../support/directory.ts'
import { insertDevice, insertPerson } from '../../support/people.ts'

const { actionsOf, administrator, database, db, made, scim, sealer } = await directoryWorld()
afterAll(() => database.drop())

it('suspending ends the person’s sessions and devices; asking again completes what was cut short', async () => {
  const someone = await insertPerson(db, { username: 'leaver' })
  const device = await insertDevice({ db, sealer, serverName: 'example.org' }, someone)
  const off = () => scim('PATCH', `/Users/${someone.id}`, patch({ op: 'replace', path: 'active', value: false }))
  expect((await off()).body).toMatchObject({ active: false })
  const ended = async (id: string) => (await db.select().from(devices).where(eq(devices.id, id)))[0]?.endedAt
  expect(await ended(device.id)).not.toBeNull()
  const [session] = await db.select().from(idSessions).where(eq(idSessions.hash, device.idSessionHash))
  expect(session?.endedAt).not.toBeNull()
  await db.update(devices).set({ endedAt: null }).where(eq(devices.id, device.id))
  await off()
  expect(await ended(device.id)).not.toBeNull()
  expect((await actionsOf(someone.id)).filter((action) => action === 'person.suspended')).toHaveLength(1)
})

it('whom an administrator suspended, a directory does not resume, however often it says that they work here', async () => {
  const admin = await administrator('enroller', 'cuts-off')
  const id = await made('cut-off')
  const resume = () => scim('PUT', `/Users/${id}`, user('cut-off', { active: true, displayName: 'Again' }))
  expect((await admin.change('people/suspend', { id, reason: 'stolen laptop' })).status).toBe(200)
  expect((await resume()).body).toMatchObject({ status: '403', detail: expect.stringMatching(/in the console/) })
  expect((await scim('GET', `/Users/${id}`)).body).toMatchObject({ active: false, displayName: 'cut-off' })
  expect((await scim('PUT', `/Users/${id}`, user('cut-off', { displayName: 'Renamed' }))).status).toBe(200)
  expect((await admin.change('people/resume', { id })).status).toBe(200)
  const off = patch({ op: 'replace', path: 'active', value: false })
  expect((await scim('PATCH', `/Users/${id}`, off)).body.active).toBe(false)
  expect((await resume()).body).toMatchObject({ active: true, displayName: 'Again' })
})

it('nor whom it had suspended itself, once an administrator has suspended them too', async () => {
  const admin = await administrator('enroller', 'cuts-off-too')
  const active = (id: string, value: boolean) =>
    scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value }))
  const left = await made('on-leave')
  await active(left, false)
  const early = await made('starts-in-may', { active: false })
  for (const id of [left, early]) {
    expect((await admin.change('people/suspend', { id, reason: 'stolen laptop' })).body).toMatchObject({
      state: 'suspended',
    })
    expect((await active(id, true)).body).toMatchObject({ status: '403', detail: expect.stringMatching(/console/) })
  }
  // Said once more, it is not written down once more.
  await admin.change('people/suspend', { id: left, reason: 'stolen laptop' })
  const suspended = (await actionsOf(left)).filter((action) => action === 'person.suspended')
  expect(suspended).toHaveLength(2)
})

it('an administrator’s external id is given once, and not changed: it may say who they are at another provider', async () => {
  const admin = await administrator('owner', 'known-elsewhere')
  const externalId = (value: string) =>
    scim('PATCH', `/Users/${admin.id}`, patch({ op: 'replace', path: 'externalId', value }))
  expect((await externalId('E-77')).body).toMatchObject({ externalId: 'E-77' })
  const refused = { status: '403', detail: expect.stringMatching(/externalId/) }
  expect((await externalId('the-thief')).body).toMatchObject(refused)
  expect((await scim('PUT', `/Users/${admin.id}`, user('known-elsewhere'))).body).toMatchObject(refused)
  expect((await scim('GET', `/Users/${admin.id}`)).body).toMatchObject({ externalId: 'E-77' })
})

it('an administrator is renamed from here, and nothing else, by whatever role and whichever way', async () => {
  for (const role of ['owner', 'enroller', 'supervisor', 'auditor'] as const) {
    const admin = await administrator(role, `is-${role}`)
    const change = (...operations: object[]) => scim('PATCH', `/Users/${admin.id}`, patch(...operations))
    const refused = { status: '403', detail: expect.stringMatching(/role in the console/) }
    const thief = [{ value: 'thief@example.org' }]
    expect((await change({ op: 'add', path: 'emails', value: thief })).body).toMatchObject(refused)
    const off = { op: 'replace', path: 'active', value: false }
    expect((await change(off)).body).toMatchObject(refused)
    // Not half of it either.
    expect((await change({ op: 'replace', path: 'displayName', value: 'Half' }, off)).body).toMatchObject(refused)
    expect((await scim('PUT', `/Users/${admin.id}`, user(`is-${role}`, { active: false }))).body).toMatchObject(refused)
    expect((await scim('DELETE', `/Users/${admin.id}`)).body).toMatchObject(refused)
    expect((await scim('GET', `/Users/${admin.id}`)).body).toMatchObject({ active: true, displayName: `is-${role}` })
    expect((await change({ op: 'replace', path: 'displayName', value: 'Watcher' })).status).toBe(200)
    await db.update(people).set({ suspendedAt: new Date() }).where(eq(people.id, admin.id))
    expect((await change({ op: 'replace', path: 'active', value: true })).body).toMatchObject(refused)
  }
})

it('keys that are awaited of whom it suspends are awaited no more, in the same breath', async () => {
  const id = await made('awaits')
  const key = { personId: id, serial: '1', createdBy: 'x', createdAt: new Date() }
  await db.insert(expectedKeys).values({ ...key, id: 'exp_1' })
  const active = (value: boolean) => scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value }))
  await active(false)
  const [row] = await db.select().from(expectedKeys).where(eq(expectedKeys.personId, id))
  expect(row?.withdrawnAt).not.toBeNull()
  await active(true)
  await active(false)
  expect(await actionsOf(id)).toEqual([
    'person.created',
    'person.suspended',
    'key.unexpected',
    'session.ended',
    'person.resumed',
    'person.suspended',
    'session.ended',
  ])
})
