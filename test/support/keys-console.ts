// The console's API of keys over HTTP on a real database: real letters in the outbox, real revocations, metadata signed by a test authority.
import { eq } from 'drizzle-orm'
import { credentials, people } from '../../db/schema/people.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { consoleKeys } from '../../db/stores/console-keys.ts'
import { consoleMetadata } from '../../db/stores/console-metadata.ts'
import { owedLogoutsStore } from '../../db/stores/devices.ts'
import { enqueueLogout } from '../../db/stores/logout-deliveries.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { auditLog } from '../../server/audit/log.ts'
import type { KeyPolicy } from '../../server/config/config.ts'
import { type AdministratorRole, permissionsOf } from '../../server/console/permissions.ts'
import { type ConsoleRouteDeps, consoleRoutes } from '../../server/console/serve.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { revocationService } from '../../server/sessions/revocation.ts'
import { metadataDeps } from '../../server/wiring/cut-off.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import type { TestDatabase } from './database.ts'
import { quietLog } from './enrolment.ts'
import { metadataRootPem } from './metadata.ts'

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
  const revoker = revocationService({
    audit,
    enqueueLogout,
    log: quietLog,
    sealer,
    revocations: revocationsStore(db),
    owedLogouts: owedLogoutsStore(db),
    homeserver: null,
  })
  const app = consoleRoutes({
    ...ground,
    keys: consoleKeys(db, { audit, revoker, people: peopleStore(db, audit) }),
    metadata: consoleMetadata(db, metadataDeps(ground, audit)),
    tokens: {
      findLive: async () => {
        const { role } = caller
        return { id: 'tok_test', personId: 'per_admin', username: 'admin', role, permissions: permissionsOf(role) }
      },
    },
  } as unknown as ConsoleRouteDeps)
  app.onError(problemHandler(quietLog))

  async function call(verb: string, init: RequestInit & { readonly query?: string }): Promise<Answered> {
    const path = `/api/console/${verb.replace('.', '/')}${init.query ? `?${init.query}` : ''}`
    const headers = { authorization: `Bearer pct_${'A'.repeat(43)}`, 'content-type': 'application/json' }
    const response = await app.request(path, { ...init, headers })
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson ? await response.json() : response }
  }

  let made = 0
  return {
    db,
    time,
    caller,
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
        await db.insert(credentials).values({
          id: keyId,
          personId: id,
          webauthnId: keyId,
          name: 'key',
          publicKey: new Uint8Array(1),
          signCount: 0,
          transports: [],
          aaguid: '00000000-0000-0000-0000-000000000000',
          attestationFormat: 'none',
          backupEligible: false,
          policy: 'any',
          acr: 'phr',
          discoverable: true,
          attestationObject: new Uint8Array(1),
          registrationClientData: new Uint8Array(1),
          createdAt,
          ...key,
        })
      }
      return { id, username, keys: ids }
    },
    keyRow: async (id: string) => (await db.select().from(credentials).where(eq(credentials.id, id)))[0],
  }
}
