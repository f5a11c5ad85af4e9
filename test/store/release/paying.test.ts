// What a release pays, on the real meters: those rooms, those dates, that device, and nothing once it is withdrawn.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ReserveRequest, Span } from '../../../server/metering/port.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { type Draft, type ReleaseWorld, ROOM, releaseWorld } from '../../support/release.ts'
import { SERVER_NAME, type Someone } from '../../support/stepup.ts'

const HOUR = defaultPolicy.windows.archive[0]?.limit ?? 0
const CEILING = defaultPolicy.windows['tap-release'][0]?.limit ?? 0
const DAY_MS = 86_400_000

let world: ReleaseWorld
let ada: Someone
let blaise: Someone
let camille: Someone
let sequence = 0
let hashes = 0n

beforeAll(async () => {
  world = await releaseWorld()
})
afterAll(() => world.stop())
beforeEach(async () => {
  sequence += 1
  ada = await world.owner(`ada${sequence}`)
  blaise = await world.owner(`blaise${sequence}`)
  camille = await world.someone(`camille${sequence}`)
  const all = await world.meters.reserve(request({ events: HOUR }))
  if (all.state !== 'granted') throw new Error('the window was not there')
  await settle(lastId, HOUR, null)
})

let lastId = ''
function request(over: Partial<ReserveRequest> = {}): ReserveRequest {
  lastId = newToken('reservation', systemRandom)
  return {
    id: lastId,
    serverName: SERVER_NAME,
    personId: camille.personId,
    device: camille.device,
    network: '192.0.2.0/24',
    client: 'whatever',
    room: ROOM,
    direction: 'backward',
    events: 100,
    idle: false,
    requestHash: lastId,
    ...over,
  }
}

function settle(id: string, events: number, span: Span | null) {
  const { personId, device } = camille
  const charged = Array.from({ length: events }, () => ++hashes)
  return world.meters.settle({
    id,
    personId,
    device,
    serverName: SERVER_NAME,
    history: { hashes: charged, bare: 0 },
    live: 0,
    state: 0,
    requestHash: id,
    limitUsed: events,
    span,
  })
}

async function released(changed: Draft = {}): Promise<string> {
  const id = await world.request(ada, world.draftFor(camille, changed))
  await world.tap(ada, id)
  const { body } = await world.tap(blaise, id)
  expect(body).toMatchObject({ state: 'granted' })
  return id
}

const daysAgo = (days: number): Span => {
  const ms = world.clock.now() - days * DAY_MS
  return { fromMs: ms, toMs: ms + 1_000 }
}

it('nothing before the second tap, and then more than a day of taps would', async () => {
  const id = await world.request(ada, world.draftFor(camille, { events: CEILING + 1_000 }))
  await world.tap(ada, id)
  expect(await world.meters.reserve(request())).toMatchObject({ state: 'refused', reason: 'archive-exhausted' })
  await world.tap(blaise, id)
  const big = await world.meters.reserve(request({ events: CEILING + 500 }))
  expect(big).toMatchObject({ state: 'granted', source: 'allowance', events: CEILING + 500 })
  expect(await settle(lastId, CEILING + 500, daysAgo(10))).toMatchObject({ state: 'released', cost: CEILING + 500 })
  // The count is a count: what is left is what is left.
  expect(await world.meters.reserve(request({ events: 1_000 }))).toMatchObject({ state: 'granted', events: 500 })
  expect(await world.contextOf(ada, id)).toMatchObject({ body: { used: CEILING + 500 } })
})

it('another room, device or network asks anew; the client and the direction do not matter', async () => {
  await released()
  expect(await world.meters.reserve(request({ room: '!other:example.org' }))).toMatchObject({ state: 'refused' })
  expect(await world.meters.reserve(request({ room: '*' }))).toMatchObject({ state: 'refused' })
  expect(await world.meters.reserve(request({ network: '198.51.100.0/24' }))).toMatchObject({ state: 'refused' })
  const { credentialId, personId } = camille
  const second = await world.newDevice(personId, credentialId, `camille${sequence}`)
  expect(await world.meters.reserve(request({ device: second }))).toMatchObject({ state: 'refused' })
  expect(await world.meters.reserve(request({ client: 'other', direction: 'around' }))).toMatchObject({
    state: 'granted',
    source: 'allowance',
  })
})

it('any network, when two administrators said so', async () => {
  await released({ any_network: true })
  expect(await world.meters.reserve(request({ network: '198.51.100.0/24' }))).toMatchObject({ source: 'allowance' })
})

it('only events of those dates: an answer with any other, or with one of no date, is not paid', async () => {
  await released()
  const nowMs = world.clock.now()
  const inside = daysAgo(10)
  const spans: readonly (Span | null)[] = [
    daysAgo(40),
    { fromMs: nowMs - 40 * DAY_MS, toMs: inside.toMs },
    { fromMs: inside.fromMs, toMs: nowMs - 1_000 },
    null,
  ]
  for (const span of spans) {
    expect(await world.meters.reserve(request())).toMatchObject({ source: 'allowance' })
    expect(await settle(lastId, 5, span)).toMatchObject({ state: 'unpaid' })
  }
  expect(await world.meters.reserve(request())).toMatchObject({ source: 'allowance' })
  expect(await settle(lastId, 5, inside)).toMatchObject({ state: 'released', cost: 5 })
  const [allowance] = await world.allowances(camille.personId)
  expect(allowance).toMatchObject({ used: 5, held: 0 })
})

it('nothing more once it is withdrawn: not what is asked, not what is on its way', async () => {
  const id = await released()
  expect(await world.meters.reserve(request())).toMatchObject({ source: 'allowance' })
  const onItsWay = lastId
  await blaise.page.call('/api/releases/withdraw', { release: id })
  expect(await settle(onItsWay, 5, daysAgo(10))).toMatchObject({ state: 'gone' })
  expect(await world.meters.reserve(request())).toMatchObject({ state: 'refused' })
  expect(await world.contextOf(ada, id)).toMatchObject({ body: { used: 0 } })
})
