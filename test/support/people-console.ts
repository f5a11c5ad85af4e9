// The console's API over HTTP on a real database, called as whoever a test says: by a session of theirs, or with an API token.
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import type { Database } from '../../db/client.ts'
import { credentials, people } from '../../db/schema/people.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { auditLog } from '../../server/audit/log.ts'
import type { KeyPolicy } from '../../server/config/config.ts'
import type { ConsoleDeps } from '../../server/console/deps.ts'
import { type AdministratorRole, type Permission, permissionsOf } from '../../server/console/permissions.ts'
import { type ConsoleRouteDeps, consoleRoutes } from '../../server/console/serve.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { jsonApi } from '../../server/platform/json-api.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { browserCookie, cookieName } from '../../server/sessions/browser.ts'
import { type IdSessionStore, type LiveIdSession, sessionCookie } from '../../server/sessions/id-session.ts'
import { peopleConsole } from '../../server/wiring/people.ts'
import { quietLog } from './enrolment.ts'
import { insertPerson, type TestPerson } from './people.ts'
import { testRevoker } from './revoker.ts'

export interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at and is not there fails its comparison
  readonly body: any
  readonly text: string
}

/** Calls a verb: GET with a query for those that read, POST for the others. */
export interface Console {
  read(verb: string, input?: Readonly<Record<string, string>>): Promise<Answered>
  change(verb: string, input?: unknown): Promise<Answered>
}

const ISSUER = 'http://localhost:8080'

export interface Requested {
  readonly verb: string
  readonly concerns?: string | null
  readonly input: Readonly<Record<string, unknown>>
}

/** One instance of the console on a database, and callers of it. What is grave is only written down: `requested`. */
export function peopleWorld(db: Database, { keyPolicy = 'any' }: { readonly keyPolicy?: KeyPolicy } = {}) {
  const audit = auditLog({ store: auditStore(db), clock: systemClock })
  const revoker = testRevoker(db, {
    audit,
    sealer: openSealer({ secrets: ['a secret of the tests, long enough to be one'] }),
  })
  const config = { issuer: ISSUER, keyPolicy }
  const ground = { db, clock: systemClock, random: systemRandom, log: quietLog, config }
  const people = peopleConsole(ground, audit, revoker)
  const deps = { ...ground, people } as unknown as ConsoleDeps
  const callers = new Map<string, { person: TestPerson; role: AdministratorRole; permissions: readonly Permission[] }>()
  const requested: Requested[] = []
  const sessions = new Map<string, LiveIdSession>()
  const idSessions = { findLive: async (hash: string) => sessions.get(hash) ?? null } as unknown as IdSessionStore
  const app = new Hono()
  app.onError(problemHandler(quietLog))
  app.use('/api/*', jsonApi(config), browserCookie(ground), sessionCookie({ ...ground, idSessions }))
  const routes = consoleRoutes({
    ...deps,
    tokens: {
      async findLive(hash: string) {
        const caller = callers.get(hash)
        if (caller === undefined) return null
        const { id: personId, username } = caller.person
        return { id: 'tok_test', personId, username, role: caller.role, permissions: caller.permissions }
      },
    },
    acts: {
      async request(_by: unknown, { verb, input, concerns = null }: Requested) {
        requested.push({ verb, input, concerns })
        return { act: `act_${requested.length}` }
      },
    },
  } as unknown as ConsoleRouteDeps)
  app.route('/', routes)
  return {
    db,
    deps,
    requested,
    revoker,
    /** The console as that person in that role, who has just tapped. */
    as(person: TestPerson, role: AdministratorRole): Console {
      const value = newToken('idSession', systemRandom)
      const at = new Date(systemClock.now())
      const { id: personId, username, credentialId } = person
      const until = new Date(at.getTime() + 3_600_000)
      sessions.set(hashToken(value), {
        ...{ hash: hashToken(value), personId, credentialId, authTime: at, acr: 'phrh', amr: ['hwk'] },
        ...{ network: '192.0.2.0/24', userAgent: 'test', createdAt: at, expiresAt: until, endsAt: null },
        person: { id: personId, username, displayName: username, role },
      })
      return consoleOf(app, { cookie: `${cookieName('palier_session', ISSUER)}=${value}`, origin: ISSUER })
    },
    /** A script of theirs, with a token that was given these permissions. */
    script(
      person: TestPerson,
      role: AdministratorRole,
      permissions: readonly Permission[] = permissionsOf(role),
    ): Console {
      const token = newToken('consoleToken', systemRandom)
      callers.set(hashToken(token), { person, role, permissions })
      return consoleOf(app, { authorization: `Bearer ${token}` })
    },
  }
}

export type PeopleWorld = ReturnType<typeof peopleWorld>

/** One with Ada, an owner, and Eve, an enroller. */
export async function staffedWorld(db: Database) {
  const world = peopleWorld(db)
  const ada = await insertAdministrator(db, 'owner', 'ada')
  const eve = await insertAdministrator(db, 'enroller', 'eve')
  return { world, ada, owner: world.as(ada, 'owner'), enroller: world.as(eve, 'enroller') }
}

/** A person in a role, with one key unless told otherwise. */
export async function insertAdministrator(
  db: Database,
  role: AdministratorRole,
  username: string,
  { keyless = false } = {},
): Promise<TestPerson> {
  const person = await insertPerson(db, { username })
  await db.update(people).set({ role }).where(eq(people.id, person.id))
  if (keyless) await db.delete(credentials).where(eq(credentials.personId, person.id))
  return person
}

function consoleOf(app: Hono, who: Readonly<Record<string, string>>): Console {
  const call = async (path: string, init: RequestInit): Promise<Answered> => {
    const headers = { ...who, 'content-type': 'application/json' }
    const response = await app.request(`${ISSUER}/api/console/${path}`, { ...init, headers })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return { status: response.status, text, body: isJson ? JSON.parse(text) : null }
  }
  const pathOf = (verb: string) => verb.replace('.', '/')
  return {
    read: (verb, input = {}) => call(`${pathOf(verb)}?${new URLSearchParams(input)}`, { method: 'GET' }),
    change: (verb, input = {}) => call(pathOf(verb), { method: 'POST', body: JSON.stringify(input) }),
  }
}
