// Every way to messages, keys and rooms but the rooms' pages and /sync: what is charged, what is withheld, and what a tap lets through.
import { describe, expect, it } from 'vitest'
import { constantPolicy } from '../../../server/policy/port.ts'
import type { KnownDevice } from '../../support/metered-gateway.ts'
import { type Arrival, honest, json, oldEvents } from '../../support/rigged-homeserver.ts'
import { members, searchAnswer, serve, stateRows, surfacePolicy } from '../../support/surface.ts'
import { bodyOf, C, gateway, limitOf, line, prompts, ROOM, used, world } from '../../support/surface-world.ts'

describe('a search', () => {
  const search = (device: KnownDevice, limit: number, around = 0) =>
    gateway.post(device, `${C}/search`, {
      search_categories: {
        room_events: {
          search_term: 'x',
          filter: { limit },
          ...(around ? { event_context: { before_limit: around, after_limit: 0 } } : {}),
        },
      },
    })
  /** As many results as asked, with all around them that was asked for. */
  const honestly =
    (rooms = 1): ReturnType<typeof serve> =>
    (arrival, res) => {
      if (!arrival.path.endsWith('/search')) return honest(arrival, res)
      void bodyOf(arrival).then((body) => {
        const { room_events: asked } = body['search_categories'] as {
          room_events: Record<string, Record<string, number>>
        }
        json(
          res,
          200,
          searchAnswer(asked['filter']?.['limit'] ?? 10, asked['event_context']?.['before_limit'] ?? 0, rooms),
        )
      })
    }

  it('gets what is left, what stands around the results counted too', async () => {
    const ada = await world.deviceWith(10)
    world.homeserver.rig = honestly()
    const { status, body } = await search(ada, 100, 3)
    expect([status, body.search_categories.room_events.results.length]).toEqual([200, 2])
    expect((await world.hour(ada)).used).toBe(38)
    expect(line()).toMatchObject({ decision: 'released', cost: 8, meter: 'archive', rooms_total: 1 })
  })

  it('past the threshold is for a tap over all rooms, once', async () => {
    const ada = await world.deviceWith(0)
    world.homeserver.rig = honestly()
    expect((await search(ada, 10)).status).toBe(429)
    expect(world.homeserver.arrivals).toHaveLength(0)
    expect(await prompts.tap()).toMatchObject({ meter: 'archive', direction: 'search', rooms: ['*'] })
    expect((await search(ada, 10)).status).toBe(200)
    // The tap was for a search, not for scrolling.
    expect((await gateway.get(ada, `${ROOM}/messages?dir=b&from=s-0`)).status).toBe(429)
  })

  it('reads no more rooms than the threshold of rooms', async () => {
    const ada = await world.device()
    world.homeserver.rig = honestly(5)
    expect((await search(ada, 10)).status).toBe(429)
    expect(line()).toMatchObject({ decision: 'withheld', reason: 'rooms-exhausted', meter: 'rooms' })
    expect(await world.hour(ada)).toEqual({ used: 0, held: 0 })
    world.homeserver.rig = honestly(4)
    expect((await search(ada, 10)).status).toBe(200)
  })

  it('brings no state past the threshold of state', async () => {
    const ada = await world.device()
    const found = searchAnswer(1) as { search_categories: { room_events: Record<string, unknown> } }
    found.search_categories.room_events['state'] = { '!r0:example.org': stateRows(31) }
    world.homeserver.rig = serve(found, ({ path }) => path.endsWith('/search'))
    expect((await search(ada, 10)).status).toBe(429)
    expect(line()).toMatchObject({ decision: 'withheld', reason: 'state-exhausted', meter: 'state' })
    expect(await world.hour(ada)).toEqual({ used: 0, held: 0 })
  })

  it('of a homeserver that sends more than it was asked is withheld whole', async () => {
    const ada = await world.deviceWith(5)
    world.homeserver.rig = serve(searchAnswer(100), ({ path }) => path.endsWith('/search'))
    const { status, body } = await search(ada, 10)
    expect([status, body.search_categories]).toEqual([429, undefined])
    expect((await world.hour(ada)).used).toBe(35)
  })

  it('64 at once, of different things, get the threshold and not one event more', async () => {
    const ada = await world.device()
    world.homeserver.rig = (arrival, res) => {
      void bodyOf(arrival).then((body) => {
        const { room_events: asked } = body['search_categories'] as { room_events: Record<string, unknown> }
        const { limit } = asked['filter'] as { limit: number }
        const results = oldEvents(String(asked['search_term']), 0, limit).map((result) => ({
          result: { ...result, room_id: '!r' },
        }))
        json(res, 200, { search_categories: { room_events: { results } } })
      })
    }
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        gateway.post(ada, `${C}/search`, {
          search_categories: { room_events: { search_term: `t${index}`, filter: { limit: 7 } } },
        }),
      ),
    )
    const got = answers.map(({ body }) => body.search_categories?.room_events.results.length ?? 0)
    expect(got.reduce((sum, one) => sum + one, 0)).toBe(40)
  })
})

describe('the old ways to read', () => {
  it.each([
    [
      `${C}/notifications?limit=500`,
      (limit: number) => ({ notifications: oldEvents('n', 0, limit).map((event) => ({ room_id: '!r', event })) }),
    ],
    [
      `${C}/events?from=s1`,
      (limit: number) => ({ chunk: oldEvents('e', 0, limit).map((event) => ({ ...event, room_id: '!r' })) }),
    ],
    [
      `${ROOM}/initialSync?limit=500`,
      (limit: number) => ({ messages: { chunk: oldEvents('i', 0, limit) }, state: [] }),
    ],
    [
      `${ROOM}/initialSync?limit=500`.replace('v3', 'api/v1'),
      (limit: number) => ({ messages: { chunk: oldEvents('j', 0, limit) } }),
    ],
    [
      '/_matrix/client/v1/rooms/!r:example.org/threads?limit=500',
      (limit: number) => ({ chunk: oldEvents('t', 0, limit) }),
    ],
  ])('%s gets what is left and no more', async (path, answer) => {
    const ada = await world.deviceWith(6)
    world.homeserver.rig = serve((arrival: Arrival) => answer(limitOf(arrival)))
    expect((await gateway.get(ada, path)).status).toBe(200)
    expect((await world.hour(ada)).used).toBe(40)
    expect((await gateway.get(ada, `${path}&x=2`)).status).toBe(429)
  })

  it('initialSync counts every room, and is withheld whole when they carry more than is left', async () => {
    const ada = await world.device()
    const rooms = (count: number) =>
      serve((arrival: Arrival) => ({
        rooms: Array.from({ length: count }, (_, room) => ({
          room_id: `!r${room}`,
          messages: { chunk: oldEvents(`room${room}`, 0, limitOf(arrival)) },
        })),
      }))
    world.homeserver.rig = rooms(4)
    const { body } = await gateway.get(ada, `${C}/initialSync?limit=1000`)
    expect(body.rooms).toHaveLength(4)
    const { used: spent } = await world.hour(ada)
    expect(spent).toBe(body.rooms.flatMap((room: { messages: { chunk: unknown[] } }) => room.messages.chunk).length)
    world.homeserver.rig = rooms(50)
    expect((await gateway.get(ada, `${C}/initialSync?limit=1000&x=2`)).status).toBe(429)
    expect((await world.hour(ada)).used).toBe(spent)
  })

  it('an event told by its time is one event, and reading it then is free', async () => {
    const ada = await world.deviceWith(1)
    const [event] = oldEvents('at', 0, 1)
    world.homeserver.rig = serve({ event_id: event?.['event_id'], origin_server_ts: event?.['origin_server_ts'] })
    const told = await gateway.get(ada, '/_matrix/client/v1/rooms/!r:example.org/timestamp_to_event?ts=1&dir=f')
    expect(told.status).toBe(200)
    expect((await world.hour(ada)).used).toBe(40)
    expect((await gateway.get(ada, `${C}/events/$other`)).status).toBe(429)
  })
})

describe('keys of the backup', () => {
  const BACKUP = `${C}/room_keys/keys`
  const whole = (rooms: number, sessions: number) => ({
    rooms: Object.fromEntries(
      Array.from({ length: rooms }, (_, room) => [`!r${room}`, { sessions: members(sessions, 's') }]),
    ),
  })

  it('the whole of it, or a room of it, is for a tap only, which says how many keys', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve(whole(3, 70))
    const refused = await gateway.get(ada, `${BACKUP}?version=1`)
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([429, expect.not.stringContaining('sessions')])
    expect(line()).toMatchObject({ reason: 'key-backup-whole', units: ['key-backup=210'] })
    const asked = await prompts.tap()
    expect(asked).toMatchObject({ meter: 'key-backup', amounts: { 'key-backup': 300 }, rooms: ['*'] })
    expect((await gateway.get(ada, `${BACKUP}?version=1`)).body).toEqual(whole(3, 70))
    expect((await gateway.get(ada, `${BACKUP}?version=1`)).status).toBe(429)

    world.homeserver.rig = serve({ sessions: members(1, 's') })
    expect((await gateway.get(ada, `${BACKUP}/!r1?version=1`)).status).toBe(429)
    expect(prompts.asks.at(-1)).toMatchObject({ amounts: { 'key-backup': 100 }, rooms: ['!r1'] })
  })

  it('one by one up to the threshold, each once in ten minutes', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve({ first_message_index: 0, session_data: {} })
    for (let index = 0; index < 8; index++) {
      expect((await gateway.get(ada, `${BACKUP}/!r1/s${index % 4}?version=1`)).status).toBe(200)
    }
    expect(await used(ada, 'key-backup')).toBe(4)
    expect((await gateway.get(ada, `${BACKUP}/!r1/s9?version=1`)).status).toBe(429)
    expect(prompts.asks.at(-1)).toMatchObject({ meter: 'key-backup', rooms: [], reason: 'key-backup-exhausted' })
  })

  it('none to a device that was idle', async () => {
    const ada = await world.device()
    ada.caller.lastTapAtMs = 0
    ada.caller.lastActiveAtMs = 0
    world.homeserver.rig = serve({ session_data: {} })
    expect((await gateway.get(ada, `${BACKUP}/!r1/s1?version=1`)).status).toBe(429)
    expect(line()).toMatchObject({ reason: 'idle' })
  })
})

describe('rooms joined', () => {
  it('are paid for before the homeserver hears of them, by any route, and a repetition is free', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve({ room_id: '!r:example.org', chunk: oldEvents('x', 0, 1) })
    const joins = [`${C}/join/%21a:example.org`, `${C}/rooms/!b:example.org/join`, `${C}/knock/!c:example.org`]
    for (const path of [...joins, ...joins]) {
      const { status, body } = await gateway.post(ada, path, { reason: 'hello' })
      expect([status, body]).toEqual([200, { room_id: '!r:example.org' }])
    }
    expect(await used(ada, 'joins')).toBe(3)
    const before = world.homeserver.arrivals.length
    expect((await gateway.post(ada, `${C}/join/!d:example.org`, {})).status).toBe(429)
    expect(world.homeserver.arrivals).toHaveLength(before)
    expect(await prompts.tap()).toMatchObject({ meter: 'joins', direction: 'join', rooms: [] })
    for (const [room, status] of [
      ['!d', 200],
      ['!e', 200],
      ['!f', 429],
    ] as const) {
      expect((await gateway.post(ada, `${C}/join/${room}:example.org`, {})).status).toBe(status)
    }
  })
})

describe('a push address', () => {
  const PUSH = 'https://push.example.org/_matrix/push/v1/notify'
  const pusher = (more: object = {}, data: object = {}) => ({
    kind: 'http',
    app_id: 'im.example',
    pushkey: 'key',
    app_display_name: 'App',
    device_display_name: 'Phone',
    lang: 'fr',
    data: { url: PUSH, format: 'event_id_only', ...data },
    ...more,
  })
  const known =
    (pushers: object[]): ReturnType<typeof serve> =>
    (arrival, res) =>
      arrival.path.endsWith('/pushers') ? json(res, 200, { pushers }) : json(res, 200, {})
  const set = (device: KnownDevice, content: object, from = gateway) => from.post(device, `${C}/pushers/set`, content)
  const wasSet = () => world.homeserver.arrivals.some(({ path }) => path.endsWith('/pushers/set'))

  it('that is new takes a tap which names it; another one takes another', async () => {
    const ada = await world.device()
    world.homeserver.rig = known([])
    expect((await set(ada, pusher())).status).toBe(429)
    expect(wasSet()).toBe(false)
    expect(await prompts.tap()).toMatchObject({
      meter: 'pushers',
      direction: 'push',
      rooms: [PUSH],
      reason: 'push-address',
    })
    expect((await set(ada, pusher({}, { url: 'https://thief.example/' }))).status).toBe(429)
    expect((await set(ada, pusher())).status).toBe(200)
    expect(wasSet()).toBe(true)
  })

  it('that is there already, or is taken away, passes', async () => {
    const ada = await world.device()
    world.homeserver.rig = known([pusher()])
    expect((await set(ada, pusher())).status).toBe(200)
    expect((await set(ada, pusher({}, { format: undefined }))).status).toBe(429)
    expect((await set(ada, { kind: null, app_id: 'im.example', pushkey: 'other' })).status).toBe(200)
  })

  it("that is the operator's passes when it is told of ids only", async () => {
    const ada = await world.device()
    world.homeserver.rig = known([])
    const open = await world.gateway({
      policies: constantPolicy(surfacePolicy, 'enforce'),
      stepUp: prompts.stepUp,
      config: { holdSeconds: 0, pushGateways: [PUSH] },
    })
    expect((await set(ada, pusher(), open)).status).toBe(200)
    expect((await set(ada, pusher({}, { format: 'full' }), open)).status).toBe(429)
    expect((await set(ada, { ...pusher(), kind: 'email', pushkey: 'thief@example.org' }, open)).status).toBe(429)
    expect(prompts.asks.at(-1)).toMatchObject({ rooms: ['mailto:thief@example.org'] })
  })

  it.each([['javascript:alert(1)'], ['https://user:pass@push.example.org/'], [undefined]])(
    '%s is no address',
    async (url) => {
      const ada = await world.device()
      world.homeserver.rig = known([])
      expect((await set(ada, pusher({}, { url }))).status).toBe(400)
    },
  )
})
