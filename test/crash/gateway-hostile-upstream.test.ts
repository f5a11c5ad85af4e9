// A homeserver that is down, slow, broken or lying, behind the real pipeline: a clear Matrix error, and a budget that is whole
// or spent by the rule, never twice.
import type { ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freePort, type GatewayProcess } from '../support/gateway-process.ts'
import { type Answer, ask, messages, released } from '../support/gateway-process-client.ts'
import { gatewayWorld, type TestDevice, type World } from '../support/gateway-process-world.ts'
import {
  type Arrival,
  honest,
  isHistory,
  isSync,
  json,
  oldEvents,
  page,
  type Rig,
} from '../support/rigged-homeserver.ts'

const ROOM = '!room:example.org'
const LEFT = 100
const PAGE = 10
const SYNC = '/_matrix/client/v3/sync?since=elsewhere'
/** How long a metered answer may take, and the patience of this test beyond it. */
const ANSWER_MS = 60_000

let world: World
let gateway: GatewayProcess
const slow: { device: TestDevice; answer: Promise<Answer> }[] = []
const stalled = new Set<ServerResponse>()

beforeAll(async () => {
  world = await gatewayWorld({ gateways: 1 })
  gateway = world.gateways[0] as GatewayProcess
  // These take a minute: they run beside all others, told apart by their room.
  for (const target of [messages('!silent:example.org', 's-0', PAGE), messages('!drip:example.org', 's-0', PAGE)]) {
    const device = await newDevice()
    slow.push({ device, answer: ask(gateway.url, target, device) })
  }
})
afterEach(() => {
  world.homeserver.rig = slowOr(honest)
})
afterAll(() => world.stop())

function slowOr(rig: Rig): Rig {
  return (arrival, res) => {
    if (arrival.path.includes('silent')) return void stalled.add(res)
    if (!arrival.path.includes('drip')) return rig(arrival, res)
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': 10_000 })
    const drip = setInterval(() => (res.destroyed ? clearInterval(drip) : res.write(' ')), 500)
  }
}

async function newDevice(): Promise<TestDevice> {
  const device = await world.addDevice(await world.addPerson())
  await world.leave(device.person, LEFT)
  return device
}

const bodyOf = (arrival: Arrival) => Buffer.from(JSON.stringify(isSync(arrival) ? syncOf(PAGE) : page(arrival)))

function syncOf(count: number) {
  const timeline = { events: oldEvents('y', 0, count), limited: false, prev_batch: 'p' }
  return { next_batch: 'n1', rooms: { join: { [ROOM]: { timeline } } } }
}

const raw =
  (text: string | Buffer): Rig =>
  (_arrival, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
  }

function encoded(encoding: string, body: (arrival: Arrival) => Buffer): Rig {
  return (arrival, res) => {
    const bytes = body(arrival)
    res
      .writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': encoding,
        'content-length': bytes.length,
      })
      .end(bytes)
  }
}

/** Megabytes of JSON, as fast as they are taken. */
function endless(megabytes: number, announced: boolean): Rig {
  return (_arrival, res) => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    res.writeHead(200, {
      'content-type': 'application/json',
      ...(announced ? { 'content-length': megabytes * chunk.length } : {}),
    })
    let left = megabytes
    const more = () => {
      while (left-- > 0 && !res.destroyed) if (!res.write(chunk)) return void res.once('drain', more)
      res.end()
    }
    more()
  }
}

const broken: readonly (readonly [string, Rig, number])[] = [
  ['closes at once', (arrival) => arrival.req.socket.destroy(), 502],
  ['answers what is not HTTP', (arrival) => void arrival.req.socket.end('GARBAGE\r\n\r\n'), 502],
  [
    'dies in mid-body, with a length',
    (arrival, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': 5_000 })
      res.write('{"chunk":[')
      setTimeout(() => arrival.req.socket.destroy(), 20)
    },
    502,
  ],
  [
    'dies in mid-body, chunked',
    (arrival, res) => {
      res.writeHead(200, { 'content-type': 'application/json' })
      res.write('{"chunk":[')
      setTimeout(() => arrival.req.socket.destroy(), 20)
    },
    502,
  ],
  [
    'ends its whole body with the connection, so that nobody can tell whether it is whole',
    (arrival) => {
      const body = bodyOf(arrival).toString()
      arrival.req.socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${body}`)
    },
    502,
  ],
  ['sends 200 MB, announced', endless(200, true), 502],
  ['sends 200 MB, chunked', endless(200, false), 502],
  ['sends a page in HTML', raw('<html>maintenance</html>'), 502],
  ['sends nothing', raw(''), 502],
  ['sends half of a JSON', raw('{"chunk":[{"event_id":"$1","origin_server_ts":1}'), 502],
  ['sends a list', raw('[]'), 502],
  ['sends sections that are no lists', raw('{"chunk":{"0":{"event_id":"$1"}},"next_batch":"n","rooms":[]}'), 502],
  ['sends bytes that are no UTF-8', raw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 502],
  ['sends JSON nested 100,000 deep', raw(`{"chunk":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 502],
  [
    'redirects, with a body',
    (arrival, res) => {
      res
        .writeHead(302, { location: 'http://127.0.0.1:9/elsewhere', 'content-type': 'application/json' })
        .end(bodyOf(arrival))
    },
    502,
  ],
  ['says that nothing was modified', (_arrival, res) => void res.writeHead(304).end(), 502],
  [
    'claims to fail, with history in its answer',
    (arrival, res) => void res.writeHead(500, { 'content-type': 'application/json' }).end(bodyOf(arrival)),
    500,
  ],
  ['encodes in a way nobody asked for or can read', encoded('zstd', bodyOf), 502],
  ['sends a gzip that inflates without end', encoded('gzip', () => gzipSync(Buffer.alloc(200 * 1024 * 1024))), 502],
  ['calls gzip what is none', encoded('gzip', bodyOf), 502],
]

const routes = [
  ['history', (_number: number) => messages(ROOM, 's-0', PAGE)],
  ['sync', (number: number) => `${SYNC}${number}`],
] as const

describe.each(routes)('on %s, a homeserver that', (_route, target) => {
  test.each(broken)('%s', { timeout: 110_000 }, async (_what, rig, status) => {
    world.homeserver.rig = slowOr((arrival, res) =>
      isHistory(arrival) || isSync(arrival) ? rig(arrival, res) : honest(arrival, res),
    )
    const device = await newDevice()
    const answer = await ask(gateway.url, target(1), device)
    expect(answer).toMatchObject({ status, body: { errcode: 'M_UNKNOWN', error: expect.stringMatching(/.+/) } })
    expect(answer.bytes).toBeLessThan(1_000)
    expect(answer.head).not.toMatch(/^location:/im)
    // Nothing was read, nothing is held: the budget is whole, and serves the next asking.
    await expect.poll(() => world.archive(device.person)).toMatchObject({ held: 0, left: LEFT })
    world.homeserver.rig = slowOr((arrival, res) =>
      isSync(arrival) ? json(res, 200, syncOf(PAGE)) : honest(arrival, res),
    )
    expect((await ask(gateway.url, target(1), device)).status).toBe(200)
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT - PAGE })
  })

  test('is down', async () => {
    const away = await world.start({ PALIER_HOMESERVER_URL: `http://127.0.0.1:${await freePort()}` })
    const device = await newDevice()
    expect(await ask(away.url, target(1), device)).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN' } })
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT })
    await away.kill()
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['identity', (body: Buffer) => body],
  ] as const)('encodes as %s though identity was asked: it is counted all the same', async (encoding, encode) => {
    world.homeserver.rig = slowOr((arrival, res) => encoded(encoding, (asked) => encode(bodyOf(asked)))(arrival, res))
    const device = await newDevice()
    const answer = await ask(gateway.url, target(1), device)
    expect(answer.status).toBe(200)
    expect(answer.head).not.toMatch(/^content-encoding:/im)
    expect(JSON.stringify(answer.body).match(/event_id/g)).toHaveLength(PAGE)
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT - PAGE })
  })
})

describe('a homeserver that ignores the limit', () => {
  test('is paid from what is left when that is enough, once', async () => {
    const device = await newDevice()
    world.homeserver.rig = slowOr((arrival, res) => json(res, 200, page(arrival, 37)))
    const asked = () => ask(gateway.url, messages(ROOM, 's-0', PAGE), device)
    expect(released(await asked())).toBe(37)
    expect(released(await asked())).toBe(37)
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT - 37 })
  })

  test('gets nothing released when it is not, and nothing is charged', async () => {
    const device = await newDevice()
    await world.leave(device.person, 5)
    world.homeserver.rig = slowOr((arrival, res) =>
      isHistory(arrival) ? json(res, 200, page(arrival, 37)) : honest(arrival, res),
    )
    const answer = await ask(gateway.url, messages(ROOM, 's-0', PAGE), device)
    expect([answer.status, answer.body.errcode, released(answer)]).toEqual([429, 'M_LIMIT_EXCEEDED', 0])
    expect(JSON.stringify(answer.body)).not.toContain('$s-')
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: 5 })
  })

  test('has its sync trimmed to what is left', async () => {
    const device = await newDevice()
    await world.leave(device.person, 5)
    world.homeserver.rig = slowOr((arrival, res) =>
      isSync(arrival)
        ? json(res, 200, syncOf(37))
        : arrival.path.endsWith('/messages')
          ? json(res, 200, { chunk: [], end: 't1' })
          : honest(arrival, res),
    )
    const answer = await ask(gateway.url, SYNC, device)
    expect(answer.status).toBe(200)
    expect(answer.body.rooms?.join[ROOM]?.timeline).toMatchObject({ limited: true, prev_batch: 't1' })
    const ids = answer.body.rooms?.join[ROOM]?.timeline.events ?? []
    expect(ids.length).toBeLessThanOrEqual(5)
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: 5 - ids.length })
  })
})

test('a homeserver that is slow, or drips, is given up after a minute, and the budget is whole', {
  timeout: ANSWER_MS + 40_000,
}, async () => {
  for (const { device, answer } of slow) {
    const { status, body, afterMs } = await answer
    expect([status, body.errcode]).toEqual([504, 'M_UNKNOWN'])
    expect(afterMs).toBeLessThan(ANSWER_MS + 30_000)
    await expect.poll(() => world.archive(device.person)).toMatchObject({ held: 0, left: LEFT })
  }
})

test('no answer of these was held in memory beyond its bound', async () => {
  const metrics = await (await fetch(`${gateway.operationsUrl}/metrics`)).text()
  const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1])
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThan(600 * 1024 * 1024)
})
