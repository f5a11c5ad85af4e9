// A /sync too large for memory: spooled, counted room by room, released as it came or trimmed as any other.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { systemRandom } from '../../../server/platform/random.ts'
import { type Answer, type MeteredGateway, meteredGateway } from '../../support/metered-gateway.ts'
import {
  classicBody,
  classicRoom,
  type Event,
  events,
  live,
  slidingBody,
  slidingRoom,
  syncing,
  YEAR,
} from '../../support/sync-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'palier-spooled-'))
let world: MeteredGateway
type Gateway = Awaited<ReturnType<MeteredGateway['gateway']>>
/** The same rooms through a gateway that holds a kilobyte in memory, and one that holds them all. */
let spooling: Gateway
let holding: Gateway
beforeAll(async () => {
  world = await meteredGateway()
  spooling = await world.gateway({}, { limits: { memoryBytes: 1_024 }, spool: { folder, random: systemRandom } })
  holding = await world.gateway()
})
afterAll(async () => {
  await world.stop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  spooling.lines.length = 0
  holding.lines.length = 0
})

const padded = (all: Event[]): Event[] => all.map((event) => ({ ...event, content: { body: 'é'.repeat(2_000) } }))
const topics = () =>
  events(2, YEAR, { type: 'm.room.topic' }).map((event, index) => ({ ...event, state_key: `${index}` }))
const forms = {
  classic: () =>
    classicBody({
      '!a': classicRoom(padded([...topics(), ...events(30, YEAR), ...live(2)])),
      '!b': classicRoom(padded(events(30, 2 * YEAR)), { odd: { event: events(1, YEAR)[0] } }),
      '!"empty"': classicRoom([]),
    }),
  sliding: () =>
    slidingBody({
      '!a': slidingRoom(padded(events(30, YEAR)), { num_live: 3 }),
      '!b': slidingRoom(padded([...events(30, 2 * YEAR), ...live()])),
      '!c': { invite_state: [{ type: 'm.room.name', state_key: '', content: {} }] },
    }),
} as const

it.each(['classic', 'sliding'] as const)('is given whole when all of it is paid (%s)', async (form) => {
  const ada = await world.device()
  const given =
    form === 'classic'
      ? classicBody({ '!a': classicRoom(padded(events(20, YEAR))) })
      : slidingBody({ '!a': slidingRoom(padded(events(20, YEAR))) })
  const on = syncing(world, spooling)
  on.serve(given)
  const answer = await on[form](ada)
  expect([answer.status, answer.body]).toEqual([200, given])
  expect(await on.used(ada, 'archive')).toBe(20)
  expect(readdirSync(folder)).toEqual([])
})

it.each(['classic', 'sliding'] as const)(
  'is trimmed to the very same answer as one held in memory (%s)',
  async (form) => {
    const given = forms[form]()
    const answers: Answer[] = []
    for (const gateway of [spooling, holding]) {
      const ada = await world.deviceWith(9)
      const on = syncing(world, gateway)
      on.serve(given)
      answers.push(await on[form](ada))
      expect(await on.used(ada, 'archive')).toBe(40)
    }
    const [spooled, held] = answers as [Answer, Answer]
    expect(spooled.status).toBe(200)
    expect(spooled.body).toEqual(held.body)
    expect(Number(spooled.headers.get('content-length'))).toBeGreaterThan(10_000)
    const [first] = spooling.lines
    expect(first).toMatchObject({ decision: 'trimmed' })
    for (const field of ['reason', 'cost', 'withheld', 'history', 'live'])
      expect(first?.[field]).toEqual(holding.lines[0]?.[field])
  },
)

it('is trimmed so however large what is left of it is', async () => {
  const ada = await world.deviceWith(0)
  const on = syncing(world, spooling)
  const [old, now] = [padded(events(3, YEAR)), padded(live(1_200))]
  const given = classicBody({ '!a': classicRoom([...old, ...now]), '!b': classicRoom(padded(live(40))) })
  on.serve(given)
  const answer = await on.classic(ada)
  expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(4 * 1024 * 1024)
  expect(answer.body.rooms.join['!b']).toEqual(given.rooms.join['!b'])
  expect(answer.body.rooms.join['!a'].timeline).toEqual({
    events: now,
    limited: true,
    prev_batch: `at-${old[2]?.['event_id']}`,
  })
})

it('is withheld when it is no sync', async () => {
  const ada = await world.device()
  const on = syncing(world, spooling)
  on.serve({ next_batch: 's', rooms: { join: { '!a': { timeline: { events: { odd: 'x'.repeat(4_000) } } } } } })
  expect((await on.classic(ada)).status).toBe(502)
})
