import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { serviceRenewals, services } from '../../../db/schema/services.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { receiptCredentials } from '../../../db/stores/receipts.ts'
import { renewalStore } from '../../../db/stores/renewals.ts'
import { serviceStore } from '../../../db/stores/services.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { renewalFault, renewalRoutes } from '../../../server/stepup/renewal.ts'
import type { AssertionForgery, AssertionOptions } from '../../support/authenticator.ts'
import { quietLog } from '../../support/enrolment.ts'
import { SERVER_NAME, type Someone, type StepUpWorld, stepUpWorld } from '../../support/stepup.ts'

const DAY_MS = 86_400_000

let world: StepUpWorld
let store: ReturnType<typeof serviceStore>
let anne: Someone
let bot: string
let sequence = 0

beforeAll(async () => {
  world = await stepUpWorld()
  const audit = auditLog({ store: auditStore(world.db), clock: world.clock })
  store = serviceStore(world.db, audit)
  world.app.route(
    '/',
    renewalRoutes({
      config: { issuer: 'http://localhost:8080', rpId: 'localhost' },
      clock: world.clock,
      random: systemRandom,
      log: quietLog,
      services: store,
      renewals: renewalStore(world.db, audit),
      assertions: world.assertions,
      credentials: receiptCredentials(world.db),
    }),
  )
})
afterAll(() => world.stop())
beforeEach(async () => {
  sequence += 1
  anne = await world.someone(`anne${sequence}`)
  bot = newToken('service', systemRandom)
  await store.add(
    {
      id: bot,
      serverName: SERVER_NAME,
      name: `bot${sequence}`,
      userId: `@bot:${SERVER_NAME}`,
      namespace: [],
      homeserverToken: 'sealed',
      tokenHash: `hash${sequence}`,
      networks: ['192.0.2.0/24'],
      rooms: null,
      limits: {},
      sponsorId: anne.personId,
      createdAt: new Date(world.clock.now()),
      expiresAt: new Date(world.clock.now() - DAY_MS),
    },
    'test',
  )
})

const endOf = async () => (await world.db.select().from(services).where(eq(services.id, bot)))[0]?.expiresAt.getTime()

async function begin(by: Someone, service = bot): Promise<string> {
  const { status, body } = await by.page.call('/api/services/renewal', { service })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body['renewal'] as string
}

async function ready(by: Someone, renewal: string, forge: AssertionForgery = {}) {
  const begun = await by.page.call('/api/services/options', { renewal })
  if (begun.status !== 200) return async () => begun
  const { ceremony, options } = begun.body as unknown as { ceremony: string; options: AssertionOptions }
  const response = by.key.assert(options, forge)
  return () => by.page.call('/api/services/verify', { renewal, ceremony, response })
}

it('an expired service goes on for ninety days with a tap of who answers for it, over an intent that names it', async () => {
  expect(await anne.page.call('/api/services/list', {})).toMatchObject({
    body: { services: [{ id: bot, name: `bot${sequence}`, expired: true }] },
  })
  const renewal = await begin(anne)
  const send = await ready(anne, renewal)
  expect(await send()).toMatchObject({ status: 200, body: { service: bot } })
  expect(await endOf()).toBe(Math.floor(world.clock.now() / 1000) * 1000 + 90 * DAY_MS)
  const [row] = await world.db.select().from(serviceRenewals).where(eq(serviceRenewals.id, renewal))
  expect(await renewalFault(row?.receipt)).toBeNull()
  const changed = { ...row?.receipt, intent: row?.intent.replace(bot, `svc_${'A'.repeat(22)}`) }
  expect(await renewalFault(changed)).toBe('wrong-challenge')
  const written = (await world.auditOf('service.renewed')).filter(({ subject }) => subject === bot)
  expect(written).toMatchObject([{ actor: anne.personId }])
})

it('once a renewal, whatever is sent at the same moment', async () => {
  const renewal = await begin(anne)
  const taps = await Promise.all(Array.from({ length: 6 }, () => ready(anne, renewal)))
  const answers = await Promise.all(taps.map((send) => send()))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect((await world.auditOf('service.renewed')).filter(({ subject }) => subject === bot)).toHaveLength(1)
})

it('twenty of one person wait at most, however many begin at once; those that were tapped or are over do not count', async () => {
  const renewal = await begin(anne)
  const send = await ready(anne, renewal)
  const ask = () => anne.page.call('/api/services/renewal', { service: bot })
  const answers = await Promise.all(Array.from({ length: 40 }, ask))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(19)
  const refused = answers.filter(({ status }) => status !== 200)
  for (const answer of refused) expect(answer).toMatchObject({ status: 429, body: { reason: 'too-many-ceremonies' } })
  const waiting = await world.db.select().from(serviceRenewals).where(eq(serviceRenewals.personId, anne.personId))
  expect(waiting).toHaveLength(20)

  expect(await send()).toMatchObject({ status: 200 })
  expect(await ask()).toMatchObject({ status: 200 })
  expect(await ask()).toMatchObject({ status: 429 })
  const startedMs = world.time.nowMs
  world.time.nowMs += 16 * 60_000
  expect(await ask()).toMatchObject({ status: 200 })
  world.time.nowMs = startedMs
})

it('by nobody else, nor without a tap, nor with one over something else', async () => {
  const bob = await world.someone(`bob${sequence}`)
  expect(await bob.page.call('/api/services/list', {})).toMatchObject({ body: { services: [] } })
  expect(await bob.page.call('/api/services/renewal', { service: bot })).toMatchObject({ status: 404 })
  const renewal = await begin(anne)
  expect(await bob.page.call('/api/services/options', { renewal })).toMatchObject({ status: 404 })
  expect(await world.browser().call('/api/services/options', { renewal })).toMatchObject({ status: 401 })
  for (const forge of [{ challenge: 'AAAA' }, { origin: 'https://evil.example' }, { userVerified: false }]) {
    const send = await ready(anne, renewal, forge)
    expect(await send()).toMatchObject({ status: 403, body: { reason: 'tap-refused' } })
  }
  expect(await endOf()).toBeLessThan(world.clock.now())
})

it('not once it was revoked, its sponsor suspended, or the time to tap over', async () => {
  const late = await begin(anne)
  const sendLate = await ready(anne, late)
  const startedMs = world.time.nowMs
  world.time.nowMs += 16 * 60_000
  expect(await sendLate()).toMatchObject({ status: 410, body: { reason: 'renewal-expired' } })
  world.time.nowMs = startedMs

  const suspended = await ready(anne, await begin(anne))
  const set = (at: Date | null) => world.db.update(people).set({ suspendedAt: at }).where(eq(people.id, anne.personId))
  await set(new Date())
  expect(await suspended()).toMatchObject({ status: 401 })
  await set(null)

  const revoked = await ready(anne, await begin(anne))
  expect(await store.revoke(bot, 'test', 'revoked')).toBe(true)
  expect(await revoked()).toMatchObject({ status: 409, body: { reason: 'already-decided' } })
  expect(await anne.page.call('/api/services/renewal', { service: bot })).toMatchObject({ status: 404 })
  expect(await endOf()).toBeLessThan(world.clock.now())
})
