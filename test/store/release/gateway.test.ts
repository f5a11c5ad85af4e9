// A release as a reader meets it: an unmodified request through the real gateway, refused before, answered after, refused again.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { people } from '../../../db/schema/people.ts'
import { releaseStore } from '../../../db/stores/releases.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import type { AdministratorTap, ReleaseReceipt } from '../../../server/stepup/release-receipt.ts'
import { insertDevice, insertPerson, type TestPerson } from '../../support/people.ts'
import { MINE, principalsWorld, SERVER_NAME, THEIRS } from '../../support/principals.ts'

const HOUR = defaultPolicy.windows.archive[0]?.limit ?? 0
/** The stand-in's messages are all of this day. */
const DAY = { fromMs: Date.parse('2026-01-05T00:00:00Z'), untilMs: Date.parse('2026-01-06T00:00:00Z') }

let world: Awaited<ReturnType<typeof principalsWorld>>
let ada: TestPerson
let blaise: TestPerson
let pages = 0

beforeAll(async () => {
  world = await principalsWorld()
  ada = await owner()
  blaise = await owner()
})
afterAll(() => world.stop())

async function owner() {
  const person = await insertPerson(world.db)
  await world.db.update(people).set({ role: 'owner' }).where(eq(people.id, person.id))
  return person
}

async function reader() {
  const person = await insertPerson(world.db)
  const device = await insertDevice({ ...world.ground, serverName: SERVER_NAME }, person)
  world.upstream.tokens.set(`upstream-${device.id}`, { user_id: `@${person.username}:${SERVER_NAME}` })
  const read = (room: string, limit: number) =>
    world.call(device.token, `/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=${limit}&from=${++pages}`)
  expect(await read(MINE, HOUR)).toMatchObject({ status: 200 })
  return { person, device, read }
}

/** What the routes do once both have tapped; the taps themselves are tested with them. */
async function grant(
  to: Awaited<ReturnType<typeof reader>>,
  over: { network?: string | null; dates?: typeof DAY } = {},
) {
  const releases = releaseStore(world.db, { audit: world.audit })
  const id = newToken('release', systemRandom)
  const at = new Date(world.time.nowMs)
  const expiresAt = new Date(world.time.nowMs + 3_600_000)
  const typ = 'export-release'
  await releases.create({
    id,
    typ,
    serverName: SERVER_NAME,
    intent: '{}',
    requestedBy: ada.id,
    createdAt: at,
    expiresAt,
    events: 5_000,
  })
  const tap = { credential: { id: ada.credentialId } } as AdministratorTap
  await releases.firstTap({ id, personId: ada.id, credentialId: ada.credentialId, tap, at })
  const granted = await releases.grant({
    id,
    personId: blaise.id,
    credentialId: blaise.credentialId,
    firstCredentialId: ada.credentialId,
    receipt: {} as ReleaseReceipt,
    receiptDigest: '',
    at,
    livesSeconds: 3_600,
    allowance: {
      id: newToken('allowance', systemRandom),
      personId: to.person.id,
      device: to.device.id,
      network: over.network === undefined ? '127.0.0.0/24' : over.network,
      rooms: [MINE],
      ...(over.dates ?? DAY),
      events: 5_000,
    },
  })
  expect(granted).toMatchObject({ ok: true })
  return { withdraw: () => releases.withdraw(id, blaise.id, new Date(world.time.nowMs)) }
}

/** Within a second, a refusal that was given a moment ago is not repeated from memory any more. */
const becomes = (status: number, ask: () => Promise<{ status: number }>) => expect.poll(ask).toMatchObject({ status })

it('answers what was refused, in that room, until it is withdrawn', async () => {
  const camille = await reader()
  expect(await camille.read(MINE, 10)).toMatchObject({ status: 429 })
  const release = await grant(camille)
  await becomes(200, () => camille.read(MINE, 500))
  expect(world.said('metering.decision').at(-1)).toMatchObject({
    source: 'allowance',
    reason: 'approved',
    history: 500,
  })
  expect(await camille.read(THEIRS, 10)).toMatchObject({ status: 429 })
  expect(await release.withdraw()).toBe(true)
  expect(await camille.read(MINE, 10)).toMatchObject({ status: 429 })
})

it('answers nothing of other dates, and nothing elsewhere', async () => {
  const camille = await reader()
  await grant(camille, { dates: { fromMs: DAY.fromMs - 86_400_000, untilMs: DAY.fromMs } })
  expect(await camille.read(MINE, 10)).toMatchObject({ status: 429 })
  const noah = await reader()
  await grant(noah, { network: '198.51.100.0/24' })
  expect(await noah.read(MINE, 10)).toMatchObject({ status: 429 })
  const elise = await reader()
  await grant(elise, { network: null })
  expect(await elise.read(MINE, 10)).toMatchObject({ status: 200 })
})
