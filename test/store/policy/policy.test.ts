// Versions of the policy, and the one in force, on a real database.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { groupStore } from '../../../db/stores/groups.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import type { Log } from '../../../server/platform/log.ts'
import type { PolicyDocument } from '../../../server/policy/document.ts'
import { POLICY_PERIOD_MS, type PolicyFeed, policyInForce } from '../../../server/policy/in-force.ts'
import type { PolicyStore } from '../../../server/policy/port.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { applyPolicy, policyNow } from '../../../server/policy/versions.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

const SERVER = 'example.org'
const ADA = { personId: 'per_ada', groups: [], userId: '@ada:example.org', client: 'Element' }

let database: TestDatabase
let store: PolicyStore
let lines: [string, unknown][]
const log: Log = {
  debug: () => undefined,
  info: (event, fields) => lines.push([event, fields]),
  warn: (event, fields) => lines.push([event, fields]),
  error: (event, fields) => lines.push([event, fields]),
}
const clock = systemClock
const audit = () => auditLog({ store: auditStore(database.db), clock })
const groups = () => groupStore(database.db, audit())
const event = (action: string) => ({ action, actor: 'cli', subject: 's', detail: {} })
const inForce = (options: { operator?: 'enforce' | 'observe'; from?: Pick<PolicyStore, 'now'> } = {}) =>
  policyInForce({
    store: options.from ?? store,
    clock,
    log,
    serverName: SERVER,
    operator: options.operator ?? 'enforce',
  })
const apply = (from: number, document: PolicyDocument) =>
  applyPolicy({ store, clock }, { from, document, by: 'cli', reason: 'a test' })
const rooms = (limit: number): PolicyDocument => ({ ...shippedPolicy(), rooms: { window: 86_400, limit } })

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  lines = []
  await database.sql`alter table policy_versions disable trigger policy_versions_append_only`
  await database.sql`delete from policy_versions`
  await database.sql`alter table policy_versions enable trigger policy_versions_append_only`
  store = policyStore(database.db, audit())
})

describe('a version', () => {
  it('is what ships until one is applied, then whole, numbered, hashed and in the audit log', async () => {
    expect(await policyNow(store)).toMatchObject({ number: 0, document: shippedPolicy() })
    const result = await apply(0, rooms(99))
    expect(result).toMatchObject({
      state: 'applied',
      number: 1,
      changes: [{ path: 'rooms.limit', before: '150', after: '99', loosens: false }],
    })
    expect(await policyNow(store)).toMatchObject({
      number: 1,
      document: rooms(99),
      version: { appliedBy: 'cli', reason: 'a test' },
    })
    const [entry] = await database.sql`select action, detail from audit_entries order by sequence desc limit 1`
    expect(entry).toMatchObject({
      action: 'policy.applied',
      detail: { madeFrom: 0, changes: ['rooms.limit'], loosens: [] },
    })
  })

  it('made from another than the one in force changes nothing, and says what is in force', async () => {
    await apply(0, rooms(99))
    expect(await apply(0, rooms(98))).toMatchObject({ state: 'conflict', inForce: { number: 1, document: rooms(99) } })
    expect((await store.history(10)).map(({ number }) => number)).toEqual([1])
  })

  it('that says the same is not made', async () => {
    expect(await apply(0, shippedPolicy())).toEqual({ state: 'unchanged', number: 0 })
  })

  it('is never changed nor taken away', async () => {
    await apply(0, rooms(99))
    await expect(database.sql`update policy_versions set reason = 'another'`).rejects.toThrow(/append-only/)
    await expect(database.sql`delete from policy_versions`).rejects.toThrow(/append-only/)
  })

  it('that names a group that is gone is refused, and a group that it names stays', async () => {
    const named = (group: string): PolicyDocument => ({
      ...shippedPolicy(),
      existing_logins: [{ group, from: 0 + Date.UTC(2026, 9, 1) }],
    })
    expect(await apply(0, named('grp_gone'))).toEqual({ state: 'unknown-group' })
    const group = { id: 'grp_here', displayName: 'Here', externalId: null, createdAt: new Date() }
    expect(await groups().create(group, event('group.created'))).toBe(true)
    expect(await apply(0, named('grp_here'))).toMatchObject({ state: 'applied' })
    expect(await groups().remove('grp_here', event('group.removed'))).toBe('in-policy')
    expect(await apply(1, shippedPolicy())).toMatchObject({ state: 'applied' })
    expect(await groups().remove('grp_here', event('group.removed'))).toBe('removed')
    expect(await groups().remove('grp_here', event('group.removed'))).toBe('unknown')
  })
})

describe('the policy in force', () => {
  it('follows each version at its next reading, which is within a second', async () => {
    expect(POLICY_PERIOD_MS).toBeLessThanOrEqual(1_000)
    const policies = await inForce()
    expect(policies.for(ADA)).toMatchObject({ version: 0, enforce: 'enforce', exempt: null })
    await apply(0, { ...rooms(99), exemptions: [{ user: ADA.userId, until: 4e12, reason: 'a migration' }] })
    await policies.refresh()
    expect(policies.for(ADA)).toMatchObject({
      version: 1,
      exempt: { reason: 'a migration' },
      metering: { rooms: { limit: 99 } },
    })
    await apply(1, { ...rooms(99), emergency: { since: Date.UTC(2026, 9, 1), reason: 'a stolen session' } })
    await policies.refresh()
    expect(policies.for(ADA)).toMatchObject({ version: 2, exempt: null, enforce: 'enforce' })
    expect(policies.for(ADA).metering.windows.archive.map(({ limit }) => limit)).toEqual([0, 0, 0])
    expect(lines.map(([name]) => name)).toContain('policy.emergency')
  })

  it('says each minute that it is closed or off, and at once when that changes', async () => {
    let nowMs = Date.now()
    const policies = await policyInForce({
      store,
      clock: { ...clock, now: () => nowMs },
      log,
      serverName: SERVER,
      operator: 'enforce',
    })
    const said = () => lines.filter(([name]) => name === 'policy.emergency').length
    const emergency = { since: Date.UTC(2026, 9, 1), reason: 'a stolen session' }
    await apply(0, { ...shippedPolicy(), emergency })
    for (let second = 0; second < 59; second += 1) await policies.refresh()
    expect(said()).toBe(1)
    nowMs += 60_000
    await policies.refresh()
    await policies.refresh()
    expect(said()).toBe(2)
    await apply(1, shippedPolicy())
    await policies.refresh()
    await apply(2, { ...shippedPolicy(), emergency })
    await policies.refresh()
    expect(said()).toBe(3)
  })

  it('gives way to the operator’s own switch', async () => {
    await apply(0, { ...rooms(99), emergency: { since: Date.UTC(2026, 9, 1), reason: 'a stolen session' } })
    expect((await inForce({ operator: 'observe' })).for(ADA).enforce).toBe('observe')
  })

  it('stays the last good one while the database is away, says so once, and goes on after', async () => {
    let away = false
    const from = {
      now: (...asked: Parameters<PolicyStore['now']>) =>
        away ? Promise.reject(new Error('gone')) : store.now(...asked),
    }
    await apply(0, rooms(99))
    const policies = await inForce({ from })
    away = true
    await policies.refresh()
    await policies.refresh()
    expect(policies.for(ADA)).toMatchObject({ version: 1, metering: { rooms: { limit: 99 } } })
    expect(lines.filter(([name]) => name === 'policy.not-read')).toHaveLength(1)
    away = false
    await apply(1, rooms(98))
    await policies.refresh()
    expect(policies.version()).toBe(2)
    expect(lines.map(([name]) => name)).toContain('policy.read-again')
  })

  it('is never one that was tampered with: not at the start, and not later', async () => {
    await apply(0, rooms(99))
    const policies = await inForce()
    await database.sql`
      insert into policy_versions (number, document, sha256, applied_by, applied_at, reason)
      select 2, jsonb_set(document, '{rooms,limit}', '100000'), sha256, applied_by, now(), 'loosened' from policy_versions`
    await policies.refresh()
    expect(policies.for(ADA)).toMatchObject({ version: 1, metering: { rooms: { limit: 99 } } })
    expect(lines.map(([name]) => name)).toContain('policy.version-refused')
    await expect(inForce()).rejects.toThrow(/version 2/)
  })

  it('is off for an outage that two administrators released here, loudly, and not a moment longer', async () => {
    const people = ['per_one', 'per_two']
    for (const id of people)
      await database.sql`insert into people (id, username, display_name, role, created_at) values (${id}, ${id}, ${id}, 'owner', now()) on conflict do nothing`
    const release = (id: string, state: string, server: string, until: string) => database.sql`
      insert into releases (id, typ, state, server_name, intent, requested_by, created_at, expires_at, first_person, second_person, granted_until)
      values (${id}, 'enforcement-off', ${state}, ${server}, ${JSON.stringify({ reason: 'the database is down' })}, 'per_one', now(), now(),
        'per_one', 'per_two', now() + ${until}::interval)`
    await release('rel_waiting', 'awaiting-second', SERVER, '1 hour')
    await release('rel_over', 'granted', SERVER, '-1 second')
    await release('rel_elsewhere', 'granted', 'other.example', '1 hour')
    const policies: PolicyFeed = await inForce()
    expect(policies.for(ADA).enforce).toBe('enforce')
    await release('rel_now', 'granted', SERVER, '1 hour')
    await policies.refresh()
    expect(policies.for(ADA).enforce).toBe('observe')
    expect(policies.outage()).toMatchObject({
      release: 'rel_now',
      by: ['per_one', 'per_two'],
      reason: 'the database is down',
    })
    expect(lines.filter(([name]) => name === 'policy.enforcement-off')).toHaveLength(1)
    await apply(0, { ...shippedPolicy(), emergency: { since: Date.UTC(2026, 9, 1), reason: 'a stolen session' } })
    await policies.refresh()
    expect(policies.for(ADA).enforce).toBe('enforce')
    await apply(1, shippedPolicy())
    await database.sql`update releases set state = 'withdrawn' where id = 'rel_now'`
    await policies.refresh()
    expect(policies.for(ADA).enforce).toBe('enforce')
  })
})

describe('groups', () => {
  it('have members, names of their own, and an audit entry a change', async () => {
    const one = { id: 'grp_one', displayName: 'One', externalId: 'scim-1', createdAt: new Date() }
    await database.sql`insert into people (id, username, display_name, role, created_at) values ('per_m', 'm', 'M', 'person', now())`
    expect(await groups().create(one, event('group.created'))).toBe(true)
    expect(await groups().create({ ...one, id: 'grp_two' }, event('group.created'))).toBe(false)
    expect(await groups().find('One')).toEqual(await groups().find('grp_one'))
    expect(await groups().addMember('grp_one', 'per_m', new Date(), event('group.member-added'))).toBe(true)
    expect(await groups().addMember('grp_one', 'per_m', new Date(), event('group.member-added'))).toBe(false)
    expect(await groups().members('grp_one')).toMatchObject([{ id: 'per_m', username: 'm' }])
    expect((await groups().list()).find(({ id }) => id === 'grp_one')).toMatchObject({
      members: 1,
      externalId: 'scim-1',
    })
    expect(await groups().removeMember('grp_one', 'per_m', event('group.member-removed'))).toBe(true)
    expect(await groups().removeMember('grp_one', 'per_m', event('group.member-removed'))).toBe(false)
    const entries =
      await database.sql`select action from audit_entries where action like 'group.member%' order by sequence`
    expect(entries.map(({ action }) => action)).toEqual(['group.member-added', 'group.member-removed'])
  })
})
