// Grave acts over a real database: administrators with keys in software, the verbs of the policy, and one grave verb that says what it
// was called with.
import { eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Database } from '../../db/client.ts'
import { people } from '../../db/schema/people.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { consoleReading } from '../../db/stores/console-reading.ts'
import { auditLog } from '../../server/audit/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import { actsVerbs } from '../../server/console/acts/verbs.ts'
import type { ConsoleDeps } from '../../server/console/deps.ts'
import { policyChangeVerbs } from '../../server/console/policy/changes.ts'
import { policySimulateVerbs } from '../../server/console/policy/simulate.ts'
import { policyVerbs } from '../../server/console/policy/verbs.ts'
import type { LiveApiToken } from '../../server/console/port.ts'
import { type ConsoleRouteDeps, consoleRoutes } from '../../server/console/serve.ts'
import { type Call, type Verb, verb } from '../../server/console/verb.ts'
import { Refusal } from '../../server/errors/failure.ts'
import type { Keyring } from '../../server/oidc/keys.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { actsParts } from '../../server/wiring/acts.ts'
import { auditConsole } from '../../server/wiring/console-audit.ts'
import { policyConsole } from '../../server/wiring/console-policy.ts'
import type { AssertionForgery, AssertionOptions } from './authenticator.ts'
import { quietLog } from './enrolment.ts'
import { type Someone, stepUpWorld } from './stepup.ts'

export const DAY_MS = 24 * 3_600_000

export type ActsWorld = Awaited<ReturnType<typeof actsWorld>>

export async function actsWorld() {
  const world = await stepUpWorld()
  // Owners come and go here as no console would let them.
  for (const table of ['people', 'credentials'])
    await world.db.execute(sql.raw(`ALTER TABLE ${table} DISABLE TRIGGER ${table}_keep_an_owner`))
  const ran: { readonly input: unknown; readonly call: Call }[] = []
  const behaviour: { run: () => Promise<void>; token: LiveApiToken | null } = { run: async () => {}, token: null }
  const grave = verb({
    id: 'people.explode',
    permission: 'roles.write',
    weight: 'grave',
    summary: 'For tests.',
    input: z.strictObject({ whom: z.string(), fail: z.boolean().optional(), reason: z.string().min(1).max(500) }),
    answer: z.object({ exploded: z.string() }),
    concerns: ({ whom }) => (whom.startsWith('per_') ? whom : null),
    run: async (_deps, input, call) => {
      ran.push({ input, call })
      await behaviour.run()
      if (input.fail) throw new Refusal(409, 'edited-meanwhile')
      return { exploded: input.whom }
    },
  })
  const widely = verb({ ...grave, id: 'people.explode-widely', permission: 'sessions.end-many' })
  const verbs = [
    grave,
    widely,
    ...actsVerbs,
    ...policyVerbs,
    ...policyChangeVerbs,
    ...policySimulateVerbs,
  ] as unknown as readonly Verb[]

  /** The parts of one process over a database handle. */
  function process(db: Database) {
    const loaded = loadConfig({ PALIER_ISSUER: 'http://localhost:8080', PALIER_SERVER_NAME: 'example.org' }, undefined)
    if (!loaded.ok) throw new Error('the configuration of the test')
    const config = {
      ...loaded.config,
      webhooks: [{ name: 'operators', url: 'https://example.org/hook', keys: [], inside: false }],
    }
    const ground = { config, clock: world.clock, random: systemRandom, log: quietLog, sealer: world.sealer, db }
    const audit = auditLog({ store: auditStore(db), clock: world.clock })
    const parts = actsParts(ground, { audit, assertions: world.assertions, verbs, console: () => deps })
    // Only what these verbs use.
    const deps = {
      ...ground,
      ...parts,
      policy: policyConsole(ground, audit),
      reading: consoleReading(db),
      tokens: { findLive: async () => behaviour.token },
    } as unknown as ConsoleRouteDeps & ConsoleDeps
    const keys = {} as unknown as Keyring
    return { ...parts, deps, receipts: auditConsole(ground, keys, audit) }
  }

  const here = process(world.db)
  world.app.route('/', consoleRoutes(here.deps, verbs))

  async function administrator(username: string, role: 'owner' | 'supervisor' | 'auditor' = 'owner') {
    const someone = await world.someone(username)
    await world.db.update(people).set({ role }).where(eq(people.id, someone.personId))
    return someone
  }

  const noOwners = () => world.db.update(people).set({ role: 'person' })

  async function request(by: Someone, input: Record<string, unknown> = {}, verbId = 'explode') {
    const body = { whom: 'nobody', reason: 'Audit 2026-117', ...input }
    const answer = await by.page.call(`/api/console/people/${verbId}`, body)
    if (answer.status !== 202) throw new Error(`not requested: ${JSON.stringify(answer)}`)
    return answer.body['act'] as string
  }

  async function show(by: Someone, act: string) {
    const response = await by.page.get(`/api/console/acts/show?act=${act}`)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  async function begin(by: Someone, act: string, shown?: string) {
    const intent = shown ?? ((await show(by, act)).body['intent'] as string | undefined) ?? '{}'
    const begun = await by.page.call('/api/console/acts/options', { act, intent })
    return { intent, begun }
  }

  /** A tap that was answered by the key and waits to be sent. */
  async function ready(by: Someone, act: string, forge?: AssertionForgery) {
    const { intent, begun } = await begin(by, act)
    if (begun.status !== 200) return async () => begun
    const { ceremony, options } = begun.body as unknown as { ceremony: string; options: AssertionOptions }
    const response = by.key.assert(options, forge)
    return () => by.page.call('/api/console/acts/verify', { act, intent, ceremony, response })
  }

  const sign = async (by: Someone, act: string, forge?: AssertionForgery) => (await ready(by, act, forge))()

  const { receipts } = here
  return {
    ...world,
    receipts,
    ran,
    behaviour,
    process,
    here,
    administrator,
    noOwners,
    request,
    show,
    begin,
    ready,
    sign,
  }
}
