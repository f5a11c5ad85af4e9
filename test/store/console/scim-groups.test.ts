// A directory's groups: their members, whole changes or none, names that are refused.
import { afterAll, expect, it } from 'vitest'
import { groupMembers } from '../../../db/schema/groups.ts'
import { groupKeyPolicies } from '../../../db/schema/keys.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { applyPolicy } from '../../../server/policy/versions.ts'
import { directoryWorld, GROUP, patch } from '../../support/directory.ts'

const { actionsOf, database, db, made, madeGroup, scim } = await directoryWorld()
afterAll(() => database.drop())

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

it('members who could read more, or enrol other keys, are neither put in nor taken out; it says whom and what', async () => {
  const [a, b] = [await made('reads-more'), await made('asked-less')]
  const [wide, strict, plain] = [await madeGroup('Wide'), await madeGroup('Strict', [b]), await madeGroup('Plain')]
  const key = { policy: 'attested', aaguids: null, platformAllowed: false, minKeys: 1, updatedAt: new Date() } as const
  await db.insert(groupKeyPolicies).values({ groupId: strict, ...key })
  const store = policyStore(db, auditLog({ store: auditStore(db), clock: systemClock }))
  const document = { ...shippedPolicy(), limits: [{ group: wide, rooms: 5_000 }] }
  await applyPolicy({ store, clock: systemClock }, { from: 0, document, by: 'x', reason: 'x' })
  const change = (id: string, ...operations: object[]) => scim('PATCH', `/Groups/${id}`, patch(...operations))
  const members = async (id: string) =>
    ((await scim('GET', `/Groups/${id}`)).body.members ?? []).map(({ value }: { value: string }) => value)
  const refused = (what: string, whom: string) => ({
    status: '403',
    detail: expect.stringContaining(`loosen ${what} for ${whom}, which two administrators decide`),
  })
  const add = { op: 'add', path: 'members', value: [{ value: a }] }
  const rename = { op: 'replace', path: 'displayName', value: 'Half' }
  expect((await change(wide, rename, add)).body).toMatchObject(refused('rooms', 'reads-more'))
  const put = (displayName: string, ids: string[]) => ({
    schemas: [GROUP],
    displayName,
    members: ids.map((value) => ({ value })),
  })
  expect((await scim('PUT', `/Groups/${wide}`, put('Wide', [a, b]))).body).toMatchObject(
    refused('rooms', 'asked-less, reads-more'),
  )
  const out = { op: 'remove', path: `members[value eq "${b}"]` }
  for (const operation of [out, { op: 'remove', path: 'members' }, { op: 'replace', path: 'members', value: [] }])
    expect((await change(strict, operation)).body).toMatchObject(refused('keys.policy, keys.built_in', 'asked-less'))
  expect([await members(wide), await members(strict)]).toEqual([[], [b]])
  expect((await scim('GET', `/Groups/${wide}`)).body.displayName).toBe('Wide')
  // In and out again, out and in again, and what loosens nothing: done.
  expect((await change(strict, out, { op: 'add', path: 'members', value: [{ value: b }] })).status).toBe(200)
  expect((await scim('PUT', `/Groups/${strict}`, put('Strict', [a, b]))).status).toBe(200)
  expect((await change(plain, add)).status).toBe(200)
  expect((await change(plain, { op: 'remove', path: 'members' })).status).toBe(200)
  await db.insert(groupMembers).values({ groupId: wide, personId: b, addedAt: new Date() })
  expect((await change(wide, { op: 'remove', path: 'members' })).status).toBe(200)
  expect([await members(wide), await members(strict)]).toEqual([[], [b, a]])
  expect((await scim('DELETE', `/Users/${b}`)).status).toBe(204)
})
