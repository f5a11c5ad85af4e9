// Every route of id's own JSON APIs, as they are mounted: what a page elsewhere has a browser ask for in an owner's name is refused before
// anything is read, and nothing changes for whoever is not signed in.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { idSessions } from '../../../db/schema/sessions.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { hashToken, newToken } from '../../../server/platform/tokens.ts'
import { startIdServer } from '../../support/id-server.ts'
import { insertPerson } from '../../support/people.ts'

let server: Awaited<ReturnType<typeof startIdServer>>
let session = ''
beforeAll(async () => {
  server = await startIdServer()
  const { id: personId, credentialId } = await insertPerson(server.db, { username: 'ada' })
  await server.db.update(people).set({ role: 'owner' }).where(eq(people.id, personId))
  const cookie = newToken('idSession', systemRandom)
  const now = new Date()
  const tap = { personId, credentialId, authTime: now, acr: 'phr', amr: ['hwk'], network: '', userAgent: '' }
  const expiresAt = new Date(now.getTime() + 3_600_000)
  await server.db.insert(idSessions).values({ ...tap, hash: hashToken(cookie), createdAt: now, expiresAt })
  session = `palier_session=${cookie}`
})
afterAll(() => server.close())

/** What a page sends, of which each attempt changes a part. */
async function send(method: string, path: string, changed: Record<string, string | null>) {
  const headers = new Headers({ Cookie: session, Origin: server.issuer, 'Content-Type': 'application/json' })
  for (const [name, value] of Object.entries(changed))
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  const body = method === 'POST' ? { body: '{}' } : {}
  const answer = await server.fetch(new Request(`${server.issuer}${path}`, { method, headers, ...body }))
  const text = await answer.text()
  return { status: answer.status, reason: /"reason":"([a-z-]+)"/.exec(text)?.[1] ?? null }
}

it.each([
  ['another origin', { Origin: 'https://evil.example' }, 403],
  ['an origin that hides', { Origin: 'null' }, 403],
  ['no origin', { Origin: null }, 403],
  ['another port', { Origin: 'http://localhost:1' }, 403],
  ['another site, whatever its origin says', { 'Sec-Fetch-Site': 'cross-site' }, 403],
  ['a subdomain', { 'Sec-Fetch-Site': 'same-site' }, 403],
  ['a form', { 'Content-Type': 'text/plain' }, 415],
  ['a form with a file', { 'Content-Type': 'multipart/form-data; boundary=application/json' }, 415],
] as const)('nothing is changed from %s', async (_what, changed, status) => {
  const posts = server.routes().filter(({ method }) => method === 'POST')
  for (const noun of ['console/people', 'releases', 'me', 'services', 'approvals', 'enrol', 'signin', 'signout'])
    expect(
      posts.some(({ path }) => path.startsWith(`/api/${noun}`)),
      noun,
    ).toBe(true)
  for (const { method, path } of posts) {
    const answer = await send(method, path, changed)
    expect([path, answer]).toEqual([path, { status, reason: status === 415 ? 'not-json' : 'foreign-origin' }])
  }
})

it('nothing is read at the request of another site', async () => {
  const gets = server.routes().filter(({ method }) => method === 'GET')
  expect(gets.length).toBeGreaterThan(10)
  for (const { method, path } of gets)
    for (const site of ['cross-site', 'same-site'])
      expect([path, await send(method, path, { 'Sec-Fetch-Site': site })]).toEqual([
        path,
        { status: 403, reason: 'foreign-origin' },
      ])
})

it('nothing is done or told without a session, a link or a key', async () => {
  // Those that begin a sign-in, or end what is not there.
  const open = new Set(['/api/signin/context', '/api/signin/options', '/api/signout'])
  for (const { method, path } of server.routes()) {
    if (open.has(path)) continue
    const { status } = await send(method, path, { Cookie: null })
    expect([path, [400, 401].includes(status)]).toEqual([path, true])
  }
})
