// The policy over the console's API: what tightens is done, what loosens is signed by two, and nobody undoes another's version unseen.
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { groups } from '../../../db/schema/groups.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { policyNow } from '../../../server/policy/versions.ts'
import { actsWorld, DAY_MS } from '../../support/acts.ts'
import type { Someone } from '../../support/stepup.ts'

const world = await actsWorld()
afterAll(() => world.stop())
let ada: Someone
let blaise: Someone
let sequence = 0

beforeEach(async () => {
  sequence += 1
  await world.noOwners()
  ada = await world.administrator(`ada${sequence}`)
  blaise = await world.administrator(`blaise${sequence}`)
})

const post = (by: Someone, verb: string, body: unknown) => by.page.call(`/api/console/policy/${verb}`, body)
const get = async (by: Someone, path: string) => (await by.page.get(`/api/console/policy/${path}`)).json()
const inForce = () => policyNow(policyStore(world.db, { append: async () => Promise.reject(new Error('never')) }))
const reason = 'a test'
const based = async () => ({ based_on: (await inForce()).number, reason })

it('is shown whole, and its file read back changes nothing', async () => {
  const shown = (await get(ada, 'show')) as { yaml: string; number: number; operator: string }
  expect(shown).toMatchObject({ number: 0, version: null, operator: 'enforce', emergency: null, outage: null })
  expect(await post(ada, 'check', { yaml: shown.yaml })).toMatchObject({
    status: 200,
    body: { mistakes: [], changes: [], loosens: false, based_on: 0 },
  })
})

it('every mistake is told with its line, and none is applied', async () => {
  const yaml = 'first_sync: many\nlive_window: 2 years\n'
  expect(await post(ada, 'check', { yaml })).toMatchObject({
    body: {
      document: null,
      mistakes: [
        // What a page makes a sentence of, in its language.
        { line: 1, column: 13, path: ['first_sync'], code: 'not-count', members: { least: 0 }, value: '"many"' },
        { line: 2, name: 'live_window', path: ['live_window'], code: 'not-duration', members: { least: '10 s' } },
      ],
    },
  })
  expect(await post(ada, 'apply', { yaml, ...(await based()) })).toMatchObject({
    status: 422,
    body: { reason: 'policy-mistakes', mistakes: [{ line: 1 }, { line: 2 }] },
  })
})

it('what tightens is applied at once by one, once', async () => {
  const before = await inForce()
  const answer = await post(ada, 'apply', { yaml: 'first_sync: 5000\n', ...(await based()) })
  expect(answer).toEqual({ status: 200, body: { number: before.number + 1 } })
  expect((await inForce()).document.first_sync).toBe(5_000)
  const again = await post(ada, 'apply', { yaml: 'first_sync: 5000\n', ...(await based()) })
  expect(again).toMatchObject({ status: 409, body: { reason: 'policy-unchanged' } })
})

it('what was made of an older version is refused with what is in force, and nothing is undone', async () => {
  const made = await based()
  await post(blaise, 'apply', { yaml: 'first_sync: 4000\n', ...made })
  const late = await post(ada, 'apply', { yaml: 'first_sync: 3000\n', ...made })
  expect(late).toMatchObject({
    status: 409,
    body: {
      reason: 'edited-meanwhile',
      number: made.based_on + 1,
      version: { applied_by: { username: `blaise${sequence}` } },
      changes: made.based_on === 0 ? [] : [{ path: 'first_sync', after: '4000' }],
    },
  })
  expect((await inForce()).document.first_sync).toBe(4_000)
})

describe('what loosens', () => {
  const wide = { yaml: 'first_sync: 20000\n' }

  it('is asked for by one, refused to the same person twice, and in force once the second signed', async () => {
    const before = await inForce()
    const asked = await post(ada, 'apply', { ...wide, ...(await based()) })
    expect(asked).toMatchObject({ status: 202, body: { act: expect.stringMatching(/^act_/) } })
    const act = asked.body['act'] as string
    await world.sign(ada, act)
    expect(await world.sign(ada, act)).toMatchObject({ status: 403, body: { reason: 'same-person' } })
    expect((await inForce()).number).toBe(before.number)
    expect(await world.sign(blaise, act)).toMatchObject({
      body: { state: 'done', answer: { number: before.number + 1 } },
    })
    const after = await inForce()
    expect(after.document.first_sync).toBe(20_000)
    expect(after.version).toMatchObject({ appliedBy: ada.personId, reason })
    const [entry] = (await world.auditOf('policy.applied')).slice(-1)
    expect(entry).toMatchObject({ actor: ada.personId, detail: { second: blaise.personId, loosens: ['first_sync'] } })
  })

  it('waits a day with one owner', async () => {
    await world.noOwners()
    ada = await world.administrator(`alone${sequence}`)
    const before = await inForce()
    const asked = await post(ada, 'apply', { yaml: 'first_sync: 30000\n', ...(await based()) })
    await world.sign(ada, asked.body['act'] as string)
    await world.here.runDue()
    expect((await inForce()).number).toBe(before.number)
    world.time.nowMs += DAY_MS
    await world.here.runDue()
    expect((await inForce()).document.first_sync).toBe(30_000)
  })

  it('is not applied when another version came into force before the second tap', async () => {
    const asked = await post(ada, 'apply', { yaml: 'first_sync: 90000\n', ...(await based()) })
    const act = asked.body['act'] as string
    await world.sign(ada, act)
    await post(blaise, 'apply', { yaml: 'first_sync: 100\n', ...(await based()) })
    expect(await world.sign(blaise, act)).toMatchObject({ body: { state: 'failed', failure: 'edited-meanwhile' } })
    expect((await inForce()).document.first_sync).toBe(100)
  })

  it('names groups by id in what is signed: a name that changes hands meanwhile changes nothing', async () => {
    const createdAt = new Date(world.clock.now())
    await world.db.insert(groups).values({ id: 'grp_pilots', displayName: 'Pilots', createdAt })
    const yaml = 'exemptions:\n  - group: Pilots\n    until: 2099-01-01\n    reason: a migration\n'
    const asked = await post(ada, 'apply', { yaml, ...(await based()) })
    expect(asked.status).toBe(202)
    const { body } = await world.show(ada, asked.body['act'] as string)
    expect(body).toMatchObject({ input: { document: { exemptions: [{ group: 'grp_pilots' }] } } })
    expect(body['input']).not.toHaveProperty('yaml')
  })
})

it('coming back to a version is grave when that one is wider, and done at once when it is tighter', async () => {
  const { number } = await inForce()
  await post(ada, 'apply', { yaml: 'first_sync: 90\n', ...(await based()) })
  const wider = await post(ada, 'roll-back', { number, ...(await based()) })
  expect(wider.status).toBe(202)
  await world.sign(blaise, wider.body['act'] as string)
  await world.sign(ada, wider.body['act'] as string)
  expect((await inForce()).document.first_sync).not.toBe(90)
  const tighter = await post(ada, 'roll-back', { number: number + 1, ...(await based()) })
  expect(tighter).toMatchObject({ status: 200 })
  expect((await inForce()).document.first_sync).toBe(90)
  expect(await post(ada, 'roll-back', { number: 9_999, ...(await based()) })).toMatchObject({
    status: 404,
    body: { reason: 'unknown-version' },
  })
})

it('the emergency is on at once, and off with two; a file does not end it', async () => {
  const on = await post(ada, 'emergency', { state: 'on', reason: 'a theft' })
  expect(on.status).toBe(200)
  expect((await inForce()).document.emergency).toMatchObject({ reason: 'a theft' })
  expect(await post(ada, 'emergency', { state: 'on', reason: 'again' })).toMatchObject({
    status: 409,
    body: { reason: 'policy-unchanged' },
  })
  await post(ada, 'apply', { yaml: 'first_sync: 80\n', ...(await based()) })
  expect((await inForce()).document.emergency).not.toBeNull()
  const document = { first_sync: 70, emergency: null }
  await post(ada, 'apply', { document, ...(await based()) })
  expect((await inForce()).document.emergency).not.toBeNull()
  const off = await post(ada, 'emergency', { state: 'off', reason: 'it is over' })
  expect(off.status).toBe(202)
  await world.sign(ada, off.body['act'] as string)
  await world.sign(blaise, off.body['act'] as string)
  expect((await inForce()).document.emergency).toBeNull()
})

it('versions come page by page, with who applied them by name', async () => {
  const first = (await get(ada, 'versions?limit=1')) as { items: { number: number }[]; next: string }
  expect(first.items).toHaveLength(1)
  const second = (await get(ada, `versions?limit=1&after=${first.next}`)) as typeof first
  expect(second.items[0]?.number).toBe((first.items[0]?.number ?? 0) - 1)
  expect(await get(ada, 'version?number=0')).toMatchObject({ number: 0, in_force: first.items[0]?.number })
})

it('is simulated on generated traffic where nothing is stored, under both policies, and says so', async () => {
  const response = await world.app.request('http://localhost:8080/api/console/policy/simulate', {
    method: 'POST',
    headers: {
      Origin: 'http://localhost:8080',
      'Content-Type': 'application/json',
      Cookie: [...ada.page.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    },
    body: JSON.stringify({
      yaml: 'windows:\n  joins:\n    - { window: 1 h, buckets: 60, limit: 0 }\n    - { window: 1 d, buckets: 96, limit: 0 }\n',
      people: 10,
    }),
  })
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never>)
  const last = lines.at(-1) as unknown as { now: { others: { joins?: number } }; next: { others: { joins?: number } } }
  expect(last).toMatchObject({ type: 'report', source: 'generated', days: 30 })
  expect(last.next.others.joins ?? 0).toBeGreaterThan(last.now.others.joins ?? 0)
})

it('hostile input, and those whose role is another, get nowhere', async () => {
  const auditor = await world.administrator(`noah${sequence}`, 'auditor')
  const made = await based()
  for (const [verb, body] of [
    ['apply', { yaml: '', ...made }],
    ['roll-back', { number: 0, ...made }],
    ['emergency', { state: 'on', reason: 'why' }],
  ] as const)
    expect(await post(auditor, verb, body)).toMatchObject({ status: 403, body: { reason: 'not-permitted' } })
  for (const body of [
    { ...made },
    { yaml: 'a', document: {}, ...made },
    { yaml: 'first_sync: 1\n', based_on: -1, reason },
    { yaml: 'first_sync: 1\n', based_on: 1.5, reason },
    { yaml: 'first_sync: 1\n', based_on: 0, reason: '' },
    { document: [], ...made },
    { yaml: 'x'.repeat(130_000), ...made },
  ])
    expect((await post(ada, 'apply', body)).status).toBe(400)
  for (const yaml of ['a: &a [*a]', '[', `${'['.repeat(500)}`, 'windows: {archive: [1]}', '__proto__: {x: 1}'])
    expect(await post(ada, 'check', { yaml })).toMatchObject({ status: 200, body: { document: null } })
  expect((await post(ada, 'check', { yaml: '\u0000' })).status).toBe(400)
  expect(
    (await post(ada, 'check', { document: JSON.parse('{"__proto__":{"a":1},"constructor":1}') as object })).body[
      'document'
    ],
  ).toBeNull()
  for (const path of ['version?number=-1', 'version?number=x', 'versions?limit=0', 'versions?after=0'])
    expect((await ada.page.get(`/api/console/policy/${path}`)).status).toBe(400)
})
