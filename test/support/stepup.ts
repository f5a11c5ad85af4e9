// Approvals and a person's own page over a real database: people with keys in software, devices, and browsers with cookies.
import { Hono } from 'hono'
import { openDatabase } from '../../db/client.ts'
import { devices, sids } from '../../db/schema/sessions.ts'
import { accountStore } from '../../db/stores/account.ts'
import { approvalStore } from '../../db/stores/approvals.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { idSessionStore } from '../../db/stores/id-sessions.ts'
import { meterStore } from '../../db/stores/metering.ts'
import { noteLanguage } from '../../db/stores/outbox.ts'
import { personExport } from '../../db/stores/person-export.ts'
import { deviceFacts, receiptCredentials } from '../../db/stores/receipts.ts'
import { CompanionWatch } from '../../server/account/events.ts'
import { lostKeys } from '../../server/account/lost-key.ts'
import { accountRoutes } from '../../server/account/routes.ts'
import { auditLog } from '../../server/audit/log.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { issueTicket } from '../../server/people/tickets.ts'
import { jsonApi } from '../../server/platform/json-api.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import { browserCookie } from '../../server/sessions/browser.ts'
import { sessionCookie, startSession } from '../../server/sessions/id-session.ts'
import { type Asking, approvalUri, requestApproval } from '../../server/stepup/request.ts'
import { approvalRoutes } from '../../server/stepup/routes.ts'
import type { AssertionForgery, AssertionOptions, SoftwareAuthenticator } from './authenticator.ts'
import { testDatabase } from './database.ts'
import { enrolmentWorld, quietLog } from './enrolment.ts'
import { testRevoker } from './revoker.ts'

export const SERVER_NAME = 'example.org'
const ISSUER = 'http://localhost:8080'

export type StepUpWorld = Awaited<ReturnType<typeof stepUpWorld>>
export type Someone = Awaited<ReturnType<StepUpWorld['someone']>>

/** The real stores, services and routes. The clock starts now and moves only when a test moves it. */
export async function stepUpWorld() {
  const database = await testDatabase({ max: 20 })
  const other = openDatabase(database.url, { max: 10 })
  const world = enrolmentWorld(database, { nowMs: Date.now() })
  const { db } = database
  const { clock, assertions } = world
  const config = { issuer: ISSUER, rpId: 'localhost' }
  const sealer = openSealer({ secrets: ['a secret of the tests, long enough to be one'] })
  const audit = auditLog({ store: auditStore(db), clock })
  const meters = meterStore(db, defaultPolicy)
  const idSessions = idSessionStore(db)
  const account = accountStore(db, audit)
  const links = { uri: (approval: Parameters<typeof approvalUri>[1]) => approvalUri({ config, sealer }, approval) }
  const revoker = testRevoker(db, { audit, sealer })
  const sessionDeps = { config, clock, idSessions, random: systemRandom }
  const watch = new CompanionWatch({ account, links, clock })

  const app = new Hono()
  app.onError(problemHandler(quietLog))
  app.use('/api/*', jsonApi(config), browserCookie(sessionDeps), sessionCookie(sessionDeps))
  app.post('/api/test/sign-in', async (c) => {
    const { personId, credentialId } = (await c.req.json()) as { personId: string; credentialId: string }
    const authTime = new Date(clock.now())
    await startSession(c, sessionDeps, {
      personId,
      credentialId,
      authTime,
      acr: 'phr',
      amr: ['pop', 'user', 'mfa'],
      network: '192.0.2.0/24',
      userAgent: 'test',
    })
    return c.json({})
  })
  app.route(
    '/',
    approvalRoutes({
      config,
      clock,
      random: systemRandom,
      log: quietLog,
      assertions,
      approvals: approvalStore(db, { audit, meters }),
      credentials: receiptCredentials(db),
      endDevice: {
        end: async ({ device, personId, serverName }, reason) => {
          await revoker.revoke('device', device, reason)
          const incident = newToken('incident', systemRandom)
          await meters.giveBack({ incident, device, personId, serverName, reason })
        },
      },
    }),
  )
  app.route(
    '/',
    accountRoutes({
      clock,
      account,
      links,
      consoleUri: `${ISSUER}/console`,
      watch,
      meters: { readings: (personId) => meters.remaining(SERVER_NAME, personId) },
      devices: { endOwn: async (device) => void (await revoker.revoke('device', device, 'revoked')) },
      keys: lostKeys({ account, revoker, audit, told: async () => undefined }),
      data: { take: (personId) => personExport(db).pieces(personId, 'own') },
      languages: { speaks: (personId, locale) => noteLanguage(db, personId, locale, new Date(clock.now())) },
      enrolment: {
        link: async (personId) => (await issueTicket(world.deps, { kind: 'self', personId, createdBy: personId })).url,
      },
    }),
  )

  /** A browser: keeps cookies, calls from id's own origin. */
  function browser() {
    const cookies = new Map<string, string>()
    const headers = () => ({ Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') })
    const keep = (response: Response) => {
      for (const set of response.headers.getSetCookie()) {
        const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=')
        cookies.set(name, value)
      }
      return response
    }
    const get = async (path: string, signal?: AbortSignal) =>
      keep(await app.request(`${ISSUER}${path}`, { headers: headers(), ...(signal ? { signal } : {}) }))
    async function call(path: string, body: unknown, extra: Record<string, string> = {}) {
      const response = keep(
        await app.request(`${ISSUER}${path}`, {
          method: 'POST',
          headers: { Origin: ISSUER, 'Content-Type': 'application/json', ...headers(), ...extra },
          body: JSON.stringify(body),
        }),
      )
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const signIn = (person: { personId: string; credentialId: string }) => call('/api/test/sign-in', person)
    async function options(approval: string) {
      const { body } = await call('/api/approvals/options', { approval })
      return body as unknown as { ceremony: string; options: AssertionOptions }
    }
    /** The whole ceremony of the approval page; what refused to begin it, when it was decided just before. */
    async function tap(approval: string, key: SoftwareAuthenticator, forge: AssertionForgery = {}) {
      const begun = await call('/api/approvals/options', { approval })
      if (begun.status !== 200) return begun
      const { ceremony, options: asked } = begun.body as unknown as { ceremony: string; options: AssertionOptions }
      return call('/api/approvals/verify', { approval, ceremony, response: key.assert(asked, forge) })
    }
    return { call, get, signIn, options, tap, cookies }
  }

  /** A person with a key, a device and a browser that is signed in. */
  async function someone(username: string) {
    const { person, key, credentialId } = await world.enrolled(username)
    const page = browser()
    await page.signIn({ personId: person.id, credentialId })
    const device = await newDevice(person.id, credentialId, username)
    return { personId: person.id, credentialId, key, page, device, caller: callerOf(person.id, username, device) }
  }

  async function newDevice(
    personId: string,
    credentialId: string,
    username: string,
    displayName: string | null = 'Element',
  ) {
    const now = new Date(clock.now())
    const sid = newToken('sid', systemRandom)
    const id = newToken('device', systemRandom)
    const bound = { personId, credentialId, acr: 'phr', amr: ['pop'], authTime: now, createdAt: now }
    await db.insert(sids).values({ ...bound, id: sid, idSessionHash: 'session', clientId: 'homeserver' })
    await db.insert(devices).values({
      ...bound,
      id,
      sid,
      displayName,
      serverName: SERVER_NAME,
      userId: `@${username}:${SERVER_NAME}`,
      deviceId: 'PHONE',
      homeserverToken: null,
      client: 'Element/1.0',
      network: '192.0.2.0/24',
      refreshes: false,
      lastActiveAt: now,
      lastTapAt: now,
      expiresAt: new Date(clock.now() + 12 * 3_600_000),
    })
    return id
  }

  const callerOf = (personId: string, username: string, device: string) => ({
    device,
    personId,
    serverName: SERVER_NAME,
    userId: `@${username}:${SERVER_NAME}`,
    deviceId: 'PHONE',
    sid: 'sid_x',
    homeserverToken: 'syt',
  })

  const roomNames = {
    asked: 0,
    nameOf: async (): Promise<string | null> => {
      roomNames.asked += 1
      return 'Le bureau'
    },
  }

  /** What the gateway does when it withholds. `pool` 1 asks through another pool, as another process would. */
  async function ask(caller: Asking['caller'], changed: Partial<Asking> = {}, pool: 0 | 1 = 0) {
    const handle = pool === 0 ? db : other.db
    const requested = await requestApproval(
      {
        config,
        clock,
        sealer,
        roomNames,
        random: systemRandom,
        policy: defaultPolicy,
        approvals: approvalStore(handle, {
          audit: auditLog({ store: auditStore(handle), clock }),
          meters: meterStore(handle, defaultPolicy),
        }),
        devices: deviceFacts(handle),
      },
      {
        caller,
        origin: { network: '192.0.2.0/24', client: 'Element/1.0' },
        rooms: ['!room:example.org'],
        direction: 'backward',
        meter: 'archive',
        reason: 'archive-exhausted',
        ...changed,
      },
    )
    return { ...requested, token: requested.approvalUri.slice(requested.approvalUri.lastIndexOf('/') + 1) }
  }

  return {
    ...world,
    database,
    db,
    sealer,
    meters,
    account,
    watch,
    links,
    revoker,
    roomNames,
    app,
    browser,
    someone,
    newDevice,
    callerOf,
    ask,
    allowances: (personId: string) => meters.allowances(SERVER_NAME, personId),
    auditOf: async (action: string) =>
      (await auditStore(db).page(0, 10_000)).filter((entry) => entry.action === action),
    stop: async () => {
      await other.close()
      await database.drop()
    },
  }
}
