// A directory's people: created and found, changed by PATCH and PUT, deleted, and versions that do not overwrite each other.
import { eq } from 'drizzle-orm'
import { afterAll, expect, it } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { directoryWorld, patch, USER, user } from '../../support/directory.ts'

const { actionsOf, audited, database, db, directory, made, scim } = await directoryWorld()
afterAll(() => database.drop())

it('one is created, read by id and by filter, with a version and a place', async () => {
  const answer = await scim(
    'POST',
    '/Users',
    user('Anne.Martin', {
      externalId: 'E-1',
      displayName: 'Anne Martin',
      emails: [{ value: 'old@example.org' }, { value: 'anne@example.org', type: 'work', primary: true }],
      name: { givenName: 'Anne' },
      title: 'left aside',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'left aside' },
    }),
  )
  const { id, meta } = answer.body
  expect(answer.body).toEqual({
    schemas: [USER],
    id: expect.stringMatching(/^per_/),
    externalId: 'E-1',
    userName: 'anne.martin',
    displayName: 'Anne Martin',
    active: true,
    emails: [{ value: 'anne@example.org', type: 'work' }],
    meta: {
      resourceType: 'User',
      created: expect.any(String),
      lastModified: expect.any(String),
      location: `http://localhost:8080/scim/v2/Users/${id}`,
      version: 'W/"1"',
    },
  })
  expect(answer.headers.get('location')).toBe(meta.location)
  expect(answer.headers.get('etag')).toBe('W/"1"')
  expect((await scim('GET', `/Users/${id}`)).body).toEqual(answer.body)
  const found = await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "ANNE.martin"')}`)
  expect(found.body).toMatchObject({ totalResults: 1, startIndex: 1, itemsPerPage: 1, Resources: [{ id }] })
  expect(await actionsOf(id)).toEqual(['person.created'])
  const [entry] = (await audited()).filter(({ subject }) => subject === id)
  expect(entry?.actor).toBe(`${directory.owner.id}/${directory.id}`)
})

it.each([
  ['an e-mail address', 'anne@example.org'],
  ['digits only', '12345'],
  ['an underscore first', '_bridge'],
  ['a blank', 'anne martin'],
  ['65 characters', 'a'.repeat(65)],
  ['nothing', ''],
  ['a list', ['a']],
])('a userName of %s is refused in plain words', async (_, userName) => {
  const answer = await scim('POST', '/Users', user(userName as string))
  expect(answer.body).toMatchObject({
    status: '400',
    scimType: 'invalidValue',
    detail: expect.stringMatching(/userName/),
  })
})

it('a userName or an externalId that is taken is refused, and so is the username of somebody who was deleted', async () => {
  const id = await made('taken', { externalId: 'E-taken' })
  expect((await scim('POST', '/Users', user('TAKEN'))).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
  const same = await scim('POST', '/Users', user('other', { externalId: 'E-taken' }))
  expect(same.body).toMatchObject({
    status: '409',
    scimType: 'uniqueness',
    detail: expect.stringMatching(/externalId/),
  })
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204)
  expect((await scim('GET', `/Users/${id}`)).status).toBe(404)
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(404)
  expect((await scim('POST', '/Users', user('taken'))).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
  expect((await scim('POST', '/Users', user('other', { externalId: 'E-taken' }))).status).toBe(201)
})

it('a role is never a directory’s to give', async () => {
  for (const roles of [[{ value: 'owner' }], 'owner'])
    expect((await scim('POST', '/Users', user('climber', { roles }))).body).toMatchObject({ scimType: 'mutability' })
  const id = await made('climber', { roles: [] })
  for (const Operation of [
    { op: 'add', path: 'roles', value: [{ value: 'owner' }] },
    { op: 'replace', path: 'roles[value eq "x"].value', value: 'owner' },
    { op: 'add', value: { ROLES: ['owner'] } },
    { op: 'add', path: 'entitlements', value: ['owner'] },
  ])
    expect((await scim('PATCH', `/Users/${id}`, patch(Operation))).body).toMatchObject({ scimType: 'mutability' })
  for (const body of [{ role: 'owner' }, { __proto__: { role: 'owner' }, constructor: { role: 'owner' } }])
    await scim('PUT', `/Users/${id}`, { ...user('climber'), ...body })
  const [row] = await db.select().from(people).where(eq(people.id, id))
  expect(row?.role).toBe('person')
})

it('a PATCH sets, replaces and removes, in the ways that directories write it', async () => {
  const id = await made('patched', { emails: [{ value: 'a@example.org' }] })
  const afterwards = async (...operations: object[]) => (await scim('PATCH', `/Users/${id}`, patch(...operations))).body
  expect(await afterwards({ op: 'Replace', path: 'displayName', value: 'Un' })).toMatchObject({ displayName: 'Un' })
  expect(await afterwards({ op: 'replace', path: `${USER}:displayName`, value: 'Deux' })).toMatchObject({
    displayName: 'Deux',
  })
  expect(
    await afterwards({ op: 'replace', path: 'emails[type eq "work"].value', value: 'b@example.org' }),
  ).toMatchObject({
    emails: [{ value: 'b@example.org' }],
  })
  expect(await afterwards({ op: 'remove', path: 'emails[value eq "B@example.org"]' })).not.toHaveProperty('emails')
  expect(await afterwards({ op: 'add', path: 'emails[type eq "work"].value', value: 'c@example.org' })).toMatchObject({
    emails: [{ value: 'c@example.org' }],
  })
  expect(
    await afterwards({ op: 'add', value: { externalId: 'P-1', 'name.givenName': 'x', displayName: 'Trois' } }),
  ).toMatchObject({ externalId: 'P-1', displayName: 'Trois' })
  expect(await afterwards({ op: 'Replace', path: 'active', value: 'False' })).toMatchObject({ active: false })
  expect(await afterwards({ op: 'replace', value: { active: true } })).toMatchObject({ active: true })
  expect(await afterwards({ op: 'remove', path: 'externalId' }, { op: 'remove', path: 'displayName' })).toMatchObject({
    displayName: 'patched',
  })
  expect(await actionsOf(id)).toEqual([
    'person.created',
    ...Array(6).fill('person.changed'),
    'person.suspended',
    'session.ended',
    'person.resumed',
    'person.changed',
  ])
})

it('a PATCH is done whole or not at all', async () => {
  const id = await made('whole')
  const answer = await scim(
    'PATCH',
    `/Users/${id}`,
    patch({ op: 'replace', path: 'displayName', value: 'Half' }, { op: 'replace', path: 'active', value: 'perhaps' }),
  )
  expect(answer.body).toMatchObject({ status: '400', scimType: 'invalidValue' })
  expect((await scim('GET', `/Users/${id}`)).body).toMatchObject({ displayName: 'whole', meta: { version: 'W/"1"' } })
})

it('a PUT takes away what it does not say, but resumes nobody by silence', async () => {
  const id = await made('put', { displayName: 'Put', externalId: 'put-1', emails: [{ value: 'p@example.org' }] })
  await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: false }))
  const { body } = await scim('PUT', `/Users/${id}`, user('put'))
  expect(body).toMatchObject({ displayName: 'put', active: false })
  expect(body).not.toHaveProperty('emails')
  expect(body).not.toHaveProperty('externalId')
  const renamed = await scim('PUT', `/Users/${id}`, user('other-name'))
  expect(renamed.body).toMatchObject({ status: '400', scimType: 'mutability' })
})

it('a version that has moved is not overwritten, and one that has not is not sent again', async () => {
  const id = await made('versions')
  const change = (displayName: string, version: string) =>
    scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'displayName', value: displayName }), {
      'if-match': version,
    })
  expect((await change('One', 'W/"1"')).headers.get('etag')).toBe('W/"2"')
  expect((await change('Two', 'W/"1"')).body).toMatchObject({ status: '412' })
  expect((await change('Three', '*')).status).toBe(200)
  expect((await change('Four', 'W/"1", "3"')).body).toMatchObject({ displayName: 'Four' })
  const cached = await scim('GET', `/Users/${id}`, undefined, { 'if-none-match': 'W/"4"' })
  expect(cached).toMatchObject({ status: 304, body: null })
  expect((await scim('DELETE', `/Users/${id}`, undefined, { 'if-match': 'W/"1"' })).status).toBe(412)
  // Whoever else changes a person moves the version too.
  await db.update(people).set({ email: 'x@example.org' }).where(eq(people.id, id))
  expect((await scim('GET', `/Users/${id}`)).headers.get('etag')).toBe('W/"5"')
})

it('of two who change the same version at once, one is told', async () => {
  const id = await made('raced')
  const answers = await Promise.all(
    ['A', 'B', 'C', 'D'].map((value) =>
      scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'displayName', value }), { 'if-match': 'W/"1"' }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
})
