// The console's real parts and routes on a database of their own, called by API token as somebody in a role, or by session cookie.

import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { people } from '../../db/schema/people.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { devicesStore } from '../../db/stores/devices.ts'
import { idSessionStore } from '../../db/stores/id-sessions.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { serviceStore } from '../../db/stores/services.ts'
import { auditLog } from '../../server/audit/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import { performAct } from '../../server/console/acts/perform.ts'
import { type AdministratorRole, permissionsOf } from '../../server/console/permissions.ts'
import { consoleRoutes } from '../../server/console/serve.ts'
import { VERBS } from '../../server/console/verbs.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { browserCookie } from '../../server/sessions/browser.ts'
import { sessionCookie } from '../../server/sessions/id-session.ts'
import { identifyService } from '../../server/sessions/identify.ts'
import type { DeviceStore } from '../../server/sessions/port.ts'
import { type ConsoleInput, consoleParts } from '../../server/wiring/console.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import { testDatabase } from './database.ts'
import { quietLog } from './enrolment.ts'
import { insertDevice, insertPerson, type TestPerson } from './people.ts'
import { testRevoker } from './revoker.ts'

export const SERVER_NAME = 'example.org'

export type WatchedConsole = Awaited<ReturnType<typeof watchedConsole>>

/** `settings`: of the environment, such as `PALIER_SMTP_URL`. */
export async function watchedConsole(settings: Readonly<Record<string, string>> = {}) {
  const database = await testDatabase({ max: 20 })
  const { db } = database
  const loaded = loadConfig({ PALIER_SERVER_NAME: SERVER_NAME, ...settings })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes))
  const sealer = openSealer({ secrets: ['a secret of the tests, long enough to be one'] })
  const ground: Ground = { config: loaded.config, clock: systemClock, random: systemRandom, log: quietLog, sealer, db }
  const audit = auditLog({ store: auditStore(db), clock: systemClock })
  const revoker = testRevoker(db, { audit, sealer })
  const parts = consoleParts(ground, { audit, revoker, requestsShare: true } as unknown as ConsoleInput)
  const tokens = new Map<string, { readonly person: TestPerson; readonly role: AdministratorRole }>()
  const idSessions = idSessionStore(db)
  const app = new Hono()
  app.onError(problemHandler(quietLog))
  const sessionDeps = { ...ground, idSessions }
  app.use('/api/*', browserCookie(sessionDeps), sessionCookie(sessionDeps))
  app.route(
    '/',
    consoleRoutes({
      ...parts,
      tokens: {
        async findLive(hash) {
          const caller = tokens.get(hash)
          if (caller === undefined) return null
          const { person, role } = caller
          return { id: 'tok_t', personId: person.id, username: person.username, role, permissions: permissionsOf(role) }
        },
      },
      acts: { request: async (_by, { verb }) => ({ act: verb }) },
    }),
  )

  async function call(headers: Readonly<Record<string, string>>, verb: string, input: object, signal?: AbortSignal) {
    const path = `/api/console/${verb.replace('.', '/')}`
    const isRead = VERBS.find(({ id }) => id === verb)?.weight === 'read'
    const url = isRead ? `${path}?${new URLSearchParams(input as Record<string, string>)}` : path
    return app.request(url, {
      method: isRead ? 'GET' : 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      ...(isRead ? {} : { body: JSON.stringify(input) }),
      ...(signal && { signal }),
    })
  }

  /** Calls verbs with a token in that role. */
  async function administrator(role: AdministratorRole, username?: string) {
    const person = await insertPerson(db, username === undefined ? {} : { username })
    await db.update(people).set({ role }).where(eq(people.id, person.id))
    const token = newToken('consoleToken', systemRandom)
    tokens.set(hashToken(token), { person, role })
    const ask = (verb: string, input: object = {}, signal?: AbortSignal) =>
      call({ Authorization: `Bearer ${token}` }, verb, input, signal)
    return {
      person,
      ask,
      /** Status and body. */
      async say(verb: string, input: object = {}) {
        const response = await ask(verb, input)
        // biome-ignore lint/suspicious/noExplicitAny: what a test looks at and is not there fails its comparison
        return { status: response.status, body: (await response.json()) as any }
      },
      revoke: () => tokens.delete(hashToken(token)),
    }
  }

  /** A grave verb as two administrators have signed it. */
  const signed = (
    verb: string,
    input: Readonly<Record<string, unknown>>,
    first: TestPerson,
    second: TestPerson | null,
  ) =>
    performAct(parts, VERBS, {
      verb,
      input,
      first: { personId: first.id, username: first.username, role: 'owner' },
      second: second && { personId: second.id, username: second.username },
    })

  /** What a gateway knows callers by: its own memory and feed. */
  function gateway(stored: (store: DeviceStore) => DeviceStore = (store) => store) {
    return identifyService({
      config: { issuer: 'http://localhost:8080', gatewayUrl: 'http://localhost:8009', serverName: SERVER_NAME },
      clock: systemClock,
      log: quietLog,
      sealer,
      devices: stored(devicesStore(db)),
      revocations: revocationsStore(db),
      keys: { publicKeys: async () => [] },
      services: serviceStore(db, audit),
      existing: null,
      pollMs: 20,
    })
  }

  return {
    db,
    sql: database.sql,
    ground,
    parts,
    revoker,
    administrator,
    call,
    signed,
    gateway,
    person: (who: { username?: string; displayName?: string } = {}) => insertPerson(db, who),
    device: (person: TestPerson, deviceId?: string) =>
      insertDevice({ db, sealer, serverName: SERVER_NAME }, person, deviceId === undefined ? {} : { deviceId }),
    stop: () => database.drop(),
  }
}
