// The provider with a certified relying-party library, and the races of what is good once.
import * as oidc from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindingsStore } from '../../db/stores/bindings.ts'
import { logoutWorker } from '../../server/oidc/logout-worker.ts'
import { hashToken } from '../../server/platform/tokens.ts'
import type { SoftwareAuthenticator } from '../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { browser, postForm, provider, relyingParty } from '../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
let database: TestDatabase
let id: Awaited<ReturnType<typeof provider>>
let key: SoftwareAuthenticator
let config: oidc.Configuration
let publicConfig: oidc.Configuration
const delivered: string[] = []

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  key = (await id.person('alice')).key
  const { clientSecret } = await id.register({
    clientId: 'rp',
    name: 'A party',
    redirectUris: [REDIRECT],
    postLogoutRedirectUris: ['http://localhost:9/bye'],
    backchannelLogoutUri: 'http://localhost:9/logout',
  })
  config = await relyingParty(id.issuer, 'rp', clientSecret)
  await id.register({ clientId: 'app', name: 'An app', public: true, redirectUris: [REDIRECT] })
  publicConfig = await relyingParty(id.issuer, 'app', null)
  await id.register({ clientId: 'synapse', name: 'Matrix', redirectUris: [REDIRECT], serverName: 'example.org' })
})

afterAll(async () => {
  await id.close()
  await database.drop()
})

async function begin(
  configuration: oidc.Configuration,
  extra: Record<string, string> = {},
  chrome = browser(id.issuer),
) {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const nonce = oidc.randomNonce()
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: REDIRECT,
    scope: 'openid profile offline_access',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...extra,
  })
  const response = await chrome.visit(url)
  const location = new URL(response.headers.get('location') ?? 'about:blank', id.issuer)
  return {
    chrome,
    verifier,
    state,
    nonce,
    response,
    location,
    checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce },
  }
}

async function signIn(configuration: oidc.Configuration, extra: Record<string, string> = {}) {
  const begun = await begin(configuration, extra)
  const { status, body } = await begun.chrome.tap(key, begun.location.searchParams.get('transaction') ?? '')
  expect(status, JSON.stringify(body)).toBe(200)
  return { ...begun, callback: new URL(body.redirect) }
}

/** The signature counter in an assertion (WebAuthn L3 §6.1). */
function counterOf(assertion: ReturnType<SoftwareAuthenticator['assert']>): number {
  return Buffer.from(assertion.response.authenticatorData, 'base64url').readUInt32BE(33)
}

describe('a sign-in', () => {
  test('gives tokens that name the tap, and ends when asked', async () => {
    const { callback, checks, chrome } = await signIn(config)
    const tokens = await oidc.authorizationCodeGrant(config, callback, checks)
    expect(tokens.claims()).toMatchObject({ sub: 'per_alice', preferred_username: 'alice', acr: 'phr' })
    const info = await oidc.fetchUserInfo(config, tokens.access_token, 'per_alice')
    expect(info).toMatchObject({ preferred_username: 'alice', name: 'alice' })
    const silent = await begin(config, { prompt: 'none' }, chrome)
    expect(silent.location.searchParams.get('code')).toMatch(/^pac_/)
    const stale = await begin(config, { prompt: 'none', max_age: '0' }, chrome)
    expect(stale.location.searchParams.get('error')).toBe('login_required')
    expect(stale.location.searchParams.get('iss')).toBe(id.issuer)

    const out = oidc.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'http://localhost:9/bye',
      state: 's',
    })
    expect((await chrome.visit(out)).headers.get('location')).toBe('http://localhost:9/bye?state=s')
    await expect(oidc.fetchUserInfo(config, tokens.access_token, 'per_alice')).rejects.toThrow()
    await expect(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toThrow()
    const worker = logoutWorker({
      ...id.deps,
      clock: { now: () => Date.now() + 5000 },
      fetch: async (_url, init) => {
        delivered.push(String(init?.body))
        return new Response(null, { status: 200 })
      },
    })
    await Promise.all([worker.deliverDue(), worker.deliverDue()])
    expect(new Set(delivered).size).toBe(delivered.length)
    expect(delivered.length).toBeGreaterThan(0)
  })

  test('cannot be completed by another browser', async () => {
    const { location } = await begin(config)
    const { status } = await browser(id.issuer).post('/api/signin/options', {
      transaction: location.searchParams.get('transaction'),
    })
    expect(status).toBe(410)
  })

  test('by form_post is posted by a page', async () => {
    const begun = await begin(config, { response_mode: 'form_post' })
    const { body } = await begun.chrome.tap(key, begun.location.searchParams.get('transaction') ?? '')
    const page = await (await begun.chrome.visit(body.redirect)).text()
    expect(page).toContain(`action="${REDIRECT}"`)
    expect(page).toContain('name="code"')
  })
})

describe('what is good once', () => {
  test('a code redeemed 20 times at once gives one answer, and the replays end it', async () => {
    const { callback, checks } = await signIn(config)
    const all = await Promise.allSettled(
      Array.from({ length: 20 }, () => oidc.authorizationCodeGrant(config, callback, checks)),
    )
    expect(all.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    const [won] = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    await expect(oidc.fetchUserInfo(config, won?.access_token ?? '', 'per_alice')).rejects.toThrow()
  })

  test('a rotated refresh token answers the same within the grace, and ends the grant after it', async () => {
    const { callback, checks } = await signIn(publicConfig)
    const first = await oidc.authorizationCodeGrant(publicConfig, callback, checks)
    const old = first.refresh_token ?? ''
    const twice = await Promise.all([1, 2].map(() => oidc.refreshTokenGrant(publicConfig, old)))
    expect(twice[0]?.refresh_token).toBe(twice[1]?.refresh_token)
    expect(twice[0]?.refresh_token).not.toBe(old)
    id.world.time.nowMs += 11_000
    await expect(oidc.refreshTokenGrant(publicConfig, old)).rejects.toThrow()
    await expect(oidc.refreshTokenGrant(publicConfig, twice[0]?.refresh_token ?? '')).rejects.toThrow()
    id.world.time.nowMs -= 11_000
  })

  test('an authorization answered ten times at once gives one code', async () => {
    const begun = await begin(config)
    const transaction = begun.location.searchParams.get('transaction') ?? ''
    const taps = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { body } = await begun.chrome.post('/api/signin/options', { transaction })
        return { transaction, ceremony: body.ceremony, response: key.assert(body.options) }
      }),
    )
    // In the order of the key's counter, which only rises.
    taps.sort((a, b) => counterOf(a.response) - counterOf(b.response))
    const answers = await Promise.all(taps.map((tap) => begun.chrome.post('/api/signin/verify', tap)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('a ceremony answered ten times at once is taken once', async () => {
    const { chrome, location } = await begin(config)
    const transaction = location.searchParams.get('transaction') ?? ''
    const { body } = await chrome.post('/api/signin/options', { transaction })
    const tap = { transaction, ceremony: body.ceremony, response: key.assert(body.options) }
    const answers = await Promise.all(Array.from({ length: 10 }, () => chrome.post('/api/signin/verify', tap)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    // Refused, or too late to find it still waiting.
    expect(statuses.every((status) => [200, 401, 410].includes(status))).toBe(true)
  })

  test('a posted answer belongs to the first of ten sessions that answer at once', async () => {
    const { transactions, clock } = id.deps
    const now = new Date(clock.now())
    await transactions.insert({
      hash: 'shared',
      clientId: 'rp',
      redirectUri: REDIRECT,
      state: null,
      nonce: null,
      scope: 'openid',
      codeChallenge: 'c',
      responseMode: 'form_post',
      forceTap: false,
      maxAgeSeconds: null,
      acrValues: [],
      expectedPersonId: null,
      loginHint: null,
      browserHash: 'b',
      idSessionHash: null,
      createdAt: now,
      expiresAt: new Date(now.getTime() + 1000),
    })
    const answered = await Promise.all(
      Array.from({ length: 10 }, (_, n) => transactions.answer('shared', 'b', `session ${n}`, now)),
    )
    expect(answered.filter(Boolean)).toHaveLength(1)
    const taken = await Promise.all(Array.from({ length: 10 }, () => transactions.consume('shared', 'b', now)))
    expect(taken.filter(Boolean).map((one) => one?.idSessionHash)).toEqual([`session ${answered.indexOf(true)}`])
  })

  test('a posted answer fetched ten times at once is given once', async () => {
    const begun = await begin(config, { response_mode: 'form_post' })
    const { body } = await begun.chrome.tap(key, begun.location.searchParams.get('transaction') ?? '')
    const pages = await Promise.all(Array.from({ length: 10 }, () => begun.chrome.visit(body.redirect)))
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('a homeserver’s state answered by five browsers at once gives one code', async () => {
    await bindingsStore(database.db).beginLogin({
      hash: 'nonce',
      serverName: 'example.org',
      redirectUrl: 'https://chat.example/',
      network: 'n',
      client: 'c',
      browserHash: 'b',
      stateHash: hashToken('shared'),
    })
    const waiting = await Promise.all(
      Array.from({ length: 5 }, () => begin(config, { client_id: 'synapse', state: 'shared' })),
    )
    const keys = await Promise.all(waiting.map((_, n) => id.person(`person${n}`)))
    const answers = await Promise.all(
      waiting.map(({ chrome, location }, n) =>
        chrome.tap(keys[n]?.key ?? key, location.searchParams.get('transaction') ?? ''),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('a rotation raced by a thief on another network ends the grant for both', async () => {
    const { callback, checks } = await signIn(publicConfig)
    const first = await oidc.authorizationCodeGrant(publicConfig, callback, checks)
    const fields = { grant_type: 'refresh_token', client_id: 'app', refresh_token: first.refresh_token ?? '' }
    const answers = await Promise.all(
      ['home', 'away'].map((network) => postForm(`${id.issuer}/oidc/token`, fields, { 'X-Test-Network': network })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const [won] = answers.filter(({ status }) => status === 200)
    const next = await postForm(`${id.issuer}/oidc/token`, { ...fields, refresh_token: won?.body.refresh_token })
    expect(next).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    await expect(oidc.fetchUserInfo(publicConfig, won?.body.access_token, 'per_alice')).rejects.toThrow()
  })

  test('a code redeemed while its person signs out leaves nothing that works', async () => {
    for (let round = 0; round < 5; round++) {
      const { callback, checks, chrome } = await signIn(config)
      const [redeemed] = await Promise.allSettled([
        oidc.authorizationCodeGrant(config, callback, checks),
        chrome.post('/api/signout', {}),
      ])
      if (redeemed.status === 'rejected') continue
      await expect(oidc.fetchUserInfo(config, redeemed.value.access_token, 'per_alice')).rejects.toThrow()
      await expect(oidc.refreshTokenGrant(config, redeemed.value.refresh_token ?? '')).rejects.toThrow()
    }
  })

  test('two processes that rotate the keys at once make one of each', async () => {
    await Promise.all(Array.from({ length: 4 }, () => id.deps.keys.rotateKeys(id.world.clock.now())))
    expect((await id.deps.keys.jwks()).keys).toHaveLength(4)
  })
})

describe('bad input', () => {
  const hostile = [
    `${REDIRECT}/`,
    `${REDIRECT}?x`,
    `${REDIRECT}#x`,
    'http://LOCALHOST:9/callback',
    'javascript:alert(1)',
    '//evil',
    '',
  ]
  test.each(hostile)('an unregistered redirect URI (%s) ends on a page', async (redirect_uri) => {
    const { response } = await begin(config, { redirect_uri })
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBeNull()
  })

  test.each([
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ request: 'x' }, 'request_not_supported'],
    [{ request_uri: 'https://x' }, 'request_uri_not_supported'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ max_age: '-1' }, 'invalid_request'],
    [{ scope: 'profile' }, 'invalid_scope'],
    [{ id_token_hint: 'x.y.z' }, 'invalid_request'],
  ])('%j goes back with state and iss', async (extra, error) => {
    const { location, state } = await begin(config, extra as Record<string, string>)
    expect(Object.fromEntries(location.searchParams)).toMatchObject({ error, state, iss: id.issuer })
  })

  test('a duplicated redirect URI or client is never followed', async () => {
    const { chrome } = await begin(config)
    const twice = `/oidc/authorize?client_id=rp&redirect_uri=${REDIRECT}&redirect_uri=http://evil/`
    expect((await chrome.visit(twice)).status).toBe(400)
  })

  test('a wrong verifier or foreign client changes nothing', async () => {
    const { callback, checks } = await signIn(config)
    const wrong = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }
    await expect(oidc.authorizationCodeGrant(config, callback, wrong)).rejects.toThrow()
    await expect(oidc.authorizationCodeGrant(publicConfig, callback, checks)).rejects.toThrow()
    await expect(oidc.authorizationCodeGrant(config, callback, checks)).resolves.toBeDefined()
  })

  test('a homeserver request that did not start at the gateway ends on a page', async () => {
    const { response } = await begin(config, { client_id: 'synapse' })
    expect(response.status).toBe(403)
  })
})
