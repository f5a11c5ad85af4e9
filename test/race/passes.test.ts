import { afterAll, beforeAll, expect, it } from 'vitest'
import { passStore } from '../../db/stores/passes.ts'
import { issuePass, passHash } from '../../server/people/passes.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { enrolmentWorld } from '../support/enrolment.ts'

const PARALLEL = 20
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ max: PARALLEL })
})
afterAll(() => database.drop())

it('a pass used 20 times at once signs in once; one that is over is taken by one process', async () => {
  const world = enrolmentWorld(database)
  const passes = passStore(database.db, world.audit)
  const person = await world.person('alice')
  const { code, id } = await issuePass(
    { ...world, random: systemRandom, passes },
    { personId: person.id, by: 'x', hours: 1 },
  )
  const now = new Date(world.time.nowMs)
  const used = await Promise.all(
    Array.from({ length: PARALLEL }, () => passes.use(passHash(code) as string, null, now)),
  )
  expect(used.filter(Boolean)).toHaveLength(1)
  expect(world.audited.filter(({ action }) => action === 'pass.used')).toHaveLength(1)
  const late = new Date(now.getTime() + 3_600_000)
  const taken = await Promise.all(Array.from({ length: PARALLEL }, () => passes.takeExpired(late)))
  expect(taken.flat()).toEqual([id])
})
