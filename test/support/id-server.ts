// id as it is served: its real parts over a test database, its real pages, on a port of its own.
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { serve } from '@hono/node-server'
import { eq } from 'drizzle-orm'
import { people } from '../../db/schema/people.ts'
import { devices, sids } from '../../db/schema/sessions.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { auditLog } from '../../server/audit/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import { issueTicket } from '../../server/people/tickets.ts'
import { nodeAssets } from '../../server/platform/assets-node.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { prometheusMetrics } from '../../server/platform/prometheus.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { newToken } from '../../server/platform/tokens.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import { idParts } from '../../server/wiring/id.ts'
import { testDatabase } from './database.ts'
import { quietLog } from './enrolment.ts'
import { distClient } from './pages-server.ts'

/** `settings` for the port that was found are added to the environment. */
export async function startIdServer(settings: (port: number) => Readonly<Record<string, string>> = () => ({})) {
  const database = await testDatabase()
  const port = await freePort()
  const env = { PALIER_ISSUER: `http://localhost:${port}`, PALIER_SERVER_NAME: 'example.org', ...settings(port) }
  const loaded = loadConfig(env, undefined)
  if (!loaded.ok) throw new Error(`the configuration of the test: ${JSON.stringify(loaded.mistakes)}`)
  const ground: Ground = {
    config: loaded.config,
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
    sealer: openSealer({ secrets: ['a secret of the tests, long enough to be one'] }),
    db: database.db,
  }
  const id = await idParts(ground, {
    metrics: prometheusMetrics({ processMetrics: false }),
    assets: nodeAssets(distClient()),
    addressOf: () => '192.0.2.7',
    requestsShare: true,
  })
  const server = serve({ fetch: id.app.fetch, port, hostname: '127.0.0.1' })
  const audit = auditLog({ store: auditStore(database.db), clock: systemClock })
  const enrolment = enrolmentStore(database.db, audit)

  return {
    issuer: env.PALIER_ISSUER,
    ground,
    /** Works on imports, as the program does each second. */
    workOnImports: () => id.workOnImports(60_000),
    /** As a request that arrived would be answered. */
    fetch: (request: Request) => id.app.fetch(request),
    /** Everything that is mounted, middleware left out. */
    routes: () =>
      id.app.routes.filter(({ method, path }) => method !== 'ALL' && !path.includes('*') && path.startsWith('/api/')),
    db: database.db,
    /** A person and the link that enrols their key. */
    async person(username: string, role: 'person' | 'owner' | 'enroller' | 'supervisor' | 'auditor' = 'person') {
      const made = {
        id: newToken('person', systemRandom),
        username,
        displayName: username,
        role,
        createdAt: new Date(),
        suspendedAt: null,
      }
      const event = { action: 'person.created', actor: 'test', subject: made.id, detail: {} }
      await peopleStore(database.db, audit).create(made, event)
      const { url } = await issueTicket(
        { ...ground, enrolment },
        { kind: 'enrol', personId: made.id, createdBy: 'test' },
      )
      return { ...made, link: url }
    },
    /** Another link for somebody who has a key already. */
    async anotherLink(personId: string) {
      return (await issueTicket({ ...ground, enrolment }, { kind: 'enrol', personId, createdBy: 'test' })).url
    },
    /** A Matrix device that a person is signed in on, with a key of theirs. */
    async device(personId: string, username: string, credentialId: string) {
      const now = new Date()
      const [sid, device] = [newToken('sid', systemRandom), newToken('device', systemRandom)]
      const bound = { personId, credentialId, acr: 'phr', amr: ['pop'], authTime: now, createdAt: now }
      await database.db.insert(sids).values({ ...bound, id: sid, idSessionHash: 'none', clientId: 'homeserver' })
      await database.db.insert(devices).values({
        ...bound,
        id: device,
        sid,
        serverName: 'example.org',
        userId: `@${username}:example.org`,
        deviceId: 'PHONE',
        displayName: 'Element',
        client: 'Element/1.0',
        network: '192.0.2.0/24',
        homeserverToken: null,
        refreshes: false,
        lastActiveAt: now,
        lastTapAt: now,
        expiresAt: new Date(Date.now() + 12 * 3_600_000),
      })
      return device
    },
    suspend: (personId: string, at: Date | null) =>
      database.db.update(people).set({ suspendedAt: at }).where(eq(people.id, personId)),
    async close() {
      await new Promise<void>((resolve) => {
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close(() => resolve())
      })
      await database.drop()
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
