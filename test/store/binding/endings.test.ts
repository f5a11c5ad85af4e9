// What races a login, a refresh or an ending, and what a device may do to itself.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashToken } from '../../../server/platform/tokens.ts'
import { bindingWorld } from '../../support/binding.ts'

let world: Awaited<ReturnType<typeof bindingWorld>>
beforeAll(async () => {
  world = await bindingWorld()
})
afterAll(() => world.stop())

const text = (response: Response) => response.text()
const refresh = (refresh_token: string) => world.call('POST', '/_matrix/client/v3/refresh', { body: { refresh_token } })
const sidOf = async (loginToken: string) => {
  const [row] = await world.sql<{ sid: string }[]>`select sid from login_tokens where hash = ${hashToken(loginToken)}`
  return row?.sid ?? ''
}

test('two refreshes at once get one successor, and the device lives', async () => {
  for (let round = 0; round < 25; round++) {
    const { refresh_token } = await world.signIn({ refresh_token: true, device_id: `TWICE${round}` })
    const answers = await Promise.all([refresh(refresh_token), refresh(refresh_token)])
    const [first, second] = (await Promise.all(answers.map((answer) => answer.json()))) as Record<string, string>[]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(first?.['refresh_token']).toBe(second?.['refresh_token'])
    expect(await world.identify.identify(second?.['access_token'] ?? '')).toMatchObject({ deviceId: `TWICE${round}` })
  }
})

test('twenty refreshes at once never fork the session: one successor at most, and the copies end the device', async () => {
  const { refresh_token, access_token } = await world.signIn({ refresh_token: true })
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refresh_token)))
  const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as Record<string, string>[]
  const successors = new Set(bodies.flatMap((body) => body['refresh_token'] ?? []))
  expect(successors.size).toBeLessThanOrEqual(1)
  expect(answers.some(({ status }) => status === 401)).toBe(true)
  for (const successor of successors) expect((await refresh(successor)).status).toBe(401)
  await expect.poll(() => world.identify.identify(access_token)).toBe('unknown')
})

test('a revocation while the homeserver is asked makes the login fail, and what the homeserver made is ended there', async () => {
  for (const kind of ['sid', 'id-session', 'person', 'credential'] as const) {
    // Last of all: a revoked credential signs nobody in again.
    const token = await world.loginToken()
    const sid = await sidOf(token)
    const subject = { sid, 'id-session': 'h', person: world.personId, credential: world.credentialId }[kind]
    world.synapse.beforeLogin = async () => {
      await world.revoker.revoke(kind, subject, 'revoked')
    }
    const login = await world.call('POST', '/_matrix/client/v3/login', {
      body: { type: 'm.login.token', token, device_id: `LATE-${kind}` },
    })
    world.synapse.beforeLogin = null
    expect([kind, login.status]).toEqual([kind, 403])
    expect(await text(login)).not.toContain('access_token')
    expect(world.synapse.done).toContain(`logout LATE-${kind}`)
  }
  await world.sql`update credentials set revoked_at = null, revoked_reason = null`
  // The sessions of this world share one hash, ended above.
  await world.sql`update id_sessions set ended_at = null`
})

test('a revocation at any moment of a login leaves no device that lives, in 40 rounds', async () => {
  const outcomes = new Set<number>()
  for (let round = 0; round < 40; round++) {
    const token = await world.loginToken()
    const sid = await sidOf(token)
    world.synapse.beforeLogin = () => sleep(3)
    const asked = world.call('POST', '/_matrix/client/v3/login', {
      body: { type: 'm.login.token', token, device_id: `RACE${round}` },
    })
    // The last rounds after the login for certain, so that both outcomes are seen.
    await (round < 30 ? sleep(round / 2) : asked.then(() => undefined))
    await world.revoker.revoke('sid', sid, 'revoked')
    const login = await asked
    outcomes.add(login.status)
    const body = (await login.json()) as Record<string, string>
    if (login.status === 200) {
      await expect.poll(() => world.identify.identify(body['access_token'] ?? '')).toBe('unknown')
    } else expect([login.status, body['access_token']]).toEqual([403, undefined])
    const living = await world.sql`select 1 from devices where sid = ${sid} and ended_at is null`
    expect(living).toHaveLength(0)
  }
  world.synapse.beforeLogin = null
  expect([...outcomes].sort()).toEqual([200, 403])
})

test.each([
  ['POST', '/_matrix/client/v3/delete_devices', { devices: ['SELF'] }],
  ['DELETE', '/_matrix/client/v3/devices/SELF', {}],
])('a device may delete itself (%s), with a tap, and is gone afterwards', async (method, target, sent) => {
  const { access_token: token } = await world.signIn({ device_id: 'SELF' })
  const { access_token: other } = await world.signIn({ device_id: 'OTHER' })
  const asked = (await (await world.call(method, target, { token, body: sent })).json()) as { session: string }
  const page = `/_matrix/client/v3/auth/m.login.sso/fallback/web?session=${asked.session}`
  const opened = await world.call('GET', page)
  const back = await world.tap(opened.headers.get('location') ?? '')
  await world.call('GET', back, { cookie: world.cookiesOf(opened) })
  const confirmed = { ...sent, auth: { session: asked.session } }
  // Another device's confirmation is not this one's.
  expect((await world.call(method, target, { token: other, body: confirmed })).status).toBe(403)
  const done = await world.call(method, target, { token, body: confirmed })
  expect([done.status, await done.json()]).toEqual([200, {}])
  await expect.poll(() => world.identify.identify(token)).toBe('unknown')
  expect(await world.identify.identify(other)).toMatchObject({ deviceId: 'OTHER' })
})

test('the first cross-signing keys are taken soon after a tap, later with one of their own; replacing them always wants one', async () => {
  const upload = (token: string, keys: object = {}, auth?: object) =>
    world.call('POST', '/_matrix/client/v3/keys/device_signing/upload', {
      token,
      body: { master_key: { keys }, ...(auth ? { auth } : {}) },
    })
  const { access_token: stale } = await world.signIn({ device_id: 'STALE' })
  await world.sql`update devices set last_tap_at = now() - interval '10 minutes 1 second' where device_id = 'STALE'`
  world.identify.forget((await world.sql`select id from devices where device_id = 'STALE'`)[0]?.['id'] as string)
  world.synapse.hasKeys = false
  const late = await upload(stale)
  const asked = (await late.json()) as { session: string; flows: unknown }
  expect([late.status, asked.flows]).toEqual([401, [{ stages: ['m.login.sso'] }]])
  const auth = { session: asked.session }
  expect((await upload(stale, {}, auth)).status).toBe(401)
  expect(world.synapse.hasKeys).toBe(false)
  const opened = await world.call('GET', `/_matrix/client/v3/auth/m.login.sso/fallback/web?session=${asked.session}`)
  const back = await world.tap(opened.headers.get('location') ?? '')
  await world.call('GET', back, { cookie: world.cookiesOf(opened) })
  // The tap was for those keys: not for a thief's, and not to delete anything.
  expect((await upload(stale, { thief: 'key' }, auth)).status).toBe(403)
  const deleting = { token: stale, body: { devices: [], auth } }
  expect((await world.call('POST', '/_matrix/client/v3/delete_devices', deleting)).status).not.toBe(200)
  expect(world.synapse.hasKeys).toBe(false)
  expect((await upload(stale, {}, auth)).status).toBe(200)
  expect(world.synapse.hasKeys).toBe(true)
  expect((await upload(stale, {}, auth)).status).toBe(403)

  world.synapse.hasKeys = false
  const { access_token: fresh } = await world.signIn({ device_id: 'FRESH' })
  expect((await upload(fresh)).status).toBe(200)
  for (const token of [fresh, stale]) {
    const again = await upload(token)
    expect([again.status, await again.json()]).toMatchObject([401, { flows: [{ stages: ['m.login.sso'] }] }])
  }
  expect(world.synapse.done.filter((one) => one.startsWith('keys '))).toEqual(['keys STALE', 'keys FRESH'])
})

test('who came in with a temporary pass has tapped nothing: their session does not become the person’s identity', async () => {
  const { access_token: token } = await world.signIn({ device_id: 'PASS' })
  await world.sql`update devices set acr = 'temporary' where device_id = 'PASS'`
  world.identify.forget((await world.sql`select id from devices where device_id = 'PASS'`)[0]?.['id'] as string)
  expect(await world.identify.identify(token)).toMatchObject({ temporary: true, lastTapAtMs: 0 })
  world.synapse.hasKeys = false
  const body = { master_key: { keys: {} } }
  const answer = await world.call('POST', '/_matrix/client/v3/keys/device_signing/upload', { token, body })
  expect([answer.status, await answer.json()]).toMatchObject([401, { flows: [{ stages: ['m.login.sso'] }] }])
  expect(world.synapse.hasKeys).toBe(false)
})

test('signing out everywhere ends every device of the person, and the homeserver is asked to do the same', async () => {
  const tokens = [await world.signIn({ device_id: 'A' }), await world.signIn({ device_id: 'B', refresh_token: true })]
  const answer = await world.call('POST', '/_matrix/client/v3/logout/all', {
    token: tokens[0]?.['access_token'] as string,
  })
  expect([answer.status, await answer.json()]).toEqual([200, {}])
  expect(world.synapse.done).toContain('logout all @alice:example.org')
  for (const { access_token } of tokens) {
    await expect.poll(() => world.identify.identify(access_token as string)).toBe('unknown')
  }
  expect((await refresh(tokens[1]?.['refresh_token'] as string)).status).toBe(401)
  expect(await world.sql`select 1 from devices where ended_at is null`).toHaveLength(0)
})
