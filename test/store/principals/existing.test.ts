import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { groupMembers, groups } from '../../../db/schema/groups.ts'
import { insertDevice, insertPerson } from '../../support/people.ts'
import { MINE, principalsWorld, SERVER_NAME } from '../../support/principals.ts'

const DAY_MS = 86_400_000
const PAGE = `/rooms/${encodeURIComponent(MINE)}/messages?dir=b&limit=1000`

let world: Awaited<ReturnType<typeof principalsWorld>>
let anne: Awaited<ReturnType<typeof insertPerson>>
let token: string
let group: string
let sequence = 0

beforeAll(async () => {
  world = await principalsWorld({ PALIER_EXISTING_LOGINS: 'asked-softly' })
})
afterAll(() => world.stop())
beforeEach(async () => {
  sequence += 1
  anne = await insertPerson(world.db, { username: `anne${sequence}` })
  group = `grp_${sequence}`
  await world.db.insert(groups).values({ id: group, displayName: `group ${sequence}`, createdAt: new Date() })
  await world.db.insert(groupMembers).values({ groupId: group, personId: anne.id, addedAt: new Date() })
  token = raw()
  world.upstream.tokens.set(token, { user_id: `@anne${sequence}:${SERVER_NAME}`, device_id: 'OLDPHONE' })
  world.upstream.seen.length = 0
  world.lines.length = 0
  world.rules.length = 0
})
afterEach(() => {
  world.upstream.state.whoamiStatus = 200
})

const raw = () => `syt_${randomBytes(24).toString('base64url')}_x`
const asked = () => world.upstream.seen.filter(({ target }) => target.endsWith('/account/whoami')).length
const soft = { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', soft_logout: true } }

describe('before the day', () => {
  it('goes on with the token it has, counted against its person and not withheld', async () => {
    world.rules.push({ group, from: world.time.nowMs + DAY_MS })
    for (let n = 0; n < 3; n++) {
      const { status, body } = await world.call(token, `${PAGE}&from=${n}`)
      expect(status).toBe(200)
      expect(body['chunk']).toHaveLength(1_000)
    }
    expect(world.upstream.seen.at(-1)).toMatchObject({ token })
    const decisions = world.said('metering.decision')
    expect(decisions).toHaveLength(3)
    expect(decisions[0]).toMatchObject({ person: anne.id, history: 1_000, reason: 'within-budget' })
    expect(decisions[2]).toMatchObject({ person: anne.id, reason: 'observed', wouldBe: 'withheld', history: 1_000 })
    expect(await world.db.execute('select count(*)::int as n from approvals')).toMatchObject([{ n: 0 }])
    expect(world.said('existing.seen')).toMatchObject([{ person: anne.id }])
  })

  it('asks the homeserver once for a token, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => world.call(token, '/devices')))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(asked()).toBe(1)
  })

  it('keeps the token nowhere but where the client has it', async () => {
    await world.call(token, PAGE)
    const tables = await world.db.execute<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'`,
    )
    for (const { name } of tables) {
      const [row] = await world.db.execute<{ n: number }>(
        `select count(*)::int as n from "${name}" t where t::text like '%${token}%'`,
      )
      expect(row?.n, name).toBe(0)
    }
    expect(JSON.stringify(world.lines)).not.toContain(token)
  })

  it('signs out as before, at the homeserver; what a key would confirm makes it sign in', async () => {
    expect(await world.call(token, '/logout', { method: 'POST', body: {} })).toMatchObject({ status: 200 })
    expect(world.upstream.seen.at(-1)).toMatchObject({ method: 'POST', token, target: '/_matrix/client/v3/logout' })
    for (const path of ['/keys/device_signing/upload', '/delete_devices', '/account/deactivate'])
      expect(await world.call(token, path, { method: 'POST', body: {} })).toMatchObject(soft)
  })
})

describe('from the day on', () => {
  it('is signed out softly, so that it keeps its device and keys, group by group', async () => {
    world.rules.push({ group, from: world.time.nowMs - 1 })
    expect(await world.call(token, '/sync')).toMatchObject(soft)
    expect(world.said('existing.asked-to-sign-in')).toMatchObject([{ person: anne.id }])
    const other = await insertPerson(world.db)
    const theirs = raw()
    world.upstream.tokens.set(theirs, { user_id: `@${other.username}:${SERVER_NAME}`, device_id: 'X' })
    expect(await world.call(theirs, '/devices')).toMatchObject({ status: 200 })
  })

  it('turns at the day itself, in a process that knew the client before', async () => {
    world.rules.push({ group, from: world.time.nowMs + 1_000 })
    expect(await world.call(token, '/devices')).toMatchObject({ status: 200 })
    world.time.nowMs += 1_000
    expect(await world.call(token, '/devices')).toMatchObject(soft)
  })

  it('takes everyone on everyone’s day, and strangers to Palier on the first day of all', async () => {
    const stranger = raw()
    world.upstream.tokens.set(stranger, { user_id: `@unheard:${SERVER_NAME}`, device_id: 'X' })
    world.rules.push({ group: 'grp_other', from: world.time.nowMs + DAY_MS })
    expect(await world.call(stranger, '/devices')).toMatchObject({ status: 200 })
    world.rules.push({ group: 'grp_first', from: world.time.nowMs - 1 })
    expect(await world.call(stranger, '/devices')).toMatchObject(soft)
    expect(await world.call(token, '/devices')).toMatchObject({ status: 200 })
    world.rules.push({ group: 'everyone', from: world.time.nowMs - 1 })
    expect(await world.call(token, '/devices')).toMatchObject(soft)
  })

  it('once it has signed in, its old token is good for nothing, at once and in every process', async () => {
    expect(await world.call(token, '/devices')).toMatchObject({ status: 200 })
    world.upstream.state.hang = true
    const polling = world.call(token, '/sync?timeout=30000')
    while (world.upstream.state.hanging.size === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    const made = await insertDevice({ ...world.ground, serverName: SERVER_NAME }, anne, { deviceId: 'OLDPHONE' })
    // What was under way ends with it.
    expect((await polling).status).toBe(401)
    world.upstream.state.hang = false
    world.upstream.state.hanging.clear()
    expect(await world.call(token, '/devices')).toMatchObject(soft)
    expect(made.token).toMatch(/^pma_/)
    // A token of another of their devices is not concerned.
    const second = raw()
    world.upstream.tokens.set(second, { user_id: `@anne${sequence}:${SERVER_NAME}`, device_id: 'LAPTOP' })
    expect(await world.call(second, '/devices')).toMatchObject({ status: 200 })
  })
})

describe('refused', () => {
  it('a token that the homeserver does not know, asked for once a minute', async () => {
    const unknown = raw()
    for (let n = 0; n < 5; n++) expect(await world.call(unknown, '/devices')).toMatchObject(soft)
    expect(asked()).toBe(1)
  })

  it('a guest, a user of elsewhere, a suspended person', async () => {
    const guest = raw()
    world.upstream.tokens.set(guest, { user_id: `@9:${SERVER_NAME}`, device_id: 'G', is_guest: true })
    const foreign = raw()
    world.upstream.tokens.set(foreign, { user_id: `@anne${sequence}:other.example`, device_id: 'F' })
    for (const of of [guest, foreign]) expect(await world.call(of, '/devices')).toMatchObject(soft)
    const event = { action: 'person.suspended', actor: 'test', subject: anne.id, detail: {} }
    await world.people.setSuspended(anne.id, new Date(), event)
    const answer = await world.call(token, '/devices')
    expect(answer).toMatchObject({ status: 401 })
    expect(answer.body).not.toHaveProperty('soft_logout')
  })

  it('a suspension of somebody who is reading', async () => {
    expect(await world.call(token, '/devices')).toMatchObject({ status: 200 })
    const event = { action: 'person.suspended', actor: 'test', subject: anne.id, detail: {} }
    await world.people.setSuspended(anne.id, new Date(), event)
    await world.revoker.revoke('person', anne.id, 'person-suspended')
    await expect.poll(async () => (await world.call(token, '/devices')).status).toBe(401)
  })

  it('nobody while the homeserver does not answer: the client tries again, and is not signed out', async () => {
    world.upstream.state.whoamiStatus = 500
    const answer = await world.call(token, '/devices')
    expect(answer).toMatchObject({ status: 503, body: { retry_after_ms: 2000 } })
    world.upstream.state.whoamiStatus = 200
    expect(await world.call(token, '/devices')).toMatchObject({ status: 200 })
  })

  it('a flood of made-up tokens from one network, without the others', async () => {
    const from = '203.0.113.9'
    const answers = await Promise.all(Array.from({ length: 330 }, () => world.call(raw(), '/devices', { from })))
    expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThanOrEqual(30)
    expect(asked()).toBeLessThanOrEqual(300)
    expect(await world.call(token, '/devices', { from: '192.0.2.4' })).toMatchObject({ status: 200 })
  })
})

describe('as it ships', () => {
  it('whoever holds such a token signs in at once, and the homeserver is not asked', async () => {
    const strict = await principalsWorld()
    try {
      strict.upstream.tokens.set(token, { user_id: `@anne:${SERVER_NAME}`, device_id: 'X' })
      expect(await strict.call(token, '/devices')).toMatchObject(soft)
      expect(strict.upstream.seen).toEqual([])
    } finally {
      await strict.stop()
    }
  })
})
