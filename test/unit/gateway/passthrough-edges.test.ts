// What a client may not do to the gateway, and what it may not do to another: broken requests, revocations, other routes.
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { type Rig, type RigOptions, raw, rig, TOKEN } from './support.ts'

let current: Rig | null = null
const start = async (options: RigOptions) => (current = await rig(options))
afterEach(async () => {
  await current?.close()
  current = null
})

const PUSH_RULES = '/_matrix/client/v3/pushrules'
const AUTH = { authorization: `Bearer ${TOKEN}` }

test('pipelined requests are answered in order', async () => {
  const { port } = await start({
    upstream: (req, res) => void setTimeout(() => res.end(`{"at":"${req.url}"}`), req.url?.endsWith('/a') ? 80 : 1),
  })
  const one = (field: string) =>
    `GET ${PUSH_RULES}/${field} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`
  const text = await raw(port, one('a') + one('b') + one('c'), (so) => so.includes('/c"'))
  expect(text.indexOf('/a"')).toBeLessThan(text.indexOf('/b"'))
  expect(text.indexOf('/b"')).toBeLessThan(text.indexOf('/c"'))
})

test('Upgrade is refused, malformed requests are 400, both at once a closed connection', async () => {
  const { port } = await start({})
  expect(
    await raw(port, `GET ${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
  ).toMatch(/^HTTP\/1.1 400 /)
  expect(
    await raw(
      port,
      `POST ${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ),
  ).toMatch(/^HTTP\/1.1 400 /)
  expect(await raw(port, `GET http://evil${PUSH_RULES} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 400 /,
  )
})

test('a revocation ends what is under way: 401 before the first byte, a cut after it', async () => {
  const made = await start({
    upstream: (req, res) => {
      if (req.url?.endsWith('/b')) {
        res.writeHead(200, { 'content-length': 10 })
        res.write('{')
      }
    },
  })
  const waiting = fetch(`${made.url}${PUSH_RULES}/a`, { headers: AUTH })
  const begun = await fetch(`${made.url}${PUSH_RULES}/b`, { headers: AUTH })
  await eventually(() => made.tracked() === 2)
  made.revoke()
  expect([(await waiting).status, await (await waiting).json()]).toMatchObject([401, { errcode: 'M_UNKNOWN_TOKEN' }])
  await expect(begun.text()).rejects.toThrow()
  expect(made.tracked()).toBe(0)
})

test('a preflight is answered here', async () => {
  const { url } = await start({ upstreamUrl: 'http://127.0.0.1:1' })
  const answer = await fetch(url + PUSH_RULES, { method: 'OPTIONS' })
  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-headers')).toBe(
    'X-Requested-With, Content-Type, Authorization, Date, X-Palier-Step-Up',
  )
})

test('routes for servers: closed, or passed with no token of a client', async () => {
  let seen: string | undefined = 'none'
  const upstream: RigOptions['upstream'] = (req, res) => {
    seen = req.headers.authorization
    res.end('{}')
  }
  const closed = await start({ upstream })
  expect((await fetch(`${closed.url}/_matrix/federation/v1/version`)).status).toBe(404)
  expect(seen).toBe('none')
  await closed.close()
  const passed = await start({ upstream, serverRoutes: 'passed' })
  expect((await fetch(`${passed.url}/_matrix/federation/v1/version`, { headers: AUTH })).status).toBe(200)
  expect(seen).toBeUndefined()
  await fetch(`${passed.url}/_matrix/federation/v1/version`, { headers: { authorization: 'X-Matrix origin="a"' } })
  expect(seen).toBe('X-Matrix origin="a"')
})

test.each(['r0', 'v1', 'v3'])(
  'legacy media of %s is closed, or passed without a token when the operator opens it',
  async (version) => {
    const seen: unknown[] = []
    const upstream: RequestListener = (req, res) => {
      seen.push(req.headers.authorization)
      res.end('file')
    }
    const paths = ['download/x/y', 'download/x/y/name.png', 'thumbnail/x/y?width=32&height=32']
    const closed = await start({ upstream })
    for (const path of paths) {
      expect((await fetch(`${closed.url}/_matrix/media/${version}/${path}`, { headers: AUTH })).status).toBe(404)
    }
    await closed.close()
    const open = await start({ upstream, legacyMedia: 'open' })
    for (const path of paths) {
      expect((await fetch(`${open.url}/_matrix/media/${version}/${path}`, { headers: AUTH })).status).toBe(200)
    }
    expect(seen).toEqual([undefined, undefined, undefined])
  },
)

test.each([
  // Twisted reads the first, in whatever letters, and of a mail header's kind: with encoded words.
  ['keys/claim', 'application/x-www-form-urlencoded', 'application/json'],
  ['search', 'Application/X-WWW-Form-Urlencoded ; a=b', 'application/json'],
  ['search', 'multipart/form-data; boundary=x', 'application/json'],
  ['search', 'application/json; charset=utf-8', 'application/json'],
  ['upload', 'image/png; x=y', 'image/png; x=y'],
  ['upload', 'multipart/form-data; boundary=x', 'application/octet-stream'],
  ['upload', '=?utf-8?q?application/x-www-form-urlencoded?=', 'application/octet-stream'],
])('no field of a body is a parameter: %s as %s is sent on as %s', async (path, type, expected) => {
  const seen: string[][] = []
  const { port } = await start({
    upstream: (req, res) => {
      seen.push(req.rawHeaders.filter((_, i) => req.rawHeaders[i - 1]?.toLowerCase() === 'content-type'))
      res.end('{}')
    },
  })
  // JSON, and a form with the parameter user_id.
  const body = '{"a":"&user_id=@other:example.org&"}'
  const target = path === 'upload' ? '/_matrix/media/v3/upload' : `/_matrix/client/v3/${path}`
  await raw(
    port,
    `POST ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: ${type}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
  expect(seen).toEqual([[expected]])
})

test('no client calls itself what an allowance calls any client', async () => {
  const clients: string[] = []
  const { url } = await start({
    metered: async (request) => {
      clients.push(request.origin.client)
      await request.respond(200, [], '{}')
    },
  })
  for (const name of ['*', 'Element *']) {
    await fetch(`${url}/_matrix/client/v3/sync`, { headers: { ...AUTH, 'user-agent': name } })
  }
  expect(clients).toEqual(['', 'Element *'])
})

test('one person’s slow uploads and downloads leave connections to everybody else', async () => {
  const made = await start({
    limits: { streams: 2 },
    upstream: (req, res) => void req.resume().on('end', () => res.end('{}')),
    metered: async (request) => {
      const answer = await request.sendStreaming()
      if (answer.ok) await answer.release()
      else await request.respond(503, [], answer.reason)
    },
  })
  const head = `POST /_matrix/media/v3/upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100000\r\n\r\n`
  const slow = [0, 1].map(() => connect(made.port, '127.0.0.1'))
  for (const socket of slow) socket.write(head)
  await eventually(() => made.tracked() === 2)
  expect(await raw(made.port, head)).toMatch(/^HTTP\/1.1 429 /)
  const file = `${made.url}/_matrix/client/v1/media/download/x/y`
  expect((await fetch(file, { headers: AUTH })).status).toBe(503)
  expect((await fetch(made.url + PUSH_RULES, { headers: AUTH })).status).toBe(200)
  for (const socket of slow) socket.destroy()
  await eventually(() => made.tracked() === 0)
  expect(await raw(made.port, head + 'x'.repeat(100_000))).toMatch(/^HTTP\/1.1 200 /)
  for (let times = 0; times < 3; times++) expect((await fetch(file, { headers: AUTH })).status).toBe(200)
})
