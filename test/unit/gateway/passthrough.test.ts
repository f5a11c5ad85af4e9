import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { HOMESERVER_TOKEN, type Rig, type RigOptions, raw, rig, TOKEN } from './support.ts'

let current: Rig | null = null
const start = async (options: RigOptions) => (current = await rig(options))
afterEach(async () => {
  await current?.close()
  current = null
})

const PUSH_RULES = '/_matrix/client/v3/pushrules'
const AUTH = { authorization: `Bearer ${TOKEN}` }

test("the client's token is replaced by the homeserver's, and the fields about the connection are ours", async () => {
  let seen: string[] = []
  const { url } = await start({
    upstream: (req, res) => {
      seen = req.rawHeaders
      res.end('{}')
    },
  })
  await fetch(url + PUSH_RULES, {
    headers: { ...AUTH, 'x-forwarded-for': '6.6.6.6', cookie: 'palier_session=x', te: 'trailers', 'X-Kept': 'Yes' },
  })
  const text = seen.join('\n')
  expect(text).toContain(`Bearer ${HOMESERVER_TOKEN}`)
  expect(text).not.toContain(TOKEN)
  expect(text).not.toContain('6.6.6.6')
  expect(text).not.toContain('palier_session')
  expect(seen.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())).not.toContain('te')
  expect(seen[seen.findIndex((name) => name.toLowerCase() === 'host') + 1]).toBe('matrix.example.org')
  expect(seen[seen.indexOf('X-Forwarded-Proto') + 1]).toBe('https')
})

test('a token in the query is taken out byte for byte and sent as a field', async () => {
  let seen: [string | undefined, string | undefined] = [undefined, undefined]
  const { url } = await start({
    upstream: (req, res) => {
      seen = [req.url, req.headers.authorization]
      res.end('{}')
    },
  })
  await fetch(`${url}${PUSH_RULES}?a=%7Bx%7d&access_token=${TOKEN}&b=+`)
  expect(seen).toEqual([`${PUSH_RULES}?a=%7Bx%7d&b=+`, `Bearer ${HOMESERVER_TOKEN}`])
})

test('names that Connection lists do not cross, in either direction', async () => {
  let seen = ''
  const { port } = await start({
    upstream: (req, res) => {
      seen = req.rawHeaders.join()
      res.writeHead(200, { 'X-Hop': 'secret', Connection: 'X-Hop, close', 'content-length': 2 })
      res.end('{}')
    },
  })
  const text = await raw(
    port,
    `GET ${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nX-Mine: 1\r\nConnection: x-mine, close\r\n\r\n`,
  )
  expect(seen).not.toContain('X-Mine')
  expect(text).not.toContain('X-Hop')
})

test("case and duplicates of fields are kept; the homeserver's CORS fields are replaced", async () => {
  const { port } = await start({
    upstream: (_req, res) => {
      res.writeHead(200, [
        'X-CaSe',
        '1',
        'x-twice',
        'a',
        'x-twice',
        'b',
        'Access-Control-Allow-Origin',
        'https://evil',
        'Content-Length',
        '2',
      ])
      res.end('{}')
    },
  })
  const text = await raw(
    port,
    `GET ${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  )
  expect(text).toContain('X-CaSe: 1\r\n')
  expect(text).toContain('x-twice: a\r\nx-twice: b\r\n')
  expect(text).toContain('Access-Control-Allow-Origin: *')
  expect(text).toMatch(/Access-Control-Expose-Headers: Retry-After, WWW-Authenticate/)
  expect(text).not.toContain('evil')
})

test.each([
  ['missing', {}, 401, { errcode: 'M_MISSING_TOKEN' }],
  ['unknown', { authorization: 'Bearer nobody' }, 401, { errcode: 'M_UNKNOWN_TOKEN' }],
  ['expired', { authorization: 'Bearer pma_expired' }, 401, { errcode: 'M_UNKNOWN_TOKEN', soft_logout: true }],
  ['over', { authorization: 'Bearer pma_soft' }, 401, { errcode: 'M_UNKNOWN_TOKEN', soft_logout: true }],
  ['not checkable', { authorization: 'Bearer pma_away' }, 503, { errcode: 'M_UNKNOWN', retry_after_ms: 2000 }],
])('a token that is %s', async (_what, headers, status, body) => {
  const { url } = await start({})
  const answer = await fetch(url + PUSH_RULES, { headers })
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject(body)
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
})

test('two tokens at once are refused, in field and query or in two fields', async () => {
  const { url, port } = await start({})
  expect((await fetch(`${url}${PUSH_RULES}?access_token=${TOKEN}`, { headers: AUTH })).status).toBe(401)
  const twice = await raw(
    port,
    `GET ${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  )
  expect(twice).toMatch(/^HTTP\/1.1 401 /)
})

test('a homeserver that is down is 503, one that closes at once is 502', async () => {
  const down = await start({ upstreamUrl: 'http://127.0.0.1:1' })
  expect((await fetch(down.url + PUSH_RULES, { headers: AUTH })).status).toBe(503)
  await down.close()
  const closing = await start({ upstream: (req) => req.socket.destroy() })
  expect((await fetch(closing.url + PUSH_RULES, { headers: AUTH })).status).toBe(502)
})

test('a homeserver that does not answer in time is 504', async () => {
  const { url } = await start({ upstream: () => {}, limits: { upstreamMs: 900 } })
  expect((await fetch(url + PUSH_RULES, { headers: AUTH })).status).toBe(504)
})

test.each([
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":'],
  ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"half":\r\n'],
])('a homeserver that dies in mid-body never looks complete (%s)', async (_how, bytes) => {
  let die = () => {}
  const { url, events } = await start({
    upstream: (req) => {
      req.socket.write(bytes)
      die = () => req.socket.destroy()
    },
  })
  const answer = await fetch(url + PUSH_RULES, { headers: AUTH })
  die()
  await expect(answer.text()).rejects.toThrow()
  await eventually(() => events.some((event) => event.outcome === 'upstream-failed'))
})

test('a body that ends with the connection ends so here too', async () => {
  const { port } = await start({
    upstream: (req) => void req.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"a":1}'),
  })
  const text = await raw(port, `GET ${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
  expect(text).toContain('Connection: close')
  expect(text).not.toMatch(/chunked/i)
  expect(text.endsWith('{"a":1}')).toBe(true)
})

test('redirects are handed on, not followed; early hints are dropped', async () => {
  const { url } = await start({
    upstream: (_req, res) => {
      res.writeEarlyHints({ link: '</x>; rel=preload' })
      res.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' })
      res.end()
    },
  })
  const answer = await fetch(url + PUSH_RULES, { headers: AUTH, redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([302, 'http://127.0.0.1:9/elsewhere'])
})

test('a client that goes away ends the request at the homeserver', async () => {
  let begun = false
  let ended = false
  const made = await start({
    upstream: (req) => {
      begun = true
      req.on('close', () => (ended = true))
    },
  })
  const abort = new AbortController()
  const asked = fetch(made.url + PUSH_RULES, { headers: AUTH, signal: abort.signal }).catch(() => 'gone')
  await eventually(() => begun)
  abort.abort()
  expect(await asked).toBe('gone')
  await eventually(() => ended && made.tracked() === 0)
  expect(made.events.at(-1)).toMatchObject({ outcome: 'client-gone', status: 0 })
})

test('200 MB go through a slow client without being held', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 120)
  const { url } = await start({
    upstream: (_req, res) => {
      let left = 200
      const more = () => {
        while (left > 0) {
          left--
          if (!res.write(chunk)) return void res.once('drain', more)
        }
        res.end()
      }
      more()
    },
  })
  const answer = await fetch(url + PUSH_RULES, { headers: AUTH })
  let total = 0
  let most = 0
  const before = process.memoryUsage().rss
  for await (const part of answer.body as ReadableStream<Uint8Array>) {
    total += part.length
    most = Math.max(most, process.memoryUsage().rss - before)
  }
  expect(total).toBe(200 * 1024 * 1024)
  expect(most).toBeLessThan(150 * 1024 * 1024)
})

test('HEAD keeps the length and has no body', async () => {
  const methods: (string | undefined)[] = []
  const { port } = await start({
    upstream: (req, res) => {
      methods.push(req.method)
      res.writeHead(200, { 'content-length': 7 })
      res.end(req.method === 'HEAD' ? undefined : '{"a":1}')
    },
  })
  const text = await raw(
    port,
    `HEAD ${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  )
  expect(methods).toEqual(['HEAD'])
  expect(text).toMatch(/content-length: 7/i)
  expect(text.endsWith('\r\n\r\n')).toBe(true)
})

test('Expect: 100-continue is answered only after authentication', async () => {
  let body = ''
  const { port } = await start({
    upstream: (req, res) => {
      req.on('data', (part) => (body += part))
      req.on('end', () => res.end('{"ok":1}'))
    },
  })
  const head = (token: string) =>
    `PUT /_matrix/client/v3/rooms/!r:x/send/m.room.message/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`
  const refused = await raw(port, head('nobody'))
  expect(refused).toMatch(/^HTTP\/1.1 401 /)
  const taken = await raw(port, `${head(TOKEN)}{}`)
  expect(taken).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
  expect(body).toBe('{}')
})

test('bodies past the limit are 413, announced or not, and the homeserver gets no more of them', async () => {
  const { url, port } = await start({
    limits: { bodyBytes: 100_000 },
    upstream: (req, res) => {
      req.resume()
      req.on('end', () => res.end('{}'))
    },
  })
  const send = `${url}/_matrix/client/v3/rooms/!r:x/send/m.room.message/1`
  const announced = await fetch(send, { method: 'PUT', headers: AUTH, body: 'x'.repeat(200_000) })
  expect([announced.status, await announced.json()]).toMatchObject([413, { errcode: 'M_TOO_LARGE' }])
  const chunk = `c350\r\n${'x'.repeat(50_000)}\r\n`
  const chunked = await raw(
    port,
    `PUT /_matrix/client/v3/rooms/!r:x/send/m.room.message/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}0\r\n\r\n`,
    (text) => text.includes('M_TOO_LARGE'),
  )
  expect(chunked).toMatch(/^HTTP\/1.1 413 /)
})

test('an early answer of the homeserver reaches a client that is still sending', async () => {
  const { url } = await start({
    upstream: (_req, res) => {
      res.writeHead(403, { 'content-type': 'application/json' })
      res.end('{"errcode":"M_FORBIDDEN"}')
    },
  })
  const answer = await fetch(`${url}/_matrix/media/v3/upload`, {
    method: 'POST',
    headers: AUTH,
    body: Buffer.alloc(8 * 1024 * 1024),
  })
  expect([answer.status, await answer.json()]).toEqual([403, { errcode: 'M_FORBIDDEN' }])
})

test('large uploads arrive whole', async () => {
  let length = 0
  const { url } = await start({
    upstream: (req, res) => {
      req.on('data', (part: Buffer) => (length += part.length))
      req.on('end', () => res.end('{}'))
    },
  })
  const answer = await fetch(`${url}/_matrix/media/v3/upload`, {
    method: 'POST',
    headers: AUTH,
    body: Buffer.alloc(20 * 1024 * 1024),
  })
  expect([answer.status, length]).toEqual([200, 20 * 1024 * 1024])
})
