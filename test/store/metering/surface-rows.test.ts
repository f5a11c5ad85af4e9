// Rows of state and of the directory, through the gateway on a real database: charged, withheld, and let through by a tap.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { KnownDevice } from '../../support/metered-gateway.ts'
import { type Arrival, honest, json, oldEvents } from '../../support/rigged-homeserver.ts'
import { listed, members, SMALL, serve, stateRows } from '../../support/surface.ts'
import { C, gateway, limitOf, line, prompts, ROOM, used, world } from '../../support/surface-world.ts'

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
