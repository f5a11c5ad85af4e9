// The token endpoint over HTTP: who may ask, every way to ask badly, and what ends a grant under way.
import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { basic, type Provider, party, postForm, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
const SECRET = 'a secret/with+signs & a space:'
let database: TestDatabase
let id: Provider
let key: SoftwareAuthenticator
let rp: ReturnType<typeof party>
let app: ReturnType<typeof party>
const auth = basic('rp', SECRET)

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  key = (await id.person('alice')).key
  await id.register({ clientId: 'rp', name: 'A party', secret: SECRET, redirectUris: [REDIRECT] })
  await id.register({ clientId: 'app', name: 'An app', public: true, redirectUris: [REDIRECT] })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
  app = party(id, { clientId: 'app', redirectUri: REDIRECT })
})

afterAll(async () => {
  await id.close()
  await database.drop()
})

const ask = (body: Record<string, string> | string, headers: Record<string, string> = auth) =>
  postForm(`${id.issuer}/oidc/token`, body, headers)

describe('client authentication', () => {
  test('by client_secret_basic, by client_secret_post, and none for a public client', async () => {
    const first = await rp.code(key)
    expect((await ask(rp.fields(first))).status).toBe(200)
    const second = await rp.code(key)
    expect((await ask({ ...rp.fields(second), client_id: 'rp', client_secret: SECRET }, {})).status).toBe(200)
    const third = await app.code(key)
    expect((await ask({ ...app.fields(third), client_id: 'app' }, {})).status).toBe(200)
  })

  test.each<[string, Record<string, string>, Record<string, string>, number, string]>([
    ['no client', {}, {}, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, {}, 401, 'invalid_client'],
    ['a wrong secret', {}, basic('rp', 'wrong'), 401, 'invalid_client'],
    ['a wrong posted secret', { client_id: 'rp', client_secret: 'wrong' }, {}, 401, 'invalid_client'],
    ['a confidential client without its secret', { client_id: 'rp' }, {}, 401, 'invalid_client'],
    ['a public client with a secret', { client_id: 'app', client_secret: 'x' }, {}, 401, 'invalid_client'],
    ['two methods at once', { client_id: 'rp', client_secret: SECRET }, auth, 400, 'invalid_request'],
    ['two clients at once', { client_id: 'app' }, auth, 400, 'invalid_request'],
    ['a header that is not Basic', {}, { Authorization: 'Bearer x' }, 401, 'invalid_client'],
    ['a header of broken encoding', {}, { Authorization: `Basic ${btoa('rp:%zz')}` }, 401, 'invalid_client'],
    ['a header with a NUL', {}, { Authorization: `Basic ${btoa('r%00p:x')}` }, 401, 'invalid_client'],
    ['a header without a colon', {}, { Authorization: `Basic ${btoa('rp')}` }, 401, 'invalid_client'],
  ])('%s is refused', async (_, fields, headers, status, error) => {
    const answer = await ask({ grant_type: 'authorization_code', code: 'x', ...fields }, headers)
    expect(answer).toMatchObject({ status, body: { error } })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    if (status === 401 && headers['Authorization']) expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /)
  })
})

describe('a bad request changes nothing', () => {
  let good: { code: string; verifier: string }
  beforeAll(async () => {
    good = await rp.code(key)
  })

  test.each<[string, (fields: Record<string, string>) => Record<string, string | undefined>, string]>([
    ['no grant type', (f) => ({ ...f, grant_type: undefined }), 'invalid_request'],
    ['an unknown grant type', (f) => ({ ...f, grant_type: 'password' }), 'unsupported_grant_type'],
    ['no code', (f) => ({ ...f, code: undefined }), 'invalid_request'],
    ['an unknown code', (f) => ({ ...f, code: `pac_${'a'.repeat(43)}` }), 'invalid_grant'],
    ['a code of another form', (f) => ({ ...f, code: '../../etc' }), 'invalid_grant'],
    ['no redirect URI', (f) => ({ ...f, redirect_uri: undefined }), 'invalid_grant'],
    ['another redirect URI', (f) => ({ ...f, redirect_uri: `${REDIRECT}/` }), 'invalid_grant'],
    ['no verifier', (f) => ({ ...f, code_verifier: undefined }), 'invalid_grant'],
    ['a wrong verifier', (f) => ({ ...f, code_verifier: 'w'.repeat(43) }), 'invalid_grant'],
    ['a short verifier', (f) => ({ ...f, code_verifier: 'short' }), 'invalid_grant'],
    [
      'the challenge as verifier (plain PKCE)',
      (f) => ({ ...f, code_verifier: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' }),
      'invalid_grant',
    ],
    ['no refresh token', () => ({ grant_type: 'refresh_token' }), 'invalid_request'],
    [
      'an unknown refresh token',
      () => ({ grant_type: 'refresh_token', refresh_token: `prt_${'a'.repeat(43)}` }),
      'invalid_grant',
    ],
  ])('%s', async (_, change, error) => {
    const fields = Object.entries(change(rp.fields(good))).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    )
    expect(await ask(Object.fromEntries(fields))).toMatchObject({ status: 400, body: { error } })
  })

  test('a parameter given twice', async () => {
    const text = new URLSearchParams(rp.fields(good)).toString()
    expect(await ask(`${text}&code=${good.code}`)).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('a body that is too large', async () => {
    expect(await ask({ ...rp.fields(good), extra: 'x'.repeat(17_000) })).toMatchObject({
      status: 413,
      body: { error: 'invalid_request' },
    })
  })

  test('JSON', async () => {
    const answer = await ask(JSON.stringify(rp.fields(good)), { ...auth, 'Content-Type': 'application/json' })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('parameters in the query', async () => {
    const url = `${id.issuer}/oidc/token?${new URLSearchParams(rp.fields(good))}`
    expect(await postForm(url, '', auth)).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('another client with the code', async () => {
    expect(await ask({ ...app.fields(good), client_id: 'app' }, {})).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  })

  test('after all of these the code is good', async () => {
    expect((await ask(rp.fields(good))).status).toBe(200)
  })
})

test('the ID token and the access token name the tap, the key and their audience', async () => {
  const { key: attested, credentialId } = await id.person('attested')
  await database.sql`update credentials set acr = 'phrh', policy = 'attested' where id = ${credentialId}`
  const begun = await rp.code(attested, { acr_values: 'unknown eidas3', nonce: 'n-1', scope: 'openid email phone' })
  const { body } = await ask(rp.fields(begun))
  const tap = {
    iss: id.issuer,
    sub: 'per_attested',
    acr: 'eidas3',
    amr: ['hwk', 'user', 'mfa'],
    auth_time: expect.any(Number),
  }
  const idToken = decodeJwt(body.id_token)
  expect(idToken).toMatchObject({
    ...tap,
    aud: 'rp',
    nonce: 'n-1',
    preferred_username: 'attested',
    sid: expect.stringMatching(/^sid_/),
  })
  expect(idToken['at_hash']).toBe(
    createHash('sha256').update(body.access_token).digest().subarray(0, 16).toString('base64url'),
  )
  expect(decodeProtectedHeader(body.id_token)).toMatchObject({
    alg: 'RS256',
    typ: 'JWT',
    kid: expect.stringMatching(/^kid_/),
  })
  const accessToken = decodeJwt(body.access_token)
  expect(accessToken).toMatchObject({
    ...tap,
    aud: id.issuer,
    client_id: 'rp',
    scope: 'openid',
    sid: idToken['sid'],
    jti: expect.any(String),
  })
  expect(accessToken['palier_key']).toMatchObject({ id: expect.any(String), uv: true, tapped_at: idToken['auth_time'] })
  expect(decodeProtectedHeader(body.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
  expect((accessToken.exp ?? 0) - (accessToken.iat ?? 0)).toBe(300)
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'openid' })
  const webauthnId = Buffer.from(attested.credentialId).toString('base64url')
  expect(JSON.stringify([idToken, accessToken]), 'the key is named pairwise').not.toContain(webauthnId)
  const without = await ask(rp.fields(await rp.code(attested, { nonce: null, state: null })))
  expect(decodeJwt(without.body.id_token)).not.toHaveProperty('nonce')
})

test('a code is good for a minute', async () => {
  const late = await rp.code(key)
  id.world.time.nowMs += 60_000
  expect(await ask(rp.fields(late))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
})

describe('a refresh', () => {
  test('cannot ask for more than was granted, and another client cannot ask at all', async () => {
    const { body } = await ask(rp.fields(await rp.code(key, { scope: 'openid offline_access' })))
    const fields = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
    expect(await ask({ ...fields, scope: 'openid profile' })).toMatchObject({ body: { error: 'invalid_scope' } })
    expect(await ask({ ...fields, client_id: 'app' }, {})).toMatchObject({ body: { error: 'invalid_grant' } })
    expect(await ask({ ...fields, scope: 'openid' })).toMatchObject({ status: 200, body: { scope: 'openid' } })
  })

  test('is not granted unless asked for', async () => {
    const { body } = await ask(rp.fields(await rp.code(key, { scope: 'openid' })))
    expect(body.refresh_token).toBeUndefined()
  })

  test('ends twelve hours after the tap, also when the code came late from the session', async () => {
    const first = await rp.code(key)
    id.world.time.nowMs += 11 * 3600 * 1000
    const silent = await rp.begin({ prompt: 'none' }, first.chrome)
    const { status, body } = await ask(rp.fields({ code: silent.params.get('code') ?? '', verifier: silent.verifier }))
    expect(status).toBe(200)
    const fields = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
    expect((await ask(fields)).status).toBe(200)
    id.world.time.nowMs += 3600 * 1000
    expect(await ask(fields)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })
})

describe('what ends under way', () => {
  const userinfo = (token: string) =>
    fetch(`${id.issuer}/oidc/userinfo`, { headers: { Authorization: `Bearer ${token}` } })

  test.each<[string, (who: { personId: string; credentialId: string }) => Promise<unknown>]>([
    ['the key is revoked', ({ credentialId }) => id.revoke('credential', credentialId, 'credential-revoked')],
    ['the person is cut off', ({ personId }) => id.revoke('person', personId, 'person-suspended')],
    [
      'the person is suspended',
      ({ personId }) =>
        id.world.people.setSuspended(personId, new Date(), {
          action: 'person.suspended',
          actor: 'test',
          subject: personId,
          detail: {},
        }),
    ],
  ])('when %s, code, refresh token, access token and session stop', async (what, end) => {
    const name = what.replaceAll(/[^a-z]/g, '')
    const { person, key: own, credentialId } = await id.person(name)
    const { body: tokens } = await ask(rp.fields(await rp.code(own)))
    const waiting = await rp.code(own)
    expect((await userinfo(tokens.access_token)).status).toBe(200)
    await end({ personId: person.id, credentialId })
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    expect(await ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).toMatchObject({
      body: { error: 'invalid_grant' },
    })
    expect(await ask(rp.fields(waiting))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const again = await rp.begin({ prompt: 'none' }, waiting.chrome)
    expect(again.params.get('error')).toMatch(/login_required/)
    if (what !== 'the person is cut off') expect((await (await rp.begin()).chrome.tap(own)).status).toBe(401)
  })
})
