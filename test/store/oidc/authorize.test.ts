// The authorization endpoint over HTTP: where it leads, and who is asked to tap.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AUTHORIZATIONS_PER_NETWORK_A_MINUTE } from '../../../server/oidc/authorize.ts'
import type { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { basic, browser, type Provider, party, postForm, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
const HOMESERVER = 'http://localhost:9/_synapse/client/oidc/callback'
let database: TestDatabase
let id: Provider
let alice: { key: SoftwareAuthenticator }
let rp: ReturnType<typeof party>

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  alice = await id.person('alice')
  await id.register({
    clientId: 'rp',
    name: 'A party',
    secret: 'secret',
    redirectUris: [REDIRECT, 'https://rp.example/cb?a=1'],
  })
  await id.register({
    clientId: 'synapse',
    name: 'Matrix',
    secret: 'secret',
    redirectUris: [HOMESERVER],
    serverName: 'example.org',
  })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
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
        fc
          .constantFrom(
            '/../',
            '/%2e%2e/',
            '//',
            '?',
            '#',
            '%00',
            '%0d%0a',
            '\\',
            '@evil.example',
            '.evil.example',
            ':80',
            ' ',
          )
          .chain((part) => fc.nat(good.length).map((at) => good.slice(0, at) + part + good.slice(at))),
      ),
    ),
  )
  const registered = [REDIRECT, 'https://rp.example/cb?a=1']

  test('never to an address that is not registered, whatever is asked', async () => {
    const chrome = browser(id.issuer)
    let network = 0
    await fc.assert(
      fc.asyncProperty(
        hostile,
        fc.constantFrom('code', 'token', ''),
        fc.boolean(),
        async (redirect_uri, response_type, posted) => {
          const form = new URLSearchParams({
            client_id: 'rp',
            redirect_uri,
            response_type,
            scope: 'openid',
            prompt: 'none',
          }).toString()
          const headers = { 'X-Test-Network': `net ${network++ >> 8}` }
          const response = posted
            ? await chrome.visit('/oidc/authorize', {
                method: 'POST',
                body: form,
                headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
              })
            : await chrome.visit(`/oidc/authorize?${form}`, { headers })
          if (registered.includes(redirect_uri)) return
          expect(response.status).toBeGreaterThanOrEqual(400)
          expect(response.headers.get('location')).toBeNull()
          expect(response.headers.get('refresh')).toBeNull()
          expect(await response.text()).not.toContain('<form')
        },
      ),
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
    const response = await browser(id.issuer).visit('/oidc/authorize', {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(400)
  })

  test('a POST serves as a GET does', async () => {
    const chrome = browser(id.issuer)
    const query = new URLSearchParams({
      client_id: 'rp',
      redirect_uri: REDIRECT,
      response_type: 'nonsense',
      state: 's',
    })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const response = await chrome.visit('/oidc/authorize', { method: 'POST', body: query.toString(), headers })
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      error: 'unsupported_response_type',
      state: 's',
      iss: id.issuer,
    })
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
    expect(await his.chrome.tap(bob.key, asked.transaction)).toMatchObject({
      status: 403,
      body: { reason: 'other-person' },
    })
    expect((await his.chrome.tap(alice.key, asked.transaction)).status).toBe(200)
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

test('with the database away a person sees a page, and a client an error that is not its own', async () => {
  const lost = await testDatabase()
  const there = await provider(lost)
  await lost.drop()
  for (const path of ['/oidc/authorize?client_id=rp', '/oidc/end_session?id_token_hint=a.b.c']) {
    const response = await browser(there.issuer).visit(path)
    expect(response.headers.get('content-type'), path).toMatch(/^text\//)
    expect(await response.text(), path).not.toContain('server_error')
    if (path.includes('authorize')) expect(response.status).toBe(500)
  }
  const answer = await postForm(`${there.issuer}/oidc/token`, { grant_type: 'refresh_token' }, basic('rp', 'secret'))
  expect(answer).toMatchObject({ status: 500, body: { error: 'server_error' } })
  await there.close()
})
