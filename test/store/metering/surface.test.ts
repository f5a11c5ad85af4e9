// Every way out of a homeserver but the rooms' pages and /sync, through the gateway on a real database: what is charged, what is
// withheld, and what a tap lets through.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { constantPolicy } from '../../../server/policy/port.ts'
import { type KnownDevice, type MeteredGateway, meteredGateway } from '../../support/metered-gateway.ts'
import { type Arrival, honest, json, oldEvents } from '../../support/rigged-homeserver.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'
import { listed, members, SMALL, searchAnswer, serve, stateRows, surfacePolicy, taps } from '../../support/surface.ts'

let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
let prompts: ReturnType<typeof taps>
beforeAll(async () => {
  world = await meteredGateway()
  prompts = taps(world)
  const { stepUp, clock } = prompts
  gateway = await world.gateway({ policies: constantPolicy(surfacePolicy, 'enforce'), stepUp, clock })
})
afterAll(() => world.stop())
beforeEach(() => {
  world.homeserver.rig = honest
  world.homeserver.arrivals.length = 0
  gateway.lines.length = 0
  prompts.asks.length = 0
})

const C = '/_matrix/client/v3'
const ROOM = `${C}/rooms/!r:example.org`
const used = async ({ person }: KnownDevice, meter: string): Promise<number> => {
  const readings = await world.meters.remaining('example.org', person.id)
  return readings.find((reading) => reading.meter === meter)?.used ?? 0
}
const limitOf = ({ query }: Arrival) => Number(query.get('limit'))
const line = () => gateway.lines.at(-1)
const bodyOf = async ({ req }: Arrival): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>
}

/** Rows that a route carries: how to ask for it, and the answer with so many of them. */
const ROWS: readonly (readonly [string, 'state' | 'directory', () => object | null, (count: number) => unknown])[] = [
  [`${ROOM}/state`, 'state', () => null, stateRows],
  [`${ROOM}/members`, 'state', () => null, (count) => ({ chunk: stateRows(count) })],
  [`${ROOM}/joined_members`, 'state', () => null, (count) => ({ joined: members(count) })],
  [`${C}/keys/query`, 'state', () => ({ device_keys: {} }), (count) => ({ device_keys: members(count) })],
  [`${C}/publicRooms`, 'directory', () => null, (count) => ({ chunk: listed(count, 'room_id', '!r') })],
  [`${C}/publicRooms`, 'directory', () => ({ limit: 500 }), (count) => ({ chunk: listed(count, 'room_id', '!r') })],
  [
    `${C}/user_directory/search`,
    'directory',
    () => ({ search_term: 'a', limit: 50 }),
    (count) => ({ results: listed(count, 'user_id', '@p') }),
  ],
  [
    '/_matrix/client/v1/rooms/!r:example.org/hierarchy',
    'directory',
    () => null,
    (count) => ({ rooms: listed(count, 'room_id', '!r') }),
  ],
  [
    '/_matrix/client/v1/user/mutual_rooms?user_id=@b:x',
    'directory',
    () => null,
    (count) => ({ joined: Array.from({ length: count }, (_, index) => `!r${index}`) }),
  ],
]

describe.each(ROWS)('%s carries rows of %s', (path, meter, content, answer) => {
  const limit = SMALL[meter] as number
  const ask = (device: KnownDevice) => {
    const sent = content()
    return sent ? gateway.post(device, path, sent) : gateway.get(device, path)
  }

  it('released and charged up to the threshold; past it nothing of the answer leaves, until a tap', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve(answer(limit))
    expect((await ask(ada)).status).toBe(200)
    expect(await used(ada, meter)).toBe(limit)
    expect(line()).toMatchObject({
      decision: 'released',
      reason: 'within-budget',
      meter,
      cost: limit,
      policyVersion: 0,
    })

    const more = answer(limit + 5)
    world.homeserver.rig = serve(more)
    const refused = await ask(ada)
    expect([refused.status, refused.body]).toEqual([
      429,
      {
        errcode: 'M_LIMIT_EXCEEDED',
        error: expect.stringContaining('tap of your security key'),
        retry_after_ms: 5_000,
        approval_uri: expect.any(String),
      },
    ])
    expect(await used(ada, meter)).toBe(limit)
    expect(line()).toMatchObject({ decision: 'withheld', reason: `${meter}-exhausted`, meter })

    const asked = await prompts.tap()
    expect(asked).toMatchObject({ meter, direction: meter, reason: `${meter}-exhausted` })
    const passed = await ask(ada)
    expect([passed.status, passed.body]).toEqual([200, more])
    expect(line()).toMatchObject({ decision: 'released', reason: 'approved', source: 'allowance' })
  })

  it.each([
    ['something else than rows', '{"chunk":{},"joined":7,"results":7,"rooms":null,"device_keys":1}'],
    ['no JSON', '{"chunk":['],
    ['two texts', '{}{}'],
    ['too much nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ])('an answer with %s is never released', async (_what, text) => {
    const ada = await world.device()
    world.homeserver.rig = (arrival, res) => {
      if (arrival.path.endsWith('/state/m.room.name')) return honest(arrival, res)
      res.writeHead(200, { 'content-type': 'application/json' }).end(text)
    }
    const { status, body } = await ask(ada)
    expect([status, body['errcode']]).toEqual([502, 'M_UNKNOWN'])
    expect(line()).toMatchObject({ decision: 'failed', reason: 'uncountable' })
  })
})

describe('rows of state', () => {
  it('an answer larger than any tap asks for its size', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve(stateRows(500))
    expect((await gateway.get(ada, `${ROOM}/state`)).status).toBe(429)
    expect(await prompts.tap()).toMatchObject({ amounts: { state: 500 }, rooms: ['!r:example.org'] })
    expect((await gateway.get(ada, `${ROOM}/state`)).body).toHaveLength(500)
  })

  it("one room's allowance is not another's", async () => {
    const ada = await world.device()
    world.homeserver.rig = serve(stateRows(31))
    await gateway.get(ada, `${ROOM}/state`)
    await prompts.tap()
    expect((await gateway.get(ada, `${C}/rooms/!other:example.org/state`)).status).toBe(429)
    expect((await gateway.get(ada, `${ROOM}/state`)).status).toBe(200)
  })

  it('what has no state key, or is bundled, is history whatever carries it', async () => {
    const ada = await world.deviceWith(3)
    const [row] = stateRows(1)
    const bundled = { ...row, unsigned: { redacted_because: oldEvents('why', 0, 1)[0] } }
    world.homeserver.rig = serve({ chunk: [bundled, ...oldEvents('smuggled', 0, 3)] })
    const { status } = await gateway.get(ada, `${ROOM}/members`)
    expect(status).toBe(429)
    expect(line()).toMatchObject({ meter: 'archive', units: ['state=1', 'archive=4'] })
    expect(prompts.asks.at(-1)).toMatchObject({ meter: 'archive', direction: 'state', rooms: ['!r:example.org'] })
  })

  it('one row costs one, an error nothing', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve({ name: 'Room' })
    expect((await gateway.get(ada, `${ROOM}/state/m.room.topic/`)).body).toEqual({ name: 'Room' })
    expect(await used(ada, 'state')).toBe(1)
    world.homeserver.rig = (_arrival, res) => json(res, 404, { errcode: 'M_NOT_FOUND', error: 'no' })
    expect((await gateway.get(ada, `${ROOM}/state/m.room.topic/`)).status).toBe(404)
    expect(await used(ada, 'state')).toBe(1)
  })
})

describe('the directory', () => {
  it('asks for fewer rows when fewer are left, and an entry costs once in ten minutes', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve((arrival: Arrival) => ({
      chunk: listed(Math.min(limitOf(arrival), 15), 'room_id', '!a'),
    }))
    await gateway.get(ada, `${C}/publicRooms?limit=15`)
    await gateway.get(ada, `${C}/publicRooms?limit=15`)
    expect(await used(ada, 'directory')).toBe(15)
    world.homeserver.rig = serve((arrival: Arrival) => ({ chunk: listed(limitOf(arrival), 'room_id', '!b') }))
    const { status, body } = await gateway.get(ada, `${C}/publicRooms?limit=15`)
    expect([status, body.chunk.length]).toEqual([200, 5])
    expect(await used(ada, 'directory')).toBe(20)
  })

  it('a profile costs one, the own one nothing', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve({ displayname: 'x' })
    await gateway.get(ada, `${C}/profile/@bob:example.org`)
    await gateway.get(ada, `${C}/profile/@bob:example.org/displayname`)
    await gateway.get(ada, `${C}/profile/${ada.caller.userId}`)
    await gateway.get(ada, '/_matrix/client/v1/room_summary/!r:example.org')
    expect(await used(ada, 'directory')).toBe(2)
  })

  it('that gives nothing more costs the homeserver nothing more, but one may still read of oneself', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve({ displayname: 'x' })
    for (let index = 0; index < 20; index++) await gateway.get(ada, `${C}/profile/@p${index}:example.org`)
    expect((await gateway.get(ada, `${C}/profile/@last:example.org`)).status).toBe(429)
    const before = world.homeserver.arrivals.length
    expect((await gateway.get(ada, `${C}/profile/@other:example.org`)).status).toBe(429)
    expect((await gateway.post(ada, `${C}/user_directory/search`, { search_term: 'a' })).status).toBe(429)
    expect(world.homeserver.arrivals).toHaveLength(before)
    expect((await gateway.get(ada, `${C}/profile/${ada.caller.userId}`)).status).toBe(200)
  })

  it('64 at once get the threshold and not one more', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve((arrival: Arrival) => ({ displayname: arrival.path }))
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => gateway.get(ada, `${C}/profile/@p${index}:example.org`)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20)
  })
})

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

describe('files', () => {
  const MEDIA = '/_matrix/client/v1/media'
  const file =
    (bytes: number, headers: Record<string, string> = {}): ReturnType<typeof serve> =>
    (arrival, res) => {
      if (!arrival.path.includes('/media/')) return honest(arrival, res)
      res.writeHead(200, { 'content-length': bytes, 'content-type': 'image/png', ...headers }).end('x'.repeat(bytes))
    }
  const download = async (device: KnownDevice, path: string, init: RequestInit = {}) => {
    const answer = await fetch(gateway.url + MEDIA + path, {
      ...init,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${device.token}`,
        'user-agent': 'test',
        'x-forwarded-for': '192.0.2.1',
        ...init.headers,
      },
    })
    return { status: answer.status, headers: answer.headers, bytes: (await answer.arrayBuffer()).byteLength }
  }

  it('cost their bytes, and a file each, once in ten minutes', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(1_000)
    for (const id of ['a', 'b', 'a', 'a']) {
      expect(await download(ada, `/download/example.org/${id}`)).toMatchObject({ status: 200, bytes: 1_000 })
    }
    expect([await used(ada, 'media-bytes'), await used(ada, 'media-files')]).toEqual([4_000, 2])
    expect(line()).toMatchObject({ decision: 'released', units: ['media-bytes=1000', 'media-files=1'] })
  })

  it('past the threshold of bytes or of files leave not a byte, until a tap for both', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(9_000)
    expect((await download(ada, '/download/example.org/a')).status).toBe(200)
    const refused = await download(ada, '/download/example.org/b')
    expect(refused.status).toBe(429)
    expect(refused.bytes).toBeLessThan(500)
    expect(line()).toMatchObject({ decision: 'withheld', reason: 'media-bytes-exhausted', meter: 'media-bytes' })
    await prompts.tap()
    expect(await download(ada, '/download/example.org/b')).toMatchObject({ status: 200, bytes: 9_000 })

    const bob = await world.device()
    world.homeserver.rig = file(1)
    for (let index = 0; index < 5; index++) await download(bob, `/thumbnail/example.org/${index}?width=800&height=600`)
    expect((await download(bob, '/thumbnail/example.org/9?width=800&height=600')).status).toBe(429)
    expect(line()).toMatchObject({ reason: 'media-files-exhausted' })
    // A face in a list costs its bytes only.
    expect((await download(bob, '/thumbnail/example.org/9?width=96&height=96&method=crop')).status).toBe(200)
    // Scaled, it is as large as the homeserver has it.
    for (const scaled of ['', '&method=scale', '&method=Crop'])
      expect((await download(bob, `/thumbnail/example.org/9?width=96&height=96${scaled}`)).status).toBe(429)
  })

  it('unchanged ones cost nothing; an error costs nothing', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => void res.writeHead(304, { etag: '"1"' }).end()
    expect((await download(ada, '/download/example.org/a', { headers: { 'if-none-match': '"1"' } })).status).toBe(304)
    world.homeserver.rig = (_arrival, res) => json(res, 404, { errcode: 'M_NOT_FOUND', error: 'no' })
    expect((await download(ada, '/download/example.org/a')).status).toBe(404)
    expect([await used(ada, 'media-bytes'), await used(ada, 'media-files')]).toEqual([0, 0])
  })

  it('HEAD is counted as GET', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(700)
    expect(await download(ada, '/download/example.org/a', { method: 'HEAD' })).toMatchObject({ status: 200, bytes: 0 })
    expect(await used(ada, 'media-bytes')).toBe(700)
  })

  it('are never to be had elsewhere: a redirect is refused, and not asked for', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => void res.writeHead(307, { location: 'https://store.example/file' }).end()
    const { status, headers } = await download(ada, '/download/example.org/a?allow_redirect=true')
    expect([status, headers.get('location')]).toEqual([502, null])
    expect(world.homeserver.arrivals[0]?.query.get('allow_redirect')).toBe('false')
    expect(line()).toMatchObject({ decision: 'failed', reason: 'upstream-redirect' })
  })

  it('of unknown length are counted before they leave; compressed ones do not leave', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => {
      res.write('x'.repeat(600))
      res.end('y'.repeat(600))
    }
    expect(await download(ada, '/download/example.org/a')).toMatchObject({ status: 200, bytes: 1_200 })
    expect(await used(ada, 'media-bytes')).toBe(1_200)
    world.homeserver.rig = (_arrival, res) => {
      const body = gzipSync('x'.repeat(100_000))
      res.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
    }
    expect((await download(ada, '/download/example.org/b')).status).toBe(502)
  })

  it('64 at once get the threshold of bytes and not one byte more', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(3_000)
    const answers = await Promise.all(Array.from({ length: 64 }, () => download(ada, '/download/example.org/same')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  })
})

describe('who is exempt, or only observed', () => {
  it('gets everything, counted, and the line says so', async () => {
    const applied = (exempt: { reason: string } | null, enforce: 'observe' | 'enforce') => ({
      for: () => ({ metering: surfacePolicy, enforce, exempt, version: 7 }),
      base: () => surfacePolicy,
    })
    const ada = await world.deviceWith(0)
    for (const [policies, reason] of [
      [applied({ reason: 'the archivist' }, 'enforce'), 'exempt'],
      [applied(null, 'observe'), 'observed'],
    ] as const) {
      const free = await world.gateway({ policies, stepUp: prompts.stepUp })
      world.homeserver.rig = serve(stateRows(100))
      expect((await free.get(ada, `${ROOM}/state`)).body).toHaveLength(100)
      expect(free.lines.at(-1)).toMatchObject({ decision: 'released', reason, wouldBe: 'withheld', policyVersion: 7 })
      world.homeserver.rig = serve({ chunk: oldEvents('x', 0, 9) })
      expect((await free.get(ada, `${ROOM}/messages?dir=b&from=s-0`)).body.chunk).toHaveLength(9)
      expect(free.lines.at(-1)).toMatchObject({ reason, wouldBe: 'withheld', units: ['archive=9'] })
      world.homeserver.rig = serve({ room_id: '!r' })
      for (let index = 0; index < 5; index++) {
        expect((await free.post(ada, `${C}/join/!${reason}${index}:example.org`, {})).status).toBe(200)
      }
    }
    expect(prompts.asks).toEqual([])
  })
})

describe('a request that is held', () => {
  const FILE = 'x'.repeat(9_500)
  /** What each asks for, past its threshold from the start. */
  const HELD: readonly (readonly [string, object | null, string])[] = [
    [`${C}/search`, { search_categories: { room_events: { search_term: 'x', filter: { limit: 5 } } } }, 'archive'],
    [`${ROOM}/state`, null, 'state'],
    [`${C}/user_directory/search`, { search_term: 'a' }, 'directory'],
    [`${C}/room_keys/keys?version=1`, null, 'key-backup'],
    [`${C}/join/!fourth:example.org`, {}, 'joins'],
    [
      `${C}/pushers/set`,
      { kind: 'http', app_id: 'a', pushkey: 'k', data: { url: 'https://push.example.org/' } },
      'pushers',
    ],
    ['/_matrix/client/v1/media/download/example.org/second', null, 'media-bytes'],
  ]
  let holding: typeof gateway
  beforeAll(async () => {
    holding = await world.gateway({
      policies: constantPolicy(surfacePolicy, 'enforce'),
      clock: prompts.clock,
      config: { holdSeconds: 20, pushGateways: [] },
      // The person taps while the request waits.
      stepUp: {
        ...prompts.stepUp,
        decided: async () => {
          await prompts.tap()
          return 'approved'
        },
      },
    })
  })

  it.each(HELD)('%s goes through with the tap', async (path, content, meter) => {
    const ada = await world.deviceWith(0)
    const spender = { serverName: 'example.org', personId: ada.person.id, device: ada.id, policy: surfacePolicy }
    const streams = Object.fromEntries(
      Object.entries(SMALL).map(([one, limit]) => [one, { hashes: [], bare: one === 'media-bytes' ? 9_500 : limit }]),
    )
    expect(
      await world.meters.spend({
        ...spender,
        ...PLAIN_SPENDING,
        streams: { ...streams, 'media-files': { hashes: [], bare: 1 } },
      }),
    ).toMatchObject({ state: 'paid' })
    world.homeserver.rig = (arrival, res) => {
      if (arrival.path.includes('/media/')) res.writeHead(200, { 'content-length': FILE.length }).end(FILE)
      else if (arrival.path.endsWith('/search') && meter === 'archive') json(res, 200, searchAnswer(5))
      else if (arrival.path.endsWith('/state')) json(res, 200, stateRows(3))
      else if (arrival.path.endsWith('/search')) json(res, 200, { results: listed(3, 'user_id', '@q') })
      else if (arrival.path.endsWith('/keys')) json(res, 200, { rooms: { '!r': { sessions: members(3) } } })
      else json(res, 200, { room_id: '!fourth', pushers: [] })
    }
    holding.lines.length = 0
    const answer = await fetch(holding.url + path, {
      headers: { authorization: `Bearer ${ada.token}`, 'user-agent': 'test', 'x-forwarded-for': '192.0.2.1' },
      ...(content ? { method: 'POST', body: JSON.stringify(content) } : {}),
    })
    expect([answer.status, (await answer.text()).length > 1]).toEqual([200, true])
    expect(prompts.asks).toMatchObject([{ meter }])
    expect(holding.lines).toMatchObject([{ decision: 'released', reason: 'approved', source: 'allowance' }])
  })
})

describe('however an answer or a request is written', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
  ])('rows in %s are counted, sent with a length or in chunks', async (encoding, written) => {
    for (const inChunks of [true, false]) {
      const ada = await world.device()
      world.homeserver.rig = (_arrival, res) => {
        const body = written(JSON.stringify(stateRows(7)))
        res.writeHead(200, {
          'content-type': 'application/json',
          'content-encoding': encoding,
          ...(inChunks ? {} : { 'content-length': body.length }),
        })
        for (const byte of inChunks ? [body.subarray(0, 9), body.subarray(9)] : [body]) res.write(byte)
        res.end()
      }
      const { status, body } = await gateway.get(ada, `${ROOM}/state`)
      expect([status, body.length, await used(ada, 'state')]).toEqual([200, 7, 7])
    }
  })

  it('rows in an encoding that is not known are not released', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => void res.writeHead(200, { 'content-encoding': 'zstd' }).end('x')
    expect((await gateway.get(ada, `${ROOM}/state`)).status).toBe(502)
    expect(line()).toMatchObject({ decision: 'failed', reason: 'upstream-encoding' })
  })

  it('HEAD costs what GET costs', async () => {
    const ada = await world.device()
    world.homeserver.rig = serve(stateRows(7))
    const answer = await fetch(`${gateway.url}${ROOM}/members`.replace('members', 'state'), {
      method: 'HEAD',
      headers: { authorization: `Bearer ${ada.token}` },
    })
    expect([answer.status, await answer.text(), await used(ada, 'state')]).toEqual([200, '', 7])
  })

  it.each([
    `${C}/publicRooms?limit=5&limit=500`,
    `${C}/publicRooms?%6Cimit=500&limit=5`,
    `${C}/publicRooms?limit=5;limit=500`,
    `${C}/publicRooms?limit=-1`,
    `${C}/notifications?limit=1e3`,
    `${C}/notifications?limit`,
    `${C}/events?timeout=1&timeout=2`,
    `${ROOM}/state/m.room.name?format=content&format=event`,
    '/_matrix/client/v1/media/thumbnail/example.org/a?width=96&height=96&width=800',
    '/_matrix/client/v1/media/download/example.org/..%2Fa',
    `${C}/room_keys/keys?version=1&version=2`,
  ])('%s is refused before the homeserver hears of it', async (path) => {
    const ada = await world.device()
    const { status } = await gateway.get(ada, path)
    expect([status, world.homeserver.arrivals.length]).toEqual([
      expect.toSatisfy((one) => one === 400 || one === 404),
      0,
    ])
  })

  it.each([
    [`${C}/search`, '{"search_categories":{"room_events":{"filter":{"limit":"9"}}}}'],
    [`${C}/user_directory/search`, '{"search_term":"a","limit":-5}'],
    [`${C}/user_directory/search`, '[]'],
    [`${C}/publicRooms`, '{"limit":1e400}'],
    [`${C}/pushers/set`, '{"kind":"http"}'],
    [`${C}/pushers/set`, '{'],
  ])('%s with %s is refused before the homeserver hears of it', async (path, body) => {
    const ada = await world.device()
    const answer = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.token}` },
      body,
    })
    expect([answer.status, world.homeserver.arrivals.length]).toEqual([400, 0])
    expect(line()).toMatchObject({ decision: 'refused', reason: 'body-invalid' })
  })
})

describe('the meters away', () => {
  it.each([
    ['GET', `${ROOM}/state`],
    ['POST', `${C}/user_directory/search`],
    ['POST', `${C}/search`],
    ['POST', `${C}/join/!r:example.org`],
    ['GET', '/_matrix/client/v1/media/download/example.org/a'],
    ['GET', `${C}/room_keys/keys/!r/s?version=1`],
  ])('%s %s is closed, and open to those who are only observed', async (method, path) => {
    const ada = await world.device()
    const lost = async (): Promise<never> => {
      throw new Error('the database is away')
    }
    const meters = { ...world.meters, spend: lost, reserve: lost, settle: lost }
    world.homeserver.rig = (arrival, res) => {
      if (arrival.path.includes('/media/')) res.writeHead(200, { 'content-length': 4 }).end('file')
      else
        json(
          res,
          200,
          arrival.path.endsWith('/state') ? stateRows(3) : { room_id: '!r', results: listed(1, 'user_id', '@q') },
        )
    }
    const body = { search_categories: { room_events: { search_term: 'x' } } }
    const ask = (from: typeof gateway) =>
      fetch(from.url + path, {
        method,
        headers: { authorization: `Bearer ${ada.token}` },
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
      })
    const { stepUp } = prompts
    const closed = await ask(
      await world.gateway({ policies: constantPolicy(surfacePolicy, 'enforce'), stepUp, meters }),
    )
    expect([closed.status, await closed.text()]).toEqual([503, expect.stringContaining('cannot be read right now')])
    const observing = await world.gateway({ policies: constantPolicy(surfacePolicy, 'observe'), stepUp, meters })
    expect((await ask(observing)).status).toBe(200)
  })
})
