// Which addresses of another provider count: what it says of them in the ID token, at the UserInfo endpoint, or not at all.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { proofStore } from '../../../db/stores/proofs.ts'
import { checkProof } from '../../../server/cli/doctor-proof.ts'
import { problemHandler } from '../../../server/errors/problem.ts'
import { proofProvider } from '../../../server/people/proof-provider.ts'
import { enrolmentRoutes } from '../../../server/people/routes.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { enrolmentWorld, quietLog } from '../../support/enrolment.ts'

const ISSUER = 'http://localhost:8080'
let database: TestDatabase
let world: ReturnType<typeof enrolmentWorld>
let server: Server
let issuer = ''
/** What the provider says next; `userinfo` null: it does not answer there. */
let says: { token: object; userinfo: object | null; nonce: string; metadata: object }
const warned: unknown[] = []
const log = { ...quietLog, warn: (...all: unknown[]) => void warned.push(all) }

beforeAll(async () => {
  database = await testDatabase()
  world = enrolmentWorld(database, { issuer: ISSUER, nowMs: Date.now() })
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }
  const idToken = () =>
    new SignJWT({ nonce: says.nonce, ...says.token })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer(issuer)
      .setSubject('somebody')
      .setAudience('palier')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
  const answers: Record<string, () => object | null | Promise<object>> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      ...says.metadata,
    }),
    '/jwks': () => ({ keys: [jwk] }),
    '/token': async () => ({ access_token: 'at', token_type: 'Bearer', id_token: await idToken() }),
    '/userinfo': () => says.userinfo && { sub: 'somebody', ...says.userinfo },
  }
  server = createServer(async (request, response) => {
    const answer = await answers[new URL(request.url ?? '/', issuer).pathname]?.()
    response.writeHead(answer ? 200 : 503, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await database.drop()
})

let sequence = 0

/** Somebody with an address opens their link and comes back from the provider: what became of it. */
async function comesBack(emails: 'verified' | 'all', token: object, userinfo: object | null): Promise<string> {
  sequence += 1
  const person = await world.person(`ada${sequence}`)
  await database.db.update(people).set({ email: 'Ada@example.org' }).where(eq(people.id, person.id))
  const { token: ticket } = await world.ticketFor(person.id)
  const settings = { issuer, clientId: 'palier', clientSecret: 'a-client-secret', claim: 'email' as const, emails }
  const provider = proofProvider(settings, `${ISSUER}/enrol-proof`)
  const proof = { ...world.deps, log, random: systemRandom, proofs: proofStore(database.db, world.audit), provider }
  const app = new Hono()
  app.onError(problemHandler(log))
  app.route('/', enrolmentRoutes({ ...world.deps, proof }))
  says = { token, userinfo, nonce: '', metadata: {} }
  const begun = await app.request(`${ISSUER}/api/enrol/proof`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: ISSUER },
    body: JSON.stringify({ ticket }),
  })
  const address = new URL(((await begun.json()) as { redirect: string }).redirect)
  says.nonce = address.searchParams.get('nonce') ?? ''
  const back = await app.request(`${ISSUER}/enrol-proof?code=c&state=${address.searchParams.get('state')}`, {
    headers: {
      Cookie: begun.headers
        .getSetCookie()
        .map((set) => set.split(';')[0])
        .join('; '),
    },
  })
  return back.headers.get('location')?.split('?refused=')[1] ?? 'proved'
}

const ADA = { email: 'ada@example.org' }

describe('an address', () => {
  it.each<[string, token: object, userinfo: object | null, verified: string, all: string]>([
    ['vouched for in the ID token', { ...ADA, email_verified: true }, null, 'proved', 'proved'],
    ['vouched for at UserInfo only', ADA, { email_verified: true }, 'proved', 'proved'],
    ['said and vouched for at UserInfo', {}, { ...ADA, email_verified: true }, 'proved', 'proved'],
    ['nobody says anything of', ADA, {}, 'proof-email-unverified', 'proved'],
    ['said at UserInfo alone, of which nobody says anything', {}, ADA, 'proof-email-unverified', 'proved'],
    ['not vouched for', { ...ADA, email_verified: false }, {}, 'proof-email-unverified', 'proof-email-unverified'],
    ['disowned at UserInfo', ADA, { email_verified: false }, 'proof-email-unverified', 'proof-email-unverified'],
    ['that UserInfo was to vouch for, which is away', ADA, null, 'proof-refused', 'proof-refused'],
    [
      'of somebody else',
      { email: 'eve@example.org', email_verified: true },
      {},
      'proof-other-person',
      'proof-other-person',
    ],
    ['not there', {}, {}, 'proof-other-person', 'proof-other-person'],
  ])('%s', async (_what, token, userinfo, verified, all) => {
    expect(await comesBack('verified', token, userinfo)).toBe(verified)
    expect(await comesBack('all', token, userinfo)).toBe(all)
  })

  it('that does not count is named in the log by the setting, and in the audit log by its outcome, never by itself', async () => {
    warned.length = 0
    await comesBack('verified', ADA, {})
    expect(warned).toMatchObject([
      ['enrolment.proof-refused', { detail: expect.stringContaining('PALIER_PROOF_EMAILS') }],
    ])
    const written = world.audited.at(-1)
    expect(written).toMatchObject({ action: 'enrolment.proof-refused', detail: { outcome: 'proof-email-unverified' } })
    expect(JSON.stringify([warned, written]).toLowerCase()).not.toContain('ada@example')
  })
})

describe('palier doctor', () => {
  const settings = (more: object = {}) => ({
    issuer,
    clientId: 'palier',
    clientSecret: 'a-client-secret',
    claim: 'email' as const,
    emails: 'verified' as const,
    ...more,
  })
  const found = async (metadata: object, more: object = {}) => {
    says = { token: {}, userinfo: {}, nonce: '', metadata }
    return (await checkProof(settings(more))).map(({ level, found: what }) => `${level}: ${what}`)
  }

  it('reaches the provider, and warns where it does not announce what is insisted on', async () => {
    expect(await found({ claims_supported: ['sub', 'email', 'email_verified'] })).toEqual([`ok: issuer ${issuer}`])
    // Announcing claims is optional (OIDC Discovery §3): silence says nothing.
    expect(await found({})).toEqual([`ok: issuer ${issuer}`])
    const silent = { claims_supported: ['sub', 'email'] }
    expect(await found(silent)).toEqual([`ok: issuer ${issuer}`, 'warning: not among its claims_supported'])
    expect(await found(silent, { emails: 'all' })).toEqual([`ok: issuer ${issuer}`])
    expect(await found(silent, { claim: 'sub' })).toEqual([`ok: issuer ${issuer}`])
    expect(await found({ issuer: 'https://elsewhere.example' })).toEqual(['problem: issuer https://elsewhere.example'])
    expect(await found({}, { issuer: 'http://localhost:9' })).toEqual([expect.stringMatching(/^problem: /)])
    expect(await checkProof(null)).toEqual([])
  })
})
