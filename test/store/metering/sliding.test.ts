// Sliding sync through the gateway: metered like /sync, trimmed in its own form, and nothing that carries events passes uncounted.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, HOUR_LIMIT, type MeteredGateway, meteredGateway } from '../../support/metered-gateway.ts'
import { json } from '../../support/rigged-homeserver.ts'
import {
  CATCH_UP,
  classicBody,
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

let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
let on: ReturnType<typeof syncing>
beforeAll(async () => {
  world = await meteredGateway()
  gateway = await world.gateway()
  on = syncing(world, gateway)
})
afterAll(() => world.stop())
beforeEach(() => {
  gateway.lines.length = 0
  gateway.calls.length = 0
})

const roomOf = (answer: Answer, roomId: string) =>
  answer.body.rooms[roomId] as { timeline: Event[]; limited: boolean; prev_batch: string; num_live: number }

describe('a first request', () => {
  it('with a timeline limit of a thousand gives at most the budget, in the order and with all else as it was', async () => {
    const ada = await world.device()
    await on.spend(ada, { 'catch-up': { hashes: [], bare: CATCH_UP } })
    const all = events(100, YEAR)
    const given = slidingBody({ '!a': slidingRoom(all), '!b': slidingRoom(events(30, 2 * YEAR)) })
    let sent: Event = {}
    on.serve(given)
    const rig = world.homeserver.rig
    world.homeserver.rig = (arrival, res) => {
      if (!arrival.path.endsWith('/sync')) return rig(arrival, res)
      let text = ''
      arrival.req.on('data', (bytes: Buffer) => {
        text += bytes.toString()
      })
      arrival.req.on('end', () => {
        sent = JSON.parse(text)
        rig(arrival, res)
      })
    }
    const asked = {
      lists: { all: { ranges: [[0, 99]], timeline_limit: 1_000, required_state: [['*', '*']] } },
      conn_id: 'c',
    }
    const answer = await on.sliding(ada, '?timeout=0', asked)
    expect(sent).toEqual({ ...asked, lists: { all: { ...asked.lists.all, timeline_limit: 100 } } })
    const kept = ['!a', '!b'].map((roomId) => roomOf(answer, roomId).timeline.length)
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(HOUR_LIMIT)
    expect(roomOf(answer, '!a')).toEqual({
      ...(given.rooms['!a'] as object),
      timeline: all.slice(-(kept[0] as number)),
      limited: true,
      prev_batch: `at-${all.at(-(kept[0] as number) - 1)?.['event_id']}`,
    })
    expect({ ...answer.body, rooms: 0 }).toEqual({ ...given, rooms: 0 })
    expect(gateway.lines).toMatchObject([{ decision: 'trimmed', route: 'sync.sliding', cost: HOUR_LIMIT }])
  })

  it('over the budget shows each room’s newest event, and empties what nothing pays for at the answer’s own place', async () => {
    const ada = await on.spent(1)
    const [older, newer] = [events(2, 2 * YEAR), events(2, YEAR)]
    const given = slidingBody({ '!older': slidingRoom(older), '!newer': slidingRoom(newer) })
    on.serve(given)
    const answer = await on.sliding(ada)
    expect(roomOf(answer, '!newer')).toMatchObject({ timeline: [newer[1]], prev_batch: `at-${newer[0]?.['event_id']}` })
    expect(roomOf(answer, '!older')).toMatchObject({ timeline: [], limited: true, prev_batch: given.pos.split('/')[1] })
  })

  it('of a new device is paid apart', async () => {
    const ada = await on.spent(0)
    ada.caller.firstSyncUntilMs = Date.now() + 10 * MINUTE
    on.serve(slidingBody({ '!a': slidingRoom(events(20, YEAR)) }))
    expect(roomOf(await on.sliding(ada), '!a').timeline).toHaveLength(20)
  })
})

describe('coming back', () => {
  it('with a position it was given, pays from catch-up what is newer; with another one, from the archive', async () => {
    const ada = await on.spent(CATCH_UP)
    const pos = await on.given(ada, 'sliding', 3 * 60 * MINUTE)
    on.serve(slidingBody({ '!a': slidingRoom(events(10, 2 * 60 * MINUTE)) }))
    expect(roomOf(await on.sliding(ada, `?pos=${pos}`), '!a').timeline).toHaveLength(10)
    expect([await on.used(ada, 'catch-up'), await on.used(ada, 'archive')]).toEqual([10, HOUR_LIMIT])
    on.serve(slidingBody({ '!a': slidingRoom(events(10, 2 * 60 * MINUTE)) }))
    expect(roomOf(await on.sliding(ada, '?pos=9/forged'), '!a').timeline).toHaveLength(1)
  })

  it('sends upstream what the client sent and no other position, and passes an unknown one on', async () => {
    const ada = await world.device()
    const before = world.homeserver.arrivals.length
    world.homeserver.rig = (_, res) => json(res, 400, { errcode: 'M_UNKNOWN_POS', error: 'who are you?' })
    const answer = await on.sliding(ada, '?pos=4/gone&timeout=0', { conn_id: 'room-list' })
    expect([answer.status, answer.body.errcode]).toEqual([400, 'M_UNKNOWN_POS'])
    const arrived = world.homeserver.arrivals.slice(before)
    expect(arrived.map(({ method, query }) => [method, query.get('pos')])).toEqual([['POST', '4/gone']])
  })

  it('keeps live events wherever they stand, and says how many of those that stay just happened', async () => {
    const ada = await on.spent(0)
    const [old, late, now] = [events(2, YEAR), events(1, DAY), live(3)]
    const [first, second, third] = now as [Event, Event, Event]
    on.serve(slidingBody({ '!a': slidingRoom([...old, first, second, ...late, third], { num_live: 4 }) }))
    expect(roomOf(await on.sliding(ada, '?pos=1/s1'), '!a')).toMatchObject({
      timeline: now,
      limited: true,
      num_live: 3,
    })
  })

  it('is asked for again when the connection to the homeserver had gone stale', async () => {
    const ada = await world.device()
    on.serve(slidingBody({ '!a': slidingRoom(live()) }))
    const rig = world.homeserver.rig
    let broken = 0
    world.homeserver.rig = (arrival, res) => {
      if (broken++ === 0) arrival.req.socket.destroy()
      else rig(arrival, res)
    }
    expect(roomOf(await on.sliding(ada), '!a').timeline).toHaveLength(1)
  })

  it('costs nothing when nothing is carried and nothing is new', async () => {
    const ada = await world.device()
    const pos = await on.given(ada, 'sliding')
    on.serve({ pos, lists: {}, rooms: {}, extensions: {} })
    gateway.calls.length = 0
    expect((await on.sliding(ada, `?pos=${pos}`)).status).toBe(200)
    expect(gateway.calls).toEqual([])
  })
})

describe('what carries events elsewhere', () => {
  const old = () => events(1, YEAR)[0] as Event
  const places: [string, (event: Event) => Event][] = [
    [
      'an extension nobody has heard of',
      (event) => ({ extensions: { 'org.example.new': { rooms: { '!a': [event] } } } }),
    ],
    ['threads', (event) => ({ extensions: { threads: { updates: { '!a': { $root: { thread_root: event } } } } } })],
    ['a new member of a room', (event) => ({ rooms: { '!a': { ...slidingRoom([]), latest_event: event } } })],
    ['a new member of the answer', (event) => ({ highlights: [event] })],
    ['what an event carries besides its content', (event) => ({ highlights: [{ ...live()[0], latest: event }] })],
    ['required state that is none', (event) => ({ rooms: { '!a': slidingRoom([], { required_state: [event] }) } })],
    ['an invitation', (event) => ({ rooms: { '!a': { invite_state: [event] } } })],
    [
      'what a row of state nests',
      (event) => ({
        rooms: { '!a': slidingRoom([], { required_state: [{ ...members(1, 0)[0], unsigned: { latest: event } }] }) },
      }),
    ],
  ]

  it.each(places)('is withheld when nothing is left: %s', async (_where, place) => {
    const ada = await on.spent(0)
    const event = old()
    on.serve(slidingBody({}, place(event)))
    const answer = await on.sliding(ada)
    expect(answer.status).toBe(200)
    expect(JSON.stringify(answer.body)).not.toContain(event['event_id'])
    expect(gateway.lines).toMatchObject([{ decision: 'trimmed', withheld: 1 }])
  })

  it.each(places)('is counted when it is released: %s', async (_where, place) => {
    const ada = await world.device()
    const event = old()
    on.serve(slidingBody({}, place(event)))
    expect(JSON.stringify((await on.sliding(ada)).body)).toContain(event['event_id'])
    expect(await on.used(ada, 'archive')).toBe(1)
  })

  it('is nothing that the client needs to live: messages to the device, keys, receipts, typing, settings', async () => {
    const ada = await on.spent(0)
    const extensions = {
      to_device: { next_batch: '2', events: [{ type: 'm.room_key', sender: '@bob:x', content: {} }] },
      e2ee: { device_one_time_keys_count: { signed_curve25519: 50 } },
      account_data: { global: [{ type: 'm.direct', content: {} }], rooms: { '!a': [{ type: 'm.tag', content: {} }] } },
      receipts: { rooms: { '!a': { type: 'm.receipt', content: {} } } },
      typing: { rooms: { '!a': { type: 'm.typing', content: { user_ids: [] } } } },
    }
    const given = slidingBody({ '!a': slidingRoom(events(2, YEAR)) }, { extensions })
    on.serve(given)
    expect((await on.sliding(ada)).body.extensions).toEqual(extensions)
  })
})

describe('what is no request, and no answer', () => {
  it.each([
    ['no JSON', '{"lists":', 400],
    ['no object', '[]', 400],
  ])('a body that is %s is refused before the homeserver is asked', async (_what, text, status) => {
    const ada = await world.device()
    const before = world.homeserver.arrivals.length
    const answer = await fetch(`${gateway.url}/_matrix/client/v4/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.token}` },
      body: text,
    })
    expect([answer.status, world.homeserver.arrivals.length - before]).toEqual([status, 0])
  })

  it.each([
    ['without a position', { rooms: {} }],
    ['whose rooms are a list', { pos: '1/s1', rooms: [] }],
    ['whose timeline is an object', { pos: '1/s1', rooms: { '!a': { timeline: { events: [] } } } }],
  ])('an answer %s is withheld', async (_what, given) => {
    const ada = await world.device()
    world.homeserver.rig = (_, res) => json(res, 200, given)
    expect((await on.sliding(ada)).status).toBe(502)
  })

  it('a position that does not say where it stands leaves nothing to resume from: nothing is withheld for good', async () => {
    const ada = await on.spent(0)
    on.serve({ ...slidingBody({ '!a': slidingRoom(events(2, YEAR)) }), pos: 'opaque' })
    const answer = await on.sliding(ada)
    expect([answer.status, answer.body.rooms]).toEqual([503, undefined])
    expect(gateway.lines).toMatchObject([{ decision: 'failed', reason: 'no-place-to-resume' }])
  })
})

describe('turns of a device', () => {
  it('are of both kinds of sync together: four at once', async () => {
    const ada = await world.device()
    const waiting: (() => void)[] = []
    world.homeserver.rig = ({ path }, res) =>
      waiting.push(() => json(res, 200, path.includes('3575') ? slidingBody({}) : classicBody({})))
    const under = [on.sliding(ada), on.classic(ada), on.sliding(ada), on.classic(ada)]
    await expect.poll(() => waiting.length).toBe(4)
    expect([(await on.sliding(ada)).status, (await on.classic(ada)).status]).toEqual([429, 429])
    for (const answer of waiting.splice(0)) answer()
    expect((await Promise.all(under)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })
})
