// Sessions and devices through the console's API on a real Postgres: found, ended one by one, ended for many, and heard by gateways.
import { eq, inArray, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { groupMembers, groups } from '../../../db/schema/groups.ts'
import { devices } from '../../../db/schema/sessions.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { hashToken, newToken } from '../../../server/platform/tokens.ts'
import { type WatchedConsole, watchedConsole } from '../../support/watched-console.ts'

let world: WatchedConsole
let supervisor: Awaited<ReturnType<WatchedConsole['administrator']>>
beforeAll(async () => {
  world = await watchedConsole()
  supervisor = await world.administrator('supervisor')
})
afterAll(() => world.stop())

const found = async (input: object) =>
  ((await supervisor.say('sessions.search', input)).body.items as { id: string }[]).map(({ id }) => id)
const endedReason = async (id: string) =>
  (await world.db.select().from(devices).where(eq(devices.id, id)))[0]?.endedReason ?? null
const auditOf = async (subject: string) => world.db.select().from(auditEntries).where(eq(auditEntries.subject, subject))

describe('looking for a device', () => {
  test('finds it by person, user id, device id, its own id, network, client and server', async () => {
    const person = await world.person({ username: 'seeker', displayName: 'Zoé Seek' })
    const device = await world.device(person, 'SEEKDEVICE')
    await world.device(await world.person())
    await world.db
      .update(devices)
      .set({ network: '203.0.113.0/24', client: 'Seek/100% _done' })
      .where(eq(devices.id, device.id))
    for (const input of [
      { person: person.id },
      { q: 'seeker' },
      { q: 'zoé' },
      { q: '@seeker:example.org' },
      { q: 'SEEKDEVICE' },
      { q: device.id },
      { q: device.sid },
      { network: '203.0.113.0/24' },
      { client: '100% _d' },
      { server: 'example.org', q: 'seek' },
    ])
      expect([input, await found(input)]).toEqual([input, [device.id]])
    for (const input of [{ q: '%' }, { q: '_' }, { client: '100__' }, { server: 'other.org' }, { q: "' OR 1=1 --" }])
      expect([input, (await found(input)).includes(device.id)]).toEqual([input, false])
  })

  test('goes through all of them page by page, each once, newest first; ended ones only when asked', async () => {
    const person = await world.person()
    const ids: string[] = []
    for (let count = 0; count < 7; count++) ids.unshift((await world.device(person)).id)
    // As a login in the same millisecond leaves them.
    await world.db
      .update(devices)
      .set({ createdAt: new Date('2026-01-01') })
      .where(inArray(devices.id, ids.slice(0, 4)))
    const seen: string[] = []
    let after: string | null = null
    do {
      const { body } = await supervisor.say('sessions.search', { person: person.id, limit: 2, ...(after && { after }) })
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      after = body.next
    } while (after !== null)
    expect(seen.toSorted()).toEqual(ids.toSorted())
    await world.revoker.revoke('device', ids[0] ?? '', 'logout')
    expect(await found({ person: person.id })).not.toContain(ids[0])
    const all = await supervisor.say('sessions.search', { person: person.id, state: 'all' })
    expect(all.body.items.find(({ id }: { id: string }) => id === ids[0])).toMatchObject({ ended_reason: 'logout' })
  })

  test('shows markup and direction marks of clients as harmless text', async () => {
    const device = await world.device(await world.person())
    const name = '<img src=x onerror=alert(1)>\u202e\u0000'.replace('\u0000', '')
    await world.db
      .update(devices)
      .set({ displayName: `${name}\n${'x'.repeat(5000)}` })
      .where(eq(devices.id, device.id))
    const { body } = await supervisor.say('sessions.search', { q: device.id })
    expect(body.items[0].name).toMatch(/^<img src=x onerror=alert\(1\)> x+…$/)
    expect(body.items[0].name.length).toBeLessThanOrEqual(80)
  })

  test('shows where it came from and what else that authorized', async () => {
    const device = await world.device(await world.person())
    const { body } = await supervisor.say('sessions.show', { kind: 'device', id: device.id })
    expect(body).toMatchObject({
      session: { id: device.id, person: { id: device.person.id } },
      sign_in: { kind: 'sign-in', id: device.idSessionHash },
      sids: [{ id: device.sid, client_id: 'hs', ended_at: null }],
      devices: [],
    })
    const signIn = await supervisor.say('sessions.show', { kind: 'sign-in', id: device.idSessionHash })
    expect(signIn.body.devices.map(({ id }: { id: string }) => id)).toEqual([device.id])
    expect(await found({ kind: 'sign-in', person: device.person.id })).toEqual([device.idSessionHash])
  })

  test.each([
    ['after', { after: 'x' }],
    ['after', { after: '2026-01-01T00:00:00.000Z~' }],
    ['after', { after: "2026-01-01T00:00:00.000Z~'; drop table devices" }],
    ['limit', { limit: 201 }],
    ['kind', { kind: 'cookie' }],
    ['q', { q: '' }],
    ['unknown', { everything: '1' }],
  ])('refuses what it does not understand: %s %o', async (_name, input) => {
    expect(await supervisor.say('sessions.search', input)).toMatchObject({
      status: 400,
      body: { reason: 'bad-request' },
    })
  })
})

describe('ending', () => {
  test('a device: no gateway takes its token any more, its request under way ends, and the audit log says who and why', async () => {
    const device = await world.device(await world.person())
    const other = await world.device(device.person)
    const gateway = world.gateway()
    const caller = await gateway.identify(device.token)
    if (typeof caller === 'string') throw new Error(caller)
    let endedBecause = ''
    gateway.track(caller, (reason) => {
      endedBecause = reason
    })
    const { status, body } = await supervisor.say('sessions.end', {
      kind: 'device',
      id: device.id,
      reason: 'left on a train',
    })
    expect({ status, body }).toEqual({ status: 200, body: { devices: 1, sids: 1 } })
    await expect.poll(() => gateway.identify(device.token)).toBe('unknown')
    await expect.poll(() => endedBecause).toBe('revoked')
    expect(await gateway.identify(other.token)).toMatchObject({ device: other.id })
    expect(await auditOf(device.id)).toMatchObject([
      {
        action: 'session.ended',
        actor: `${supervisor.person.id}/tok_t`,
        detail: { why: 'left on a train', reason: 'revoked' },
      },
    ])
    await gateway.feed.stop()
  })

  test('a sign-in ends all that came of it, a sid only its own; a person everything', async () => {
    const one = await world.device(await world.person())
    const two = await world.device(one.person)
    const three = await world.device(one.person)
    const reason = 'test'
    await supervisor.say('sessions.end', { kind: 'sign-in', id: one.idSessionHash, reason })
    expect(await found({ person: one.person.id })).toEqual([three.id, two.id])
    await supervisor.say('sessions.end', { kind: 'sid', id: two.sid, reason })
    expect(await found({ person: one.person.id })).toEqual([three.id])
    expect(await supervisor.say('sessions.end-person', { person: one.person.id, reason })).toMatchObject({
      body: { devices: 1, sids: 1 },
    })
    expect(await found({ person: one.person.id })).toEqual([])
    expect(await found({ kind: 'sign-in', person: one.person.id })).toEqual([])
  })

  test('what is unknown, without a reason, or not for that role, is refused', async () => {
    const device = await world.device(await world.person())
    const auditor = await world.administrator('auditor')
    const end = { kind: 'device', id: device.id, reason: 'r' }
    expect(await supervisor.say('sessions.end', { ...end, id: 'dev_no' })).toMatchObject({ status: 404 })
    expect(await supervisor.say('sessions.end-person', { person: 'per_no', reason: 'r' })).toMatchObject({
      status: 404,
    })
    expect(await supervisor.say('sessions.end', { ...end, reason: ' ' })).toMatchObject({ status: 400 })
    expect(await auditor.say('sessions.end', end)).toMatchObject({ status: 403, body: { reason: 'not-permitted' } })
    expect(await endedReason(device.id)).toBeNull()
  })
})

test('an API token ends nothing of whoever has a role, whatever it was given; a person of the same role does', async () => {
  const owner = await world.administrator('owner')
  const auditor = await world.administrator('auditor')
  const device = await world.device(auditor.person)
  const reason = 'r'
  for (const [verb, input] of [
    ['sessions.end', { kind: 'device', id: device.id }],
    ['sessions.end', { kind: 'sid', id: device.sid }],
    ['sessions.end', { kind: 'sign-in', id: device.idSessionHash }],
    ['sessions.end-person', { person: auditor.person.id }],
  ] as const)
    for (const { say } of [owner, supervisor])
      expect(await say(verb, { ...input, reason })).toMatchObject({
        status: 403,
        body: { reason: 'administrators-by-owners' },
      })
  const [person] = await world.sql<{ auth_time: Date; live: boolean }[]>`
    SELECT auth_time, ended_at IS NULL AS live FROM id_sessions WHERE hash = ${device.idSessionHash}`
  expect({ ended: await endedReason(device.id), live: person?.live }).toEqual({ ended: null, live: true })

  const cookie = newToken('idSession', systemRandom)
  const { idSessionHash } = await world.device(supervisor.person)
  await world.sql`UPDATE id_sessions SET hash = ${hashToken(cookie)} WHERE hash = ${idSessionHash}`
  const ended = await world.call({ Cookie: `palier_session=${cookie}` }, 'sessions.end', {
    kind: 'device',
    id: device.id,
    reason,
  })
  expect(ended.status).toBe(200)
  expect(await endedReason(device.id)).toBe('revoked')
})

describe('ending many', () => {
  async function group(members: readonly string[]) {
    const id = `grp_${members[0]?.slice(4)}`
    await world.db.insert(groups).values({ id, displayName: id, createdAt: new Date() })
    await world.db
      .insert(groupMembers)
      .values(members.map((personId) => ({ groupId: id, personId, addedAt: new Date() })))
    return id
  }

  test('waits for two administrators', async () => {
    expect(await supervisor.say('sessions.end-everyone', { reason: 'r' })).toEqual({
      status: 202,
      body: { act: 'sessions.end-everyone' },
    })
    expect(await supervisor.say('sessions.end-group', { group: 'grp_x', reason: 'r' })).toMatchObject({ status: 202 })
  })

  test('of a group: its members but not the two who decide, and nobody else', async () => {
    const [first, second] = [await world.device(await world.person()), await world.device(await world.person())]
    const [member, outsider] = [await world.device(await world.person()), await world.device(await world.person())]
    const id = await group([first.person.id, second.person.id, member.person.id])
    expect((await supervisor.say('sessions.reach', { group: id })).body).toEqual({ people: 3, devices: 3, sign_ins: 3 })
    const gateway = world.gateway()
    for (const { token } of [first, second, member, outsider]) await gateway.identify(token)
    const ended = await world.signed(
      'sessions.end-group',
      { group: id, reason: 'stolen laptops' },
      first.person,
      second.person,
    )
    expect(ended).toEqual({ people: 1, devices: 1, sids: 1 })
    await expect.poll(() => gateway.identify(member.token)).toBe('unknown')
    for (const { token, id: device } of [first, second, outsider])
      expect(await gateway.identify(token)).toMatchObject({ device })
    expect(await auditOf(id)).toMatchObject([
      {
        action: 'sessions.ended-many',
        actor: first.person.id,
        detail: {
          why: 'stolen laptops',
          second: second.person.id,
          people: 1,
          devices: 1,
          spared: [first.person.id, second.person.id],
        },
      },
    ])
    await expect(
      world.signed('sessions.end-group', { group: 'grp_no', reason: 'r' }, first.person, second.person),
    ).rejects.toMatchObject({ reason: 'group-unknown' })
    await gateway.feed.stop()
  })

  test('of everyone: two gateways hear it in one row, requests under way end, and the two who decide stay signed in', async () => {
    const [first, second] = [await world.device(await world.person()), await world.device(await world.person())]
    const others = await Promise.all(Array.from({ length: 5 }, async () => world.device(await world.person())))
    const gateways = [world.gateway(), world.gateway()]
    const cut: string[] = []
    for (const gateway of gateways)
      for (const { token, id } of [first, second, ...others]) {
        const caller = await gateway.identify(token)
        if (typeof caller === 'string') throw new Error(caller)
        gateway.track(caller, () => cut.push(id))
      }
    const [before] = await world.sql<{ rows: number }[]>`select count(*)::int as rows from revocations`
    await world.signed('sessions.end-everyone', { reason: 'the database was copied' }, first.person, second.person)
    const [after] = await world.sql<{ rows: number }[]>`select count(*)::int as rows from revocations`
    expect((after?.rows ?? 0) - (before?.rows ?? 0)).toBe(1)
    for (const gateway of gateways) {
      for (const { token } of others) await expect.poll(() => gateway.identify(token)).toBe('unknown')
      expect(await gateway.identify(first.token)).toMatchObject({ device: first.id })
      expect(await gateway.identify(second.token)).toMatchObject({ device: second.id })
    }
    await expect.poll(() => cut.toSorted()).toEqual([...others, ...others].map(({ id }) => id).toSorted())
    const [left] = await world.sql<
      { count: number }[]
    >`select count(*)::int as count from devices where ended_at is null`
    expect(left?.count).toBe(2)
    const [tokens] = await world.sql<{ count: number }[]>`select count(*)::int as count from device_tokens`
    expect(tokens?.count).toBe(2)
    await Promise.all(gateways.map((gateway) => gateway.feed.stop()))
  })

  test('a device read from the database just before everyone was ended is not taken for live just after', async () => {
    const device = await world.device(await world.person())
    // Its first answer is held back until the feed has said that everyone has ended.
    let answer: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    let asked = 0
    const gateway = world.gateway((store) => ({
      ...store,
      async findByAccessToken(hash) {
        const row = await store.findByAccessToken(hash)
        if (hash === hashToken(device.token) && asked++ === 0) await held
        return row
      },
    }))
    await gateway.feed.started
    const watched = await world.device(await world.person())
    const identified = gateway.identify(device.token)
    const known = await gateway.identify(watched.token)
    if (typeof known === 'string') throw new Error(known)
    const heard = new Promise<void>((resolve) => void gateway.track(known, () => resolve()))
    await world.signed('sessions.end-everyone', { reason: 'r' }, await world.person(), null)
    await heard
    answer()
    expect(await identified).toBe('unknown')
    expect(gateway.remembered(device.token)).toBeNull()
    await gateway.feed.stop()
  })
})

test('however many devices there are, each first page is read along an index', async () => {
  await world.db.execute(sql`
    WITH who AS (SELECT id, person_id FROM credentials LIMIT 1),
    s AS (INSERT INTO sids (id, person_id, credential_id, id_session_hash, client_id, auth_time, acr, amr, created_at)
      SELECT 'sid_bulk', person_id, id, 'bulk', 'hs', now(), 'phr', '[]', now() FROM who RETURNING id, person_id, credential_id)
    INSERT INTO devices (id, server_name, user_id, device_id, person_id, credential_id, sid, acr, amr, auth_time, client, network,
      refreshes, created_at, last_active_at, last_tap_at, expires_at)
    SELECT 'dev_bulk' || n, 'example.org', '@u' || n || ':example.org', 'D' || n, s.person_id, s.credential_id, s.id, 'phr', '[]', now(),
      'Element/' || n, '10.' || n % 200 || '.0.0/24', false, now() - make_interval(secs => n), now(), now(), now() + interval '1 hour'
    FROM s, generate_series(1, 20000) n`)
  await world.db.execute(sql`ANALYZE devices`)
  const plan = async (where: string) =>
    JSON.stringify(
      await world.sql.unsafe(`explain (format json) select d.id from devices d join people p on p.id = d.person_id
        join credentials c on c.id = d.credential_id where ${where} order by d.created_at desc, d.id desc limit 51`),
    )
  for (const where of ['true', 'd.ended_at is null', "d.ended_at is null and d.network = '10.7.0.0/24'"]) {
    const text = await plan(where)
    expect([where, text]).toEqual([where, expect.stringMatching(/devices_(live_)?created|devices_network/)])
    expect([where, text]).not.toEqual([where, expect.stringMatching(/"Sort"|"Seq Scan"[^}]*"devices"/)])
  }
  expect((await found({ q: 'dev_bulk19999' })).length).toBe(1)
})

test.each(['sids', 'id_sessions'])(
  'the end of a row of %s writes to no index: its page has room, and none is on when it ended',
  async (table) => {
    const [page] = await world.sql<{ options: string[] | null }[]>`
    SELECT reloptions AS options FROM pg_class WHERE oid = ${table}::text::regclass`
    expect(page?.options).toContain('fillfactor=50')
    const onEnd =
      await world.sql`SELECT indexname FROM pg_indexes WHERE tablename = ${table} AND indexdef LIKE '%ended_at%'`
    expect(onEnd).toEqual([])
  },
)
