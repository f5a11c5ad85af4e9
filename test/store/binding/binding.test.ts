import { afterAll, beforeAll, expect, test } from 'vitest'
import { bindingWorld } from '../../support/binding.ts'

let world: Awaited<ReturnType<typeof bindingWorld>>
beforeAll(async () => {
  world = await bindingWorld()
})
afterAll(() => world.stop())

const SSO = '/_matrix/client/v3/login/sso/redirect?redirectUrl='

test('a login gives tokens of our own, and none of the homeserver’s reach the client or the log', async () => {
  const login = await world.signIn({ device_id: 'PHONE' })
  expect(login).toMatchObject({
    user_id: '@alice:example.org',
    device_id: 'PHONE',
    access_token: expect.stringMatching(/^pma_/),
  })
  for (const secret of world.synapse.secrets) expect(JSON.stringify(login) + world.lines.join()).not.toContain(secret)
  expect(await world.identify.identify(login['access_token'])).toMatchObject({ deviceId: 'PHONE' })
})

test.each([
  'https://evil.example/',
  'https://chat.example.org@evil.example/app',
  'javascript:alert(1)',
  'https://chat.example.org\\.evil.example/app',
  'https://chat.example.org/apple',
  '',
])('a redirect to %s is refused', async (url) => {
  expect((await world.call('GET', SSO + encodeURIComponent(url))).status).toBe(400)
})

test('a thief who sends the link of his own login to the victim gets nothing from the victim’s tap', async () => {
  const thief = await world.call('GET', `${SSO}https%3A%2F%2Fchat.example.org%2Fapp`)
  const victim = await world.call('GET', `${SSO}https%3A%2F%2Fchat.example.org%2Fapp`)
  const back = await world.tap(thief.headers.get('location') ?? '')
  for (const cookie of ['', world.cookiesOf(victim)]) {
    const page = await world.call('GET', back, { cookie })
    expect(page.status).toBe(403)
    expect(await page.text()).not.toContain('loginToken')
  }
})

test('a login token works once, used twenty times in parallel', async () => {
  const token = await world.loginToken()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      world.call('POST', '/_matrix/client/v3/login', { body: { type: 'm.login.token', token } }),
    ),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('another user than the tap was for is refused', async () => {
  world.synapse.user = '@mallory:example.org'
  expect(await world.signIn()).toMatchObject({ errcode: 'M_FORBIDDEN' })
  world.synapse.user = '@alice:example.org'
})

test('a detour of new users names the setting', async () => {
  world.synapse.detour = '/_synapse/client/pick_username/account_details'
  const start = await world.call('GET', `${SSO}http%3A%2F%2Flocalhost%3A9999%2F`)
  const page = await world.call('GET', await world.tap(start.headers.get('location') ?? ''), {
    cookie: world.cookiesOf(start),
  })
  world.synapse.detour = null
  expect([page.status, await page.text()]).toEqual([502, expect.stringContaining('localpart_template')])
})

test('a new login of a device revokes what it held before', async () => {
  const first = await world.signIn({ device_id: 'LAPTOP' })
  const second = await world.signIn({ device_id: 'LAPTOP' })
  await expect.poll(() => world.identify.identify(first['access_token'])).toBe('unknown')
  expect(await world.identify.identify(second['access_token'])).toMatchObject({ deviceId: 'LAPTOP' })
})

test('a refresh token rotates; a lost answer is repeated once; a copy used again ends the device', async () => {
  const { access_token, refresh_token } = await world.signIn({ refresh_token: true })
  expect(await world.identify.identify(access_token)).toMatchObject({ userId: '@alice:example.org' })
  const use = () => world.call('POST', '/_matrix/client/v3/refresh', { body: { refresh_token } })
  const first = (await (await use()).json()) as Record<string, string>
  const again = (await (await use()).json()) as Record<string, string>
  expect(again['refresh_token']).toBe(first['refresh_token'])
  const reused = await use()
  expect([reused.status, await reused.json()]).toEqual([401, { errcode: 'M_UNKNOWN_TOKEN', error: expect.any(String) }])
  expect(
    (await world.call('POST', '/_matrix/client/v3/refresh', { body: { refresh_token: first['refresh_token'] } }))
      .status,
  ).toBe(401)
})

test('past its absolute end a device signs in again, softly', async () => {
  const { refresh_token, device_id } = await world.signIn({ refresh_token: true })
  await world.sql`update device_tokens set expires_at = now() where device_id in (select id from devices where device_id = ${device_id})`
  const answer = await world.call('POST', '/_matrix/client/v3/refresh', { body: { refresh_token } })
  expect(await answer.json()).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: true })
})

test('a confirmation serves one operation, once, and not a link sent to another network', async () => {
  const { access_token: token } = await world.signIn({ device_id: 'ASKING' })
  const ask = (devices: string[], auth?: unknown) =>
    world.call('POST', '/_matrix/client/v3/delete_devices', { token, body: { devices, ...(auth ? { auth } : {}) } })
  const asked = (await (await ask(['OLD'])).json()) as { session: string; flows: unknown }
  expect(asked.flows).toEqual([{ stages: ['m.login.sso'] }])
  const auth = { session: asked.session }
  const page = `/_matrix/client/v3/auth/m.login.sso/fallback/web?session=${asked.session}`
  expect((await world.call('GET', page, { network: '198.51.100.0/24' })).status).toBe(403)
  const opened = await world.call('GET', page)
  expect(opened.status).toBe(302)
  expect((await world.call('GET', page)).status).toBe(403)
  expect((await ask(['OLD'], auth)).status).toBe(401)
  const back = await world.tap(opened.headers.get('location') ?? '')
  expect((await world.call('GET', back)).status).toBe(403)
  expect(await (await world.call('GET', back, { cookie: world.cookiesOf(opened) })).text()).toContain('thank you')
  expect((await ask(['OTHER'], auth)).status).toBe(403)
  expect((await ask(['OLD'], { type: 'm.login.password', session: asked.session })).status).toBe(403)
  expect((await ask(['OLD'], auth)).status).toBe(200)
  expect((await ask(['OLD'], auth)).status).toBe(403)
  expect(world.synapse.done.filter((one) => one.includes('delete_devices'))).toHaveLength(1)
})

test('revoking a key ends requests in flight, in another process too, and its devices upstream', async () => {
  const { access_token, device_id } = await world.signIn()
  const other = world.identifier()
  const caller = await other.identify(access_token)
  if (typeof caller === 'string') throw new Error(caller)
  const ended = new Promise<string>((resolve) => other.track(caller, resolve))
  await world.revoker.revoke('device', caller.device, 'not-me')
  expect(await ended).toBe('not-me')
  expect(other.remembered(access_token)).toBeNull()
  await expect.poll(() => other.identify(access_token)).toBe('unknown')
  await expect.poll(() => world.synapse.done).toContain(`logout ${device_id}`)
  await other.feed.stop()
})

test('a revocation that commits late is heard', async () => {
  const heard = world.identifier()
  const { access_token } = await world.signIn()
  const caller = await heard.identify(access_token)
  if (typeof caller === 'string') throw new Error(caller)
  const ended = new Promise<string>((resolve) => heard.track(caller, resolve))
  await world.sql.begin(async (tx) => {
    await tx`insert into revocations (kind, subject, reason) values ('device', ${caller.device}, 'late')`
    await new Promise((resolve) => setTimeout(resolve, 1500))
  })
  expect(await ended).toBe('late')
  await heard.feed.stop()
})
