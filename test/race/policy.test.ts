// Many at once apply a policy made from the same version.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditStore } from '../../db/stores/audit.ts'
import { groupStore } from '../../db/stores/groups.ts'
import { policyStore } from '../../db/stores/policy.ts'
import { auditLog } from '../../server/audit/log.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { shippedPolicy } from '../../server/policy/shipped.ts'
import { applyPolicy } from '../../server/policy/versions.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ max: 20 })
})
afterAll(() => database.drop())

const audit = () => auditLog({ store: auditStore(database.db), clock: systemClock })

test('one of them comes into force, the others are shown it, and nothing is lost', async () => {
  const store = policyStore(database.db, audit())
  for (let from = 0; from < 5; from += 1) {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        applyPolicy(
          { store, clock: systemClock },
          {
            from,
            document: { ...shippedPolicy(), first_sync: from * 100 + index + 1 },
            by: 'cli',
            reason: `the ${index}th`,
          },
        ),
      ),
    )
    expect(results.filter(({ state }) => state === 'applied')).toHaveLength(1)
    expect(results.filter(({ state }) => state === 'conflict')).toHaveLength(19)
  }
  const numbers = (await store.history(100)).map(({ number }) => number)
  expect(numbers).toEqual([5, 4, 3, 2, 1])
  const entries = await database.sql`select count(*)::int as n from audit_entries where action = 'policy.applied'`
  expect(entries[0]?.['n']).toBe(5)
})

test('a group is never taken away from under a policy that comes into force with it', async () => {
  const store = policyStore(database.db, audit())
  const groups = groupStore(database.db, audit())
  for (let round = 0; round < 10; round += 1) {
    const id = `grp_race${round}`
    const event = { action: 'group.changed', actor: 'cli', subject: id, detail: {} }
    await groups.create({ id, displayName: id, externalId: null, createdAt: new Date() }, event)
    const { number } = (await store.latest()) ?? { number: 0 }
    const document = { ...shippedPolicy(), existing_logins: [{ group: id, from: Date.UTC(2026, 9, 1) }] }
    const [applied, removed] = await Promise.all([
      applyPolicy({ store, clock: systemClock }, { from: number, document, by: 'cli', reason: 'a race' }),
      groups.remove(id, event),
    ])
    expect([applied.state, removed]).toSatisfy(
      ([state, gone]: string[]) =>
        (state === 'applied' && gone === 'in-policy') || (state === 'unknown-group' && gone === 'removed'),
    )
  }
})
