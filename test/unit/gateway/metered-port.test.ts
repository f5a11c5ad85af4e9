import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Delivery, Metered, UpstreamAnswer, UpstreamFailure } from '../../../server/gateway/metered-port.ts'
import { eventually } from '../../support/eventually.ts'
import { CALLER, type Rig, type RigOptions, raw, rig, TOKEN } from './support.ts'

let current: Rig | null = null
const start = async (options: RigOptions) => (current = await rig(options))
afterEach(async () => {
  await current?.close()
  current = null
})

const MESSAGES = '/_matrix/client/v3/rooms/!r:x/messages'
const AUTH = { authorization: `Bearer ${TOKEN}` }

/** A pipeline that fetches, keeps what it got, and answers with the reason. */
function keeping(): { metered: Metered; got: (UpstreamAnswer | UpstreamFailure)[] } {
  const got: (UpstreamAnswer | UpstreamFailure)[] = []
  return {
    got,
    metered: async (request) => {
      const answer = await request.send()
      got.push(answer)
      await request.respond(answer.ok ? answer.status : 502, [], answer.ok ? answer.body : answer.reason)
    },
  }
}

test('the pipeline gets a whole answer, asked for in identity encoding, without ranges or conditions', async () => {
  let seen: NodeJS.Dict<string | string[]> = {}
  const { metered, got } = keeping()
  const { url } = await start({
    metered,
    upstream: (req, res) => {
      seen = req.headers
      res.write('{"chunk":')
      setTimeout(() => res.end('[]}'), 20)
    },
  })
  const answer = await fetch(url + MESSAGES, { headers: { ...AUTH, range: 'bytes=0-1', 'if-none-match': 'x' } })
  expect(await answer.text()).toBe('{"chunk":[]}')
  expect(seen).toMatchObject({ 'accept-encoding': 'identity', authorization: `Bearer ${CALLER.homeserverToken}` })
  expect(seen['range']).toBeUndefined()
  expect(seen['if-none-match']).toBeUndefined()
  expect(got[0]).toMatchObject({ ok: true, status: 200 })
})

test('the pipeline may ask for another target and answer HEAD, which costs what GET costs', async () => {
  const asked: string[] = []
  const { port } = await start({
    upstream: (req, res) => {
      asked.push(`${req.method} ${req.url}`)
      res.end('{"chunk":[1]}')
    },
    metered: async (request) => {
      const answer = await request.send({ target: `${MESSAGES}?limit=3` })
      if (answer.ok) await request.respond(200, [['content-type', 'application/json']], answer.body)
    },
  })
  const text = await raw(
    port,
    `HEAD ${MESSAGES}?limit=50 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  )
  expect(asked).toEqual([`GET ${MESSAGES}?limit=3`])
  expect(text).toContain('Content-Length: 13')
  expect(text.endsWith('\r\n\r\n')).toBe(true)
})

test.each([
  ['is down', { upstreamUrl: 'http://127.0.0.1:1' }, 'unreachable'],
  [
    'dies in mid-body',
    {
      upstream: (req) => {
        req.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"chu')
        setTimeout(() => req.socket.destroy(), 20)
      },
    },
    'died',
  ],
  [
    'announces less than it sends',
    { upstream: (req) => void req.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"chunk":[]}') },
    'died',
  ],
  [
    'ends its body with the connection',
    { upstream: (req) => void req.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"chunk":[]}') },
    'died',
  ],
  [
    'announces 200 MB',
    {
      upstream: (_req, res) => {
        res.writeHead(200, { 'content-length': 200 * 1024 * 1024 })
        res.write('x')
      },
    },
    'too-large',
  ],
  [
    'sends too much, chunked',
    {
      limits: { answerBytes: 1000 },
      upstream: (_req, res) => {
        res.write('x'.repeat(900))
        res.end('x'.repeat(900))
      },
    },
    'too-large',
  ],
  [
    'is one answer too many',
    {
      limits: { heldBytes: 10 },
      upstream: (_req, res) => {
        res.end('x'.repeat(90))
      },
    },
    'busy',
  ],
  [
    'encodes in an unknown way',
    {
      upstream: (_req, res) => {
        res.writeHead(200, { 'content-encoding': 'zstd-x' })
        res.end('xx')
      },
    },
    'encoding',
  ],
  [
    'sends a bomb',
    {
      limits: { answerBytes: 10_000 },
      upstream: (_req, res) => {
        res.writeHead(200, { 'content-encoding': 'gzip' })
        res.end(gzipSync(Buffer.alloc(1_000_000)))
      },
    },
    'encoding',
  ],
] as [string, RigOptions, string][])('a homeserver that %s', async (_what, options, why) => {
  const { metered, got } = keeping()
  const { url } = await start({ ...options, metered })
  expect((await fetch(url + MESSAGES, { headers: AUTH })).status).toBe(502)
  expect(got).toMatchObject([{ ok: false, reason: why }])
})

test('an answer encoded all the same is inflated', async () => {
  const { metered } = keeping()
  const { url } = await start({
    metered,
    upstream: (_req, res) => {
      res.writeHead(200, { 'content-encoding': 'gzip' })
      res.end(gzipSync('{"chunk":[]}'))
    },
  })
  const answer = await fetch(url + MESSAGES, { headers: AUTH })
  expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual([null, '{"chunk":[]}'])
})

test('a client gone before the first byte is told apart from one that was answered', async () => {
  const deliveries: Delivery[] = []
  let waiting: (() => void) | null = null
  const made = await start({
    metered: async (request) => {
      if (request.target.endsWith('a'))
        await new Promise<void>((resolve) => {
          waiting = resolve
          request.signal.addEventListener('abort', () => resolve())
        })
      deliveries.push(await request.respond(200, [], '{}'))
    },
  })
  const abort = new AbortController()
  const gone = fetch(`${made.url}${MESSAGES}?from=a`, { headers: AUTH, signal: abort.signal }).catch(() => null)
  await eventually(() => waiting !== null)
  abort.abort()
  await gone
  await eventually(() => deliveries.length === 1)
  await (await fetch(`${made.url}${MESSAGES}?from=b`, { headers: AUTH })).text()
  await eventually(() => deliveries.length === 2)
  expect(deliveries).toEqual([
    { firstByte: false, complete: false },
    { firstByte: true, complete: true },
  ])
})

test('a revocation aborts the fetch, answers 401, and nothing is released after it', async () => {
  let asking = false
  let ended = false
  let delivery: Delivery | null = null
  const got: unknown[] = []
  const made = await start({
    upstream: (req) => {
      asking = true
      req.on('close', () => (ended = true))
    },
    metered: async (request) => {
      got.push(await request.send())
      delivery = await request.respond(200, [], 'history')
    },
  })
  const asked = fetch(made.url + MESSAGES, { headers: AUTH })
  await eventually(() => asking)
  made.revoke()
  const answer = await asked
  expect([answer.status, await answer.json()]).toMatchObject([401, { errcode: 'M_UNKNOWN_TOKEN' }])
  await eventually(() => ended && delivery !== null)
  expect(got).toMatchObject([{ ok: false, reason: 'aborted' }])
  expect(delivery).toEqual({ firstByte: false, complete: false })
})

test('a pipeline that fails or forgets to answer is a 500, never a hang', async () => {
  const failing = await start({
    metered: async () => {
      throw new Error('x')
    },
  })
  expect((await fetch(failing.url + MESSAGES, { headers: AUTH })).status).toBe(500)
  await failing.close()
  const silent = await start({ metered: async () => {} })
  expect((await fetch(silent.url + MESSAGES, { headers: AUTH })).status).toBe(500)
})

test('500 long polls wait at once and are all answered', async () => {
  let waiting = 0
  const release: (() => void)[] = []
  const made = await start({
    upstream: (_req, res) => {
      waiting++
      release.push(() => res.end('{"next_batch":"s1"}'))
    },
  })
  const polls = Array.from({ length: 500 }, () =>
    fetch(`${made.url}/_matrix/client/v3/sync?timeout=30000`, { headers: AUTH }),
  )
  await eventually(() => waiting === 500)
  for (const go of release) go()
  const statuses = (await Promise.all(polls)).map((answer) => answer.status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(500)
})

test('a drain refuses new requests, tells held ones, and waits for what they owe', async () => {
  let settled = false
  const made = await start({
    metered: async (request) => {
      await new Promise<void>((resolve) => request.draining.addEventListener('abort', () => resolve()))
      await request.respond(429, [], '{"errcode":"M_LIMIT_EXCEEDED"}')
      await new Promise((resolve) => setTimeout(resolve, 100))
      settled = true
    },
  })
  const held = fetch(made.url + MESSAGES, { headers: AUTH })
  await eventually(() => made.tracked() === 1)
  const drained = made.gateway.drain()
  expect((await held).status).toBe(429)
  await drained
  expect(settled).toBe(true)
  await expect(fetch(made.url + MESSAGES, { headers: AUTH })).rejects.toThrow()
  current = null
})

test.each([
  ['metered', 'search'],
  ['control', 'delete_devices'],
])('%s bodies that never end take a bounded part of the memory, and give it back', async (_treatment, path) => {
  const made = await start({ limits: { heldBytes: 400_000 } })
  const head = (how: string) =>
    `POST /_matrix/client/v3/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n${how}\r\n\r\n`
  const announced = head('Content-Length: 150000')
  const unfinished = connect(made.port, '127.0.0.1')
  unfinished.write(announced)
  await eventually(() => made.tracked() === 1)
  const refused = /^HTTP\/1.1 429 /
  expect(await raw(made.port, announced)).toMatch(refused)
  expect(await raw(made.port, head('Transfer-Encoding: chunked'))).toMatch(refused)
  expect(await raw(made.port, `${head('Content-Length: 2')}{}`)).toMatch(/^HTTP\/1.1 200 /)
  unfinished.destroy()
  await eventually(() => made.tracked() === 0)
  expect(await raw(made.port, announced + ' '.repeat(150_000))).toMatch(/^HTTP\/1.1 200 /)
  expect(await raw(made.port, announced + ' '.repeat(150_000))).toMatch(/^HTTP\/1.1 200 /)
})
