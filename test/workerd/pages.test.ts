// id's pages on workerd, and its clear answers to bad input.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserAt, ISSUER } from './harness.ts'
import { idWorld, type World } from './world.ts'

let id: World

beforeAll(async () => {
  id = await idWorld()
  await id.enrol()
})

afterAll(() => id.close())

describe('pages', () => {
  test.each([
    '/signin',
    '/enrol/pet_x',
    '/approve/apv_x',
    '/me',
    '/console',
    '/console/release',
    '/console/release/rel_x',
  ])('%s carries the strict policy', async (path) => {
    const response = await id.worker.visit(path)
    expect(response.status).toBe(200)
    const policy = response.headers.get('Content-Security-Policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(response.headers.get('Strict-Transport-Security')).toContain('max-age=')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await response.text())?.[1] ?? ''
    const asset = await id.worker.visit(script)
    expect(asset.status).toBe(200)
    expect(asset.headers.get('Content-Type')).toContain('javascript')
    expect(asset.headers.get('Cache-Control')).toContain('immutable')
    const etag = asset.headers.get('ETag') ?? ''
    await asset.arrayBuffer()
    expect((await id.worker.visit(script, { headers: { 'If-None-Match': etag } })).status).toBe(304)
  })

  test.each(['/assets/..%2f.vite%2fmanifest.json', '/assets/none.js', '/.vite/manifest.json', '/.sources', '/nowhere'])(
    '%s is not there',
    async (path) => {
      expect((await id.worker.visit(path)).status).toBe(404)
    },
  )
})

describe('bad input', () => {
  test.each([
    ['another origin', { Origin: 'https://evil.example' }, {}, 403, 'foreign-origin'],
    ['what is not JSON', { 'Content-Type': 'text/plain' }, {}, 415, 'not-json'],
    ['a broken body', {}, '{', 400, 'bad-request'],
    ['a body too large', {}, { username: 'x'.repeat(70_000) }, 413, 'body-too-large'],
  ] as const)('%s is refused as problem+json', async (_, headers, body, status, reason) => {
    const refused = await browserAt(id.worker).post('/api/signin/options', body, headers)
    expect(refused).toMatchObject({ status, body: { type: 'about:blank', status, reason } })
    expect(refused.headers.get('Content-Type')).toContain('application/problem+json')
  })

  test('no Origin at all is refused too', async () => {
    const response = await id.worker.visit('/api/signin/options', {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(403)
  })

  test.each([
    ['signature', { signature: 'garbage' }],
    ['origin', { origin: 'https://evil.example' }],
    ['user verification', { userVerified: false }],
  ] as const)('an assertion without its own %s is refused', async (_, forgery) => {
    const browser = browserAt(id.worker)
    const { body } = await browser.post('/api/signin/options', {})
    const refused = await browser.post('/api/signin/verify', {
      ceremony: body.ceremony,
      response: id.key.assert(body.options, forgery),
    })
    expect(refused).toMatchObject({ status: 401, body: { reason: 'tap-refused' } })
  })

  test('the wrong client secret is answered in the form of RFC 6749', async () => {
    const refused = await id.token({ grant_type: 'authorization_code', code: 'pac_x' }, 'wrong')
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(refused.headers.get('WWW-Authenticate')).toContain('Basic')
  })

  test('an unknown grant is answered in the form of RFC 6749', async () => {
    expect(await id.token({ grant_type: 'password' })).toMatchObject({
      status: 400,
      body: { error: 'unsupported_grant_type' },
    })
  })

  test('an unregistered redirect URI ends on a page of id', async () => {
    const { response } = await id.begin({ redirect_uri: 'https://evil.example/' })
    expect(response.status).toBe(400)
    expect(response.headers.get('Location')).toBeNull()
  })

  test('other faults go back to the client', async () => {
    const { location, state } = await id.begin({ code_challenge_method: 'plain' })
    expect(Object.fromEntries(location.searchParams)).toMatchObject({ error: 'invalid_request', state, iss: ISSUER })
  })

  test('a token that is none opens nothing', async () => {
    const response = await id.worker.visit('/oidc/userinfo', { headers: { Authorization: 'Bearer nothing' } })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toContain('invalid_token')
  })
})
