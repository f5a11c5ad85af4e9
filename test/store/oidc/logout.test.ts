// Signing out: by a relying party's request, by the page, and what relying parties are told.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { GIVE_UP_AFTER_MS, logoutWorker } from '../../../server/oidc/logout-worker.ts'
import type { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { type Browser, basic, browser, type Provider, party, postForm, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
const BYE = 'http://localhost:9/bye?from=id'
let database: TestDatabase
let id: Provider
let alice: SoftwareAuthenticator
let rp: ReturnType<typeof party>
let received: string[] = []
let status = 200
const listener = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    received.push(new URLSearchParams(body).get('logout_token') ?? '')
    response.writeHead(status, { Location: '/elsewhere' }).end()
  })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', () => resolve()))
  database = await testDatabase()
  id = await provider(database)
  alice = (await id.person('alice')).key
  await id.register({
    clientId: 'rp',
    name: 'A party',
    secret: 'secret',
    redirectUris: [REDIRECT],
    postLogoutRedirectUris: [BYE],
    backchannelLogoutUri: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/logout`,
  })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
})

beforeEach(() => {
  received = []
  status = 200
})

afterAll(async () => {
  await id.close()
  await database.drop()
  await new Promise((resolve) => listener.close(resolve))
})

async function signedIn(key = alice, chrome?: Browser) {
  const begun = await rp.code(key, {}, chrome)
  const { body } = await postForm(`${id.issuer}/oidc/token`, rp.fields(begun), basic('rp', 'secret'))
  return { chrome: begun.chrome, idToken: body.id_token as string, accessToken: body.access_token as string }
}
const holds = async (accessToken: string) =>
  (await fetch(`${id.issuer}/oidc/userinfo`, { headers: { Authorization: `Bearer ${accessToken}` } })).status === 200
const end = (chrome: Browser, query: Record<string, string>) =>
  chrome.visit(`/oidc/end_session?${new URLSearchParams(query)}`)
const isSignedIn = async (chrome: Browser) => (await rp.begin({ prompt: 'none' }, chrome)).params.has('code')

describe('a relying party’s request', () => {
  test('with a hint ends the session and goes to the registered address, its query kept', async () => {
    const { chrome, idToken, accessToken } = await signedIn()
    const out = await end(chrome, { id_token_hint: idToken, post_logout_redirect_uri: BYE, state: 's&t' })
    expect(out.headers.get('location')).toBe(`${BYE}&state=s%26t`)
    expect(await isSignedIn(chrome)).toBe(false)
    expect(await holds(accessToken)).toBe(false)
  })

  test('with an old hint is as good', async () => {
    const { chrome, idToken } = await signedIn()
    id.world.time.nowMs += 3600_000
    expect((await end(chrome, { id_token_hint: idToken, post_logout_redirect_uri: BYE })).status).toBe(303)
  })

  test('without an address says that it is done', async () => {
    const { chrome, idToken } = await signedIn()
    const out = await end(chrome, { id_token_hint: idToken })
    expect(out.status).toBe(200)
    expect(await isSignedIn(chrome)).toBe(false)
  })

  test.each<[string, (idToken: string) => Record<string, string>]>([
    ['no hint', () => ({ post_logout_redirect_uri: BYE })],
    ['nothing at all', () => ({})],
    ['only a state', () => ({ state: 's' })],
    ['a hint that is not a token', () => ({ id_token_hint: 'x', post_logout_redirect_uri: BYE })],
    ['a modified hint', (hint) => ({ id_token_hint: `${hint.slice(0, -9)}AAAAAAAAA`, post_logout_redirect_uri: BYE })],
    [
      'a hint of another client',
      (hint) => ({ id_token_hint: hint, client_id: 'other', post_logout_redirect_uri: BYE }),
    ],
    ['an unregistered address', (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: 'http://evil.example/' })],
    ['a query added to the address', (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: `${BYE}&x=1` })],
    ['a redirect URI as address', (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: REDIRECT })],
  ])('with %s asks, leads nowhere and ends nothing', async (_, query) => {
    const { chrome, idToken, accessToken } = await signedIn()
    const out = await end(chrome, query(idToken))
    expect(out.status).toBe(200)
    expect(out.headers.get('location')).toBeNull()
    expect(await out.text()).toContain('data-action="sign-out"')
    expect(await isSignedIn(chrome)).toBe(true)
    expect(await holds(accessToken)).toBe(true)
  })

  test('with somebody else’s hint asks whoever sits there', async () => {
    const bob = (await id.person('bob')).key
    const hers = await signedIn()
    const his = await signedIn(bob)
    const out = await end(his.chrome, { id_token_hint: hers.idToken, post_logout_redirect_uri: BYE })
    expect(out.headers.get('location')).toBeNull()
    expect(await isSignedIn(his.chrome)).toBe(true)
    expect(await holds(hers.accessToken)).toBe(true)
  })

  test('also ends a session of the same browser that came after the hint’s', async () => {
    const first = await signedIn()
    const later = await rp.begin({ prompt: 'login' }, first.chrome)
    expect((await first.chrome.tap(alice, later.transaction)).status).toBe(200)
    await end(first.chrome, { id_token_hint: first.idToken, post_logout_redirect_uri: BYE })
    expect(await isSignedIn(first.chrome)).toBe(false)
  })
})

describe('the question', () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

  test('answered on the page signs out; from another site it does not', async () => {
    const { chrome, accessToken } = await signedIn()
    for (const headers of [form, { ...form, Origin: 'https://evil.example' }, { ...form, Origin: 'null' }]) {
      expect((await chrome.visit('/oidc/end_session', { method: 'POST', body: 'confirm=yes', headers })).status).toBe(
        403,
      )
    }
    expect(await holds(accessToken)).toBe(true)
    const yes = await chrome.visit('/oidc/end_session', {
      method: 'POST',
      body: 'confirm=yes',
      headers: { ...form, Origin: id.issuer },
    })
    expect(yes.status).toBe(200)
    expect(await holds(accessToken)).toBe(false)
    expect(await isSignedIn(chrome)).toBe(false)
  })
})

describe('one browser, one session', () => {
  test('a second tap of a person takes the first one’s authorizations along: signing out ends both', async () => {
    const first = await signedIn()
    const second = await rp.code(alice, { prompt: 'login' }, first.chrome)
    expect(await holds(first.accessToken)).toBe(true)
    await second.chrome.post('/api/signout', {})
    expect(await holds(first.accessToken)).toBe(false)
  })

  test('another person’s tap signs the first one out', async () => {
    const first = await signedIn()
    const carol = (await id.person('carol')).key
    expect((await first.chrome.tap(carol)).status).toBe(200)
    expect(await holds(first.accessToken)).toBe(false)
  })

  test('an old cookie put back after that opens nothing', async () => {
    const { chrome } = await signedIn()
    const old = chrome.cookies.get('palier_session') ?? ''
    await rp.code(alice, { prompt: 'login' }, chrome)
    const thief = browser(id.issuer)
    thief.cookies.set('palier_session', old)
    expect(await isSignedIn(thief)).toBe(false)
  })
})

describe('back-channel logout', () => {
  const worker = () => logoutWorker(id.deps)
  /** Moves past the database's clock, by which deliveries are enqueued, and tries what is due. */
  async function deliverAfter(ms: number) {
    id.world.time.nowMs = Math.max(id.world.time.nowMs, Date.now()) + ms
    await worker().deliverDue()
  }
  async function owe(): Promise<string> {
    const { chrome, idToken } = await signedIn()
    await database.sql`update logout_deliveries set next_attempt_at = null`
    await end(chrome, { id_token_hint: idToken })
    return decodeJwt(idToken)['sid'] as string
  }
  const row = async (sid: string) => (await database.sql`select * from logout_deliveries where sid = ${sid}`)[0]

  test('tells the client in the form that the specification asks', async () => {
    const sid = await owe()
    await deliverAfter(1000)
    expect(received).toHaveLength(1)
    const { payload, protectedHeader } = await jwtVerify(
      received[0] ?? '',
      createLocalJWKSet(await id.deps.keys.jwks()),
      {
        issuer: id.issuer,
        audience: 'rp',
        typ: 'logout+jwt',
        currentDate: new Date(id.world.time.nowMs),
      },
    )
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload).toMatchObject({ sid, sub: 'per_alice', jti: expect.any(String) })
    expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} })
    expect(payload).not.toHaveProperty('nonce')
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120)
    await deliverAfter(3600_000)
    expect(received, 'and never again').toHaveLength(1)
  })

  test.each([500, 404, 302])('is tried again after %i, and what came of it is kept', async (answer) => {
    const sid = await owe()
    status = answer
    await deliverAfter(1000)
    expect(await row(sid)).toMatchObject({ attempts: 1, delivered_at: null, last_error: `status ${answer}` })
    await worker().deliverDue()
    expect(received, 'not before its time').toHaveLength(1)
    status = 204
    await deliverAfter(2500)
    expect(received).toHaveLength(2)
    expect(await row(sid)).toMatchObject({ attempts: 2, next_attempt_at: null, last_error: null })
    expect(new Set(received.map((token) => decodeJwt(token).jti)).size, 'each with a name of its own').toBe(2)
  })

  test('is given up after a day', async () => {
    const sid = await owe()
    status = 503
    let tries = 0
    for (const began = id.world.time.nowMs; id.world.time.nowMs < began + GIVE_UP_AFTER_MS + 7_200_000; tries++)
      await deliverAfter(3_600_000)
    const given = await row(sid)
    expect(given).toMatchObject({ delivered_at: null, next_attempt_at: null, last_error: 'status 503' })
    expect(received.length).toBeGreaterThan(20)
    expect(received.length).toBeLessThan(tries)
  })
})
