// The sign-in API over HTTP: names that exist and names that do not, what a tap may lead to, who may ask, how often.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALLS_PER_BROWSER_A_MINUTE } from '../../../server/signin/rate-limit.ts'
import { LIVE_CEREMONIES_LIMIT } from '../../../server/webauthn/assertion.ts'
import type { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { browser, type Provider, party, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
let database: TestDatabase
let id: Provider
let alice: { key: SoftwareAuthenticator; credentialId: string }
let rp: ReturnType<typeof party>

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  alice = await id.person('alice')
  await id.register({ clientId: 'rp', name: 'A party', secret: 'secret', redirectUris: [REDIRECT] })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
})

afterAll(async () => {
  await id.close()
  await database.drop()
})

const idOf = (key: SoftwareAuthenticator) => Buffer.from(key.credentialId).toString('base64url')

describe('a username first', () => {
  async function optionsFor(username: string) {
    const { status, body } = await browser(id.issuer).post('/api/signin/options', { username })
    expect(status).toBe(200)
    return body
  }

  test('gives that person’s keys, however it is written, and they sign in', async () => {
    const chrome = browser(id.issuer)
    const { body } = await chrome.post('/api/signin/options', { username: ' Alice ' })
    expect(body.options.allowCredentials.map((one: { id: string }) => one.id)).toEqual([idOf(alice.key)])
    const answer = await chrome.post('/api/signin/verify', {
      ceremony: body.ceremony,
      response: alice.key.assert(body.options),
    })
    expect(answer).toMatchObject({ status: 200, body: { redirect: '/me' } })
  })

  test('that nobody has is answered in the same form, and the same each time', async () => {
    const known = await optionsFor('alice')
    const [one, two] = [await optionsFor('nobody'), await optionsFor('NOBODY')]
    expect(Object.keys(one.options).sort()).toEqual(Object.keys(known.options).sort())
    expect(one.options.allowCredentials).toEqual(two.options.allowCredentials)
    expect(one.options.allowCredentials.length).toBeGreaterThan(0)
    for (const decoy of one.options.allowCredentials) {
      expect(Object.keys(decoy).sort()).toEqual(Object.keys(known.options.allowCredentials[0]).sort())
      expect(decoy.id).toMatch(/^[A-Za-z0-9_-]{43,}$/)
    }
    expect((await optionsFor('somebody')).options.allowCredentials).not.toEqual(one.options.allowCredentials)
  })

  test('whose person has no key, or is suspended, is answered like one that nobody has', async () => {
    await id.world.person('keyless')
    const { person, key } = await id.person('suspended')
    await id.world.people.setSuspended(person.id, new Date(), {
      action: 'person.suspended',
      actor: 'test',
      subject: person.id,
      detail: {},
    })
    expect((await optionsFor('keyless')).options.allowCredentials.length).toBeGreaterThan(0)
    expect(JSON.stringify((await optionsFor('suspended')).options)).not.toContain(idOf(key))
  })

  test('of one person does not let another in', async () => {
    const bob = await id.person('bob')
    const chrome = browser(id.issuer)
    const { body } = await chrome.post('/api/signin/options', { username: 'alice' })
    const answer = await chrome.post('/api/signin/verify', {
      ceremony: body.ceremony,
      response: bob.key.assert(body.options),
    })
    expect(answer).toMatchObject({ status: 401, body: { reason: 'tap-refused' } })
  })

  test('is refused alike for an unknown key, a bad signature and a ceremony of another browser', async () => {
    const stranger = browser(id.issuer)
    const reasons = new Set<string>()
    for (const [forge, chrome] of [
      [{ signature: 'garbage' as const }, null],
      [{ credentialId: new Uint8Array(32) }, null],
      [{ origin: 'https://evil.example' }, null],
      [{ userVerified: false }, null],
      [{}, stranger],
    ] as const) {
      const own = browser(id.issuer)
      const { body } = await own.post('/api/signin/options', {})
      const answer = await (chrome ?? own).post('/api/signin/verify', {
        ceremony: body.ceremony,
        response: alice.key.assert(body.options, forge),
      })
      reasons.add(`${answer.status} ${answer.body.reason}`)
    }
    expect([...reasons]).toEqual(['401 tap-refused'])
  })
})

describe('a tap', () => {
  test('without a relying party leads to a page of id only', async () => {
    for (const path of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/me/../..//evil',
      '/oidc/authorize',
      'javascript:0',
      '/me?next=//x:y',
    ]) {
      const chrome = browser(id.issuer)
      const { body } = await chrome.post('/api/signin/options', {})
      const answer = await chrome.post('/api/signin/verify', {
        ceremony: body.ceremony,
        response: alice.key.assert(body.options),
        return_to: path,
      })
      expect(answer, path).toMatchObject({ status: 400, body: { reason: 'bad-request' } })
    }
    const chrome = browser(id.issuer)
    const { body } = await chrome.post('/api/signin/options', {})
    const answer = await chrome.post('/api/signin/verify', {
      ceremony: body.ceremony,
      response: alice.key.assert(body.options),
      return_to: '/approve/apv_x',
    })
    expect(answer.body.redirect).toBe('/approve/apv_x')
  })

  test('made for one authorization serves no other', async () => {
    const one = await rp.begin()
    const second = await rp.begin({}, one.chrome)
    const { body } = await one.chrome.post('/api/signin/options', { transaction: one.transaction })
    const answer = await one.chrome.post('/api/signin/verify', {
      ceremony: body.ceremony,
      response: alice.key.assert(body.options),
      transaction: second.transaction,
    })
    expect(answer).toMatchObject({ status: 401, body: { reason: 'tap-refused' } })
  })

  test('comes too late after ten minutes', async () => {
    const { chrome, transaction } = await rp.begin()
    id.world.time.nowMs += 600_000
    expect(await chrome.tap(alice.key, transaction)).toMatchObject({
      status: 410,
      body: { reason: 'transaction-gone' },
    })
  })

  test('made twice for one authorization gives one code', async () => {
    const { chrome, transaction } = await rp.begin()
    expect((await chrome.tap(alice.key, transaction)).status).toBe(200)
    expect(await chrome.tap(alice.key, transaction)).toMatchObject({
      status: 410,
      body: { reason: 'transaction-gone' },
    })
  })

  test('of an unattested key is never called hardware', async () => {
    const begun = await rp.code(alice.key)
    const [row] = await database.sql`select amr, acr from sids order by created_at desc limit 1`
    expect(begun.code).toMatch(/^pac_/)
    expect(row).toEqual({ amr: ['pop', 'user', 'mfa'], acr: 'phr' })
  })
})

describe('who may ask', () => {
  test.each([
    ['another origin', { Origin: 'https://evil.example' }, 403],
    ['no origin', { Origin: '' }, 403],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', { 'Content-Type': 'text/plain' }, 415],
  ])('not %s', async (_, headers, status) => {
    for (const path of ['/api/signin/context', '/api/signin/options', '/api/signin/verify', '/api/signout']) {
      expect((await browser(id.issuer).post(path, {}, headers as Record<string, string>)).status, path).toBe(status)
    }
  })

  test.each([
    ['an unknown field', '/api/signin/options', { admin: true }],
    ['a name that is too long', '/api/signin/options', { username: 'x'.repeat(256) }],
    ['a list', '/api/signin/context', []],
    ['nothing to verify', '/api/signin/verify', {}],
  ])('%s is a bad request', async (_, path, body) => {
    expect(await browser(id.issuer).post(path, body)).toMatchObject({ status: 400, body: { reason: 'bad-request' } })
  })

  test('a body that is too large is not read', async () => {
    expect((await browser(id.issuer).post('/api/signin/context', { transaction: 'x'.repeat(70_000) })).status).toBe(413)
  })
})

test('a browser may have so many ceremonies, and ask so often', async () => {
  const chrome = browser(id.issuer)
  const answers: number[] = []
  for (let call = 0; call <= CALLS_PER_BROWSER_A_MINUTE; call++)
    answers.push((await chrome.post('/api/signin/options', {})).status)
  expect(answers.slice(0, LIVE_CEREMONIES_LIMIT).every((status) => status === 200)).toBe(true)
  expect(answers.slice(LIVE_CEREMONIES_LIMIT).every((status) => status === 429)).toBe(true)
  id.world.time.nowMs += 301_000
  expect((await chrome.post('/api/signin/options', {})).status).toBe(200)
})
