// The console's API of keys over HTTP on a real database: real letters in the outbox, real revocations, metadata signed by a test authority.
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { credentials, people } from '../../db/schema/people.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { consoleKeys } from '../../db/stores/console-keys.ts'
import { consoleMetadata } from '../../db/stores/console-metadata.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { auditLog } from '../../server/audit/log.ts'
import type { KeyPolicy } from '../../server/config/config.ts'
import type { AdministratorRole } from '../../server/console/permissions.ts'
import { type ConsoleRouteDeps, consoleRoutes } from '../../server/console/serve.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { jsonApi } from '../../server/platform/json-api.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { browserCookie, cookieName } from '../../server/sessions/browser.ts'
import { type IdSessionStore, type LiveIdSession, sessionCookie } from '../../server/sessions/id-session.ts'
import { metadataDeps } from '../../server/wiring/cut-off.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import type { TestDatabase } from './database.ts'
import { quietLog } from './enrolment.ts'
import { metadataRootPem } from './metadata.ts'
import { bareKey } from './people.ts'
import type { Requested } from './people-console.ts'
import { testRevoker } from './revoker.ts'
import { runSigned } from './signed.ts'

export interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at and is not there fails its comparison
  readonly body: any
}

/** The console's keys for one caller, `per_admin`, whose role a test may change. The clock stands still until it is moved. */
export async function keysConsole(database: TestDatabase, options: { keyPolicy?: KeyPolicy } = {}) {
  const time = { nowMs: Date.parse('2026-07-01T09:00:00Z') }
  const caller: { role: AdministratorRole } = { role: 'owner' }
  const { db } = database
  const config = {
    issuer: 'http://localhost:8080',
    serverName: 'hs.test',
    keyPolicy: options.keyPolicy ?? 'any',
    metadataRoots: [metadataRootPem],
    synapseAdminTokenFile: null,
    webhooks: [{ name: 'desk' }],
    smtpUrl: 'smtp://localhost',
    alertMailTo: [],
  }
  const sealer = openSealer({ secrets: ['a secret of the tests, long enough to be one'] })
  const clock = { now: () => time.nowMs }
  const ground = { config, clock, random: systemRandom, log: quietLog, sealer, db } as unknown as Ground
  const audit = auditLog({ store: auditStore(db), clock })
  const revoker = testRevoker(db, { audit, sealer })
  // Whoever calls has just tapped.
  const session = (): LiveIdSession => ({
    ...{ hash: 'x', personId: 'per_admin', credentialId: 'key_admin', acr: 'phrh', amr: ['hwk'], network: '' },
    ...{ userAgent: 'test', authTime: new Date(time.nowMs), createdAt: new Date(time.nowMs), endsAt: null },
    expiresAt: new Date(time.nowMs + 3_600_000),
    person: { id: 'per_admin', username: 'admin', displayName: 'Admin', role: caller.role },
  })
  const idSessions = { findLive: async () => session() } as unknown as IdSessionStore
  const cookie = `${cookieName('palier_session', config.issuer)}=${newToken('idSession', systemRandom)}`
  const requested: Requested[] = []
  const deps = {
    ...ground,
    keys: consoleKeys(db, { audit, revoker, people: peopleStore(db, audit) }),
    metadata: consoleMetadata(db, metadataDeps(ground, audit)),
    acts: {
      async request(_by: unknown, { verb, input }: Requested) {
        requested.push({ verb, input })
        return { act: `act_${requested.length}` }
      },
    },
  } as unknown as ConsoleRouteDeps
  const app = new Hono()
  app.use('/api/*', jsonApi(config), browserCookie(ground), sessionCookie({ ...ground, idSessions }))
  app.route('/', consoleRoutes(deps))
  app.onError(problemHandler(quietLog))

  async function call(verb: string, init: RequestInit & { readonly query?: string }): Promise<Answered> {
    const path = `${config.issuer}/api/console/${verb.replace('.', '/')}${init.query ? `?${init.query}` : ''}`
    const headers = { cookie, origin: config.issuer, 'content-type': 'application/json' }
    const response = await app.request(path, { ...init, headers })
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson ? await response.json() : response }
  }

  let made = 0
  return {
    db,
    time,
    caller,
    /** Grave acts that were asked for, and one that is run as two have signed it. */
    requested,
    signed: (act: Requested) =>
      runSigned(deps, act, { id: 'per_admin', username: 'admin' }, { id: 'per_2', username: 'two' }),
    sealer,
    read: (verb: string, input: Readonly<Record<string, string>> = {}) =>
      call(verb, { query: new URLSearchParams(input).toString() }),
    change: (verb: string, input: unknown) => call(verb, { method: 'POST', body: JSON.stringify(input) }),
    /** A person with so many keys, each as it is described. */
    async person(username: string, keys: readonly Partial<typeof credentials.$inferInsert>[] = [], more: object = {}) {
      const id = `per_${username}`
      const createdAt = new Date(time.nowMs)
      await db.insert(people).values({ id, username, displayName: username, createdAt, ...more })
      const ids: string[] = []
      for (const key of keys) {
        const keyId = `key_${username}_${++made}`
        ids.push(keyId)
        const aaguid = '00000000-0000-0000-0000-000000000000'
        await db.insert(credentials).values(bareKey({ id: keyId, personId: id, aaguid, createdAt, ...key }))
      }
      return { id, username, keys: ids }
    },
    keyRow: async (id: string) => (await db.select().from(credentials).where(eq(credentials.id, id)))[0],
  }
}
