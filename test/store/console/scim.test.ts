import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { devices, idSessions } from '../../../db/schema/sessions.ts'
import { insertDevice, insertPerson } from '../../support/people.ts'
import { type ScimWorld, scimWorld } from '../../support/scim.ts'

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

let world: ScimWorld
let directory: Awaited<ReturnType<ScimWorld['token']>>
const scim = (...given: Parameters<typeof directory.scim>) => directory.scim(...given)

beforeAll(async () => {
  world = await scimWorld()
  directory = await world.token(['scim.write'], 'directory')
})
afterAll(() => world.database.drop())

const user = (userName: string, more: object = {}) => ({ schemas: [USER], userName, ...more })
const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations })
async function made(userName: string, more: object = {}): Promise<string> {
  const answer = await scim('POST', '/Users', user(userName, more))
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body.id
}
async function madeGroup(displayName: string, ids: readonly string[] = []): Promise<string> {
  const members = ids.map((value) => ({ value }))
  const answer = await scim('POST', '/Groups', { schemas: [GROUP], displayName, members })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body.id
}
const actionsOf = async (subject: string) =>
  (await world.audited()).filter((entry) => entry.subject === subject).map(({ action }) => action)

describe('who may ask', () => {
  it.each([
    ['nothing', {}],
    ['a token that nobody made', { authorization: `Bearer pct_${'x'.repeat(43)}` }],
    ['Basic', { authorization: 'Basic YTpi' }],
    ['two words', { authorization: 'Bearer a b' }],
  ])('%s is refused in SCIM’s own form', async (_, headers) => {
    const answer = await world.call('GET', '/scim/v2/Users', headers)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(answer.headers.get('content-type')).toBe('application/scim+json')
    expect(answer.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' })
  })

  it('a session’s cookie opens nothing here', async () => {
    const owner = await world.administrator('owner', 'with-cookie')
    expect((await owner.read('me/show')).status).toBe(200)
    const cookie = 'palier_session=whatever'
    expect((await world.call('GET', '/scim/v2/Users', { cookie })).status).toBe(401)
  })
})

describe('people', () => {
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
    const [entry] = (await world.audited()).filter(({ subject }) => subject === id)
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
    const [row] = await world.db.select().from(people).where(eq(people.id, id))
    expect(row?.role).toBe('person')
  })

  it('a PATCH sets, replaces and removes, in the ways that directories write it', async () => {
    const id = await made('patched', { emails: [{ value: 'a@example.org' }] })
    const afterwards = async (...operations: object[]) =>
      (await scim('PATCH', `/Users/${id}`, patch(...operations))).body
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
    expect(await afterwards({ op: 'add', path: 'emails[type eq "work"].value', value: 'c@example.org' })).toMatchObject(
      {
        emails: [{ value: 'c@example.org' }],
      },
    )
    expect(
      await afterwards({ op: 'add', value: { externalId: 'P-1', 'name.givenName': 'x', displayName: 'Trois' } }),
    ).toMatchObject({ externalId: 'P-1', displayName: 'Trois' })
    expect(await afterwards({ op: 'Replace', path: 'active', value: 'False' })).toMatchObject({ active: false })
    expect(await afterwards({ op: 'replace', value: { active: true } })).toMatchObject({ active: true })
    expect(await afterwards({ op: 'remove', path: 'externalId' }, { op: 'remove', path: 'displayName' })).toMatchObject(
      {
        displayName: 'patched',
      },
    )
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
    await world.db.update(people).set({ email: 'x@example.org' }).where(eq(people.id, id))
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

  it('suspending ends the person’s sessions and devices; asking again completes what was cut short', async () => {
    const someone = await insertPerson(world.db, { username: 'leaver' })
    const device = await insertDevice({ ...world, serverName: 'example.org' }, someone)
    const off = () => scim('PATCH', `/Users/${someone.id}`, patch({ op: 'replace', path: 'active', value: false }))
    expect((await off()).body).toMatchObject({ active: false })
    const ended = async (id: string) => (await world.db.select().from(devices).where(eq(devices.id, id)))[0]?.endedAt
    expect(await ended(device.id)).not.toBeNull()
    const [session] = await world.db.select().from(idSessions).where(eq(idSessions.hash, device.idSessionHash))
    expect(session?.endedAt).not.toBeNull()
    await world.db.update(devices).set({ endedAt: null }).where(eq(devices.id, device.id))
    await off()
    expect(await ended(device.id)).not.toBeNull()
    expect((await actionsOf(someone.id)).filter((action) => action === 'person.suspended')).toHaveLength(1)
  })

  it('whom an administrator suspended, a directory does not resume, however often it says that they work here', async () => {
    const admin = await world.administrator('enroller', 'cuts-off')
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
    const admin = await world.administrator('supervisor', 'watcher')
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

describe('groups', () => {
  it('one is created with members, who are added and taken out by path, each change written down', async () => {
    const [a, b, c] = [await made('member-a'), await made('member-b'), await made('member-c')]
    const id = await madeGroup('Cabinet', [a, b])
    const members = async () =>
      ((await scim('GET', `/Groups/${id}`)).body.members ?? []).map(({ value }: { value: string }) => value)
    const change = (...operations: object[]) => scim('PATCH', `/Groups/${id}`, patch(...operations))
    expect(await members()).toEqual([a, b])
    const version = (await scim('GET', `/Groups/${id}`)).headers.get('etag')
    await change({ op: 'Add', path: 'members', value: [{ value: c }, { value: a }] })
    expect(await members()).toEqual([a, b, c])
    expect((await scim('GET', `/Groups/${id}`)).headers.get('etag')).not.toBe(version)
    await change({ op: 'remove', path: `members[value eq "${b}"]` })
    await change({ op: 'Remove', path: 'members', value: [{ value: c }] })
    expect(await members()).toEqual([a])
    await change({ op: 'replace', path: 'members', value: [{ value: b }, { value: c, type: 'User' }] })
    expect(await members()).toEqual([b, c])
    expect((await scim('GET', `/Users/${b}`)).body.groups).toEqual([
      { value: id, $ref: `http://localhost:8080/scim/v2/Groups/${id}`, display: 'Cabinet', type: 'direct' },
    ])
    await change({ op: 'remove', path: 'members' })
    expect(await members()).toEqual([])
    expect(await actionsOf(id)).toEqual([
      'group.created',
      ...Array(3).fill('group.member-added'),
      ...Array(3).fill('group.member-removed'),
      ...Array(2).fill('group.member-added'),
      ...Array(2).fill('group.member-removed'),
    ])
  })

  it('a member who is nobody undoes the whole change', async () => {
    const someone = await made('somebody')
    const nobody = `per_${'A'.repeat(22)}`
    const id = await madeGroup('Whole')
    const answer = await scim(
      'PATCH',
      `/Groups/${id}`,
      patch(
        { op: 'replace', path: 'displayName', value: 'Half' },
        { op: 'add', path: 'members', value: [{ value: someone }, { value: nobody }] },
      ),
    )
    expect(answer.body).toMatchObject({
      status: '400',
      scimType: 'invalidValue',
      detail: expect.stringContaining(nobody),
    })
    expect((await scim('GET', `/Groups/${id}`)).body).toMatchObject({ displayName: 'Whole' })
    const body = { schemas: [GROUP], displayName: 'New', members: [{ value: nobody }] }
    expect((await scim('POST', '/Groups', body)).status).toBe(400)
    expect((await scim('POST', '/Groups', { ...body, members: [] })).status).toBe(201)
  })

  it('a name that is taken, one that means everybody, and a group within a group are refused', async () => {
    const id = await madeGroup('Only one')
    const other = await madeGroup('Another')
    const body = (displayName: string, members: object[] = []) => ({ schemas: [GROUP], displayName, members })
    expect((await scim('POST', '/Groups', body('Only one'))).body).toMatchObject({ scimType: 'uniqueness' })
    expect((await scim('PUT', `/Groups/${other}`, body('Only one'))).body).toMatchObject({ scimType: 'uniqueness' })
    for (const name of ['everyone', 'grp_x', '', 'a\nb'])
      expect((await scim('POST', '/Groups', body(name))).body).toMatchObject({ scimType: 'invalidValue' })
    for (const member of [{ value: id, type: 'Group' }, { value: id }, { value: 7 }])
      expect((await scim('POST', '/Groups', body('Nested', [member]))).body).toMatchObject({ scimType: 'invalidValue' })
  })

  it('a deleted person is in no group, and a deleted group takes nobody with it', async () => {
    const [a, b] = [await made('goes'), await made('stays-here')]
    const id = await madeGroup('Shrinks', [a, b])
    await scim('DELETE', `/Users/${a}`)
    expect((await scim('GET', `/Groups/${id}`)).body.members).toMatchObject([{ value: b }])
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204)
    expect((await scim('GET', `/Groups/${id}`)).status).toBe(404)
    expect((await scim('GET', `/Users/${b}`)).status).toBe(200)
  })
})

describe('what is malformed or hostile', () => {
  it.each<[string, unknown, string]>([
    ['a body that is no JSON', '{"schemas":', 'invalidSyntax'],
    ['a list', [], 'invalidSyntax'],
    ['null', 'null', 'invalidSyntax'],
    ['no schemas', { userName: 'hostile' }, 'invalidSyntax'],
    ['another schema', { schemas: [GROUP], userName: 'hostile' }, 'invalidSyntax'],
    ['a name of control characters', user('hostile', { displayName: 'a\u0007' }), 'invalidValue'],
    ['a name that turns text around', user('hostile', { displayName: 'a\u202e' }), 'invalidValue'],
    ['an object for a name', user('hostile', { displayName: { toString: 'x' } }), 'invalidValue'],
    ['an address with a line in it', user('hostile', { emails: [{ value: 'a@example.org\nBcc: b' }] }), 'invalidValue'],
    ['an externalId with a NUL', user('hostile', { externalId: 'a\0' }), 'invalidValue'],
    ['an externalId of half a pair', user('hostile', { externalId: '\ud800' }), 'invalidValue'],
    ['an active that is neither', user('hostile', { active: 1 }), 'invalidValue'],
    ['a long address', user('hostile', { emails: [{ value: `${'a'.repeat(300)}@example.org` }] }), 'invalidValue'],
  ])('POST of %s', async (_, body, scimType) => {
    expect((await scim('POST', '/Users', body)).body).toMatchObject({ status: '400', scimType })
    const { body: found } = await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "hostile"')}`)
    expect(found.totalResults).toBe(0)
  })

  it.each<[string, unknown, string]>([
    ['no operations', { schemas: [PATCH] }, 'invalidSyntax'],
    ['none in the list', patch(), 'invalidSyntax'],
    ['too many', patch(...Array(1001).fill({ op: 'remove', path: 'title' })), 'invalidValue'],
    ['an operation that is text', { schemas: [PATCH], Operations: ['x'] }, 'invalidSyntax'],
    ['an op that there is not', patch({ op: 'move', path: 'displayName', value: 'x' }), 'invalidSyntax'],
    ['remove of nothing', patch({ op: 'remove' }), 'noTarget'],
    ['add of nothing', patch({ op: 'add', path: 'displayName' }), 'invalidValue'],
    ['a prototype', patch({ op: 'add', path: '__proto__.role', value: 'owner' }), 'invalidPath'],
    [
      'a prototype as a value',
      patch({ op: 'add', value: JSON.parse('{"__proto__":{"role":"owner"}}') }),
      'invalidPath',
    ],
    ['a constructor', patch({ op: 'add', path: 'constructor.prototype', value: 'x' }), 'invalidPath'],
    ['a column of ours', patch({ op: 'replace', path: 'suspendedAt', value: null }), 'invalidPath'],
    ['the id', patch({ op: 'replace', path: 'id', value: 'per_x' }), 'mutability'],
    ['the groups', patch({ op: 'add', path: 'groups', value: [{ value: 'grp_x' }] }), 'mutability'],
    ['the userName', patch({ op: 'replace', path: 'userName', value: 'other-name' }), 'mutability'],
    ['an address that is not kept', patch({ op: 'remove', path: 'emails[type eq "home"]' }), 'noTarget'],
    ['an open bracket', patch({ op: 'remove', path: 'emails[type eq "work"' }), 'invalidPath'],
    ['a bracket with nothing in it', patch({ op: 'remove', path: 'emails[]' }), 'invalidPath'],
    ['deep brackets', patch({ op: 'remove', path: `emails[${'('.repeat(500)}` }), 'invalidPath'],
    ['a path of 5,000 characters', patch({ op: 'remove', path: 'a'.repeat(5000) }), 'invalidPath'],
    ['a path that is a number', patch({ op: 'remove', path: 7 }), 'invalidPath'],
  ])('PATCH of %s', async (name, body, scimType) => {
    const id = await made(`patch-${name.replaceAll(/[^a-z]/g, '')}`)
    expect((await scim('PATCH', `/Users/${id}`, body)).body).toMatchObject({ status: '400', scimType })
    expect((await scim('GET', `/Users/${id}`)).headers.get('etag')).toBe('W/"1"')
    expect(Object.prototype).not.toHaveProperty('role')
  })

  it('a body that is too large, of another kind, or at no address is refused in SCIM’s form', async () => {
    const large = user('large', { displayName: 'x'.repeat(2 * 1024 * 1024) })
    expect((await scim('POST', '/Users', large)).body).toMatchObject({ status: '413' })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await scim('POST', '/Users', 'userName=a', form)).body).toMatchObject({ status: '415' })
    for (const path of [
      '/Users/per_x/more',
      '/Bulk',
      '/Me',
      '/',
      '/Users/%2e%2e',
      `/Users/${'a'.repeat(100)}`,
      '/Users/%00',
    ])
      expect((await scim('GET', path)).body).toMatchObject({
        status: '404',
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      })
    expect((await scim('GET', '/Schemas?filter=id%20pr')).body).toMatchObject({ status: '403' })
  })
})
