// Releases by two over a real database: administrators with keys in software, and somebody to whom something is released.
import { eq } from 'drizzle-orm'
import { people } from '../../db/schema/people.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { receiptCredentials } from '../../db/stores/receipts.ts'
import { releaseStore, releaseSubjects } from '../../db/stores/releases.ts'
import { auditLog } from '../../server/audit/log.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { releaseRoutes } from '../../server/stepup/release-routes.ts'
import type { ReleaseDeps } from '../../server/stepup/release-service.ts'
import { type AssertionForgery, type AssertionOptions, SoftwareAuthenticator } from './authenticator.ts'
import { quietLog } from './enrolment.ts'
import { SERVER_NAME, type Someone, stepUpWorld } from './stepup.ts'

export const ROOM = '!secret:example.org'
const DAY_SECONDS = 86_400

export type ReleaseWorld = Awaited<ReturnType<typeof releaseWorld>>
export type Draft = Record<string, unknown>

export async function releaseWorld() {
  const world = await stepUpWorld()
  const { db, clock } = world
  const audit = auditLog({ store: auditStore(db), clock })
  const releases = releaseStore(db, { audit })
  const deps: ReleaseDeps = {
    config: { issuer: 'http://localhost:8080', rpId: 'localhost', serverName: SERVER_NAME },
    clock,
    random: systemRandom,
    log: quietLog,
    releases,
    subjects: releaseSubjects(db),
    assertions: world.assertions,
    credentials: receiptCredentials(db),
  }
  world.app.route('/', releaseRoutes(deps))

  async function owner(username: string) {
    const someone = await world.someone(username)
    await db.update(people).set({ role: 'owner' }).where(eq(people.id, someone.personId))
    return someone
  }

  /** Another key of the same person, and a browser signed in with it. */
  async function anotherKey(of: Someone) {
    const key = new SoftwareAuthenticator()
    const { credential } = await world.enrol((await world.ticketFor(of.personId)).token, key)
    const page = world.browser()
    await page.signIn({ personId: of.personId, credentialId: credential.id })
    return { ...of, key, page, credentialId: credential.id }
  }

  const nowSeconds = () => Math.floor(clock.now() / 1000)
  const draftFor = (subject: Someone, changed: Draft = {}): Draft => ({
    typ: 'export-release',
    username: subject.caller.userId.slice(1).split(':')[0],
    device: subject.device,
    any_network: false,
    rooms: [ROOM],
    from: nowSeconds() - 30 * DAY_SECONDS,
    until: nowSeconds() - DAY_SECONDS,
    events: 50_000,
    hours: 24,
    reason: 'Enquête 2026-117',
    ...changed,
  })

  async function request(by: Someone, draft: Draft): Promise<string> {
    const { status, body } = await by.page.call('/api/releases/request', draft)
    if (status !== 200) throw new Error(`not requested: ${JSON.stringify(body)}`)
    return body['release'] as string
  }

  const contextOf = (by: Someone, release: string) => by.page.call('/api/releases/context', { release })

  /** The whole tap as the page makes it; `intent` is what it shows, `forge` what a key may do wrong. */
  async function tap(by: Someone, release: string, changed: { intent?: string; forge?: AssertionForgery } = {}) {
    const intent = changed.intent ?? (await intentOf(by, release))
    const begun = await by.page.call('/api/releases/options', { release, intent })
    if (begun.status !== 200) return begun
    const { ceremony, options } = begun.body as unknown as { ceremony: string; options: AssertionOptions }
    const response = by.key.assert(options, changed.forge)
    return by.page.call('/api/releases/verify', { release, intent, ceremony, response })
  }

  async function intentOf(by: Someone, release: string): Promise<string> {
    const { body } = await contextOf(by, release)
    return (body['intent'] as string | undefined) ?? '{}'
  }

  return { ...world, deps, releases, owner, anotherKey, draftFor, request, contextOf, intentOf, tap }
}
