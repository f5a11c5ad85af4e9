// /sync through the gateway: what pays for what, how it is trimmed, and that live events always come through.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type Answer,
  HOUR_LIMIT,
  type KnownDevice,
  type MeteredGateway,
  meteredGateway,
  OBSERVING,
  smallPolicy,
} from '../../support/metered-gateway.ts'
import { paging } from '../../support/paging-homeserver.ts'
import { honest, json } from '../../support/rigged-homeserver.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'

let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
beforeAll(async () => {
  world = await meteredGateway()
  gateway = await world.gateway()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.homeserver.rig = honest
  gateway.lines.length = 0
  gateway.calls.length = 0
})

type Event = Record<string, unknown>
const MINUTE = 60_000
const YEAR = 365 * 86_400_000
let serial = 0
/** Events sent `agoMs` ago, the last the newest. */
const events = (count: number, agoMs: number, fields: Event = {}): Event[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'm.room.message',
    event_id: `$${++serial}`,
    content: { body: 'x' },
    origin_server_ts: Date.now() - agoMs - count + index,
    ...fields,
  }))
const live = (count = 1) => events(count, 0)
const room = (timeline: Event[], over: Event = {}) => ({
  timeline: { events: timeline, prev_batch: 'own', limited: false },
  state: { events: [] },
  ephemeral: { events: [] },
  ...over,
})
let batch = 0
const body = (rooms: Record<string, unknown>, over: Event = {}) => ({
  next_batch: `s${++batch}`,
  to_device: { events: [{ type: 'm.room_key', content: {} }] },
  device_one_time_keys_count: { signed_curve25519: 50 },
  rooms: { join: rooms, invite: { '!i': { invite_state: { events: [] } } } },
  ...over,
})
/** The homeserver answers /sync with this, and pages back through its rooms. */
function serve(answer: unknown, filters: Record<string, unknown> = {}): void {
  world.homeserver.rig = paging(answer, filters)
}
const sync = (device: KnownDevice, query = '') => gateway.get(device, `/_matrix/client/v3/sync${query}`)
const since = (position: string) => `?since=${position}`
const timeline = (answer: Answer, roomId: string) =>
  answer.body.rooms.join[roomId].timeline as { events: Event[]; limited: boolean; prev_batch: string }
/** A device that was given a position moments ago, and that position. */
async function returning(device: KnownDevice): Promise<string> {
  const answer = body({})
  serve(answer)
  expect((await sync(device)).status).toBe(200)
  return answer.next_batch
}
/** As if the position had been delivered so long ago. */
const age = (device: KnownDevice, ms: number) =>
  world.sql`update device_positions set covers_until_ms = covers_until_ms - ${ms} where device_id = ${device.id}`
const meter = async (device: KnownDevice, name: string) =>
  (await world.meters.remaining('example.org', device.person.id)).find((reading) => reading.meter === name)?.used

/** A device of a person with nothing left at all. */
async function exhausted(): Promise<KnownDevice> {
  const device = await world.deviceWith(0)
  await spendCatchUp(device, CATCH_UP)
  return device
}
const CATCH_UP = smallPolicy.windows['catch-up'][0]?.limit ?? 0
const spendCatchUp = (device: KnownDevice, events: number) =>
  world.meters.spend({
    serverName: 'example.org',
    personId: device.person.id,
    device: device.id,
    streams: { 'catch-up': { hashes: [], bare: events } },
    ...PLAIN_SPENDING,
  })

describe('an initial sync', () => {
  it('over the budget keeps the newest of each room, says where to resume, and leaves all else as it is', async () => {
    const ada = await world.deviceWith(7)
    const [a, b] = [events(5, YEAR), events(5, YEAR)]
    const given = body({ '!a': room(a), '!b': room(b), '!empty': room([]) })
    serve(given)
    const answer = await sync(ada)
    expect(timeline(answer, '!a').events.length + timeline(answer, '!b').events.length).toBe(7)
    for (const [roomId, all] of [
      ['!a', a],
      ['!b', b],
    ] as const) {
      const kept = timeline(answer, roomId)
      expect(kept.events).toEqual(all.slice(-kept.events.length))
      expect(kept).toMatchObject({ limited: true, prev_batch: `at-${all.at(-kept.events.length - 1)?.['event_id']}` })
    }
    expect(answer.body.rooms.join['!empty']).toEqual(given.rooms.join['!empty'])
    for (const key of ['next_batch', 'to_device', 'device_one_time_keys_count'] as const)
      expect(answer.body[key]).toEqual(given[key])
    expect(answer.body.rooms.invite).toEqual(given.rooms.invite)
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
    expect(gateway.lines).toMatchObject([
      { decision: 'trimmed', reason: 'archive-exhausted', cost: 7, withheld: 3, history: 10 },
    ])
  })

  it('with nothing left empties timelines without live events, whose place is the position itself', async () => {
    const ada = await exhausted()
    const given = body({ '!a': room(events(3, YEAR)) })
    serve(given)
    expect(timeline(await sync(ada), '!a')).toEqual({ events: [], limited: true, prev_batch: given.next_batch })
  })

  it('empties a timeline whose place the homeserver does not tell, and spends on others what that frees', async () => {
    const ada = await world.deviceWith(4)
    const given = body({ '!a': room(events(4, YEAR)), '!b': room(events(2, YEAR)) })
    world.homeserver.rig = ({ path }, res) =>
      path.endsWith('/messages') ? json(res, 404, { errcode: 'M_NOT_FOUND' }) : json(res, 200, given)
    const answer = await sync(ada)
    expect(timeline(answer, '!a')).toEqual({ events: [], limited: true, prev_batch: given.next_batch })
    expect(timeline(answer, '!b')).toEqual(
      given.rooms.join['!b'] && (given.rooms.join['!b'] as ReturnType<typeof room>).timeline,
    )
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT - 2, held: 0 })
  })

  it('asks the homeserver for at most a thousand places, once', async () => {
    const ada = await exhausted()
    const rooms = Object.fromEntries(
      Array.from({ length: 1_020 }, (_, index) => [`!${index}`, room([...events(1, YEAR), ...live()])]),
    )
    serve(body(rooms))
    const asked = async () => {
      const places = () => world.homeserver.arrivals.filter(({ path }) => path.endsWith('/messages')).length
      const before = places()
      const answer = await sync(ada)
      const kept = Object.keys(rooms).filter((roomId) => timeline(answer, roomId).events.length === 1)
      return [places() - before, kept.length]
    }
    expect(await asked()).toEqual([1_000, 1_000])
    // A memory that does not answer within a second is done without: then the next asking has it.
    await expect.poll(asked).toEqual([20, 1_020])
  })
})

describe('the first sync of a new device', () => {
  const fresh = async () => {
    const ada = await exhausted()
    ada.caller.firstSyncUntilMs = Date.now() + 10 * MINUTE
    return ada
  }

  it('is paid apart, and ends with its events', async () => {
    const ada = await fresh()
    serve(body({ '!a': room(events(20, YEAR)) }))
    expect(timeline(await sync(ada), '!a').events).toHaveLength(20)
    serve(body({ '!a': room(events(20, YEAR)) }))
    expect(timeline(await sync(ada), '!a').events).toHaveLength(5)
    expect(gateway.lines.at(-1)).toMatchObject({ reason: 'first-sync-exhausted' })
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
  })

  it.each(['nothing', 'a live event', 'an old event'])('is over once the device came back and got %s', async (what) => {
    const ada = await fresh()
    const given = body({ '!a': room(events(3, YEAR)) })
    serve(given)
    await sync(ada)
    serve({
      next_batch: given.next_batch,
      rooms: what === 'nothing' ? {} : { join: { '!a': room(what === 'a live event' ? live() : events(1, YEAR)) } },
    })
    await sync(ada, since(given.next_batch))
    serve(body({ '!a': room(events(3, YEAR)) }))
    expect(timeline(await sync(ada), '!a').events).toEqual([])
  })

  it('is over after its time, and is not opened by a forged position', async () => {
    const ada = await fresh()
    serve(body({ '!a': room(events(3, YEAR)) }))
    expect(timeline(await sync(ada, since('forged')), '!a').events).toEqual([])
    ada.caller.firstSyncUntilMs = Date.now() - 1
    expect(timeline(await sync(ada), '!a').events).toEqual([])
  })
})

describe('a device that comes back', () => {
  it('is paid from catch-up for what is newer than the position it was given, without the archive', async () => {
    const ada = await world.deviceWith(0)
    const position = await returning(ada)
    await age(ada, 3 * 60 * MINUTE)
    serve(body({ '!a': room(events(20, 2 * 60 * MINUTE)) }))
    expect(timeline(await sync(ada, since(position)), '!a').events).toHaveLength(20)
    expect([await meter(ada, 'catch-up'), await world.hour(ada)]).toEqual([20, { used: HOUR_LIMIT, held: 0 }])
    serve(body({ '!a': room(events(20, 2 * 60 * MINUTE)) }))
    // A tenth is kept for rooms' newest events.
    expect(timeline(await sync(ada, since(position)), '!a').events).toHaveLength(7)
    expect(gateway.lines.at(-1)).toMatchObject({ reason: 'catch-up-exhausted' })
  })

  it.each([
    ['what is older than the position', async (_ada: KnownDevice, position: string) => position, YEAR],
    ['a position it was never given', async () => 'forged', 2 * 60 * MINUTE],
    ['a position given to another device', async () => returning(await world.device()), 2 * 60 * MINUTE],
    ['events whose time is yet to come', async (_ada: KnownDevice, position: string) => position, -60 * MINUTE],
  ])('pays from the archive for %s', async (_what, positionOf, agoMs) => {
    const ada = await world.deviceWith(2)
    const own = await returning(ada)
    await age(ada, 3 * 60 * MINUTE)
    const position = await positionOf(ada, own)
    serve(body({ '!a': room(events(5, agoMs)) }))
    expect(timeline(await sync(ada, since(position)), '!a').events).toHaveLength(2)
    expect([await meter(ada, 'catch-up'), await world.hour(ada)]).toEqual([0, { used: HOUR_LIMIT, held: 0 }])
  })

  it('gets the live events of a room it joins, and its history from the archive', async () => {
    const ada = await world.deviceWith(3)
    const position = await returning(ada)
    const [old, join] = [events(10, YEAR), events(1, 0, { type: 'm.room.member', state_key: '@ada:example.org' })]
    serve(body({ '!new': room([...old, ...join]) }))
    const { events: kept, prev_batch } = timeline(await sync(ada, since(position)), '!new')
    expect(kept).toEqual([...old.slice(-3), ...join])
    expect(prev_batch).toBe(`at-${old[6]?.['event_id']}`)
  })

  it('asks again after a lost answer and gets the same, for free', async () => {
    const ada = await world.deviceWith(2)
    const position = await returning(ada)
    await age(ada, 3 * 60 * MINUTE)
    serve(body({ '!a': room([...events(4, YEAR), ...events(6, 60 * MINUTE), ...live(2)]) }))
    const once = await sync(ada, since(position))
    const again = await sync(ada, since(position))
    expect(timeline(once, '!a').events).toHaveLength(10)
    expect(again.body).toEqual(once.body)
    expect([await meter(ada, 'catch-up'), await world.hour(ada)]).toEqual([6, { used: HOUR_LIMIT, held: 0 }])
    expect(gateway.lines.at(-1)).toMatchObject({ cost: 0, withheld: 2 })
  })

  it('from another network pays for what its owner has just read', async () => {
    const ada = await world.deviceWith(5)
    await spendCatchUp(ada, CATCH_UP)
    serve(body({ '!a': room(events(5, YEAR)) }))
    expect(timeline(await sync(ada), '!a').events).toHaveLength(5)
    expect(
      timeline(await gateway.get(ada, '/_matrix/client/v3/sync', { address: '198.51.100.4' }), '!a').events,
    ).toEqual([])
    expect(timeline(await sync(ada), '!a').events).toHaveLength(5)
  })

  it('with full_state gets all state, and its timelines trimmed as ever', async () => {
    const ada = await world.deviceWith(1)
    const position = await returning(ada)
    const state = {
      events: events(50, YEAR, { type: 'm.room.member' }).map((event, index) => ({
        ...event,
        state_key: `@${index}:x`,
      })),
    }
    serve(body({ '!a': room(events(3, YEAR), { state }) }))
    const answer = await sync(ada, `${since(position)}&full_state=true`)
    expect(answer.body.rooms.join['!a'].state).toEqual(state)
    expect(timeline(answer, '!a').events).toHaveLength(1)
    expect(await meter(ada, 'state')).toBe(50)
  })
})

describe('live events', () => {
  it.each(['none', 'forged', 'known'])(
    'come through with nothing left, whatever stands around them (position: %s)',
    async (kind) => {
      const ada = await exhausted()
      const known = await returning(ada)
      const [old, late, now] = [events(3, YEAR), events(1, 30 * 86_400_000), live(3)]
      const [first, second, third] = now as [Event, Event, Event]
      // A server of the federation delivers an old event late: it stands among the new ones.
      serve(body({ '!a': room([...old, first, second, ...late, third]), '!b': room([first, ...late]) }))
      const answer = await sync(ada, kind === 'none' ? '' : since(kind === 'known' ? known : 'forged'))
      expect(timeline(answer, '!a')).toEqual({ events: now, limited: true, prev_batch: `at-${late[0]?.['event_id']}` })
      expect(timeline(answer, '!b')).toEqual({
        events: [first],
        limited: true,
        prev_batch: `at-${late[0]?.['event_id']}`,
      })
      expect(gateway.lines.at(-1)).toMatchObject({ decision: 'trimmed', live: 4, cost: 0 })
    },
  )

  it('resume at the latest of what is withheld before them, not at one that came late', async () => {
    const ada = await exhausted()
    const [old, late, now] = [events(3, 86_400_000), events(1, YEAR), live()]
    serve(body({ '!a': room([...old, ...late, ...now]) }))
    expect(timeline(await sync(ada), '!a').prev_batch).toBe(`at-${old[2]?.['event_id']}`)
  })
})

describe('an idle device', () => {
  it('keeps its live events, and has no history until a tap', async () => {
    const ada = await world.device()
    const position = await returning(ada)
    await age(ada, 9 * 60 * MINUTE)
    ada.caller.lastTapAtMs = ada.caller.lastActiveAtMs = Date.now() - 9 * 60 * MINUTE
    const now = live(2)
    serve(body({ '!a': room([...events(1, YEAR), ...events(3, 60 * MINUTE), ...now]) }))
    expect(timeline(await sync(ada, since(position)), '!a').events).toEqual(now)
    expect(gateway.lines.at(-1)).toMatchObject({ decision: 'trimmed', reason: 'idle', withheld: 4, cost: 0, live: 2 })
  })
})

describe('many at once', () => {
  it('get between them exactly what is left', async () => {
    const ada = await world.deviceWith(30)
    await spendCatchUp(ada, CATCH_UP)
    world.homeserver.rig = ({ path }, res) =>
      json(
        res,
        200,
        path.endsWith('/messages')
          ? { chunk: [], end: 'place' }
          : body({ '!a': room(events(4, YEAR)), '!b': room(events(4, YEAR)) }),
      )
    // A device has four syncs under way at most; the others are told to come again.
    const served = async () => {
      for (;;) {
        const answer = await sync(ada)
        if (answer.status !== 429) return answer
      }
    }
    const answers = await Promise.all(Array.from({ length: 16 }, served))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const got = answers.reduce(
      (sum, one) => sum + timeline(one, '!a').events.length + timeline(one, '!b').events.length,
      0,
    )
    expect([got, await world.hour(ada)]).toEqual([30, { used: HOUR_LIMIT, held: 0 }])
  })
})

describe('a device with too many syncs under way', () => {
  it('is told to come again, without asking the homeserver, and is served when one is over', async () => {
    const ada = await world.deviceWith(1)
    const waiting: (() => void)[] = []
    world.homeserver.rig = (_, res) => waiting.push(() => json(res, 200, body({})))
    const four = Array.from({ length: 4 }, () => sync(ada))
    await expect.poll(() => waiting.length).toBe(4)
    const fifth = await sync(ada)
    expect([fifth.status, fifth.body['errcode'], waiting.length]).toEqual([429, 'M_LIMIT_EXCEEDED', 4])
    for (const answer of waiting.splice(0)) answer()
    expect((await Promise.all(four)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const next = sync(ada)
    await expect.poll(() => waiting.length).toBe(1)
    for (const answer of waiting.splice(0)) answer()
    expect((await next).status).toBe(200)
  })
})

describe('state among what is withheld', () => {
  const topic = (body: string, agoMs: number): Event => ({
    ...events(1, agoMs)[0],
    type: 'm.room.topic',
    state_key: '',
    content: { topic: body },
  })

  it('moves before the timeline, the last of each type and key', async () => {
    const ada = await world.deviceWith(1)
    const before = { ...topic('zero', YEAR), type: 'm.room.name' }
    const [one, two, last] = [topic('one', 3 * MINUTE * 60), topic('two', 2 * MINUTE * 60), events(1, MINUTE * 60)]
    serve(
      body({
        '!a': room([one, ...events(1, 150 * MINUTE), two, ...last], {
          state: { events: [before, topic('zero', YEAR)] },
        }),
      }),
    )
    const answer = await sync(ada)
    expect(timeline(answer, '!a').events).toEqual(last)
    expect(answer.body.rooms.join['!a'].state.events).toEqual([before, two])
  })

  it('stays where state_after carries it', async () => {
    const ada = await world.deviceWith(1)
    const after = { events: [topic('now', YEAR)] }
    serve(body({ '!a': { timeline: { events: [topic('one', YEAR), ...events(1, YEAR)] }, state_after: after } }))
    const answer = await sync(ada)
    expect(answer.body.rooms.join['!a']).toMatchObject({ state_after: after })
    expect(answer.body.rooms.join['!a'].state).toBeUndefined()
  })
})

describe('what a sync costs the database', () => {
  it('is nothing when nothing is carried, one statement for live events, and two for history', async () => {
    const ada = await world.device()
    const position = await returning(ada)
    const calls = async (answer: unknown, query: string) => {
      gateway.calls.length = 0
      serve(answer)
      await sync(ada, query)
      return [...gateway.calls]
    }
    expect(await calls({ next_batch: position, rooms: {} }, since(position))).toEqual([])
    expect(gateway.lines.at(-1)).toMatchObject({ reason: 'nothing-carried' })
    expect(await calls(body({}), since(position))).toEqual(['spend'])
    expect(await calls(body({ '!a': room(live()) }), since(position))).toEqual(['spend'])
    expect(await calls(body({ '!a': room(events(1, YEAR)) }), since(position))).toEqual(['position', 'spend'])
  })
})

describe('what is no sync', () => {
  it.each([
    [
      'is withheld: rooms of another shape',
      200,
      { next_batch: 's', rooms: { join: { '!a': { timeline: { events: {} } } } } },
      502,
    ],
    ['is withheld: no position', 200, { rooms: {} }, 502],
    ['is passed: an error', 401, { errcode: 'M_UNKNOWN_TOKEN', error: 'gone', soft_logout: true }, 401],
    ['is emptied: an error with events', 500, { errcode: 'M_UNKNOWN', rooms: { join: { '!a': room([]) } } }, 500],
  ])('%s', async (_what, status, given, expected) => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => json(res, status, given)
    const answer = await sync(ada)
    expect([answer.status, answer.body.rooms]).toEqual([expected, undefined])
    expect(answer.body.errcode).toMatch(/^M_/)
    expect(await world.hour(ada)).toEqual({ used: 0, held: 0 })
  })

  it('a filter that hides when events were sent is refused', async () => {
    const ada = await world.device()
    const answer = await sync(ada, `?filter=${encodeURIComponent('{"event_fields":["content"]}')}`)
    expect([answer.status, answer.body.errcode]).toEqual([400, 'M_INVALID_PARAM'])
  })
})

describe('observe mode', () => {
  it('releases a sync whole and says what it would have withheld', async () => {
    const observing = await world.gateway(OBSERVING)
    const ada = await world.deviceWith(2)
    const given = body({ '!a': room(events(5, YEAR)) })
    serve(given)
    expect((await observing.get(ada, '/_matrix/client/v3/sync')).body).toEqual(given)
    expect(observing.lines).toMatchObject([
      { decision: 'released', reason: 'observed', wouldBe: 'trimmed', withheld: 3 },
    ])
  })

  it('releases nothing to a device that ended', async () => {
    const observing = await world.gateway(OBSERVING)
    const ada = await world.device()
    await world.giveBack(ada)
    serve(body({ '!a': room(live()) }))
    expect((await observing.get(ada, '/_matrix/client/v3/sync')).status).toBe(401)
  })
})
