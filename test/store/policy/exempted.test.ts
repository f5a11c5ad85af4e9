// An exemption by name: whoever it exempts signs nothing of it, alone or among others.
import { afterAll, beforeEach, expect, it } from 'vitest'
import { policyStore } from '../../../db/stores/policy.ts'
import { policyNow } from '../../../server/policy/versions.ts'
import { actsWorld } from '../../support/acts.ts'
import type { Someone } from '../../support/stepup.ts'

const world = await actsWorld()
afterAll(() => world.stop())
let [ada, bea, cleo]: Someone[] = []
let sequence = 0

beforeEach(async () => {
  sequence += 1
  await world.noOwners()
  ada = await world.administrator(`ada${sequence}`)
  bea = await world.administrator(`bea${sequence}`)
  cleo = await world.administrator(`cleo${sequence}`)
})

const inForce = () => policyNow(policyStore(world.db, { append: async () => Promise.reject(new Error('never')) }))

async function asked(by: Someone, ...names: readonly string[]): Promise<string> {
  const exemptions = names.map(
    (name) => `  - {user: '@${name}${sequence}:example.org', until: 2099-01-01, reason: a test}`,
  )
  const body = { yaml: `exemptions:\n${exemptions.join('\n')}\n`, based_on: (await inForce()).number, reason: 'a test' }
  const answer = await by.page.call('/api/console/policy/apply', body)
  expect(answer.status, JSON.stringify(answer)).toBe(202)
  return answer.body['act'] as string
}

it('one person’s is signed by two others', async () => {
  const [a, b, c] = [ada, bea, cleo] as [Someone, Someone, Someone]
  const act = await asked(a, 'ada')
  expect(JSON.parse((await world.show(a, act)).body['intent'] as string)).toMatchObject({ concerns: a.personId })
  expect(await world.sign(a, act)).toMatchObject({ status: 403, body: { reason: 'subject-person' } })
  await world.sign(b, act)
  expect(await world.sign(a, act)).toMatchObject({ status: 403, body: { reason: 'subject-person' } })
  expect(await world.sign(c, act)).toMatchObject({ body: { state: 'done' } })
  // Who is exempted already does not gain by somebody else's.
  const next = await asked(a, 'ada', 'bea')
  expect(JSON.parse((await world.show(a, next)).body['intent'] as string)).toMatchObject({ concerns: b.personId })
})

it('one of several fails when one of them signed', async () => {
  const [a, b, c] = [ada, bea, cleo] as [Someone, Someone, Someone]
  const before = (await inForce()).number
  const act = await asked(c, 'ada', 'somebody')
  await world.sign(c, act)
  expect(await world.sign(a, act)).toMatchObject({ body: { state: 'failed', failure: 'subject-person' } })
  expect((await inForce()).number).toBe(before)
  const again = await asked(c, 'ada', 'somebody')
  await world.sign(c, again)
  expect(await world.sign(b, again)).toMatchObject({ body: { state: 'done' } })
})
