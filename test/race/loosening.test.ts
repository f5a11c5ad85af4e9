// Two changes at once that are each no loosening, and together are one: they take turns, so that the second is seen for what it is.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { policyStore } from '../../db/stores/policy.ts'
import { auditLog } from '../../server/audit/log.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { applyPolicy, policyNow } from '../../server/policy/versions.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { insertPerson } from '../support/people.ts'
import { type Console, insertAdministrator, peopleWorld } from '../support/people-console.ts'

const ROUNDS = 20

let database: TestDatabase
let other: DatabaseHandle
let here: Console
let there: Console

beforeEach(async () => {
  database = await testDatabase()
  other = openDatabase(database.url, { max: 10 })
  const ada = await insertAdministrator(database.db, 'owner', 'ada')
  here = peopleWorld(database.db).as(ada, 'owner')
  there = peopleWorld(other.db).as(ada, 'owner')
})
afterEach(async () => {
  await other.close()
  await database.drop()
})

it('into one group and out of another, of which each alone loosens nothing: never both', async () => {
  const plain = (await here.change('groups.create', { name: 'Plain' })).body.id
  const wide = (await here.change('groups.create', { name: 'Wide' })).body.id
  const store = policyStore(database.db, auditLog({ store: auditStore(database.db), clock: systemClock }))
  const { document } = await policyNow(store)
  // The first of the list decides: whoever is in both has what everybody has.
  const limits = [
    { group: plain, rooms: document.rooms.limit },
    { group: wide, rooms: document.rooms.limit * 10 },
  ]
  await applyPolicy({ store, clock: systemClock }, { from: 0, document: { ...document, limits }, by: 'x', reason: 'x' })
  for (let round = 0; round < ROUNDS; round += 1) {
    const { id } = await insertPerson(database.db)
    expect((await here.change('groups.add-members', { id: plain, people: [id] })).status).toBe(200)
    const answers = await Promise.all([
      here.change('groups.add-members', { id: wide, people: [id] }),
      there.change('groups.remove-members', { id: plain, people: [id] }),
    ])
    // The other is asked for a reason where it came late, and refused where it came at the same moment.
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      200,
      expect.toSatisfy((one) => one === 409 || one === 422),
    ])
    const { groups } = (await here.read('people.show', { id })).body
    expect(groups.map(({ name }: { name: string }) => name)).not.toEqual(['Wide'])
  }
})
