// Whom a directory suspends is out at once; whom it may not resume, delete or write to; and the last owner.
import { eq } from 'drizzle-orm'
import { afterAll, expect, it } from 'vitest'
import { devices, idSessions } from '../../../db/schema/sessions.ts'
import { directoryWorld, patch, user } from '../../support/directory.ts'
import { insertDevice, insertPerson } from '../../support/people.ts'
import { scimWorld } from '../../support/scim.ts'

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

it('an administrator is suspended from here, but not resumed, not deleted and not written to elsewhere', async () => {
  const admin = await administrator('supervisor', 'watcher')
  const change = (...operations: object[]) => scim('PATCH', `/Users/${admin.id}`, patch(...operations))
  const refused = { status: '403', detail: expect.stringMatching(/role in the console/) }
  expect((await change({ op: 'add', path: 'emails', value: [{ value: 'thief@example.org' }] })).body).toMatchObject(
    refused,
  )
  expect((await change({ op: 'replace', path: 'displayName', value: 'Watcher' })).status).toBe(200)
  expect((await change({ op: 'replace', path: 'active', value: false })).status).toBe(200)
  expect((await change({ op: 'replace', path: 'active', value: true })).body).toMatchObject(refused)
  expect((await scim('DELETE', `/Users/${admin.id}`)).body).toMatchObject(refused)
})

it('the last owner cannot be lost', async () => {
  const alone = await scimWorld()
  try {
    const { owner, scim } = await alone.token()
    const off = patch({ op: 'replace', path: 'active', value: false })
    expect((await scim('PATCH', `/Users/${owner.id}`, off)).body).toMatchObject({
      status: '403',
      detail: expect.stringMatching(/last owner/),
    })
    expect((await scim('DELETE', `/Users/${owner.id}`)).status).toBe(403)
    expect((await scim('GET', `/Users/${owner.id}`)).body.active).toBe(true)
    await alone.administrator('owner', 'second')
    expect((await scim('PATCH', `/Users/${owner.id}`, off)).status).toBe(200)
    // The token was theirs.
    expect((await scim('GET', `/Users/${owner.id}`)).status).toBe(401)
  } finally {
    await alone.database.drop()
  }
})
