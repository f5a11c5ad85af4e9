// What a person's page shows, and what a tap may release, follow the policy in force.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { groupStore } from '../../../db/stores/groups.ts'
import { meterStore } from '../../../db/stores/metering.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock as clock } from '../../../server/platform/clock.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { applyPolicy } from '../../../server/policy/versions.ts'
import { metersInForce } from '../../../server/wiring/policy.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

it('the limits of the person’s groups are those of the page and of the tap', async () => {
  const { db } = database
  const audit = auditLog({ store: auditStore(db), clock })
  const event = { action: 'group.changed', actor: 'cli', subject: 'grp_few', detail: {} }
  const person = { id: 'per_few' }
  await database.sql`insert into people (id, username, display_name, role, created_at) values (${person.id}, 'few', 'Few', 'person', now())`
  await groupStore(db, audit).create(
    { id: 'grp_few', displayName: 'Few', externalId: null, createdAt: new Date() },
    event,
  )
  await groupStore(db, audit).addMember('grp_few', person.id, new Date(), event)
  const few = { group: 'grp_few', windows: { archive: [1, 2, 3], 'tap-release': [50] }, taps: { archive: 50 } }
  const applied = await applyPolicy(
    { store: policyStore(db, audit), clock },
    { from: 0, document: { ...shippedPolicy(), limits: [few] }, by: 'cli', reason: 'a test' },
  )
  expect(applied).toMatchObject({ state: 'applied' })
  const limited = metersInForce({ db, clock }, meterStore(db, defaultPolicy))
  const archive = (await limited.remaining('example.org', person.id)).filter(({ meter }) => meter === 'archive')
  expect(archive.map(({ limit }) => limit)).toEqual([1, 2, 3])
  const grant = (approvalHash: string, units: number) =>
    db.transaction((tx) =>
      limited.grantAllowance(tx, {
        id: `alw_${approvalHash}`,
        approvalHash,
        serverName: 'example.org',
        personId: person.id,
        device: 'dev_few',
        network: 'n',
        client: 'c',
        rooms: ['!room:example.org'],
        direction: 'backward',
        amounts: { archive: units },
        ttlSeconds: 60,
      }),
    )
  expect(await grant('one', 40)).toMatchObject({ state: 'granted' })
  expect(await grant('two', 40)).toMatchObject({ state: 'ceiling-reached', left: 10 })
})
