// State and distinct rooms in /sync: rows of state are given whole or after a tap, and a room read of the archive counts once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { constantPolicy } from '../../../server/policy/port.ts'
import { type KnownDevice, type MeteredGateway, meteredGateway, smallPolicy } from '../../support/metered-gateway.ts'
import {
  CATCH_UP,
  classicBody,
  classicRoom,
  classicTimeline,
  DAY,
  type Event,
  events,
  live,
  MINUTE,
  members,
  slidingBody,
  slidingRoom,
  syncing,
  YEAR,
} from '../../support/sync-world.ts'

const ROWS = 20
const ROOMS = 2
const policy = {
  ...smallPolicy,
  windows: { ...smallPolicy.windows, state: smallPolicy.windows.state.map((window) => ({ ...window, limit: ROWS })) },
  rooms: { ...smallPolicy.rooms, limit: ROOMS },
}
let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
let on: ReturnType<typeof syncing>
beforeAll(async () => {
  world = await meteredGateway()
  gateway = await world.gateway({ policies: constantPolicy(policy, 'enforce') })
  on = syncing(world, gateway)
})
afterAll(() => world.stop())

const withState = (rows: readonly Event[], timeline: readonly Event[] = live()) =>
  classicBody({ '!a': classicRoom(timeline, { state: { events: rows } }) })
const grant = (device: KnownDevice, state: number) =>
  world.db.transaction((tx) =>
    world.meters.grantAllowance(tx, {
      serverName: 'example.org',
      personId: device.person.id,
      device: device.id,
      id: `alw_${device.id}`,
      approvalHash: device.id,
      network: '192.0.2.0/24',
      client: 'test',
      rooms: ['*'],
      direction: 'state',
      amounts: { state },
      ttlSeconds: 3_600,
    }),
  )

describe('state that cannot be paid', () => {
  it.each(['', '?full_state=true', '?since=forged'])(
    'is not given in parts: 429 and a prompt, until a tap (%s)',
    async (query) => {
      const ada = await world.device()
      on.serve(withState(members(ROWS + 1, YEAR)))
      const first = await on.classic(ada, query)
      expect([first.status, first.body.errcode, first.body.rooms]).toEqual([429, 'M_LIMIT_EXCEEDED', undefined])
      expect(first.body.approval_uri).toMatch(/\/approve\//)
      const asked = await world.sql`select intent from approvals where device_id = ${ada.id}`
      expect(asked.map(({ intent }) => JSON.parse(String(intent)))).toMatchObject([
        { direction: 'state', rooms: [{ id: '*' }] },
      ])
      expect(gateway.lines.at(-1)).toMatchObject({ decision: 'withheld', reason: 'state-exhausted', meter: 'state' })
      expect(await on.used(ada, 'state')).toBe(0)
      await grant(ada, 100)
      const after = await on.classic(ada, query)
      expect([after.status, after.body.rooms.join['!a'].state.events.length]).toEqual([200, ROWS + 1])
      expect(gateway.lines.at(-1)).toMatchObject({ decision: 'released', reason: 'approved', source: 'allowance' })
    },
  )

  it('costs once within ten minutes: a lost answer is asked for again', async () => {
    const ada = await world.device()
    on.serve(withState(members(ROWS, YEAR)))
    for (let time = 0; time < 3; time++) expect((await on.classic(ada)).status).toBe(200)
    expect(await on.used(ada, 'state')).toBe(ROWS)
  })

  it('comes through to a device that comes back with a position of its own, as long as it is what changed', async () => {
    const ada = await world.device()
    const position = await on.given(ada, 'classic')
    on.serve(withState(members(500, YEAR)))
    expect((await on.classic(ada, `?since=${position}`)).status).toBe(200)
    on.serve(withState(members(1_001, YEAR)))
    expect((await on.classic(ada, `?since=${position}`)).status).toBe(429)
    on.serve(withState(members(500, YEAR)))
    expect((await on.classic(ada, `?since=${position}&full_state=true`)).status).toBe(429)
  })

  it('is counted in sliding sync whatever the position, but for who just wrote', async () => {
    const ada = await world.device()
    const pos = await on.given(ada, 'sliding')
    await on.spend(ada, { state: { hashes: [], bare: ROWS } })
    const [event] = live() as [Event]
    const writer = { ...(members(1, YEAR)[0] as Event), state_key: event['sender'] }
    on.serve(slidingBody({ '!a': slidingRoom([event], { required_state: [writer, ...members(2, MINUTE)] }) }))
    expect((await on.sliding(ada, `?pos=${pos}`)).status).toBe(200)
    on.serve(slidingBody({ '!a': slidingRoom([event], { required_state: [writer, ...members(1, YEAR)] }) }))
    expect((await on.sliding(ada, `?pos=${pos}`)).status).toBe(429)
  })

  it('moves with what is withheld, and is counted there', async () => {
    const ada = await on.spent(CATCH_UP)
    const topics = events(4, YEAR, { type: 'm.room.topic' }).map((event, index) => ({
      ...event,
      state_key: `${index}`,
    }))
    on.serve(withState([], [...topics, ...events(1, DAY)]))
    const answer = await on.classic(ada)
    expect(classicTimeline(answer, '!a').events).toHaveLength(1)
    expect(answer.body.rooms.join['!a'].state.events).toHaveLength(4)
    expect(await on.used(ada, 'state')).toBe(4)
  })

  it('that moves in what a device comes back for never stops it', async () => {
    const ada = await world.deviceWith(0)
    const position = await on.given(ada, 'classic')
    await on.spend(ada, { state: { hashes: [], bare: ROWS } })
    const topics = events(4, YEAR, { type: 'm.room.topic' }).map((event, index) => ({
      ...event,
      state_key: `${index}`,
    }))
    on.serve(withState([], [...topics, ...live()]))
    const answer = await on.classic(ada, `?since=${position}`)
    expect([answer.status, classicTimeline(answer, '!a').events.length]).toEqual([200, 1])
    expect(answer.body.rooms.join['!a'].state.events).toHaveLength(4)
  })

  it('is released where thresholds only observe, and the line says what would have been', async () => {
    const observing = await world.gateway({ policies: constantPolicy(policy, 'observe') })
    const ada = await world.device()
    on.serve(withState(members(ROWS + 1, YEAR)))
    expect((await observing.get(ada, '/_matrix/client/v3/sync')).status).toBe(200)
    expect(observing.lines).toMatchObject([
      { decision: 'released', reason: 'observed', wouldBe: 'withheld', meter: 'state' },
    ])
  })

  it('is closed with the store away, when it is asked for whole; what a device comes back for is not', async () => {
    const away = await world.gateway({
      meters: new Proxy(world.meters, {
        get: () => async () => {
          throw new Error('away')
        },
      }),
    })
    const ada = await world.device()
    on.serve(withState(members(3, YEAR)))
    expect((await away.get(ada, '/_matrix/client/v3/sync')).status).toBe(503)
    const back = await away.get(ada, '/_matrix/client/v3/sync?since=s1')
    expect([back.status, classicTimeline(back, '!a').events.length]).toEqual([200, 1])
  })
})

describe('distinct rooms', () => {
  const rooms = (names: readonly string[]) =>
    classicBody(Object.fromEntries(names.map((name, index) => [name, classicRoom(events(3, YEAR - index * MINUTE))])))
  const lengths = (answer: Awaited<ReturnType<typeof on.classic>>, names: readonly string[]) =>
    names.map((name) => classicTimeline(answer, name).events.length)

  it('past their number give their newest event and no more of the archive; a room read before costs none', async () => {
    const ada = await world.device()
    const names = ['!a', '!b', '!c', '!d']
    on.serve(rooms(names))
    // The two most recently active are read, the others are shown.
    expect(lengths(await on.classic(ada), names)).toEqual([1, 1, 3, 3])
    expect(gateway.lines.at(-1)).toMatchObject({ decision: 'trimmed', reason: 'rooms-exhausted', meter: 'rooms' })
    on.serve(rooms(['!d', '!e']))
    expect(lengths(await on.classic(ada), ['!d', '!e'])).toEqual([3, 1])
    expect(await on.used(ada, 'archive')).toBe(9)
  })

  it('are not counted for what a device missed, nor for what is live', async () => {
    const ada = await world.device()
    const position = await on.given(ada, 'classic', DAY)
    const missed = ['!a', '!b', '!c'].map((name) => [name, classicRoom([...events(2, 60 * MINUTE), ...live()])])
    on.serve(classicBody(Object.fromEntries(missed)))
    expect(lengths(await on.classic(ada, `?since=${position}`), ['!a', '!b', '!c'])).toEqual([3, 3, 3])
  })
})
