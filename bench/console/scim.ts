// Seconds in which a directory provisions an agency over SCIM: a request a person, as directories do it, then its groups.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { openDatabase } from '../../db/client.ts'
import { people } from '../../db/schema/people.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { apiTokenStore } from '../../db/stores/console-tokens.ts'
import { auditLog } from '../../server/audit/log.ts'
import { scimRoutes } from '../../server/console/scim/routes.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import { peopleConsole } from '../../server/wiring/people.ts'
import { scimParts } from '../../server/wiring/scim.ts'
import { insertPerson } from '../../test/support/people.ts'
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf } from '../figure.ts'

const PEOPLE = 5_000
const GROUP_SIZE = 100
/** Requests under way at once: Entra sends several, Okta one. */
const AT_ONCE = 4
const AT_MOST_SECONDS = 60
const RUNS_AT_MOST = 3

export async function scimProvisioning(database: BenchDatabase, runs: number): Promise<Record<string, Figure>> {
  const id = await openId(database.url)
  try {
    const seconds: number[] = []
    for (let run = 0; run < Math.min(runs, RUNS_AT_MOST); run++) seconds.push(await provision(id, run))
    const what = `${PEOPLE} people created over SCIM, ${AT_ONCE} requests at once, and put into groups of ${GROUP_SIZE}; each an entry of the audit log`
    return { scim_provision_s: figureOf(seconds, AT_MOST_SECONDS, what) }
  } finally {
    await id.stop()
  }
}

interface Id {
  readonly ask: (method: string, path: string, body: unknown) => Promise<string>
  stop(): Promise<void>
}

async function provision({ ask }: Id, run: number): Promise<number> {
  const started = performance.now()
  const ids: string[] = []
  let next = 0
  const directory = async () => {
    while (next < PEOPLE) {
      const userName = `run${run}.person${next++}`
      const emails = [{ value: `${userName}@example.org`, type: 'work' }]
      const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User']
      const said = { schemas, userName, displayName: `Person ${userName}`, externalId: userName, emails }
      ids.push(await ask('POST', '/Users', said))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, directory))
  for (let from = 0; from < PEOPLE; from += GROUP_SIZE) {
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group']
    const group = await ask('POST', '/Groups', { schemas, displayName: `Run ${run}, group ${from}` })
    const value = ids.slice(from, from + GROUP_SIZE).map((one) => ({ value: one }))
    await ask('PATCH', `/Groups/${group}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'add', path: 'members', value }],
    })
  }
  return (performance.now() - started) / 1000
}

/** SCIM as id serves it, in this process: who provisions shares its CPU. */
async function openId(url: string): Promise<Id> {
  const { db, close } = openDatabase(url)
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
  const config = { issuer: 'http://localhost', keyPolicy: 'any' }
  const ground = { db, config, clock: systemClock, random: systemRandom, log: quiet } as unknown as Ground
  const audit = auditLog({ store: auditStore(db, { gathers: true }), clock: systemClock })
  const tokens = apiTokenStore(db, audit)
  const nobodySignedIn = { revoke: async () => undefined }
  const administration = { audit, tokens, people: peopleConsole(ground, audit, nobodySignedIn) }
  const app = new Hono()
  app.route('/', scimRoutes(scimParts(ground, administration)))
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await listening(server)
  const { port } = server.address() as AddressInfo
  const token = await scimToken(db, tokens)
  return {
    ask: async (method, path, body) => {
      const answer = await fetch(`http://127.0.0.1:${port}/scim/v2${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        body: JSON.stringify(body),
      })
      const made = (await answer.json()) as { readonly id: string }
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(made)}`)
      return made.id
    },
    stop: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await close()
    },
  }
}

async function listening(server: ServerType): Promise<void> {
  if (server.address() === null) await once(server, 'listening')
}

async function scimToken(db: ReturnType<typeof openDatabase>['db'], tokens: ReturnType<typeof apiTokenStore>) {
  const { id: personId } = await insertPerson(db)
  await db.update(people).set({ role: 'owner' }).where(eq(people.id, personId))
  const token = newToken('consoleToken', systemRandom)
  const id = newToken('apiToken', systemRandom)
  const [createdAt, expiresAt] = [new Date(), new Date(Date.now() + 3_600_000)]
  await tokens.create(
    { id, hash: hashToken(token), personId, name: 'bench', permissions: ['scim.write'], createdAt, expiresAt },
    { action: 'token.created', actor: personId, subject: id, detail: {} },
  )
  return token
}
