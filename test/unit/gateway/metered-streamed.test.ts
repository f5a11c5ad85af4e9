import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Metered, MeteredRequest, StreamedAnswer, UpstreamFailure } from '../../../server/gateway/metered-port.ts'
import { eventually } from '../../support/eventually.ts'
import { type Rig, type RigOptions, raw, rig, TOKEN } from './support.ts'

let current: Rig | null = null
const start = async (options: RigOptions) => (current = await rig(options))
afterEach(async () => {
  await current?.close()
  current = null
})

const TARGET = '/_matrix/client/v3/rooms/!r:x/messages'
const SEARCH = '/_matrix/client/v3/search'
const AUTH = { authorization: `Bearer ${TOKEN}` }

/** A pipeline that holds the body back until told what to do with it. */
function holding(then: (answer: StreamedAnswer, request: MeteredRequest) => Promise<unknown>): Metered {
  return async (request) => {
    const answer = await request.sendStreaming()
    if (answer.ok) await then(answer, request)
    else await request.respond(502, [], answer.reason)
  }
}

test('not a byte of a file leaves before it is released, and then all of it does', async () => {
  const file = Buffer.alloc(3_000_000, 'f')
  let released = false
  let seenBefore = false
  const { url } = await start({
    upstream: (_req, res) =>
      res.writeHead(200, { 'content-length': file.length, 'content-type': 'image/png' }).end(file),
    metered: holding(async (answer) => {
      expect(answer).toMatchObject({ status: 200, length: file.length })
      await new Promise((resolve) => setTimeout(resolve, 30))
      seenBefore = released
      const delivery = await answer.release()
      expect(delivery).toEqual({ firstByte: true, complete: true })
    }),
  })
  const answer = await fetch(url + TARGET, { headers: AUTH })
  released = true
  expect(answer.headers.get('content-type')).toBe('image/png')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(Buffer.from(await answer.arrayBuffer()).equals(file)).toBe(true)
  expect(seenBefore).toBe(false)
})

test('conditions cross, ranges do not; 304 has no body', async () => {
  let seen: NodeJS.Dict<string | string[]> = {}
  const { url } = await start({
    upstream: (req, res) => {
      seen = req.headers
      res.writeHead(304, { etag: '"1"' }).end()
    },
    metered: holding((answer) => answer.release()),
  })
  const answer = await fetch(url + TARGET, { headers: { ...AUTH, 'if-none-match': '"1"', range: 'bytes=0-1' } })
  expect(answer.status).toBe(304)
  expect(seen).toMatchObject({ 'if-none-match': '"1"', 'accept-encoding': 'identity' })
  expect(seen['range']).toBeUndefined()
})

test.each([
  ['sends more than it declared', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123456789', 5],
  ['breaks off', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n12345', 50],
])(
  'a homeserver that %s lets out no byte past the declaration, and nothing that looks whole',
  async (_how, bytes, length) => {
    const { port } = await start({
      upstream: (req) => void req.socket.end(bytes),
      metered: holding((answer) => answer.release()),
    })
    const text = await raw(
      port,
      `GET ${TARGET} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
    )
    const body = text.split('\r\n\r\n').slice(1).join('\r\n\r\n')
    expect(body.length).toBeLessThanOrEqual(5)
    expect(body).toBe('12345'.slice(0, body.length))
    if (length > 5) expect(text).not.toContain('Content-Length: 5\r\n')
  },
)

test.each([
  ['public,immutable,max-age=86400,s-maxage=86400', 'private, immutable, max-age=86400'],
  ['no-store', 'private, no-store'],
])('no shared cache may keep a file: %s becomes %s', async (said, becomes) => {
  const { url } = await start({
    upstream: (_req, res) => res.writeHead(200, { 'content-length': 1, 'cache-control': said }).end('x'),
    metered: holding((answer) => answer.release()),
  })
  expect((await fetch(url + TARGET, { headers: AUTH })).headers.get('cache-control')).toBe(becomes)
})

test('a body of unknown length is taken in and counted before it is released', async () => {
  const { url } = await start({
    upstream: (_req, res) => {
      res.write('12345')
      res.end('6789')
    },
    metered: holding(async (answer) => {
      expect(answer.length).toBeNull()
      expect(await answer.whole()).toBe(9)
      await answer.release()
    }),
  })
  const answer = await fetch(url + TARGET, { headers: AUTH })
  expect(await answer.text()).toBe('123456789')
  expect(answer.headers.get('content-length')).toBe('9')
})

test('a body of unknown length that is too large, or compressed, is a failure', async () => {
  const got: (number | UpstreamFailure)[] = []
  const { url } = await start({
    limits: { answerBytes: 100 },
    upstream: (_req, res) => {
      res.write('x'.repeat(90))
      res.end('x'.repeat(90))
    },
    metered: holding(async (answer, request) => {
      got.push(await answer.whole())
      await request.respond(502, [], 'no')
    }),
  })
  expect((await fetch(url + TARGET, { headers: AUTH })).status).toBe(502)
  expect(got).toMatchObject([{ ok: false, reason: 'too-large' }])
  await current?.close()
  const compressed = await start({
    upstream: (_req, res) => {
      const body = gzipSync('x'.repeat(1_000))
      res.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
    },
    metered: holding((answer) => answer.release()),
  })
  expect(await (await fetch(compressed.url + TARGET, { headers: AUTH })).text()).toBe('encoding')
})

test('what is not released ends at the homeserver too', async () => {
  let gone = false
  const { url } = await start({
    upstream: (_req, res) => {
      res.on('close', () => {
        gone = true
      })
      res.writeHead(200, { 'content-length': 1_000_000 }).write('x')
    },
    metered: async (request) => {
      const answer = await request.sendStreaming()
      if (answer.ok) answer.discard()
      await request.respond(429, [], '{}')
    },
  })
  expect((await fetch(url + TARGET, { headers: AUTH })).status).toBe(429)
  await eventually(() => gone)
})

test('HEAD of a file tells its length and releases none of it', async () => {
  const asked: string[] = []
  const { port } = await start({
    upstream: (req, res) => {
      asked.push(req.method as string)
      res.writeHead(200, { 'content-length': 1_000 }).end('x'.repeat(1_000))
    },
    metered: holding((answer) => answer.release()),
  })
  const text = await raw(
    port,
    `HEAD ${TARGET} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  )
  expect(asked).toEqual(['GET'])
  expect(text).toContain('Content-Length: 1000')
  expect(text.endsWith('\r\n\r\n')).toBe(true)
})

test('the pipeline reads the body of a request, and sends it on as it came, changed, or not at all', async () => {
  const seen: string[] = []
  const { url } = await start({
    upstream: (req, res) => {
      let body = ''
      req.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      req.on('end', () => {
        seen.push(`${req.method} ${req.url} ${body}`)
        res.end('{}')
      })
    },
    metered: async (request) => {
      expect(Buffer.from(request.body).toString()).toBe('{"a":1}')
      await request.send()
      await request.send({ body: '{"a":2}' })
      await request.send({ method: 'GET', target: '/_matrix/client/v3/other' })
      await request.respond(200, [], '{}')
    },
  })
  const answer = await fetch(url + SEARCH, { method: 'POST', headers: AUTH, body: '{"a":1}' })
  expect(answer.status).toBe(200)
  expect(seen).toEqual([`POST ${SEARCH} {"a":1}`, `POST ${SEARCH} {"a":2}`, 'GET /_matrix/client/v3/other '])
})

test('a metered request with too large or compressed a body is refused before the homeserver hears of it', async () => {
  let asked = 0
  const { url } = await start({
    upstream: (_req, res) => {
      asked++
      res.end('{}')
    },
  })
  const large = await fetch(url + SEARCH, { method: 'POST', headers: AUTH, body: 'x'.repeat(1024 * 1024 + 1) })
  expect(large.status).toBe(413)
  const compressed = await fetch(url + SEARCH, {
    method: 'POST',
    headers: { ...AUTH, 'content-encoding': 'gzip' },
    body: gzipSync('{}'),
  })
  expect(compressed.status).toBe(400)
  expect(asked).toBe(0)
})
