// The inventory's lists at a size at which those that match are met on a walk, and at one at which they are sorted, against the rule itself.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { consoleKeys } from '../../../db/stores/console-keys.ts'
import { peopleStore } from '../../../db/stores/people.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { KEY_FILTERS, type KeyFilter, type KeysAsk } from '../../../server/console/keys/port.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { CUT_OFF_REASONS } from '../../../server/webauthn/port.ts'
import { belowRule, type GroupKeyPolicy, keyRule } from '../../../server/webauthn/rule.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

const PEOPLE = 13_000
const CERTIFIED = '00000001-0000-4000-8000-000000000000'
const UNSAFE = '00000002-0000-4000-8000-000000000000'
const TODAY = { certified: [CERTIFIED], unsafe: [UNSAFE] }
const BEFORE = new Date('2026-03-01T00:00:00Z')

interface Key {
  readonly id: string
  readonly kind: string
  readonly aaguid: string
  readonly acr: string
  readonly serial: string | null
  readonly backup_eligible: boolean
  readonly created_at: string
  readonly last_used_at: string | null
  readonly revoked_at: string | null
  readonly revoked_reason: string | null
}

interface Person {
  readonly username: string
  readonly search: string
  readonly suspended: boolean
  readonly keys: readonly Key[]
  readonly groups: readonly string[]
}

const POLICIES: readonly (GroupKeyPolicy & { readonly groupId: string })[] = [
  { groupId: 'grp_1', policy: 'attested', aaguids: null, platformAllowed: true, minKeys: 1 },
  { groupId: 'grp_2', policy: 'any', aaguids: [CERTIFIED], platformAllowed: false, minKeys: 2 },
  { groupId: 'grp_3', policy: 'device-bound', aaguids: null, platformAllowed: true, minKeys: 1 },
  { groupId: 'grp_4', policy: 'any', aaguids: null, platformAllowed: true, minKeys: 1 },
]

let database: TestDatabase
let everybody: readonly Person[]
let inventory: ReturnType<typeof consoleKeys>

beforeAll(async () => {
  database = await testDatabase()
  const { sql, db } = database
  const audit = auditLog({ store: auditStore(db), clock: systemClock })
  const never = () => Promise.reject(new Error('nothing is revoked here'))
  const revoker = { revoke: never, revokeMany: never }
  inventory = consoleKeys(db, { audit, people: peopleStore(db, audit), revoker })
  await sql`
    INSERT INTO people (id, username, display_name, created_at, suspended_at, deleted_at)
    SELECT 'per_' || n, 'p' || lpad(n::text, 6, '0'), CASE WHEN n % 1000 = 1 THEN 'Zoé ' || n ELSE 'Somebody ' || n END, now(),
      CASE WHEN n % 50 = 0 THEN now() END, CASE WHEN n % 100 = 0 THEN now() END
    FROM generate_series(1, ${PEOPLE}) n`
  await sql`
    INSERT INTO credentials (id, person_id, webauthn_id, name, serial, kind, public_key, sign_count, transports, aaguid, attestation_format,
      backup_eligible, policy, acr, discoverable, attestation_object, registration_client_data, created_at, last_used_at, revoked_at, revoked_reason)
    SELECT 'key_' || n || '_' || k, 'per_' || n, n || '_' || k, 'key', CASE WHEN n % 7 = 0 THEN 'S' || n || k END,
      CASE WHEN n % 11 = 0 THEN 'platform' WHEN n % 997 = 0 THEN 'temporary-pass' ELSE 'security-key' END, '\\x00', 0, '[]',
      CASE WHEN n % 4 = 0 THEN ${CERTIFIED} WHEN n % 601 = 0 THEN ${UNSAFE} ELSE '00000000-0000-0000-0000-000000000000' END, 'none',
      n % 13 = 0, 'any', CASE WHEN n % 8 = 0 THEN 'phrh' ELSE 'phr' END, true, '\\x00', '\\x00',
      '2026-01-01'::timestamptz + n % 100 * interval '1 day',
      CASE WHEN n % 3 = 0 THEN NULL ELSE '2026-01-01'::timestamptz + n % 200 * interval '1 day' END,
      CASE WHEN k = 3 OR n % 100 = 0 THEN now() END,
      CASE WHEN n % 100 = 0 THEN 'person-deleted' WHEN k = 3 THEN CASE WHEN n % 2 = 0 THEN 'lost' ELSE ${CUT_OFF_REASONS[0] ?? ''} END END
    FROM generate_series(1, ${PEOPLE}) n, generate_series(1, 3) k
    WHERE (k = 1 AND n % 6 < 5) OR (k = 2 AND n % 6 < 2) OR (k = 3 AND n % 40 = 5)`
  await sql`INSERT INTO groups (id, display_name, created_at) SELECT 'grp_' || g, 'Group ' || g, now() FROM generate_series(0, 4) g`
  await sql`
    INSERT INTO group_members (group_id, person_id, added_at)
    SELECT 'grp_' || g, 'per_' || n, now() FROM generate_series(1, ${PEOPLE}) n, generate_series(0, 4) g
    WHERE n % 100 <> 0 AND (g = 0 OR (g = 1 AND n % 500 = 3) OR (g = 2 AND n % 50 = 1) OR (g = 3 AND n % 2 = 0) OR (g = 4 AND n % 9 = 0))`
  for (const { groupId, policy, aaguids, platformAllowed, minKeys } of POLICIES)
    await sql`INSERT INTO group_key_policies (group_id, policy, aaguids, platform_allowed, min_keys, updated_at)
      VALUES (${groupId}, ${policy}, ${aaguids === null ? null : JSON.stringify(aaguids)}::text::jsonb, ${platformAllowed}, ${minKeys}, now())`
  await sql`ANALYZE`
  everybody = await sql<Person[]>`
    SELECT p.username, p.search, p.suspended_at IS NOT NULL AS suspended,
      (SELECT coalesce(json_agg(c ORDER BY c.id), '[]') FROM credentials c WHERE c.person_id = p.id AND c.kind <> 'temporary-pass') AS keys,
      (SELECT coalesce(json_agg(m.group_id), '[]') FROM group_members m WHERE m.person_id = p.id) AS groups
    FROM people p WHERE p.deleted_at IS NULL ORDER BY p.username`
})
afterAll(() => database.drop())

type Setting = GroupKeyPolicy['policy']

/** By the words of the filter, one person and one key after the other. */
function expected(filter: KeyFilter, over: Partial<KeysAsk>, setting: Setting): string[] {
  const people = everybody.filter(
    ({ username, groups }) =>
      (over.person == null || username === `p${over.person.slice(4).padStart(6, '0')}`) &&
      (over.group == null || groups.includes(over.group)),
  )
  return people.flatMap((person) => {
    const active = person.keys.filter((key) => key.revoked_at === null)
    const isNamed = over.q == null || person.search.includes(over.q.toLowerCase())
    if (filter === 'none') return isNamed && active.length === 0 && !person.suspended ? [person.username] : []
    return person.keys
      .filter((key) => isNamed || key.id === over.q || key.serial === over.q)
      .filter((key) => over.model == null || key.aaguid === over.model)
      .filter(
        (key) => (over.person != null && filter === 'all') || isMatch(filter, person, key, active.length, setting),
      )
      .map(({ id }) => id)
  })
}

function isMatch(filter: KeyFilter, person: Person, key: Key, active: number, setting: Setting): boolean {
  const isActive = key.revoked_at === null
  const certified = key.acr === 'phrh' && key.aaguid === CERTIFIED
  switch (filter) {
    case 'one':
      return isActive && !person.suspended && active === 1
    case 'uncertified':
      return isActive && !certified
    case 'compromised':
      return CUT_OFF_REASONS.some((reason) => reason === key.revoked_reason) || (isActive && key.aaguid === UNSAFE)
    case 'below': {
      const rule = keyRule(
        POLICIES.filter(({ groupId }) => person.groups.includes(groupId)),
        setting,
      )
      const judged = { ...key, backupEligible: key.backup_eligible, platform: key.kind === 'platform', certified }
      return isActive && !person.suspended && (active < rule.minKeys || belowRule(judged, rule).length > 0)
    }
    case 'never-used':
      return isActive && key.last_used_at === null
    case 'unused':
      return isActive && new Date(key.last_used_at ?? key.created_at) < BEFORE
    case 'revoked':
      return !isActive
    default:
      return isActive
  }
}

/** All pages, one after the other. */
async function listed(filter: KeyFilter, over: Partial<KeysAsk>, setting: Setting, limit: number): Promise<string[]> {
  const found: string[] = []
  let after: KeysAsk['after'] = null
  for (;;) {
    const ask = { filter, before: BEFORE, q: null, person: null, group: null, model: null, ...over, after, limit }
    const rows = await inventory.list(ask, TODAY, setting)
    found.push(...rows.map(({ person, key }) => key?.id ?? person.username))
    const last = rows.at(-1)
    if (rows.length < limit || last === undefined) return found
    after = { username: last.person.username, key: last.key?.id ?? '' }
  }
}

const OVER: readonly Partial<KeysAsk>[] = [
  {},
  { q: 'zoe' },
  { q: 'somebody' },
  { q: 'S141' },
  { q: 'key_14_1' },
  { q: 'nobody at all' },
  { group: 'grp_0' },
  { group: 'grp_1' },
  { model: CERTIFIED },
  { model: UNSAFE, group: 'grp_0', q: 'p00' },
  { person: 'per_45' },
  { person: 'per_45', q: '45' },
]

describe('keys', () => {
  test.each(KEY_FILTERS)(
    'that are %s, whatever else is asked, are those of the rule, in order, each once',
    async (filter) => {
      const sizes: number[] = []
      for (const over of OVER) {
        const right = expected(filter, over, 'any')
        sizes.push(right.length)
        expect([over, await listed(filter, over, 'any', 1_000)]).toEqual([over, right])
      }
      expect(sizes[0]).toBeGreaterThan(20)
    },
  )

  test.each(['device-bound', 'attested'] as const)('below a setting of %s are those of the rule', async (setting) => {
    const right = expected('below', {}, setting)
    expect(await listed('below', {}, setting, 1_000)).toEqual(right)
    if (setting === 'attested') expect(right.length).toBeGreaterThan(2_000)
    expect((await inventory.counts(TODAY, setting)).below).toBe(right.length)
  })

  test('are paged alike by small pages and by large', async () => {
    for (const filter of ['compromised', 'unused'] as const) {
      const right = expected(filter, { group: 'grp_3' }, 'any')
      expect(await listed(filter, { group: 'grp_3' }, 'any', 97)).toEqual(right)
    }
  })

  test('are counted as they are listed', async () => {
    const active = everybody.filter(({ suspended }) => !suspended)
    const count = (filter: KeyFilter) => expected(filter, {}, 'any').length
    expect(await inventory.counts(TODAY, 'any')).toEqual({
      people: active.length,
      none: count('none'),
      one: count('one'),
      keys: count('all'),
      uncertified: count('uncertified'),
      neverUsed: count('never-used'),
      compromised: count('compromised'),
      below: count('below'),
    })
    // Of people and of keys, some filters are past what is sorted.
    expect(Math.min(count('none'), count('one'))).toBeGreaterThan(2_000)
  })
})
