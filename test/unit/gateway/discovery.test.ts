import type { RequestListener } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type Rig, type RigOptions, rig, TOKEN } from './support.ts'

let current: Rig | null = null
const start = async (options: RigOptions) => (current = await rig(options))
afterEach(async () => {
  await current?.close()
  current = null
})

const AUTH = { authorization: `Bearer ${TOKEN}` }
const json =
  (body: unknown): RequestListener =>
  (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify(body))
  }

test('versions keeps the specification and takes out features whose routes are refused, with a token or without', async () => {
  const { url } = await start({
    upstream: json({
      versions: ['v1.12'],
      unstable_features: {
        'org.matrix.simplified_msc3575': true,
        'org.matrix.msc3575': true,
        'org.matrix.msc4108': true,
        'org.matrix.msc3882': true,
        'org.matrix.msc4140': true,
      },
    }),
  })
  const truth = {
    versions: ['v1.12'],
    unstable_features: { 'org.matrix.simplified_msc3575': true, 'org.matrix.msc4140': true },
  }
  expect(await (await fetch(`${url}/_matrix/client/versions`)).json()).toEqual(truth)
  expect(await (await fetch(`${url}/_matrix/client/versions`, { headers: AUTH })).json()).toEqual(truth)
  expect(
    await (await fetch(`${url}/_matrix/client/versions`, { headers: { authorization: 'Bearer gone' } })).json(),
  ).toEqual(truth)
})

test('GET /login lists single sign-on with its provider and nothing else', async () => {
  const sso = { type: 'm.login.sso', identity_providers: [{ id: 'oidc-palier', name: 'Palier' }] }
  const { url } = await start({
    upstream: json({
      flows: [
        { type: 'm.login.password' },
        { ...sso, get_login_token: true },
        { type: 'm.login.token', get_login_token: true },
      ],
    }),
  })
  expect(await (await fetch(`${url}/_matrix/client/v3/login`)).json()).toEqual({ flows: [sso] })
})

test('capabilities say that no other device can be let in and no password be changed', async () => {
  const { url } = await start({
    upstream: json({ capabilities: { 'm.get_login_token': { enabled: true }, 'm.room_versions': { default: '10' } } }),
  })
  expect((await fetch(`${url}/_matrix/client/v3/capabilities`)).status).toBe(401)
  expect(await (await fetch(`${url}/_matrix/client/v3/capabilities`, { headers: AUTH })).json()).toEqual({
    capabilities: {
      'm.get_login_token': { enabled: false },
      'm.change_password': { enabled: false },
      'm.room_versions': { default: '10' },
    },
  })
})

test("well-known answers the gateway's address without asking the homeserver", async () => {
  const { url } = await start({ upstreamUrl: 'http://127.0.0.1:1' })
  expect(await (await fetch(`${url}/.well-known/matrix/client`)).json()).toEqual({
    'm.homeserver': { base_url: 'https://matrix.example.org' },
  })
})

test('a homeserver whose discovery is not JSON is a 502', async () => {
  const { url } = await start({ upstream: (_req, res) => res.end('<html>') })
  expect((await fetch(`${url}/_matrix/client/versions`)).status).toBe(502)
})

test('a control route gets the public address, the body, the caller and cookies, but no token', async () => {
  let seen: unknown[] = []
  const { url } = await start({
    control: async (request, context) => {
      seen = [
        request.method,
        request.url,
        await request.text(),
        request.headers.get('authorization'),
        request.headers.get('cookie'),
        context.caller?.device,
        context.route.row.id,
      ]
      return new Response('{}', {
        status: 200,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['access-control-allow-origin', 'https://x'],
        ],
      })
    },
  })
  const answer = await fetch(`${url}/_matrix/client/v3/logout?access_token=${TOKEN}`, {
    method: 'POST',
    body: '{"a":1}',
    headers: { cookie: 'palier_gateway_browser=x' },
  })
  expect(seen).toEqual([
    'POST',
    'https://matrix.example.org/_matrix/client/v3/logout',
    '{"a":1}',
    null,
    'palier_gateway_browser=x',
    'dev_1',
    'logout',
  ])
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
})

test('a control route that needs a token is not reached without one, nor with too large a body', async () => {
  let reached = 0
  const { url } = await start({
    control: () => {
      reached++
      return new Response()
    },
  })
  expect((await fetch(`${url}/_matrix/client/v3/logout`, { method: 'POST' })).status).toBe(401)
  expect(
    (await fetch(`${url}/_matrix/client/v3/login`, { method: 'POST', body: 'x'.repeat(2 * 1024 * 1024) })).status,
  ).toBe(413)
  expect(reached).toBe(0)
})

test('refused routes say why; those of absent features look absent', async () => {
  const { url } = await start({})
  const openid = `${url}/_matrix/client/v3/user/@ada:example.org/openid/request_token`
  const refused = await fetch(openid, { method: 'POST', headers: AUTH, body: '{}' })
  expect([refused.status, await refused.json()]).toMatchObject([403, { errcode: 'M_FORBIDDEN' }])
  const token = await fetch(`${url}/_matrix/client/v1/login/get_token`, { method: 'POST', headers: AUTH, body: '{}' })
  expect([token.status, await token.json()]).toMatchObject([404, { errcode: 'M_UNRECOGNIZED' }])
  expect((await fetch(`${url}/_synapse/admin/v1/rooms`, { headers: AUTH })).status).toBe(404)
  expect((await fetch(`${url}/nowhere`)).status).toBe(404)
})
