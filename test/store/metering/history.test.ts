// The flow of routes with a bounded answer, from the request's bytes to the meters.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { HOUR_LIMIT, type MeteredGateway, messages, meteredGateway, released } from '../../support/metered-gateway.ts'
import { history, honest, json, oldEvents, page } from '../../support/rigged-homeserver.ts'

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
})

const ROOM = '!room:example.org'
const room = `/_matrix/client/v3/rooms/${encodeURIComponent(ROOM)}`
const v1 = `/_matrix/client/v1/rooms/${encodeURIComponent(ROOM)}`
const unstable = `/_matrix/client/unstable/rooms/${encodeURIComponent(ROOM)}`
const [first, ...more] = oldEvents('c', 0, 6)

describe('what each route costs', () => {
  const bodies = {
    context: {
      event: first,
      events_before: more.slice(0, 2),
      events_after: more.slice(2, 4),
      state: [{ type: 'm.room.name', state_key: '', origin_server_ts: 1 }],
    },
    chunk: { chunk: more },
    relations: { chunk: more, original_event: first },
  }
  it.each([
    ['messages', `${room}/messages?dir=b&limit=6`, { chunk: oldEvents('c', 0, 6) }, 6],
    ['context', `${room}/context/%24e?limit=4`, bodies.context, 5],
    ['one event', `${room}/event/%24e`, first, 1],
    ['relations', `${v1}/relations/%24e?limit=6`, bodies.chunk, 5],
    ['relations by type', `${v1}/relations/%24e/m.thread?limit=6`, bodies.chunk, 5],
    ['unstable relations with the event they belong to', `${unstable}/relations/%24e?limit=6`, bodies.relations, 6],
    ['threads', `${v1}/threads?limit=6`, bodies.chunk, 5],
    [
      'an event within another',
      `${room}/event/%24e`,
      { ...first, unsigned: { 'm.relations': { 'm.thread': { latest_event: more[0] } } } },
      2,
    ],
  ])('%s', async (_what, target, body, cost) => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => json(res, 200, body)
    const answer = await gateway.get(ada, target)
    expect([answer.status, answer.body]).toEqual([200, body])
    expect(await world.hour(ada)).toEqual({ used: cost, held: 0 })
    expect(gateway.lines).toMatchObject([
      { decision: 'released', reason: 'within-budget', cost, left: HOUR_LIMIT - cost, status: 200 },
    ])
  })

  it('live events are free; without time, with a part of a second, with a text, and in the future they are history', async () => {
    const ada = await world.device()
    const now = Date.now()
    const at = (event_id: string, origin_server_ts?: unknown) => ({
      event_id,
      type: 'm.room.message',
      content: {},
      origin_server_ts,
    })
    world.homeserver.rig = (_arrival, res) =>
      json(res, 200, {
        chunk: [
          at('$live', now),
          at('$old', now - 601_000),
          at('$none'),
          at('$part', now - 0.5),
          at('$text', String(now)),
          at('$future', now + 120_000),
        ],
      })
    expect((await gateway.get(ada, messages(ROOM, 's-0', 10))).status).toBe(200)
    expect(await world.hour(ada)).toEqual({ used: 5, held: 0 })
    expect(gateway.lines).toMatchObject([{ history: 5, live: 1, cost: 5 }])
  })
})

describe('the limit that goes upstream', () => {
  it('is what is left, down to one, and the next request is withheld without asking the homeserver', async () => {
    const ada = await world.deviceWith(3)
    const before = world.homeserver.arrivals.length
    const two = await gateway.get(ada, messages(ROOM, 's-0', 2))
    const one = await gateway.get(ada, messages(ROOM, 's-2', 50))
    const none = await gateway.get(ada, messages(ROOM, 's-3', 50))
    expect([released(two), released(one), none.status]).toEqual([2, 1, 429])
    expect(world.homeserver.arrivals.slice(before).map(({ query }) => query.get('limit'))).toEqual(['2', '1'])
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
  })

  it('leaves the event asked for out of a context limit', async () => {
    const ada = await world.deviceWith(1)
    world.homeserver.rig = (_arrival, res) => json(res, 200, { event: first, events_before: [], events_after: [] })
    expect((await gateway.get(ada, `${room}/context/%24e?limit=20`)).status).toBe(200)
    expect(world.homeserver.arrivals.at(-1)?.query.get('limit')).toBe('0')
  })

  it('is not trusted: what comes beyond it is paid while there is budget, else all of it is withheld', async () => {
    const ada = await world.deviceWith(20)
    world.homeserver.rig = history((arrival, res) => json(res, 200, page(arrival, 15)))
    expect(released(await gateway.get(ada, messages(ROOM, 's-0', 10)))).toBe(15)
    const withheld = await gateway.get(ada, messages(ROOM, 's-15', 10))
    expect([withheld.status, withheld.body['chunk']]).toEqual([429, undefined])
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT - 5, held: 0 })
    expect(gateway.lines.at(-1)).toMatchObject({
      decision: 'withheld',
      reason: 'upstream-over-limit',
      cost: 0,
      withheld: 15,
    })
  })
})

describe('asking again', () => {
  it('costs nothing with nothing left, with the same clamp; an answer with other events is then withheld', async () => {
    const ada = await world.deviceWith(4)
    const target = messages(ROOM, 's-0', 10)
    const once = await gateway.get(ada, target)
    const again = await gateway.get(ada, target)
    expect([released(once), again.body]).toEqual([4, once.body])
    expect(world.homeserver.arrivals.slice(-2).map(({ query }) => query.get('limit'))).toEqual(['4', '4'])
    expect(gateway.lines.at(-1)).toMatchObject({ reason: 'asked-again', source: 'repeat', cost: 0 })
    world.homeserver.rig = (_arrival, res) => json(res, 200, { chunk: oldEvents('new', 0, 1) })
    expect((await gateway.get(ada, target)).status).toBe(429)
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
  })

  it('is charged when ten minutes have passed', async () => {
    const ada = await world.deviceWith(20)
    const target = messages(ROOM, 's-0', 5)
    await gateway.get(ada, target)
    await world.sql`update charged_events set charged_at = charged_at - interval '10 minutes' where device_id = ${ada.id}`
    await gateway.get(ada, target)
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT - 10, held: 0 })
  })

  it('costs the other device of the person, and another network, what it cost before', async () => {
    const ada = await world.deviceWith(12)
    const phone = await world.device(ada.person)
    const target = messages(ROOM, 's-0', 4)
    for (const asking of [
      () => gateway.get(ada, target),
      () => gateway.get(phone, target),
      () => gateway.get(ada, target, { address: '198.51.100.9' }),
    ]) {
      expect(released(await asking())).toBe(4)
    }
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
  })

  it('from another network with nothing left gets no event of what its owner has just read, and makes an intent of its own', async () => {
    const ada = await world.deviceWith(4)
    const target = messages(ROOM, 's-0', 4)
    expect(released(await gateway.get(ada, target))).toBe(4)
    const own = await gateway.get(ada, messages(ROOM, 's-4', 4))
    const before = world.homeserver.arrivals.length
    const elsewhere = await gateway.get(ada, target, { address: '198.51.100.9' })
    expect(world.homeserver.arrivals.length).toBe(before)
    expect([elsewhere.status, elsewhere.body['chunk']]).toEqual([429, undefined])
    expect(elsewhere.body['approval_uri']).not.toBe(own.body['approval_uri'])
    expect(released(await gateway.get(ada, target))).toBe(4)
  })

  it('on and on makes one prompt and asks the database once a second', async () => {
    const ada = await world.deviceWith(0)
    gateway.calls.length = 0
    const asked = []
    for (let i = 0; i < 20; i++) asked.push(await gateway.get(ada, messages(ROOM, 's-0', 4)))
    expect(new Set(asked.map(({ body }) => body['approval_uri'])).size).toBe(1)
    expect(gateway.calls.filter((name) => name === 'reserve').length).toBeLessThan(20)
  })
})

describe('what is not released costs nothing', () => {
  it.each([
    [
      'an error of the homeserver',
      404,
      { errcode: 'M_NOT_FOUND', error: 'no such event' },
      404,
      { errcode: 'M_NOT_FOUND', error: 'no such event' },
    ],
    [
      'an error that carries events',
      500,
      { errcode: 'M_UNKNOWN', chunk: oldEvents('e', 0, 3) },
      500,
      { errcode: 'M_UNKNOWN' },
    ],
    ['a redirect', 302, { chunk: oldEvents('e', 0, 3) }, 502, { errcode: 'M_UNKNOWN' }],
    ['an answer without the expected shape', 200, { chunk: 'text' }, 502, { errcode: 'M_UNKNOWN' }],
  ])('%s', async (_what, status, body, given, errcode) => {
    const ada = await world.deviceWith(5)
    world.homeserver.rig = (_arrival, res) => json(res, status, body)
    const answer = await gateway.get(ada, messages(ROOM, 's-0', 5))
    expect(answer.status).toBe(given)
    expect(answer.body).toMatchObject(errcode)
    expect(answer.body['chunk']).toBeUndefined()
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT - 5, held: 0 })
  })

  it('an error that is no JSON keeps its status and nothing else', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) =>
      void res.writeHead(503, { 'content-type': 'text/html' }).end('<p>a message of last year</p>')
    const answer = await gateway.get(ada, messages(ROOM, 's-0', 5))
    expect([answer.status, answer.body]).toEqual([
      503,
      { errcode: 'M_UNKNOWN', error: 'The homeserver gave no usable answer' },
    ])
  })

  it('a homeserver that dies in mid-body', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => {
      res.writeHead(200, { 'content-length': 500 }).write('{"chunk":[')
      setTimeout(() => res.destroy(), 20)
    }
    expect((await gateway.get(ada, messages(ROOM, 's-0', 5))).status).toBe(502)
    expect(await world.hour(ada)).toEqual({ used: 0, held: 0 })
    expect(gateway.lines).toMatchObject([{ decision: 'failed', reason: 'upstream-died' }])
  })

  it('a client gone before the first byte', async () => {
    const ada = await world.device()
    world.homeserver.rig = history(() => undefined)
    const abort = new AbortController()
    const arrived = world.homeserver.arrival(() => true)
    const asked = gateway.get(ada, messages(ROOM, 's-0', 5), { signal: abort.signal })
    await arrived
    expect(await world.hour(ada)).toEqual({ used: 0, held: 5 })
    abort.abort()
    expect((await asked).status).toBe(0)
    await eventually(() => gateway.lines.length === 1)
    expect(gateway.lines).toMatchObject([{ decision: 'aborted', reason: 'client-gone', status: 0 }])
    expect(await world.hour(ada)).toEqual({ used: 0, held: 0 })
  })
})

describe('the decision line', () => {
  it('names no event, token or room', async () => {
    const ada = await world.device()
    await gateway.get(ada, messages(ROOM, 's-0', 5))
    const line = JSON.stringify(gateway.lines)
    for (const secret of [ROOM, ada.token, '$s-0', ada.caller.homeserverToken]) expect(line).not.toContain(secret)
    expect(gateway.lines).toMatchObject([
      { network: '192.0.2.0/24', device: ada.id, rooms_total: 1, route: 'rooms.messages' },
    ])
  })
})
