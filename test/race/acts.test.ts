// An act is decided once and run once, whatever happens at the same moment, on two pools as on two processes.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../db/client.ts'
import { acts } from '../../db/schema/acts.ts'
import { type ActsWorld, actsWorld, DAY_MS } from '../support/acts.ts'
import type { Someone } from '../support/stepup.ts'

let world: ActsWorld
let other: DatabaseHandle
let there: ReturnType<ActsWorld['process']>
let ada: Someone
let blaise: Someone
let sequence = 0

beforeAll(async () => {
  world = await actsWorld()
  other = openDatabase(world.database.url, { max: 10 })
  there = world.process(other.db)
})
afterAll(async () => {
  await other.close()
  await world.stop()
})
beforeEach(async () => {
  sequence += 1
  await world.noOwners()
  world.ran.length = 0
  ada = await world.administrator(`ada${sequence}`)
  blaise = await world.administrator(`blaise${sequence}`)
})

const stateOf = async (id: string) => (await world.db.select().from(acts).where(eq(acts.id, id)))[0]?.state

async function awaiting(): Promise<string> {
  const act = await world.request(ada)
  await world.sign(ada, act)
  return act
}

it('of many second taps one grants, and the verb runs once', async () => {
  const act = await awaiting()
  const more = await Promise.all(Array.from({ length: 5 }, (_, n) => world.administrator(`second${sequence}x${n}`)))
  const taps = await Promise.all([blaise, ...more].map((one) => world.ready(one, act)))
  const answers = await Promise.all(taps.map((send) => send()))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(5)
  expect(world.ran).toHaveLength(1)
  expect(await stateOf(act)).toBe('done')
})

it('rounds of two processes, and the tap itself, take an act once', async () => {
  const act = await awaiting()
  const send = await world.ready(blaise, act)
  const rounds = Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? world.here : there).runDue())
  await Promise.all([send(), ...rounds])
  expect(world.ran).toHaveLength(1)
  const [started] = (await world.auditOf('act.started')).filter(({ subject }) => subject === act)
  expect(started).toBeDefined()
})

it('an act whose day is over is run once by any number of processes', async () => {
  await world.noOwners()
  ada = await world.administrator(`alone${sequence}`)
  const act = await world.request(ada)
  await world.sign(ada, act)
  world.time.nowMs += DAY_MS
  await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? world.here : there).runDue()))
  expect(world.ran).toHaveLength(1)
  expect((await world.auditOf('act.started')).filter(({ subject }) => subject === act)).toHaveLength(1)
})

it('a withdrawal and a run at the same moment: one of them holds', async () => {
  for (let round = 0; round < 5; round += 1) {
    world.ran.length = 0
    await world.noOwners()
    ada = await world.administrator(`w${sequence}x${round}`)
    const act = await world.request(ada)
    await world.sign(ada, act)
    world.time.nowMs += DAY_MS
    // A day has gone by, and their session with it.
    await ada.page.signIn({ personId: ada.personId, credentialId: ada.credentialId })
    const [withdrawn] = await Promise.all([ada.page.call('/api/console/acts/withdraw', { act }), there.runDue()])
    expect(world.ran).toHaveLength(withdrawn.status === 200 ? 0 : 1)
    expect(await stateOf(act)).toBe(withdrawn.status === 200 ? 'withdrawn' : 'done')
  }
})
