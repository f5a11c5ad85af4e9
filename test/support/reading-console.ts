// Gateways that store what is read, and the console that reads it: on one database, called over HTTP as somebody in a role. What
// is grave is only written down, and done as two administrators would have it done.
import { Hono } from 'hono'
import { auditStore } from '../../db/stores/audit.ts'
import { recordEnds } from '../../db/stores/incidents.ts'
import { readingsStore } from '../../db/stores/readings.ts'
import { auditLog } from '../../server/audit/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import type { ConsoleDeps } from '../../server/console/deps.ts'
import { incidentVerbs } from '../../server/console/incidents/verbs.ts'
import { type AdministratorRole, permissionsOf } from '../../server/console/permissions.ts'
import { privacyVerbs } from '../../server/console/privacy/verbs.ts'
import { readingVerbs } from '../../server/console/reading/verbs.ts'
import { type ConsoleRouteDeps, consoleRoutes } from '../../server/console/serve.ts'
import type { Call, Verb } from '../../server/console/verb.ts'
import { problemHandler } from '../../server/errors/problem.ts'
import { readingBuffer } from '../../server/gateway/reading-buffer.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { readingConsole } from '../../server/wiring/console-reading.ts'
import { leavingIncidents } from '../../server/wiring/incidents.ts'
import { quietLog } from './enrolment.ts'
import { meteredGateway } from './metered-gateway.ts'
import type { TestPerson } from './people.ts'

const VERBS = [...readingVerbs, ...incidentVerbs, ...privacyVerbs] as unknown as readonly Verb[]

export interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at and is not there fails its comparison
  readonly body: any
  readonly text: string
}

export async function readingWorld() {
  const world = await meteredGateway()
  const { db, sealer } = world
  const loaded = loadConfig({ PALIER_SERVER_NAME: 'example.org' })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes))
  const audit = auditLog({ store: auditStore(db), clock: systemClock })
  const ground = { db, sealer, clock: systemClock, random: systemRandom, log: quietLog, config: loaded.config }
  const deps = { ...ground, ...readingConsole(ground, audit) } as unknown as ConsoleDeps
  const callers = new Map<string, { person: TestPerson; role: AdministratorRole }>()
  const asked: { verb: string; input: Readonly<Record<string, unknown>>; by: Call['by'] }[] = []
  const app = new Hono()
  app.onError(problemHandler(quietLog))
  app.route(
    '/',
    consoleRoutes(
      {
        ...deps,
        tokens: {
          async findLive(hash: string) {
            const caller = callers.get(hash)
            if (caller === undefined) return null
            const { id: personId, username } = caller.person
            return { id: 'tok_test', personId, username, role: caller.role, permissions: permissionsOf(caller.role) }
          },
        },
        acts: {
          async request(by, { verb, input }) {
            asked.push({ verb, input, by })
            return { act: `act_${asked.length}` }
          },
        },
      } as ConsoleRouteDeps,
      VERBS,
    ),
  )
  const flushes: (() => Promise<boolean>)[] = []
  const meters = world.meters

  return {
    ...world,
    asked,
    /** Ends as id ends: with the incidents that follow. */
    ender: leavingIncidents(world.revoker, { ...ground, meters }),
    recordEnds: () => recordEnds(db, { meters, random: systemRandom }),
    /** A gateway that stores what is read through it. */
    async storing(over: Parameters<typeof world.gateway>[0] = {}) {
      const writer = `wrt_${flushes.length}`
      const store = readingsStore(db, sealer)
      const metrics = { count() {}, set() {}, observe() {} }
      const buffer = readingBuffer({ store, writer, clock: systemClock, log: quietLog, metrics })
      flushes.push(() => buffer.flush())
      return world.gateway({ readings: buffer, ...over })
    },
    /** Everything that waits is written. */
    async stored(): Promise<void> {
      for (const flush of flushes) if (!(await flush())) throw new Error('what was read could not be stored')
    },
    /** The console as that person in that role. */
    as(person: TestPerson, role: AdministratorRole) {
      const token = newToken('consoleToken', systemRandom)
      callers.set(hashToken(token), { person, role })
      const call = async (path: string, init: RequestInit): Promise<Answered> => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
        const response = await app.request(`/api/console/${path}`, { ...init, headers })
        const text = await response.text()
        return { status: response.status, text, body: JSON.parse(text) }
      }
      return {
        read: (verb: string, input: Readonly<Record<string, string>> = {}) =>
          call(`${verb.replace('.', '/')}?${new URLSearchParams(input)}`, { method: 'GET' }),
        change: (verb: string, input: unknown = {}) =>
          call(verb.replace('.', '/'), { method: 'POST', body: JSON.stringify(input) }),
      }
    },
    /** Does the last grave thing that was asked for, as when the second has tapped. */
    async sign(second: TestPerson, now = new Date()): Promise<unknown> {
      const act = asked.at(-1)
      const verb = VERBS.find(({ id }) => id === act?.verb)
      if (!act || !verb) throw new Error('nothing grave was asked for')
      const by = { ...act.by, second: { personId: second.id, username: second.username } }
      return verb.run(deps, act.input, { by, now, signal: new AbortController().signal })
    },
  }
}

export type ReadingWorld = Awaited<ReturnType<typeof readingWorld>>
