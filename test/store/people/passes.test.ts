// Temporary passes over HTTP: what a code opens, what it never opens, and that all of it ends with the pass.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { credentialsStore } from '../../../db/stores/credentials.ts'
import { devicesStore } from '../../../db/stores/devices.ts'
import { endExpiredPasses, issuePass } from '../../../server/people/passes.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { sessionCookie, signedIn } from '../../../server/sessions/id-session.ts'
import { CALLS_PER_BROWSER_A_MINUTE } from '../../../server/signin/rate-limit.ts'
import { signinRoutes } from '../../../server/signin/routes.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { quietLog } from '../../support/enrolment.ts'
import { browser, type Provider, party, postForm, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
let database: TestDatabase
let id: Provider
let rp: ReturnType<typeof party>

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  await id.register({ clientId: 'rp', name: 'A party', secret: 'secret', redirectUris: [REDIRECT] })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
})
afterAll(async () => {
  await id.close()
  await database.drop()
})

const issue = (personId: string, hours = 4) =>
  issuePass({ clock: id.world.clock, random: systemRandom, passes: id.passes }, { personId, by: 'per_admin', hours })

/** Signs in with a code; the parameters that the client gets. */
async function signIn(code: string, extra: Record<string, string | null> = {}) {
  const begun = await rp.begin(extra)
  const answer = await begun.chrome.post('/api/signin/pass', { transaction: begun.transaction, code })
  return { ...begun, answer, params: new URL(answer.body.redirect ?? 'about:blank').searchParams }
}

async function redeemed(code: string) {
  const { params, verifier, chrome } = await signIn(code)
  const form = { grant_type: 'authorization_code', code: params.get('code') ?? '', redirect_uri: REDIRECT }
  const authorization = { Authorization: `Basic ${btoa('rp:secret')}` }
  const answer = await postForm(`${id.issuer}/oidc/token`, { ...form, code_verifier: verifier }, authorization)
  return { ...answer, chrome }
}
const at = (written: unknown) => new Date(String(written))
const claimsIn = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('a code', () => {
  test('signs in to a client once, with an acr of its own, and says of no key', async () => {
    const { person } = await id.person('pass-once')
    const { code, expiresAt } = await issue(person.id)
    expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/)
    const { status, body } = await redeemed(code.toLowerCase().replaceAll('-', ' '))
    expect(status).toBe(200)
    for (const token of [body.id_token, body.access_token])
      expect(claimsIn(token)).toMatchObject({ sub: person.id, acr: 'temporary', amr: ['otp'] })
    expect(claimsIn(body.access_token)).not.toHaveProperty('palier_key')
    const [refresh] = await database.sql`SELECT expires_at FROM oidc_refresh_tokens ORDER BY created_at DESC LIMIT 1`
    expect(at(refresh?.['expires_at'])).toEqual(expiresAt)
    expect((await signIn(code)).answer).toMatchObject({ status: 401, body: { reason: 'pass-refused' } })
    expect(id.world.audited.map(({ action }) => action)).toEqual(expect.arrayContaining(['pass.issued', 'pass.used']))
    expect(JSON.stringify(id.world.audited)).not.toContain(code)
  })

  test.each([
    ['that is none', () => 'AAAA-AAAA-AAAA-AAAA-AAAA'],
    ['that is not formed as one', () => "' OR 1=1 --"],
    ['that is over', async () => (await expired('pass-late')).code],
    ['that another replaced', async () => (await replaced('pass-two')).code],
    ['of a person who was suspended', async () => (await suspended('pass-gone')).code],
  ])('%s is refused in one way', async (_what, code) => {
    expect((await signIn(await code())).answer).toMatchObject({ status: 401, body: { reason: 'pass-refused' } })
  })

  test('is not used up where no client waits, or for another person', async () => {
    const [{ person }, { person: other }] = [await id.person('pass-kept'), await id.person('pass-other')]
    const { code } = await issue(person.id)
    const chrome = browser(id.issuer)
    expect(await chrome.post('/api/signin/pass', { code })).toMatchObject({
      status: 422,
      body: { reason: 'pass-needs-a-client' },
    })
    const begun = await rp.begin()
    await database.sql`UPDATE transactions SET expected_person_id = ${other.id}`
    expect(await begun.chrome.post('/api/signin/pass', { transaction: begun.transaction, code })).toMatchObject({
      status: 401,
    })
    expect((await signIn(code)).answer.status).toBe(200)
  })

  test('confirms nothing that a device wants to do: it is refused before it is looked at', async () => {
    const waiting = { hash: 'h', clientName: 'Synapse', forceTap: true, loginHint: null, expectedPersonId: null }
    const used: string[] = []
    const app = signinRoutes({
      ...id.deps,
      assertions: id.world.assertions,
      transactions: {
        waiting: async () => ({ ...waiting, purpose: { kind: 'uia' as const, action: 'delete-device' } }),
        complete: async () => '/never',
      },
      signOut: async () => undefined,
      usePass: async (code) => {
        used.push(code)
        return null
      },
    })
    const headers = { 'Content-Type': 'application/json', Origin: id.issuer }
    const body = JSON.stringify({ transaction: 'x', code: 'A'.repeat(20) })
    const answer = await app.request(`${id.issuer}/api/signin/pass`, { method: 'POST', headers, body })
    expect([answer.status, await answer.json(), used]).toMatchObject([403, { reason: 'key-required' }, []])
  })

  test('is taken from id’s own page only, and not guessed at without end', async () => {
    const begun = await rp.begin()
    const guess = (headers = {}) =>
      begun.chrome.post('/api/signin/pass', { transaction: begun.transaction, code: 'A'.repeat(20) }, headers)
    expect((await guess({ Origin: 'https://evil.example' })).status).toBe(403)
    expect((await begun.chrome.post('/api/signin/pass', { code: 1 })).status).toBe(400)
    for (let call = 0; call < CALLS_PER_BROWSER_A_MINUTE; call++) await guess()
    expect(await guess()).toMatchObject({ status: 429, body: { reason: 'too-many-attempts' } })
  })

  test('is issued to nobody who is suspended or not there', async () => {
    const { person } = await id.person('pass-none')
    await database.sql`UPDATE people SET suspended_at = now() WHERE id = ${person.id}`
    await expect(issue(person.id)).rejects.toMatchObject({ reason: 'person-unavailable' })
    await expect(issue('per_nobody')).rejects.toMatchObject({ reason: 'person-unavailable' })
  })
})

async function expired(name: string) {
  const { person } = await id.person(name)
  const pass = await issue(person.id, 1)
  await database.sql`UPDATE temporary_passes SET expires_at = ${new Date(id.world.clock.now()).toISOString()} WHERE credential_id = ${pass.id}`
  return pass
}
async function replaced(name: string) {
  const { person } = await id.person(name)
  const first = await issue(person.id)
  await issue(person.id)
  return first
}
async function suspended(name: string) {
  const { person } = await id.person(name)
  const pass = await issue(person.id)
  await database.sql`UPDATE people SET suspended_at = now() WHERE id = ${person.id}`
  return pass
}

describe('what a pass opened', () => {
  test('is no key: it is in no list of keys, and no assertion is checked against it', async () => {
    const { person, credentialId } = await id.person('pass-lists')
    const { id: pass } = await issue(person.id)
    const keys = await id.world.people.keysOf(person.id)
    expect(keys.map((key) => key.id)).toEqual([credentialId])
    expect(await id.world.people.keyById(pass)).toBeNull()
    const found = (await id.world.people.list()).find((one) => one.id === person.id)
    expect(found?.keys).toBe(1)
    const store = credentialsStore(database.db)
    expect(await store.byWebauthnId(`temporary-pass:${pass}`)).toBeNull()
    expect((await store.activeOfPerson(person.id)).map((key) => key.id)).toEqual([credentialId])
    expect(await store.advanceCounter(pass, 0, new Date(), null)).toBe(false)
  })

  test('opens nothing of id’s own: account, approvals and console want a key', async () => {
    const { person } = await id.person('pass-own')
    const { chrome } = await redeemed((await issue(person.id)).code)
    const { Hono } = await import('hono')
    const app = new Hono().use('*', sessionCookie(id.deps))
    app.get('/own', async (c) => c.json(await signedIn(c)))
    app.onError((error, c) => c.json({ reason: (error as { reason?: string }).reason ?? '' }, 403))
    const Cookie = [...chrome.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    expect(await (await app.request('/own', { headers: { Cookie } })).json()).toEqual({ reason: 'key-required' })
  })

  test('ends with it: session, sid, device and tokens at its end at the latest, and all of them once it is swept', async () => {
    const { person } = await id.person('pass-ends')
    const { code, expiresAt, id: pass } = await issue(person.id, 1)
    await redeemed(code)
    const [sid] = await database.sql`SELECT * FROM sids WHERE credential_id = ${pass}`
    expect(at(sid?.['ends_at'])).toEqual(expiresAt)
    const [session] = await database.sql`SELECT * FROM id_sessions WHERE credential_id = ${pass}`
    expect([at(session?.['expires_at']), at(session?.['ends_at'])]).toEqual([expiresAt, expiresAt])
    const device = await devicesStore(database.db).insert({
      id: newToken('device', systemRandom),
      serverName: 'example.org',
      userId: '@pass-ends:example.org',
      deviceId: 'D',
      sid: String(sid?.['id']),
      homeserverToken: 'sealed',
      displayName: null,
      client: '',
      network: '',
      refreshes: true,
      lifetimeSeconds: 7 * 86_400,
      tokens: [{ hash: 'h', kind: 'access' }],
    })
    expect(device).toMatchObject({ expiresAt, acr: 'temporary' })

    const revoked: unknown[] = []
    const sweep = () =>
      endExpiredPasses({
        clock: { now: () => expiresAt.getTime() },
        log: quietLog,
        passes: id.passes,
        revoker: {
          revoke: async (...all) => {
            revoked.push(all)
            await id.revoke(...all)
          },
        },
      })
    await sweep()
    await sweep()
    expect(revoked.filter((all) => (all as string[])[1] === pass)).toEqual([['credential', pass, 'pass-expired']])
    const ended = await database.sql`
      SELECT (SELECT ended_at IS NOT NULL FROM sids WHERE credential_id = ${pass}) AS sid,
        (SELECT ended_at IS NOT NULL FROM id_sessions WHERE credential_id = ${pass}) AS session,
        (SELECT ended_at IS NOT NULL FROM devices WHERE credential_id = ${pass}) AS device`
    expect(ended[0]).toEqual({ sid: true, session: true, device: true })
  })
})

describe('a shared computer', () => {
  test('keeps no cookie past its window, and what it opened ends within the hour', async () => {
    const { key } = await id.person('shared')
    const begun = await rp.begin()
    const { body } = await begun.chrome.post('/api/signin/options', { transaction: begun.transaction })
    const response = await begun.chrome.visit('/api/signin/verify', {
      method: 'POST',
      body: JSON.stringify({
        transaction: begun.transaction,
        shared: true,
        ceremony: body.ceremony,
        response: key.assert(body.options),
      }),
      headers: { 'Content-Type': 'application/json', Origin: id.issuer },
    })
    expect(response.status).toBe(200)
    const cookies = response.headers.getSetCookie()
    expect(cookies.map((cookie) => cookie.split('=')[0]).sort()).toEqual(['palier_browser', 'palier_session'])
    for (const cookie of cookies) expect(cookie).not.toMatch(/max-age|expires/i)
    const [sid] = await database.sql`SELECT s.ends_at FROM sids s ORDER BY created_at DESC LIMIT 1`
    expect(at(sid?.['ends_at'])).toEqual(new Date(id.world.clock.now() + 3_600_000))
  })
})
