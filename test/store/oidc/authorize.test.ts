// The authorization endpoint over HTTP: where it leads, whom a homeserver's request is for, and who is asked to tap.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devices } from '../../../db/schema/sessions.ts'
import { bindingsStore } from '../../../db/stores/bindings.ts'
import { AUTHORIZATIONS_PER_NETWORK_A_MINUTE } from '../../../server/oidc/authorize.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { hashToken, newToken } from '../../../server/platform/tokens.ts'
import type { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { basic, browser, party, postForm, type Provider, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
const HOMESERVER = 'http://localhost:9/_synapse/client/oidc/callback'
let database: TestDatabase
let id: Provider
let alice: { person: { id: string }; key: SoftwareAuthenticator; credentialId: string }
let rp: ReturnType<typeof party>
let synapse: ReturnType<typeof party>

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  alice = await id.person('alice')
  await id.register({ clientId: 'rp', name: 'A party', secret: 'secret', redirectUris: [REDIRECT, 'https://rp.example/cb?a=1'] })
  await id.register({ clientId: 'synapse', name: 'Matrix', secret: 'secret', redirectUris: [HOMESERVER], serverName: 'example.org' })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
  synapse = party(id, { clientId: 'synapse', redirectUri: HOMESERVER })
})

afterAll(async () => {
  await id.close()
  await database.drop()
})

describe('where it leads', () => {
  /** Every variation that a lax comparison would let through, and noise. */
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.constantFrom(REDIRECT, 'https://rp.example/cb?a=1').chain((good) =>
      fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((tail) => good + tail),
        fc.string({ minLength: 1, maxLength: 8 }).map((head) => head + good),
        fc.nat(good.length - 1).map((at) => good.slice(0, at) + good.slice(at + 1)),
        fc.nat(good.length - 1).map((at) => good.slice(0, at) + good.charAt(at).toUpperCase() + good.slice(at + 1)),
        fc.constantFrom('/../', '/%2e%2e/', '//', '?', '#', '%00', '%0d%0a', '\\', '@evil.example', '.evil.example', ':80', ' ').chain(
          (part) => fc.nat(good.length).map((at) => good.slice(0, at) + part + good.slice(at)),
        ),
      ),
    ),
  )
  const registered = [REDIRECT, 'https://rp.example/cb?a=1']

  test('never to an address that is not registered, whatever is asked', async () => {
    const chrome = browser(id.issuer)
    let network = 0
    await fc.assert(
      fc.asyncProperty(hostile, fc.constantFrom('code', 'token', ''), fc.boolean(), async (redirect_uri, response_type, posted) => {
        const form = new URLSearchParams({ client_id: 'rp', redirect_uri, response_type, scope: 'openid', prompt: 'none' }).toString()
        const headers = { 'X-Test-Network': `net ${network++ >> 8}` }
        const response = posted
          ? await chrome.visit('/oidc/authorize', {
              method: 'POST', body: form, headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
            })
          : await chrome.visit(`/oidc/authorize?${form}`, { headers })
        if (registered.includes(redirect_uri)) return
        expect(response.status).toBeGreaterThanOrEqual(400)
        expect(response.headers.get('location')).toBeNull()
        expect(response.headers.get('refresh')).toBeNull()
        expect(await response.text()).not.toContain('<form')
      }),
      { numRuns: 400 },
    )
  })

  test.each([
    ['no client', { client_id: null }],
    ['an unknown client', { client_id: 'nobody' }],
    ['no redirect URI', { redirect_uri: null }],
    ['another client’s redirect URI', { redirect_uri: HOMESERVER }],
    ['a query that is too long', { state: 'x'.repeat(15_000) }],
  ])('%s ends on a page', async (_, extra) => {
    const { response, location } = await rp.begin(extra as Record<string, string | null>)
    expect(location).toBeNull()
    expect(response.status).toBeGreaterThanOrEqual(400)
  })

  test('a POST that is not a form ends on a page', async () => {
    const response = await browser(id.issuer).visit('/oidc/authorize', { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })
    expect(response.status).toBe(400)
  })

  test('a POST serves as a GET does', async () => {
    const chrome = browser(id.issuer)
    const query = new URLSearchParams({ client_id: 'rp', redirect_uri: REDIRECT, response_type: 'nonsense', state: 's' })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const response = await chrome.visit('/oidc/authorize', { method: 'POST', body: query.toString(), headers })
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    expect(Object.fromEntries(searchParams)).toMatchObject({ error: 'unsupported_response_type', state: 's', iss: id.issuer })
  })

  test('an error goes back by form_post when that was asked', async () => {
    const { response } = await rp.begin({ response_mode: 'form_post', prompt: 'none' })
    const page = await response.text()
    expect(page).toContain(`action="${REDIRECT}"`)
    expect(page).toContain('value="login_required"')
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'sha256-/)
  })
})

describe('prompt and max_age', () => {
  const MINUTE = 60_000
  test.each<[string, Record<string, string>, number, 'code' | 'tap' | 'login_required']>([
    ['nothing, just tapped', {}, 0, 'code'],
    ['nothing, tapped 11 h ago', {}, 660 * MINUTE, 'code'],
    ['nothing, tapped 12 h ago', {}, 720 * MINUTE, 'tap'],
    ['none, just tapped', { prompt: 'none' }, 0, 'code'],
    ['none, tapped 12 h ago', { prompt: 'none' }, 720 * MINUTE, 'login_required'],
    ['login', { prompt: 'login' }, 0, 'tap'],
    ['consent', { prompt: 'consent' }, 0, 'tap'],
    ['select_account', { prompt: 'select_account' }, 0, 'tap'],
    ['max_age=0', { max_age: '0' }, 0, 'tap'],
    ['max_age=0 silently', { max_age: '0', prompt: 'none' }, 0, 'login_required'],
    ['max_age=60 after 59 s', { max_age: '60' }, 59_000, 'code'],
    ['max_age=60 after 60 s', { max_age: '60' }, MINUTE, 'tap'],
    ['max_age=60 after 60 s, silently', { max_age: '60', prompt: 'none' }, MINUTE, 'login_required'],
    ['max_age=10000', { max_age: '10000' }, MINUTE, 'code'],
  ])('%s', async (_, extra, agoMs, outcome) => {
    const { chrome } = await rp.code(alice.key)
    id.world.time.nowMs += agoMs
    const { params, location } = await rp.begin(extra, chrome)
    if (outcome === 'tap') expect(location).toMatch(/^\/signin\?transaction=ptx_/)
    else if (outcome === 'code') expect(params.get('code')).toMatch(/^pac_/)
    else expect(params.get('error')).toBe(outcome)
  })

  test('a hint that names somebody else asks for that person, and takes nobody else', async () => {
    const bob = await id.person('bob')
    const hers = await rp.code(alice.key)
    const { body } = await postForm(`${id.issuer}/oidc/token`, rp.fields(hers), basic('rp', 'secret'))
    const his = await rp.code(bob.key)
    const hint = { id_token_hint: body.id_token as string }
    expect((await rp.begin({ ...hint, prompt: 'none' }, his.chrome)).params.get('error')).toBe('login_required')
    expect((await rp.begin({ ...hint, prompt: 'none' }, hers.chrome)).params.has('code')).toBe(true)
    const asked = await rp.begin(hint, his.chrome)
    expect(await his.chrome.tap(bob.key, asked.transaction)).toMatchObject({ status: 403, body: { reason: 'other-person' } })
    expect((await his.chrome.tap(alice.key, asked.transaction)).status).toBe(200)
  })
})

describe('a homeserver’s request', () => {
  const store = () => bindingsStore(database.db)
  const common = { serverName: 'example.org', network: '192.0.2.0/24', client: 'Element' }
  let count = 0

  async function login() {
    const state = `login-${count++}`
    await store().beginLogin({
      ...common, hash: hashToken(`nonce ${state}`), redirectUrl: 'https://chat.example/', browserHash: 'gateway browser', stateHash: hashToken(state),
    })
    return state
  }

  /** Begun by a device of Alice's. */
  async function uia() {
    const state = `uia-${count++}`
    await synapse.code(alice.key, { state: await login() })
    const [{ id: sid } = { id: '' }] = await database.sql<{ id: string }[]>`
      select id from sids where client_id = 'synapse' and person_id = 'per_alice' order by created_at desc limit 1`
    const device = newToken('device', systemRandom)
    const now = new Date()
    await database.db.insert(devices).values({
      id: device, serverName: 'example.org', userId: '@alice:example.org', deviceId: 'PHONE', personId: 'per_alice',
      credentialId: alice.credentialId, sid, acr: 'phr', amr: [], authTime: now, client: 'Element', network: common.network,
      refreshes: false, createdAt: now, lastActiveAt: now, lastTapAt: now, expiresAt: new Date(now.getTime() + 3_600_000),
    })
    await store().beginUia({
      ...common, hash: hashToken(state), action: 'delete-devices', actionSubject: 'LAPTOP', targetHash: 'target', device,
    })
    expect(await store().openUia(hashToken(state), common.network, 'gateway browser', hashToken(state))).toBe(true)
    return { state, device }
  }

  test.each([
    ['of an unknown state', { state: 'invented' }],
    ['without a state', { state: null }],
  ])('%s is not served', async (_, extra) => {
    const { params, transaction } = await synapse.begin(extra as Record<string, string | null>)
    expect(transaction).toBe('')
    expect(params.has('code')).toBe(false)
  })

  test('always asks for a tap, names what it is for, and joins its code to what was begun', async () => {
    const { chrome } = await rp.code(alice.key)
    const state = await login()
    const begun = await synapse.begin({ state }, chrome)
    const { body: context } = await chrome.post('/api/signin/context', { transaction: begun.transaction })
    expect(context).toMatchObject({ client_name: 'Matrix', purpose: { kind: 'login' }, force_tap: true })
    const { body } = await chrome.tap(alice.key, begun.transaction)
    const code = new URL(body.redirect).searchParams.get('code') ?? ''
    expect(await store().complete(hashToken(state), hashToken('another code'), 'gateway browser')).toBeNull()
    expect(await store().complete(hashToken(state), hashToken(code), 'another browser')).toBeNull()
    const completed = await store().complete(hashToken(state), hashToken(code), 'gateway browser')
    const tokens = await postForm(`${id.issuer}/oidc/token`, synapse.fields({ code, verifier: begun.verifier }), basic('synapse', 'secret'))
    const claims = JSON.parse(atob(tokens.body.id_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))
    expect(completed).toMatchObject({ purpose: 'login', sid: claims.sid })
  })

  test('serves one code a state', async () => {
    const state = await login()
    await synapse.code(alice.key, { state })
    expect((await synapse.begin({ state })).transaction).toBe('')
  })

  test('waiting twice for one state, gives one code', async () => {
    const state = await login()
    const [one, two] = [await synapse.begin({ state }), await synapse.begin({ state })]
    expect((await one.chrome.tap(alice.key, one.transaction)).status).toBe(200)
    expect(await two.chrome.tap(alice.key, two.transaction)).toMatchObject({ status: 410, body: { reason: 'sign-in-not-started-here' } })
  })

  test('for an action of a device says which, and takes the tap of its owner only', async () => {
    const { state, device } = await uia()
    const bob = await id.person(`bob${count}`)
    const begun = await synapse.begin({ state })
    const { body: context } = await begun.chrome.post('/api/signin/context', { transaction: begun.transaction })
    expect(context.purpose).toEqual({ kind: 'uia', action: 'delete-devices', subject: 'LAPTOP', device })
    const { body: asked } = await begun.chrome.post('/api/signin/options', { transaction: begun.transaction, username: bob.person.username })
    expect(asked.options.allowCredentials).toEqual([expect.objectContaining({ id: Buffer.from(alice.key.credentialId).toString('base64url') })])
    expect((await begun.chrome.tap(bob.key, begun.transaction)).status).toBe(401)
    expect(await store().uiaState(hashToken(state), device, 'target')).toBe('waiting')
    const { status, body } = await begun.chrome.tap(alice.key, begun.transaction)
    expect(status).toBe(200)
    const code = new URL(body.redirect).searchParams.get('code') ?? ''
    expect(await store().complete(hashToken(state), hashToken(code), 'gateway browser')).toMatchObject({ purpose: 'uia', action: 'delete-devices' })
  })

  test('cannot be answered silently', async () => {
    const { chrome } = await rp.code(alice.key)
    const { params } = await synapse.begin({ state: await login(), prompt: 'none' }, chrome)
    expect(params.get('error')).toBe('login_required')
  })
})

test('a network that asks without end is held back before anything is kept', async () => {
  const chrome = browser(id.issuer)
  const headers = { 'X-Test-Network': 'a flood' }
  const url = '/oidc/authorize?client_id=nobody'
  for (let call = 0; call < AUTHORIZATIONS_PER_NETWORK_A_MINUTE; call++) await chrome.visit(url, { headers })
  expect((await chrome.visit(url, { headers })).status).toBe(429)
  expect((await chrome.visit(url, { headers: { 'X-Test-Network': 'another' } })).status).toBe(400)
})
