// Two instances on one database: what one administrator switches is in force on both.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock as clock } from '../../../server/platform/clock.ts'
import type { Log } from '../../../server/platform/log.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { applyPolicy } from '../../../server/policy/versions.ts'
import { policyParts } from '../../../server/wiring/policy.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const ADA = { personId: 'per_ada', groups: [], userId: '@ada:example.org', client: '' }

it('an emergency closes history on every instance, and its end opens it again, without anybody asking them', async () => {
  const { db } = database
  const config = { serverName: 'example.org', enforce: 'enforce' } as const
  const instances = await Promise.all([1, 2].map(() => policyParts({ config, clock, log: quiet, db })))
  const hour = () => instances.map(({ policies }) => policies.for(ADA).metering.windows.archive[0]?.limit)
  const store = policyStore(db, auditLog({ store: auditStore(db), clock }))
  const shipped = shippedPolicy()
  const open = shipped.windows.archive[0]?.limit
  const apply = (from: number, document: typeof shipped) =>
    applyPolicy({ store, clock }, { from, document, by: 'cli', reason: 'a test' })
  try {
    expect(hour()).toEqual([open, open])
    await apply(0, { ...shipped, emergency: { since: clock.now(), reason: 'a stolen session' } })
    await expect.poll(hour).toEqual([0, 0])
    await apply(1, shipped)
    await expect.poll(hour).toEqual([open, open])
  } finally {
    await Promise.all(instances.map(({ stop }) => stop()))
  }
})
