import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { outbox } from '../../../db/schema/notify.ts'
import { services } from '../../../db/schema/services.ts'
import { MINE, principalsWorld, THEIRS } from '../../support/principals.ts'

let world: Awaited<ReturnType<typeof principalsWorld>>
let sponsor: Awaited<ReturnType<typeof world.person>>
let sequence = 0

beforeAll(async () => {
  world = await principalsWorld({
    PALIER_WEBHOOKS: 'ops https://alerts.example.org/hook whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
  })
})
afterAll(() => world.stop())
beforeEach(async () => {
  sequence += 1
  sponsor = await world.person(`sponsor${sequence}`)
  world.upstream.seen.length = 0
  world.lines.length = 0
})

/** Asks until the answer is no more what it was: at the feed's own pace. */
const until = (status: number, ask: () => Promise<{ status: number }>) => expect.poll(ask).toMatchObject({ status })

describe('a service', () => {
  it('calls with its own token; the homeserver sees its own, and nobody else does', async () => {
    const bot = await world.service(sponsor.id)
    const { status, body } = await world.call(bot.token, '/devices')
    expect(status).toBe(200)
    expect(body).toMatchObject({ token: bot.upstreamToken })
    expect(world.upstream.seen.at(-1)).toMatchObject({ token: bot.upstreamToken })
    const [row] = await world.db.select().from(services).where(eq(services.id, bot.id))
    expect(JSON.stringify(row)).not.toContain(bot.token)
    expect(JSON.stringify(row)).not.toContain(bot.upstreamToken)
    expect(JSON.stringify(world.lines)).not.toContain(bot.token)
    await until(200, async () => ({
      status: (await world.services.byName('example.org', bot.name))?.lastUsedAt ? 200 : 0,
    }))
  })

  it('from another network gets what an unknown token gets, and the log says why', async () => {
    const bot = await world.service(sponsor.id, { networks: ['192.0.2.0/24', '2001:db8::/32'] })
    const unknown = await world.call(`pls_${'A'.repeat(43)}`, '/devices', { from: '198.51.100.7' })
    const elsewhere = await world.call(bot.token, '/devices', { from: '198.51.100.7' })
    expect(elsewhere).toEqual(unknown)
    expect(elsewhere).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } })
    expect(elsewhere.body).not.toHaveProperty('soft_logout')
    expect(world.said('gateway.out-of-bounds')).toMatchObject([{ device: bot.id, reason: 'service-network' }])
    expect(world.upstream.seen).toEqual([])
    for (const from of ['192.0.2.9', '2001:db8::1'])
      expect(await world.call(bot.token, '/devices', { from })).toMatchObject({ status: 200 })
  })

  it.each([
    ['expired', { expiresAt: new Date(Date.now() - 1_000) }],
    ['of another homeserver', { serverName: 'other.example' }],
  ] as const)('%s is unknown', async (_, changed) => {
    const bot = await world.service(sponsor.id, changed)
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 401 })
  })

  it('stops by itself at its date', async () => {
    const startedMs = world.time.nowMs
    const bot = await world.service(sponsor.id, { expiresAt: new Date(startedMs + 2_000) })
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 200 })
    world.time.nowMs = startedMs + 1_999
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 200 })
    world.time.nowMs = startedMs + 2_000
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 401 })
    world.time.nowMs = startedMs
  })

  it.each([
    ['POST', '/logout'],
    ['POST', '/logout/all'],
    ['POST', '/keys/device_signing/upload'],
    ['POST', '/delete_devices'],
    ['DELETE', '/devices/ABC'],
    ['POST', '/account/deactivate'],
    ['GET', '/room_keys/keys'],
    ['PUT', '/room_keys/keys?version=1'],
    ['GET', '/room_keys/version'],
    ['POST', '/pushers/set'],
  ])('does not %s %s', async (method, path) => {
    const bot = await world.service(sponsor.id)
    expect(await world.call(bot.token, path, { method, ...(method === 'GET' ? {} : { body: {} }) })).toMatchObject({
      status: 403,
    })
    expect(world.upstream.seen).toEqual([])
  })
})

describe('a service with rooms of its own', () => {
  const rooms = [MINE]

  it('sees those in /sync and nothing of the others, and pays for those only', async () => {
    const bot = await world.service(sponsor.id, { rooms })
    const { status, body } = await world.call(bot.token, '/sync')
    expect(status).toBe(200)
    expect(JSON.stringify(body)).not.toContain(THEIRS)
    expect(Object.keys((body as { rooms: { join: object } }).rooms.join)).toEqual([MINE])
    expect(body).toMatchObject({ next_batch: 's1', device_one_time_keys_count: { signed_curve25519: 1 } })
    const [line] = world.said('metering.decision')
    expect(line).toMatchObject({ person: bot.id, history: 3 })
  })

  it('is told of those that it has joined', async () => {
    const bot = await world.service(sponsor.id, { rooms })
    expect(await world.call(bot.token, '/joined_rooms')).toEqual({ status: 200, body: { joined_rooms: [MINE] } })
    const free = await world.service(sponsor.id)
    expect(await world.call(free.token, '/joined_rooms')).toMatchObject({ body: { joined_rooms: [MINE, THEIRS] } })
  })

  it('is refused every other room, and what cannot be cut', async () => {
    const bot = await world.service(sponsor.id, { rooms })
    const theirs = encodeURIComponent(THEIRS)
    const refused: readonly [string, string, unknown?][] = [
      ['GET', `/rooms/${theirs}/messages?dir=b&limit=5`],
      ['GET', `/rooms/${theirs}/members`],
      ['GET', `/rooms/${theirs}/state`],
      ['PUT', `/rooms/${theirs}/send/m.room.message/1`, {}],
      ['POST', `/rooms/${theirs}/leave`, {}],
      ['POST', `/join/${theirs}`, {}],
      ['POST', `/join/${encodeURIComponent('#alias:example.org')}`, {}],
      ['GET', `/user/${encodeURIComponent('@bot:example.org')}/rooms/${theirs}/tags`],
      ['GET', '/initialSync'],
      ['GET', '/events'],
      ['GET', '/notifications'],
      ['POST', '/createRoom', {}],
    ]
    for (const [method, path, body] of refused)
      expect(
        await world.call(bot.token, path, { method, ...(body === undefined ? {} : { body }) }),
        path,
      ).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } })
    expect(world.upstream.seen).toEqual([])
    const mine = encodeURIComponent(MINE)
    expect(await world.call(bot.token, `/rooms/${mine}/messages?dir=b&limit=5`)).toMatchObject({ status: 200 })
    expect(await world.call(bot.token, `/rooms/${mine}/leave`, { method: 'POST', body: {} })).toMatchObject({
      status: 200,
    })
  })
})

describe('an application service', () => {
  const namespace = ['@_irc_*:example.org', '@alice_irc:example.org']

  it('speaks for the users of its namespace, and for nobody else', async () => {
    const bridge = await world.service(sponsor.id, { namespace })
    const as = (user: string) => world.call(bridge.token, `/devices?user_id=${encodeURIComponent(user)}`)
    for (const user of ['@_irc_bob:example.org', '@alice_irc:example.org', '@bot:example.org'])
      expect(await as(user), user).toMatchObject({ status: 200 })
    for (const user of [
      '@bob:example.org',
      '@_irc_bob:other.example',
      '@x_irc_bob:example.org',
      '@alice_ircX:example.org',
      '',
    ])
      expect(await as(user), user).toMatchObject({ status: 403 })
    const twice = '/devices?user_id=%40_irc_a%3Aexample.org&user_id=%40bob%3Aexample.org'
    expect((await world.call(bridge.token, twice)).status).toBeGreaterThanOrEqual(400)
    const device = '/devices?user_id=%40_irc_a%3Aexample.org&org.matrix.msc3202.device_id=X'
    expect(await world.call(bridge.token, device)).toMatchObject({ status: 403 })
  })

  it('and a service without one speaks for itself only', async () => {
    const bot = await world.service(sponsor.id)
    expect(await world.call(bot.token, '/devices?user_id=%40_irc_bob%3Aexample.org')).toMatchObject({ status: 403 })
  })
})

describe('its budget', () => {
  const page = `/rooms/${encodeURIComponent(MINE)}/messages?dir=b&limit=10`

  it('is its own, nobody is prompted when it is spent, and its sponsor is told', async () => {
    const bot = await world.service(sponsor.id, { limits: { archive: 10 } })
    expect(await world.call(bot.token, page)).toMatchObject({ status: 200 })
    const spent = await world.call(bot.token, `${page}&from=2`)
    expect(spent).toMatchObject({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED' } })
    expect(spent.body).not.toHaveProperty('approval_uri')
    expect(await world.db.execute('select count(*)::int as n from approvals')).toMatchObject([{ n: 0 }])
    await world.call(bot.token, `${page}&from=3`)
    expect(world.said('service.budget-spent')).toMatchObject([
      { service: bot.id, sponsor: sponsor.id, meter: 'archive' },
    ])
    expect(world.said('metering.decision').at(-1)).toMatchObject({ reason: 'service-budget', status: 429 })
    await until(200, async () => {
      const told = await world.db.select().from(outbox)
      return { status: told.some(({ payload }) => JSON.stringify(payload).includes(bot.id)) ? 200 : 0 }
    })
    // Another service of the same sponsor, and the same user, has a budget of its own.
    const other = await world.service(sponsor.id, { limits: { archive: 10 } })
    expect(await world.call(other.token, page)).toMatchObject({ status: 200 })
  })

  it('may be larger than a person’s', async () => {
    const bot = await world.service(sponsor.id, { limits: { archive: 50_000 } })
    for (let n = 0; n < 3; n++)
      expect(
        await world.call(bot.token, `/rooms/${encodeURIComponent(MINE)}/messages?dir=b&limit=1000&from=${n}`),
      ).toMatchObject({ status: 200 })
  })
})

describe('its end', () => {
  it('comes with its revocation, for what is asked and what is under way, and for good', async () => {
    const bot = await world.service(sponsor.id)
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 200 })
    world.upstream.state.hang = true
    const polling = world.call(bot.token, '/sync?timeout=30000')
    await until(200, async () => ({ status: world.upstream.state.hanging.size > 0 ? 200 : 0 }))
    expect(await world.services.revoke(bot.id, 'test', 'revoked')).toBe(true)
    expect(await world.services.revoke(bot.id, 'test', 'revoked')).toBe(false)
    expect(await polling).toMatchObject({ status: 401 })
    world.upstream.state.hang = false
    world.upstream.state.hanging.clear()
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 401 })
    const [row] = await world.db.select().from(services).where(eq(services.id, bot.id))
    expect(row?.homeserverToken).toBeNull()
  })

  it('comes with its sponsor’s suspension, and the sponsor’s return brings it back', async () => {
    const bot = await world.service(sponsor.id)
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 200 })
    const event = { action: 'person.suspended', actor: 'test', subject: sponsor.id, detail: {} }
    await world.people.setSuspended(sponsor.id, new Date(), event)
    await world.revoker.revoke('person', sponsor.id, 'person-suspended')
    await until(401, () => world.call(bot.token, '/devices'))
    await world.people.setSuspended(sponsor.id, null, event)
    expect(await world.call(bot.token, '/devices')).toMatchObject({ status: 200 })
  })

  it('comes when it is ended like a device, and outlives a start', async () => {
    const bot = await world.service(sponsor.id)
    await world.revoker.revoke('device', bot.id, 'revoked')
    await until(401, () => world.call(bot.token, '/devices'))
    const [row] = await world.db.select().from(services).where(eq(services.id, bot.id))
    expect(row).toMatchObject({ endedReason: 'revoked', homeserverToken: null })
  })
})
