// A link that its person has to prove theirs, at a real other provider: the right person gets on, everybody else learns nothing.
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { proofStore } from '../../../db/stores/proofs.ts'
import { problemHandler } from '../../../server/errors/problem.ts'
import { claimedOf, proofProvider } from '../../../server/people/proof-provider.ts'
import { enrolmentRoutes } from '../../../server/people/routes.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { enrolmentWorld, quietLog } from '../../support/enrolment.ts'
import { startIdServer } from '../../support/id-server.ts'
import { browser, type Provider, provider } from '../../support/provider.ts'

const ISSUER = 'http://localhost:8080'
let upstreamDatabase: TestDatabase
let database: TestDatabase
let upstream: Provider
let world: ReturnType<typeof enrolmentWorld>
const said: unknown[] = []
const log = {
  ...quietLog,
  warn: (...all: unknown[]) => void said.push(all),
  error: (...all: unknown[]) => void said.push(all),
}

beforeAll(async () => {
  ;[upstreamDatabase, database] = [await testDatabase(), await testDatabase()]
  upstream = await provider(upstreamDatabase)
  const client = {
    clientId: 'palier',
    name: 'Palier',
    secret: 'a-client-secret',
    redirectUris: [`${ISSUER}/enrol-proof`],
  }
  await upstream.register(client)
  world = enrolmentWorld(database, { issuer: ISSUER, nowMs: Date.now() })
})
afterAll(async () => {
  await upstream.close()
  await upstreamDatabase.drop()
  await database.drop()
})

/** Palier before that provider. */
function palier(claim: 'email' | 'preferred_username' | 'sub' = 'preferred_username', issuer = upstream.issuer) {
  const settings = { issuer, clientId: 'palier', clientSecret: 'a-client-secret', claim, emails: 'verified' as const }
  const proof = {
    ...world.deps,
    log,
    random: systemRandom,
    proofs: proofStore(database.db, world.audit),
    provider: proofProvider(settings, `${ISSUER}/enrol-proof`),
  }
  const app = new Hono()
  app.onError(problemHandler(log))
  app.route('/', enrolmentRoutes({ ...world.deps, proof }))
  return app
}

/** A browser at Palier, keeping its cookies. */
function visitor(app: Hono) {
  const cookies = new Map<string, string>()
  async function visit(url: string, init: RequestInit = {}) {
    const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await app.request(url, { ...init, headers: { ...init.headers, Cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  return {
    visit,
    async post(path: string, body: object) {
      const headers = { 'Content-Type': 'application/json', Origin: ISSUER }
      const response = await visit(`${ISSUER}${path}`, { method: 'POST', body: JSON.stringify(body), headers })
      // biome-ignore lint/suspicious/noExplicitAny: whatever was answered
      return { status: response.status, body: (await response.json()) as any }
    },
  }
}

/** Somebody who says at the other provider who they are; where they are sent back to. */
async function identified(address: string, key: SoftwareAuthenticator): Promise<string> {
  const chrome = browser(upstream.issuer)
  const asked = await chrome.visit(address)
  const transaction =
    new URL(asked.headers.get('location') ?? '', upstream.issuer).searchParams.get('transaction') ?? ''
  return (await chrome.tap(key, transaction)).body.redirect
}

async function linkFor(username: string): Promise<string> {
  const person = await world.person(username)
  return (await world.ticketFor(person.id)).token
}

const ADDRESS = { text: 'a@example.org' }
const UNVERIFIED = { missing: 'verification' }

it.each<[string, Record<string, unknown>, verified: object, all: object]>([
  ['is vouched for', { email_verified: true }, ADDRESS, ADDRESS],
  ['is vouched for, in text', { email_verified: 'true' }, ADDRESS, ADDRESS],
  ['nothing is said of', {}, UNVERIFIED, ADDRESS],
  ['null is said of', { email_verified: null }, UNVERIFIED, ADDRESS],
  ['something else is said of', { email_verified: 1 }, UNVERIFIED, UNVERIFIED],
  ['is not vouched for', { email_verified: false }, UNVERIFIED, UNVERIFIED],
  ['is not vouched for, in text', { email_verified: 'false' }, UNVERIFIED, UNVERIFIED],
  ['is no text', { email: ['a@example.org'], email_verified: true }, { missing: 'claim' }, { missing: 'claim' }],
  ['is empty', { email: '', email_verified: true }, { missing: 'claim' }, { missing: 'claim' }],
])('an address that %s', (_what, said, verified, all) => {
  for (const [emails, counts] of [
    ['verified', verified],
    ['all', all],
  ] as const)
    expect(claimedOf({ email: 'a@example.org', ...said }, { claim: 'email', emails })).toEqual(counts)
  // What is no address is nobody's to verify.
  const { email_verified } = said
  expect(claimedOf({ sub: 'x', email_verified }, { claim: 'sub', emails: 'verified' })).toEqual({ text: 'x' })
})

describe('a link that wants a proof', () => {
  it('tells nothing and takes no key before it, and does both for its person after', async () => {
    const { key } = await upstream.person('ada')
    const ticket = await linkFor('ada')
    const ada = visitor(palier())
    const before = await ada.post('/api/enrol/context', { ticket })
    expect(before.body).toMatchObject({ awaits_proof: true, keys: 0 })
    expect(before.body).not.toHaveProperty('person')
    expect(await ada.post('/api/enrol/options', { ticket })).toMatchObject({
      status: 403,
      body: { reason: 'proof-needed' },
    })
    const { body } = await ada.post('/api/enrol/proof', { ticket })
    const address = new URL(body.redirect)
    expect(address.searchParams.get('code_challenge_method')).toBe('S256')
    expect(address.searchParams.get('nonce')).toMatch(/^[\w-]{43}$/)
    expect(body.redirect).not.toContain(ticket)
    const back = await ada.visit(await identified(body.redirect, key))
    expect(back.headers.get('location')).toBe(`/enrol/${ticket}`)
    expect((await ada.post('/api/enrol/context', { ticket })).body).toMatchObject({ person: { username: 'ada' } })
    const { body: begun } = await ada.post('/api/enrol/options', { ticket })
    const response = new SoftwareAuthenticator({ origin: ISSUER }).register(begun.options)
    const verify = { ticket, ceremony: begun.ceremony, response, name: 'Key' }
    expect((await ada.post('/api/enrol/verify', verify)).status).toBe(200)
    expect(world.audited.map(({ action }) => action)).toContain('enrolment.proved')
    // Another browser with the same link has proved nothing.
    const { token: other } = await world.ticketFor('per_ada')
    expect((await visitor(palier()).post('/api/enrol/options', { ticket: other })).body.reason).toBe('proof-needed')
  })

  it('is refused to another person, in plain words, and says nothing of either', async () => {
    const { key } = await upstream.person('mallory')
    const ticket = await linkFor('bob')
    const mallory = visitor(palier())
    const { body } = await mallory.post('/api/enrol/proof', { ticket })
    const back = await mallory.visit(await identified(body.redirect, key))
    expect(back.headers.get('location')).toBe(`/enrol/${ticket}?refused=proof-other-person`)
    expect((await mallory.post('/api/enrol/options', { ticket })).body.reason).toBe('proof-needed')
    expect(world.audited.at(-1)).toMatchObject({
      action: 'enrolment.proof-refused',
      detail: { outcome: 'proof-other-person' },
    })
    expect(JSON.stringify([said, world.audited.at(-1)])).not.toContain('mallory')
  })

  it('takes an answer once, only in the browser that asked, and none that was made up', async () => {
    const { key } = await upstream.person('cleo')
    const ticket = await linkFor('cleo')
    const app = palier()
    const [cleo, thief] = [visitor(app), visitor(app)]
    await thief.post('/api/enrol/proof', { ticket })
    const { body } = await cleo.post('/api/enrol/proof', { ticket })
    const answer = await identified(body.redirect, key)
    const gone = `/enrol/${ticket}?refused=proof-gone`
    expect((await thief.visit(answer)).headers.get('location')).toBe(gone)
    const forged = new URL(answer)
    forged.searchParams.set('code', 'made-up')
    expect((await cleo.visit(forged.href)).headers.get('location')).toBe(`/enrol/${ticket}?refused=proof-refused`)
    expect((await cleo.visit(answer)).headers.get('location')).toBe('/enrol/gone?refused=proof-gone')
    expect((await cleo.visit(`${ISSUER}/enrol-proof`)).headers.get('location')).toBe('/enrol/gone?refused=proof-gone')
    expect((await cleo.post('/api/enrol/options', { ticket })).body.reason).toBe('proof-needed')
    expect(JSON.stringify(said)).not.toContain('a-client-secret')
  })

  it('compares nothing with nothing: somebody without an address is not let through by an answer without one', async () => {
    const { key } = await upstream.person('nil')
    const ticket = await linkFor('nil')
    const nil = visitor(palier('email'))
    const { body } = await nil.post('/api/enrol/proof', { ticket })
    const back = await nil.visit(await identified(body.redirect, key))
    expect(back.headers.get('location')).toContain('refused=proof-other-person')
  })

  it('is not needed at the desk, for a key that somebody adds to their own, or where nobody is asked', async () => {
    const { person } = await world.enrolled('dan')
    const app = palier()
    const { issueTicket } = await import('../../../server/people/tickets.ts')
    for (const kind of ['self', 'desk'] as const) {
      const { token } = await issueTicket(world.deps, { kind, personId: person.id, createdBy: 'x' })
      expect((await visitor(app).post('/api/enrol/context', { ticket: token })).body).toMatchObject({
        person: { username: 'dan' },
      })
    }
  })

  it('lets nobody through while the other provider is away', async () => {
    const ticket = await linkFor('eve')
    const eve = visitor(palier('email', 'http://localhost:9'))
    expect(await eve.post('/api/enrol/proof', { ticket })).toMatchObject({
      status: 503,
      body: { reason: 'proof-unreachable' },
    })
    expect((await eve.post('/api/enrol/options', { ticket })).body.reason).toBe('proof-needed')
  })

  it('is wired by the settings: id sends whoever opens a link to that provider, and takes the answer back', async () => {
    const id = await startIdServer(() => ({
      PALIER_PROOF_ISSUER: upstream.issuer,
      PALIER_PROOF_CLIENT_ID: 'palier',
      PALIER_PROOF_CLIENT_SECRET: 'a-client-secret',
      PALIER_PROOF_CLAIM: 'preferred_username',
    }))
    const { link } = await id.person('wire')
    const ticket = link.slice(link.lastIndexOf('/') + 1)
    const headers = { 'Content-Type': 'application/json', Origin: id.issuer }
    const body = JSON.stringify({ ticket })
    const begun = await id.fetch(new Request(`${id.issuer}/api/enrol/proof`, { method: 'POST', headers, body }))
    const { redirect } = (await begun.json()) as { redirect: string }
    expect(new URL(redirect).origin).toBe(upstream.issuer)
    expect(new URL(redirect).searchParams.get('redirect_uri')).toBe(`${id.issuer}/enrol-proof`)
    const stranger = await id.fetch(new Request(`${id.issuer}/enrol-proof?state=x&code=y`))
    expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/enrol/gone?refused=proof-gone'])
    await id.close()
  })
})
