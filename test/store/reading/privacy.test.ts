// Rooms keep their other names until two administrators agree; a person's data is handed out whole, and taken away but for what is proof.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { messages } from '../../support/metered-gateway.ts'
import type { TestPerson } from '../../support/people.ts'
import { type ReadingWorld, readingWorld } from '../../support/reading-console.ts'
import { honest } from '../../support/rigged-homeserver.ts'
import { DAY } from '../../support/sync-world.ts'

let world: ReadingWorld
let gateway: Awaited<ReturnType<ReadingWorld['storing']>>
let first: TestPerson
let second: TestPerson
beforeAll(async () => {
  world = await readingWorld()
  gateway = await world.storing()
  first = await world.addPerson()
  second = await world.addPerson()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.homeserver.rig = honest
})

const ROOM = '!budget:example.org'
const period = () => ({
  from: new Date(Date.now() - DAY).toISOString(),
  to: new Date(Date.now() + DAY).toISOString(),
})
async function reader() {
  const ada = await world.device()
  await gateway.get(ada, messages(ROOM, 'p-0', 10))
  await world.stored()
  return ada
}
async function pseudonymOf(personId: string): Promise<string> {
  const { body } = await world.as(first, 'owner').read('reading.person', { person: personId, ...period() })
  return body.items[0].room
}
const audited = (action: string) =>
  world.sql`select actor, subject, detail from audit_entries where action = ${action} order by sequence desc`

test('what a person read is shown by day, room and meter, and never by the name of a room', async () => {
  const ada = await reader()
  const { body, text } = await world
    .as(first, 'supervisor')
    .read('reading.person', { person: ada.person.id, ...period() })
  expect(body.items).toEqual([
    {
      at: expect.stringMatching(/T00:00:00\.000Z$/),
      room: expect.stringMatching(/^room_/),
      meter: 'archive',
      answers: 1,
      units: 10,
      withheld: 0,
    },
  ])
  expect(body.kept_days).toBe(183)
  expect(text).not.toContain('budget')
})

test('a room is revealed to the two who signed, for an hour, and to nobody else', async () => {
  const room = await pseudonymOf((await reader()).person.id)
  const owner = world.as(first, 'owner')
  const asked = await owner.change('privacy.reveal-room', { room, reason: 'incident 12' })
  expect(asked.status).toBe(202)
  expect((await owner.read('privacy.revealed')).body.items).toEqual([])
  const answer = await world.sign(second)
  // What becomes of the act's answer, others may see.
  expect(JSON.stringify(answer)).not.toContain('budget')
  for (const person of [first, second]) {
    const { body } = await world.as(person, 'owner').read('privacy.revealed')
    expect(body.items).toMatchObject([
      { room, room_id: ROOM, reason: 'incident 12', first: first.id, second: second.id },
    ])
  }
  expect((await world.as(await world.addPerson(), 'owner').read('privacy.revealed')).body.items).toEqual([])
  const [entry] = await audited('privacy.room-revealed')
  expect(entry).toMatchObject({ actor: first.id, subject: room, detail: { second: second.id, reason: 'incident 12' } })
  expect(JSON.stringify(entry)).not.toContain('budget')
  await world.sql`update reading_reveals set at = at - interval '61 minutes'`
  expect((await owner.read('privacy.revealed')).body.items).toEqual([])
})

test('the name that a prompt gave the room is told with it', async () => {
  const ada = await world.deviceWith(0)
  await gateway.get(ada, messages(ROOM, 'p-0', 10))
  await world.stored()
  await world.sql`update approvals set intent = replace(intent, '"name":null', '"name":"Budget 2027"') where device_id = ${ada.id}`
  const room = await pseudonymOf(ada.person.id)
  await world.as(first, 'owner').change('privacy.reveal-room', { room, reason: 'incident 13' })
  await world.sign(second)
  expect((await world.as(second, 'owner').read('privacy.revealed')).body.items[0]).toMatchObject({
    name: 'Budget 2027',
  })
})

test('what nobody could reveal is asked of nobody, and no other role may ask', async () => {
  const owner = world.as(first, 'owner')
  const before = world.asked.length
  expect((await owner.change('privacy.reveal-room', { room: 'room_AAAAAAAAAAAA', reason: 'x' })).body.reason).toBe(
    'unknown-room',
  )
  for (const room of [ROOM, 'room_', "room_'; drop--12", 'room_AAAAAAAAAAAAA'])
    expect((await owner.change('privacy.reveal-room', { room, reason: 'x' })).body.reason).toBe('bad-request')
  expect((await owner.change('privacy.reveal-room', { room: 'room_AAAAAAAAAAAA', reason: ' ' })).status).toBe(400)
  for (const role of ['supervisor', 'auditor', 'enroller'] as const)
    expect(
      (await world.as(first, role).change('privacy.reveal-room', { room: 'room_AAAAAAAAAAAA', reason: 'x' })).status,
    ).toBe(403)
  expect(world.asked.length).toBe(before)
})

test('a person is handed all that is kept of them, and none of what opens anything', async () => {
  const ada = await reader()
  const { status, body, text } = await world.as(first, 'owner').change('privacy.export', { person: ada.person.id })
  expect(status).toBe(200)
  expect(body.format).toBe('palier/person/v1')
  expect(body.account.username).toBe(ada.person.username)
  expect(body.keys).toHaveLength(1)
  expect(body.devices).toMatchObject([{ id: ada.id }])
  expect(body.readings).toMatchObject([{ decision: 'released', parts: [{ u: { archive: 10 } }] }])
  expect(Object.keys(body).sort()).toEqual(
    [
      'account',
      'alerts',
      'allowances',
      'approvals',
      'audit',
      'devices',
      'format',
      'groups',
      'habits',
      'incidents',
      'keys',
      'meters',
      'readings',
      'sign_ins',
    ].sort(),
  )
  expect(text).not.toMatch(/v1\.[\w-]+\.[\w-]{16}\./)
  expect(text).not.toContain('homeserverToken')
  expect((await audited('privacy.exported'))[0]).toMatchObject({ subject: ada.person.id })
  expect((await world.as(first, 'owner').change('privacy.export', { person: 'per_none' })).body.reason).toBe(
    'person-unknown',
  )
})

test('what an administrator is handed names no room, whatever the person was asked and signed', async () => {
  const ada = await world.deviceWith(0)
  const aware = { headers: { 'x-palier-step-up': '1' } }
  const asked = await gateway.get(ada, messages(ROOM, 'p-0', 10), aware)
  await world.approve(asked.body.approval_uri)
  const owner = world.as(first, 'owner')
  const { body, text } = await owner.change('privacy.export', { person: ada.person.id })
  expect(body.approvals).toMatchObject([{ state: 'approved', has_receipt: true, intent: { rooms_total: 1 } }])
  expect(body.allowances).toMatchObject([{ roomsTotal: 1 }])
  expect(text).not.toContain('budget')
})

test('an export of more lines than fit in memory at once has each of them once', async () => {
  const ada = await reader()
  await world.sql`insert into readings (at, server_name, person_id, device_id, network, client, route, decision, reason, policy_version,
      answers, parts, rooms_total, live, state, withheld)
    select r.at, r.server_name, r.person_id, r.device_id, r.network, r.client, r.route, r.decision, r.reason, r.policy_version, n,
      r.parts, 1, 0, 0, 0 from readings r, generate_series(2, 2500) n where r.person_id = ${ada.person.id}`
  const { body } = await world.as(first, 'owner').change('privacy.export', { person: ada.person.id })
  expect(new Set(body.readings.map(({ answers }: { answers: number }) => answers)).size).toBe(2_500)
  expect(body.readings).toHaveLength(2_500)
})

test('erasure takes lines and habits away, of one person, and leaves what is proof', async () => {
  const [ada, eve] = [await reader(), await reader()]
  await world.ender.revoke('device', ada.id, 'revoked')
  await world.recordEnds()
  await world.as(first, 'owner').change('privacy.erase', { person: ada.person.id, reason: 'asked for in writing' })
  expect(await world.sign(second)).toEqual({ lines: 1, habits: 0 })
  const left = (id: string) => world.sql`select 1 from readings where person_id = ${id}`
  expect([(await left(ada.person.id)).length, (await left(eve.person.id)).length]).toEqual([0, 1])
  const { body } = await world.as(first, 'auditor').read('incidents.list', { person: ada.person.id })
  expect(body.items).toMatchObject([{ consumed: { archive: 10 } }])
  expect((await audited('privacy.erased'))[0]).toMatchObject({
    actor: expect.stringContaining(first.id),
    subject: ada.person.id,
    detail: { second: second.id, reason: 'asked for in writing', lines: 1 },
  })
})
