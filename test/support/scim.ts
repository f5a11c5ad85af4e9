// The console's API and SCIM over HTTP on a real database, with real tokens and sessions, and a clock that tests move.
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { auditEntries } from '../../db/schema/audit.ts'
import { people } from '../../db/schema/people.ts'
import { idSessions } from '../../db/schema/sessions.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { apiTokenStore } from '../../db/stores/console-tokens.ts'
import { idSessionStore } from '../../db/stores/id-sessions.ts'
import { auditLog } from '../../server/audit/log.ts'
import type { AdministratorRole } from '../../server/console/permissions.ts'
import { scimRoutes } from '../../server/console/scim/routes.ts'
import { type ConsoleRouteDeps, consoleRoutes } from '../../server/console/serve.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { jsonApi } from '../../server/platform/json-api.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { browserCookie, cookieName } from '../../server/sessions/browser.ts'
import { sessionCookie } from '../../server/sessions/id-session.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import { peopleConsole } from '../../server/wiring/people.ts'
import { scimParts } from '../../server/wiring/scim.ts'
import { testDatabase } from './database.ts'
import { quietLog } from './enrolment.ts'
import { insertPerson } from './people.ts'
import { testRevoker } from './revoker.ts'

export const ISSUER = 'http://localhost:8080'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at and is not there fails its comparison
  readonly body: any
}

export type ScimWorld = Awaited<ReturnType<typeof scimWorld>>

/** Everything, over a database of its own. */
export async function scimWorld({
  issuer = ISSUER,
  nowMs = Date.now(),
  secret = 'a secret of the tests, long enough to be one',
} = {}) {
  const database = await testDatabase()
  const { db } = database
  const time = { nowMs }
  const clock = { now: () => time.nowMs }
  const sealer = openSealer({ secrets: [secret] })
  const ground = {
    db,
    clock,
    sealer,
    random: systemRandom,
    log: quietLog,
    config: { issuer, keyPolicy: 'any' },
  } as Ground
  const audit = auditLog({ store: auditStore(db), clock })
  const revoker = testRevoker(db, { audit, sealer })
  const tokens = apiTokenStore(db, audit)
  const administration = { people: peopleConsole(ground, audit, revoker), tokens, apiTokens: tokens }
  const app = new Hono()
  app.onError(problemHandler(quietLog))
  app.route('/', scimRoutes(scimParts(ground, { audit, tokens, people: administration.people })))
  app.use(
    '/api/*',
    jsonApi({ issuer }),
    browserCookie(ground),
    sessionCookie({ ...ground, idSessions: idSessionStore(db) }),
  )
  app.route('/', consoleRoutes({ ...ground, ...administration } as unknown as ConsoleRouteDeps))

  async function call(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Answered> {
    const response = await app.request(`${issuer}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
  }

  /** An administrator with a session whose tap was `tappedSecondsAgo`. */
  async function administrator(role: AdministratorRole, username: string, tappedSecondsAgo = 10) {
    const person = await insertPerson(db, { username })
    await db.update(people).set({ role }).where(eq(people.id, person.id))
    const cookie = newToken('idSession', systemRandom)
    const tap = { personId: person.id, credentialId: person.credentialId, acr: 'phr', amr: ['hwk'] }
    await db.insert(idSessions).values({
      ...tap,
      hash: hashToken(cookie),
      authTime: new Date(time.nowMs - tappedSecondsAgo * 1000),
      network: '192.0.2.0/24',
      userAgent: 'test',
      createdAt: new Date(time.nowMs),
      expiresAt: new Date(time.nowMs + 12 * 3_600_000),
    })
    const session = { cookie: `${cookieName('palier_session', issuer)}=${cookie}` }
    return {
      ...person,
      read: (verb: string, query = '') => call('GET', `/api/console/${verb}${query}`, session),
      change: (verb: string, input: unknown) =>
        call('POST', `/api/console/${verb}`, { ...session, origin: issuer, 'content-type': 'application/json' }, input),
    }
  }

  /** The API with a token, as a script calls it. */
  function script(token: string) {
    const authorization = `Bearer ${token}`
    return {
      read: (verb: string, query = '') => call('GET', `/api/console/${verb}${query}`, { authorization }),
      change: (verb: string, input: unknown) =>
        call('POST', `/api/console/${verb}`, { authorization, 'content-type': 'application/json' }, input),
      scim: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
        call(
          method,
          `/scim/v2${path}`,
          { authorization, ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }), ...headers },
          body,
        ),
    }
  }

  return {
    app,
    database,
    db,
    sealer,
    time,
    ground,
    revoker,
    call,
    administrator,
    script,
    /** An owner's token with these permissions, made through the API. */
    async token(
      permissions: readonly string[] = ['scim.write'],
      username = `owner${Math.random().toString(36).slice(2)}`,
    ) {
      const owner = await administrator('owner', username)
      const made = await owner.change('tokens/create', { name: 'annuaire', permissions, hours: 24 })
      if (made.status !== 200) throw new Error(`no token: ${JSON.stringify(made.body)}`)
      return { owner, id: made.body.item.id as string, token: made.body.token as string, ...script(made.body.token) }
    },
    audited: () => db.select().from(auditEntries).orderBy(auditEntries.sequence),
  }
}
