// The console's verbs about getting people in, over HTTP on a real database, called by sessions of administrators and by scripts.
import { Hono } from 'hono'
import { auditStore } from '../../db/stores/audit.ts'
import { idSessionStore } from '../../db/stores/id-sessions.ts'
import { auditLog } from '../../server/audit/log.ts'
import type { Config } from '../../server/config/config.ts'
import { expectedVerbs } from '../../server/console/enrolment/expected.ts'
import { linkVerbs } from '../../server/console/enrolment/links.ts'
import { lostVerbs } from '../../server/console/enrolment/lost.ts'
import { type AdministratorRole, permissionsOf } from '../../server/console/permissions.ts'
import { type ConsoleRouteDeps, consoleRoutes } from '../../server/console/serve.ts'
import type { Verb } from '../../server/console/verb.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { browserCookie } from '../../server/sessions/browser.ts'
import { sessionCookie } from '../../server/sessions/id-session.ts'
import { enrolmentConsole } from '../../server/wiring/enrolment.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import type { TestDatabase } from './database.ts'
import { enrolmentWorld, quietLog } from './enrolment.ts'
import { insertAdministrator } from './people-console.ts'
import { testRevoker } from './revoker.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever was answered: a test looks at it
type Answered = { readonly status: number; readonly body: any }

/** `mail`: whether a mail server is configured. */
export async function enrolmentConsoleWorld(database: TestDatabase, { mail = true } = {}) {
  const { db } = database
  const world = enrolmentWorld(database, { nowMs: Date.now() })
  const audit = auditLog({ store: auditStore(db), clock: world.clock })
  const sealer = openSealer({ secrets: ['a secret of the tests, long enough to be one'] })
  const config = {
    issuer: 'http://localhost:8080',
    serverName: 'example.org',
    consoleUrl: null,
    smtpUrl: mail ? 'smtp://localhost' : null,
    mailFrom: mail ? 'palier@example.org' : null,
    alertMailTo: [],
    webhooks: [],
    synapseAdminTokenFile: null,
  } as unknown as Config
  const ground = { db, config, sealer, clock: world.clock, random: systemRandom, log: quietLog } as unknown as Ground
  const revoker = testRevoker(db, { audit, sealer })
  const scripts = new Map<string, { personId: string; role: AdministratorRole }>()
  const deps = {
    ...ground,
    enrolment: enrolmentConsole(ground, audit, revoker),
    tokens: {
      async findLive(hash: string) {
        const found = scripts.get(hash)
        return found === undefined
          ? null
          : { id: 'tok_test', username: 'x', permissions: permissionsOf(found.role), ...found }
      },
    },
  } as unknown as ConsoleRouteDeps
  const app = new Hono()
  app.use('*', browserCookie(ground), sessionCookie({ ...ground, idSessions: idSessionStore(db) }))
  app.onError(problemHandler(quietLog))
  const verbs = [...linkVerbs, ...expectedVerbs, ...lostVerbs] as unknown as readonly Verb[]
  app.route('/', consoleRoutes(deps, verbs))
  const weights = new Map(verbs.map(({ id, weight }) => [id, weight]))

  async function call(id: string, input: object, headers: Record<string, string>): Promise<Answered> {
    const path = `/api/console/${id.replace('.', '/')}`
    const response =
      weights.get(id) === 'read'
        ? await app.request(`${path}?${new URLSearchParams(Object.entries(input))}`, { headers })
        : await app.request(path, { method: 'POST', body: JSON.stringify(input), headers })
    return { status: response.status, body: await response.json() }
  }

  /** An administrator at a browser, who tapped so long ago. */
  async function administrator(role: AdministratorRole, tappedSecondsAgo = 0) {
    const person = await insertAdministrator(db, role, `${role}${Math.floor(Math.random() * 1e9)}`)
    const [session, browser] = [newToken('idSession', systemRandom), newToken('browserBinding', systemRandom)]
    const now = world.clock.now()
    await idSessionStore(db).insert({
      hash: hashToken(session),
      personId: person.id,
      credentialId: person.credentialId,
      authTime: new Date(now - tappedSecondsAgo * 1000),
      acr: 'phrh',
      amr: ['hwk'],
      network: '',
      userAgent: '',
      createdAt: new Date(now),
      expiresAt: new Date(now + 3_600_000),
      endsAt: null,
    })
    const Cookie = `palier_session=${session}; palier_browser=${browser}`
    return {
      person,
      browserHash: hashToken(browser),
      call: (id: string, input: object = {}) => call(id, input, { Cookie }),
    }
  }

  return {
    ...world,
    sealer,
    administrator,
    /** The same verbs with an API token. */
    script: (role: AdministratorRole) => {
      const token = newToken('consoleToken', systemRandom)
      scripts.set(hashToken(token), { personId: 'per_script', role })
      return (id: string, input: object = {}) => call(id, input, { Authorization: `Bearer ${token}` })
    },
    /** What the audit log has, oldest first. */
    log: async () =>
      (await database.sql`SELECT action, actor, subject, detail FROM audit_entries ORDER BY sequence`) as unknown as {
        action: string
        actor: string
        subject: string
        detail: Record<string, unknown>
      }[],
  }
}
