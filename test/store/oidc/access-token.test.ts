// What an access token opens (OIDC Core §5.3), and revocation (RFC 7009).
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../db/client.ts'
import { signingKeyStore } from '../../../db/stores/signing-keys.ts'
import { keyring } from '../../../server/oidc/keys.ts'
import type { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { basic, type Provider, party, postForm, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
let database: TestDatabase
let id: Provider
let key: SoftwareAuthenticator
let rp: ReturnType<typeof party>
const auth = basic('rp', 'secret')
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  key = (await id.person('alice')).key
  await id.register({ clientId: 'rp', name: 'A party', secret: 'secret', redirectUris: [REDIRECT] })
  await id.register({ clientId: 'other', name: 'Another', secret: 'secret', redirectUris: [REDIRECT] })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
})

afterAll(async () => {
  await id.close()
  await database.drop()
})

async function tokens(extra: Record<string, string> = {}): Promise<Record<string, string>> {
  const { body } = await postForm(`${id.issuer}/oidc/token`, rp.fields(await rp.code(key, extra)), auth)
  return body
}
const infoUrl = () => `${id.issuer}/oidc/userinfo`
const info = (headers: Record<string, string>) => fetch(infoUrl(), { headers })
const refresh = (token: string | undefined) =>
  postForm(`${id.issuer}/oidc/token`, { grant_type: 'refresh_token', refresh_token: token ?? '' }, auth)
const revoke = (fields: Record<string, string>, headers: Record<string, string> = auth) =>
  postForm(`${id.issuer}/oidc/revoke`, fields, headers)

describe('userinfo', () => {
  test('answers a token in the header, by GET and by POST, and in the form of a POST', async () => {
    const { access_token = '' } = await tokens()
    const claims = { sub: 'per_alice', preferred_username: 'alice', name: 'alice' }
    const got = await info(bearer(access_token))
    expect(await got.json()).toEqual(claims)
    expect(got.headers.get('access-control-allow-origin')).toBe('*')
    expect((await postForm(infoUrl(), '', bearer(access_token))).body).toEqual(claims)
    expect((await postForm(infoUrl(), { access_token })).body).toEqual(claims)
  })

  test('tells only what the scope covers', async () => {
    const { access_token = '' } = await tokens({ scope: 'openid' })
    expect(await (await info(bearer(access_token))).json()).toEqual({ sub: 'per_alice', preferred_username: 'alice' })
  })

  test('takes one token, and none from the query', async () => {
    const { access_token = '' } = await tokens()
    const twice = await postForm(infoUrl(), { access_token }, bearer(access_token))
    expect(twice).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect((await fetch(`${infoUrl()}?access_token=${access_token}`)).status).toBe(401)
  })

  test('refuses what is not an access token of ours, and says so', async () => {
    const { access_token = '', id_token = '', refresh_token = '' } = await tokens()
    const [head = '', body = '', signature = ''] = access_token.split('.')
    const unsigned = `${btoa('{"alg":"none","typ":"at+jwt"}').replaceAll('=', '')}.${body}.`
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const header = { alg: 'ES256', typ: 'at+jwt', jwk: await exportJWK(publicKey), kid: 'kid_invented' }
    const forged = await new SignJWT({ sub: 'per_alice' })
      .setProtectedHeader(header)
      .setIssuer(id.issuer)
      .sign(privateKey)
    const altered = `${head}.${btoa(atob(body.replaceAll('-', '+').replaceAll('_', '/')).replace('alice', 'admin')).replaceAll('=', '')}.${signature}`
    for (const token of [
      id_token,
      refresh_token,
      unsigned,
      forged,
      altered,
      `${head}.${body}`,
      'x',
      '..',
      `${access_token}A`,
    ]) {
      const answer = await info(bearer(token))
      expect(answer.status, token.slice(0, 40)).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
    const without = await info({})
    expect(without.status).toBe(401)
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="palier"')
  })

  test('does not call a token bad because the database is away', async () => {
    const away = openDatabase(database.url, { max: 1 })
    await away.close()
    const keys = keyring({ ...id.deps, signingKeys: signingKeyStore(away.db) })
    const { access_token = '' } = await tokens()
    await expect(keys.verify(access_token, { algorithm: 'ES256', typ: 'at+jwt', issuer: id.issuer })).rejects.toThrow()
  })

  test('refuses a token after its five minutes', async () => {
    const { access_token = '' } = await tokens()
    id.world.time.nowMs += 300_000
    expect((await info(bearer(access_token))).status).toBe(401)
    id.world.time.nowMs -= 300_000
  })

  test('a key that was retired long ago signs nothing that is believed, save a hint', async () => {
    const { deps, world } = id
    const claims = { iss: id.issuer, sub: 'per_alice' }
    const iat = Math.floor(world.clock.now() / 1000)
    const forged = await deps.keys.sign('ES256', 'at+jwt', { ...claims, iat, exp: iat + 400 * 24 * 3600 })
    const hint = await deps.keys.sign('RS256', 'JWT', { ...claims, iat, exp: iat + 300 })
    const began = world.time.nowMs
    for (let day = 1; day <= 32; day++) await deps.keys.rotateKeys(began + day * 24 * 3600 * 1000)
    world.time.nowMs = began + 33 * 24 * 3600 * 1000
    expect(await deps.keys.verify(forged, { algorithm: 'ES256', typ: 'at+jwt', issuer: id.issuer })).toBeNull()
    expect(
      await deps.keys.verify(hint, { algorithm: 'RS256', typ: 'JWT', issuer: id.issuer, ignoreTimes: true }),
    ).not.toBeNull()
    expect(await deps.keys.verify(hint, { algorithm: 'RS256', typ: 'JWT', issuer: id.issuer })).toBeNull()
  })
})

describe('revocation', () => {
  test('of an access token ends it alone', async () => {
    const { access_token = '', refresh_token } = await tokens()
    expect((await revoke({ token: access_token, token_type_hint: 'access_token' })).status).toBe(200)
    expect((await info(bearer(access_token))).status).toBe(401)
    const next = await refresh(refresh_token)
    expect(next.status).toBe(200)
    expect((await info(bearer(next.body.access_token))).status).toBe(200)
  })

  test('of a refresh token ends the grant, access tokens and all', async () => {
    const { access_token = '', refresh_token = '' } = await tokens()
    expect((await revoke({ token: refresh_token, token_type_hint: 'access_token' })).status).toBe(200)
    expect((await info(bearer(access_token))).status).toBe(401)
    expect(await refresh(refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await revoke({ token: refresh_token })).status, 'again').toBe(200)
  })

  test('of an unknown token, or of another client’s, is answered alike and does nothing', async () => {
    const { access_token = '', refresh_token = '' } = await tokens()
    const other = basic('other', 'secret')
    for (const token of [access_token, refresh_token]) expect((await revoke({ token }, other)).status).toBe(200)
    for (const token of ['x', `prt_${'a'.repeat(43)}`, 'a.b.c']) expect((await revoke({ token })).status).toBe(200)
    expect((await info(bearer(access_token))).status).toBe(200)
    expect((await refresh(refresh_token)).status).toBe(200)
  })

  test('needs the client’s secret, and a token', async () => {
    const { access_token = '' } = await tokens()
    const refused = await revoke({ token: access_token, client_id: 'rp' }, {})
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(await revoke({})).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect((await info(bearer(access_token))).status).toBe(200)
  })
})
