// id on workerd, from the set-up link to a refreshed token, on real Postgres through Hyperdrive's local connection.
import { createHash } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { browserAt, ISSUER, SECRET } from './harness.ts'
import { CLIENT, idWorld, REDIRECT, text, type World } from './world.ts'

let id: World

beforeAll(async () => {
  id = await idWorld()
})

afterAll(() => id.close())

describe('what it says of itself', () => {
  test('discovery names the issuer and its endpoints', async () => {
    const response = await id.worker.visit('/.well-known/openid-configuration')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/oidc/authorize`,
      token_endpoint: `${ISSUER}/oidc/token`,
      jwks_uri: `${ISSUER}/oidc/jwks`,
    })
  })

  test('the key set has an active and a next key of each kind, and nothing private', async () => {
    const { keys } = (await (await id.worker.visit('/oidc/jwks')).json()) as { keys: Record<string, unknown>[] }
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'ES256', 'RS256', 'RS256'])
    expect(keys.filter((jwk) => 'd' in jwk || 'p' in jwk)).toEqual([])
  })
})

describe('enrolment', () => {
  test('the set-up link makes the owner, with a key', async () => {
    const browser = browserAt(id.worker)
    const { ticket, key } = id
    const context = await browser.post('/api/enrol/context', { ticket })
    expect(context.body).toMatchObject({ kind: 'setup', keys: 0 })
    const enrolled = await browser.enrol(ticket, key, { username: 'alice', display_name: 'Alice' })
    expect(enrolled.status, JSON.stringify(enrolled.body)).toBe(200)
    expect(enrolled.body).toMatchObject({ keys: 1, credential: { name: 'My key' } })
    expect([...browser.cookies.keys()].sort()).toEqual(['__Host-palier_browser', '__Host-palier_enrolment'])
  })

  test('the used link is refused to another browser', async () => {
    const { ticket } = id
    const again = await browserAt(id.worker).enrol(ticket, new SoftwareAuthenticator({ origin: ISSUER }), {
      username: 'mallory',
    })
    expect(again).toMatchObject({ status: 410, body: { reason: 'ticket-used' } })
  })
})

describe('a sign-in', () => {
  test('is one tap, then a code, then tokens that verify', async () => {
    const { callback, state, nonce, redeem, browser } = await id.signedIn()
    expect(callback.href.startsWith(`${REDIRECT}?`)).toBe(true)
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({ state, iss: ISSUER })
    const { status, body, headers } = await redeem()
    expect(status, JSON.stringify(body)).toBe(200)
    expect(headers.get('Cache-Control')).toBe('no-store')

    const jwks = await id.jwks()
    const { payload, protectedHeader } = await jwtVerify(body.id_token ?? '', jwks, {
      issuer: ISSUER,
      audience: CLIENT,
    })
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload).toMatchObject({
      nonce,
      acr: 'phr',
      preferred_username: 'alice',
      sid: expect.stringMatching(/^sid_/),
    })
    expect(payload.auth_time).toEqual(expect.any(Number))

    const info = await id.worker.visit('/oidc/userinfo', { headers: { Authorization: `Bearer ${body.access_token}` } })
    expect(await info.json()).toMatchObject({ sub: payload.sub, preferred_username: 'alice', name: 'Alice' })

    const refreshed = await id.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' })
    expect(refreshed.status, JSON.stringify(refreshed.body)).toBe(200)
    expect(refreshed.body.refresh_token).not.toBe(body.refresh_token)
    await jwtVerify(refreshed.body.id_token ?? refreshed.body.access_token ?? '', jwks, { issuer: ISSUER })

    const account = await browser.post('/api/me/context', {})
    expect(account.body).toMatchObject({ person: { username: 'alice', role: 'owner' }, keys: [{ name: 'My key' }] })
  })

  test('a code is good once, and only with its verifier', async () => {
    const { redeem } = await id.signedIn()
    expect(await redeem(text())).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const all = await Promise.all(Array.from({ length: 8 }, () => redeem()))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(all.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(7)
  })

  test('eight people at once do not get in one another’s way', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, async () => (await id.signedIn()).redeem()))
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
  })

  test('is noted with the network that the edge names', async () => {
    const { browser } = await id.signedIn({ 'CF-Connecting-IP': '192.0.2.77' })
    const session = createHash('sha256')
      .update(browser.cookies.get('__Host-palier_session') ?? '')
      .digest('base64url')
    const [row] = await id.database.sql`select network from id_sessions where hash = ${session}`
    expect(row?.network).toBe('192.0.2.0/24')
  })

  test('signing out ends the tokens at once, and the cron tells the relying party', async () => {
    const { redeem, browser } = await id.signedIn()
    const { body } = await redeem()
    expect(await browser.post('/api/signout', {})).toMatchObject({ status: 200 })
    const info = await id.worker.visit('/oidc/userinfo', { headers: { Authorization: `Bearer ${body.access_token}` } })
    expect(info.status).toBe(401)
    id.loggedOut.length = 0
    expect(await id.worker.cron()).toBe('ok')
    const jwks = await id.jwks()
    const tokens = await Promise.all(
      id.loggedOut.map((logout) => jwtVerify(logout, jwks, { issuer: ISSUER, audience: CLIENT, typ: 'logout+jwt' })),
    )
    const { payload } = await jwtVerify(body.id_token ?? '', jwks)
    expect(tokens.map((logout) => logout.payload.sid)).toContain(payload.sid)
  })

  test('the hourly run of the cron takes away what has expired', async () => {
    await id.database.sql`update transactions set expires_at = now() - interval '1 minute'`
    expect(await id.worker.cron(0)).toBe('ok')
    expect(await id.database.sql`select 1 from transactions`).toHaveLength(0)
  })
})

describe('the companion page', () => {
  test('listens in a stream of its own, which another’s end does not stop and its session’s end does', async () => {
    const { browser } = await id.signedIn()
    const listen = async () => {
      const stop = new AbortController()
      const response = await browser.visit('/api/me/events', { signal: stop.signal })
      expect(response.headers.get('Content-Type')).toContain('text/event-stream')
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      const { value } = await reader.read()
      expect(new TextDecoder().decode(value)).toContain('event: approvals')
      return { reader, stop: () => stop.abort() }
    }
    const one = await listen()
    const other = await listen()
    one.stop()
    expect(await browser.post('/api/signout', {})).toMatchObject({ status: 200 })
    // Nothing else ends it: it would be read for ever.
    while (!(await other.reader.read()).done);
  })
})

describe('what it leaves behind', () => {
  test('lines of JSON without a secret, and no error', async () => {
    const lines = id.worker.logged()
    expect(lines.some((line) => line.includes('signin.verified'))).toBe(true)
    expect(lines.filter((line) => /\b(?:pac|prt|pis|pbb|pet|pcs|ptx)_[A-Za-z0-9_-]{20}/.test(line))).toEqual([])
    expect(lines.filter((line) => line.includes(SECRET))).toEqual([])
    expect(lines.filter((line) => line.includes('request.failed') || line.includes('oauth.failed'))).toEqual([])
  })

  test('no connection outlives its request for long', async () => {
    const open = async () => {
      const [row] = await id.database.sql<{ count: number }[]>`
        select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state is not null`
      return row?.count ?? 0
    }
    for (const deadline = Date.now() + 60_000; Date.now() < deadline && (await open()) > 0; )
      await new Promise((resolve) => setTimeout(resolve, 250))
    expect(await open()).toBe(0)
  })
})
