// What SCIM refuses: whoever has no token, bodies and paths that are malformed or hostile, each in SCIM's own form.
import { afterAll, describe, expect, it } from 'vitest'
import { directoryWorld, ERROR, GROUP, PATCH, patch, user } from '../../support/directory.ts'

const { administrator, call, database, made, scim } = await directoryWorld()
afterAll(() => database.drop())

describe('who may ask', () => {
  it.each([
    ['nothing', {}],
    ['a token that nobody made', { authorization: `Bearer pct_${'x'.repeat(43)}` }],
    ['Basic', { authorization: 'Basic YTpi' }],
    ['two words', { authorization: 'Bearer a b' }],
  ])('%s is refused in SCIM’s own form', async (_, headers) => {
    const answer = await call('GET', '/scim/v2/Users', headers)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(answer.headers.get('content-type')).toBe('application/scim+json')
    expect(answer.body).toMatchObject({ schemas: [ERROR], status: '401' })
  })

  it('a session’s cookie opens nothing here', async () => {
    const owner = await administrator('owner', 'with-cookie')
    expect((await owner.read('me/show')).status).toBe(200)
    const cookie = 'palier_session=whatever'
    expect((await call('GET', '/scim/v2/Users', { cookie })).status).toBe(401)
  })
})

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
  ['schemas a hundred thousand deep', `{"schemas":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'invalidSyntax'],
  ['none in the list', patch(), 'invalidSyntax'],
  ['too many', patch(...Array(1001).fill({ op: 'remove', path: 'title' })), 'invalidValue'],
  ['an operation that is text', { schemas: [PATCH], Operations: ['x'] }, 'invalidSyntax'],
  ['an op that there is not', patch({ op: 'move', path: 'displayName', value: 'x' }), 'invalidSyntax'],
  ['remove of nothing', patch({ op: 'remove' }), 'noTarget'],
  ['add of nothing', patch({ op: 'add', path: 'displayName' }), 'invalidValue'],
  ['a prototype', patch({ op: 'add', path: '__proto__.role', value: 'owner' }), 'invalidPath'],
  ['a prototype as a value', patch({ op: 'add', value: JSON.parse('{"__proto__":{"role":"owner"}}') }), 'invalidPath'],
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
      schemas: [ERROR],
    })
  expect((await scim('GET', '/Schemas?filter=id%20pr')).body).toMatchObject({ status: '403' })
})
