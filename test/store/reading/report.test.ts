// From a lost key to its proof: the report says exactly what the device received, whoever paid for it and whichever gateway let it out.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { applyPolicy } from '../../../server/policy/versions.ts'
import { eventually } from '../../support/eventually.ts'
import { type KnownDevice, messages, released, TAP } from '../../support/metered-gateway.ts'
import { type ReadingWorld, readingWorld } from '../../support/reading-console.ts'
import { honest } from '../../support/rigged-homeserver.ts'
import { classicBody, classicRoom, DAY, events, live, syncing } from '../../support/sync-world.ts'

type Gateway = Awaited<ReturnType<ReadingWorld['storing']>>
let world: ReadingWorld
let gateways: [Gateway, Gateway]
let auditor: ReturnType<ReadingWorld['as']>
beforeAll(async () => {
  world = await readingWorld()
  gateways = [await world.storing(), await world.storing()]
  auditor = world.as(await world.addPerson(), 'auditor')
})
afterAll(() => world.stop())
beforeEach(() => {
  world.homeserver.rig = honest
})

interface Received {
  meter: string
  units: number
  exact: boolean
  windows: number
  approvals: number
  first_sync: number
  by_lines: number
}
const of = (received: Received[], meter: string) => received.find((row) => row.meter === meter)

/** Reads with a device through both gateways until nothing comes any more. Returns the events it was handed. */
async function readUp(device: KnownDevice, room: string, from = 0): Promise<number> {
  let got = 0
  for (let turn = 0; turn < 20; turn++) {
    const answer = await (gateways[turn % 2] as Gateway).get(
      device,
      messages(room, `${room.slice(1, 5)}-${from + got}`, 7),
    )
    if (released(answer) === 0) return got
    got += released(answer)
  }
  throw new Error('there was no end to it')
}

async function approvePrompt(device: KnownDevice): Promise<void> {
  const [prompt] = await world.sql`select intent from approvals where device_id = ${device.id} and state = 'pending'`
  if (!prompt) throw new Error('nothing was asked')
  const aware = { headers: { 'x-palier-step-up': '1' } }
  const { rooms } = JSON.parse(prompt['intent'] as string)
  const answer = await gateways[0].get(device, messages(rooms[0].id, 'x-0', 7), aware)
  await world.approve(answer.body.approval_uri)
}

test('a lost key, from alarm to proof: the counts of the report are what the device received', async () => {
  const ada = await world.device()
  // Everyday reading, up to the threshold; then what a tap releases; then history that a /sync brings.
  let received = await readUp(ada, '!room1:example.org')
  expect(received).toBe(40)
  await approvePrompt(ada)
  const tapped = await readUp(ada, '!room1:example.org', 500)
  expect(tapped).toBe(TAP)
  received += tapped
  const { given, serve } = syncing(world, gateways[0])
  const since = await given(ada, 'classic', 10 * DAY)
  const missed = events(6, 5 * DAY)
  serve(classicBody({ '!room2:example.org': classicRoom([...missed, ...live(3)]) }))
  const answer = await gateways[1].get(ada, `/_matrix/client/v3/sync?since=${since}`)
  const timeline = answer.body.rooms.join['!room2:example.org'].timeline.events as { event_id: string }[]
  const old = new Set(missed.map(({ event_id: id }) => id))
  const caughtUp = timeline.filter(({ event_id: id }) => old.has(id)).length
  expect(caughtUp).toBeGreaterThan(0)

  // The alarm.
  await world.ender.revoke('credential', ada.person.credentialId, 'credential-revoked')
  await eventually(async () => (await world.sql`select 1 from incidents where device_id = ${ada.id}`).length === 1)
  expect(await readUp(ada, '!room1:example.org', 900)).toBe(0)
  await world.stored()

  const list = await auditor.read('incidents.list', { person: ada.person.id })
  expect(list.body.items).toHaveLength(1)
  const report = await auditor.read('incidents.report', { incident: list.body.items[0].id })
  expect(report.status).toBe(200)
  const { body } = report
  expect(of(body.received, 'archive')).toMatchObject({
    units: received,
    exact: true,
    windows: 40,
    approvals: TAP,
    by_lines: received,
  })
  expect(of(body.received, 'catch-up')).toMatchObject({ units: caughtUp, exact: true, by_lines: caughtUp })
  expect(body.live_lately).toBe(3)
  expect(body.incident).toMatchObject({ reason: 'credential-revoked', given_back: false, device: { id: ada.id } })
  // Which rooms, by other names; and what was not let out.
  expect(report.text).not.toMatch(/room1|room2/)
  expect(body.rooms_total).toBe(2)
  // Within reach: both that were read; the one that was asked for, refused and approved says so.
  const { rooms: reachable, total } = body.reachable
  expect(total).toBe(2)
  const [most] = reachable
  expect(most).toMatchObject({ room: body.rooms[0].room, asked: body.approvals.length, approved: 1 })
  expect(most.withheld).toBeGreaterThan(0)
  expect(reachable.reduce((sum: number, { units }: { units: number }) => sum + units, 0)).toBe(received + caughtUp)
  expect(body.rooms.reduce((sum: number, { units }: { units: number }) => sum + units, 0)).toBe(received + caughtUp)
  expect(body.withheld.find(({ meter }: Received) => meter === 'archive')?.answers).toBeGreaterThan(0)
  // Who approved what, and in which order it went.
  expect(body.approvals).toMatchObject([
    {
      state: 'approved',
      decided_by: ada.person.id,
      has_receipt: true,
      released: [{ meter: 'archive', granted: TAP, used: TAP }],
    },
    ...body.approvals.slice(1),
  ])
  const told = body.timeline.map(({ what }: { what: string }) => what)
  expect(told.slice(0, 1)).toEqual(['signed-in'])
  for (const [before, after] of [
    ['first-byte', 'asked'],
    ['asked', 'approved'],
    ['approved', 'last-byte'],
    ['last-byte', 'ended'],
  ])
    expect(told.indexOf(before)).toBeLessThan(told.lastIndexOf(after))
  expect(body.reach.find(({ meter }: Received) => meter === 'archive')).toMatchObject({ window_seconds: 3600 })
})

test('what was within reach is told by the limits of then, whatever holds since', async () => {
  const ada = await world.device()
  await world.ender.revoke('credential', ada.person.credentialId, 'credential-revoked')
  await eventually(async () => (await world.sql`select 1 from incidents where device_id = ${ada.id}`).length === 1)
  const [incident] = await world.sql`select id from incidents where device_id = ${ada.id}`
  const store = policyStore(world.db, auditLog({ store: auditStore(world.db), clock: systemClock }))
  const document = { ...shippedPolicy(), rooms: { window: 86_400, limit: 7 } }
  await applyPolicy({ store, clock: systemClock }, { from: 0, document, by: 'cli', reason: 'a test' })
  const roomsOf = (reach: { meter: string; limit: number }[]) => reach.find(({ meter }) => meter === 'rooms')?.limit
  const { body } = await auditor.read('incidents.report', { incident: incident?.['id'] as string })
  expect(roomsOf(body.reach)).toBe(shippedPolicy().rooms.limit)
  const period = { from: new Date(Date.now() - DAY).toISOString(), to: new Date().toISOString() }
  const { body: now } = await auditor.read('incidents.report', { person: ada.person.id, ...period })
  expect(roomsOf(now.reach)).toBe(7)
})

test('what is asked again is in no count twice, and what an observing gateway lets out is in them', async () => {
  const { OBSERVING } = await import('../../support/metered-gateway.ts')
  const observing = await world.storing(OBSERVING)
  const ada = await world.deviceWith(0)
  for (let turn = 0; turn < 3; turn++) await observing.get(ada, messages('!room1:example.org', 'o-0', 9))
  await world.ender.revoke('device', ada.id, 'revoked')
  await world.recordEnds()
  await world.stored()
  const [{ id }] = (await auditor.read('incidents.list', { person: ada.person.id })).body.items
  const { body } = await auditor.read('incidents.report', { incident: id })
  // Uncharged it went out three times: 40 were spent by hand, without a line.
  expect(of(body.received, 'archive')).toMatchObject({ windows: 40, uncharged: 27, by_lines: 27, units: 67 })
})

test('of a person and of a time: by the lines, with the incidents within it', async () => {
  const ada = await world.device()
  const got = await readUp(ada, '!room3:example.org')
  await world.ender.revoke('person', ada.person.id, 'person-suspended')
  await world.recordEnds()
  await world.stored()
  const period = {
    from: new Date(Date.now() - 3_600_000).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  }
  const mine = (await auditor.read('incidents.report', { person: ada.person.id, ...period })).body
  expect(mine).toMatchObject({ kind: 'person', person: { id: ada.person.id }, rooms_total: 1 })
  expect(of(mine.received, 'archive')).toMatchObject({ units: got, by_lines: got, exact: false, windows: null })
  expect(mine.incidents).toMatchObject([{ reason: 'person-suspended' }])
  const all = (await auditor.read('incidents.report', period)).body
  expect(all.kind).toBe('period')
  expect(all.people.find(({ id }: { id: string }) => id === ada.person.id)).toMatchObject({ units: got })
  expect(all.reach).toEqual([])
  expect(mine.reachable).toMatchObject({ total: 1, rooms: [{ room: mine.rooms[0].room, units: got, approved: 0 }] })
  expect(all.reachable).toBeNull()
})

test('the reason that an administrator gave is in the report, whichever way the device was ended', async () => {
  const audit = auditLog({ store: auditStore(world.db), clock: systemClock })
  const saidOf = async (device: KnownDevice) => {
    await world.recordEnds()
    const [incident] = await world.sql`select id from incidents where device_id = ${device.id}`
    const { body } = await auditor.read('incidents.report', { incident: incident?.['id'] as string })
    const period = { from: new Date(Date.now() - DAY).toISOString(), to: new Date(Date.now() + 60_000).toISOString() }
    const mine = (await auditor.read('incidents.report', { person: device.person.id, ...period })).body
    expect(mine.incidents).toMatchObject([{ id: body.incident.id, said: body.incident.said }])
    return body.incident.said
  }
  const actor = 'per_admin'

  const [cut, unexplained, suspended, keyless, lost, one, spared] = await Promise.all(
    Array.from({ length: 7 }, () => world.device()),
  )
  if (!cut || !unexplained || !suspended || !keyless || !lost || !one || !spared) throw new Error('too few')
  await world.ender.revoke('person', cut.person.id, 'revoked', {
    actor,
    detail: { why: 'laptop\u202e stolen\nin Lyon' },
  })
  expect(await saidOf(cut)).toBe('laptop stolen in Lyon')
  await world.ender.revoke('device', unexplained.id, 'revoked')
  expect(await saidOf(unexplained)).toBeNull()

  const gone = (subject: string, action: string, reason: string) =>
    audit.append({ action, actor, subject, detail: { reason } })
  await gone(suspended.person.id, 'person.suspended', 'another time, long over')
  await gone(suspended.person.id, 'person.suspended', 'left the house')
  await world.ender.revoke('person', suspended.person.id, 'person-suspended')
  await gone(suspended.person.id, 'person.suspended', 'later, of something else')
  expect(await saidOf(suspended)).toBe('left the house')
  await gone(keyless.person.credentialId, 'key.revoked', 'found on a desk')
  await world.ender.revoke('credential', keyless.person.credentialId, 'credential-revoked', { actor })
  expect(await saidOf(keyless)).toBe('found on a desk')
  // A page's own word for it is nobody's.
  await gone(lost.person.credentialId, 'key.revoked', 'lost')
  await world.ender.revoke('credential', lost.person.credentialId, 'credential-revoked', { actor })
  expect(await saidOf(lost)).toBeNull()

  await world.ender.revokeMany({ group: null, sparing: [spared.person.id] }, 'revoked', {
    actor,
    detail: { why: 'everybody out' },
  })
  expect(await saidOf(one)).toBe('everybody out')
  await world.ender.revoke('device', spared.id, 'revoked')
  expect(await saidOf(spared)).toBeNull()
})

test('reports of nothing, of nobody and of no time are refused, each in its way', async () => {
  const now = new Date().toISOString()
  const before = new Date(Date.now() - 40 * DAY).toISOString()
  for (const [input, status, reason] of [
    [{ incident: 'inc_none' }, 404, 'unknown-incident'],
    [{ person: 'per_none', from: before, to: now }, 404, 'person-unknown'],
    [{ person: "x' OR 1=1 --", from: before, to: now }, 404, 'person-unknown'],
    [{}, 400, 'bad-request'],
    [{ from: before }, 400, 'bad-request'],
    [{ from: before, to: now }, 400, 'period-invalid'],
    [{ from: now, to: before }, 400, 'period-invalid'],
    [{ from: 'yesterday', to: now }, 400, 'bad-request'],
    [{ incident: 'inc_none', person: 'per_1' }, 400, 'bad-request'],
    [{ incident: 'x'.repeat(101) }, 400, 'bad-request'],
  ] as const) {
    const { status: got, body } = await auditor.read('incidents.report', input)
    expect([got, body.reason], JSON.stringify(input)).toEqual([status, reason])
  }
})

test('an enroller hands keys out and sees no reading', async () => {
  const enroller = world.as(await world.addPerson(), 'enroller')
  for (const verb of ['incidents.list', 'incidents.report', 'reading.person', 'reading.totals', 'privacy.revealed'])
    expect((await enroller.read(verb)).status, verb).toBe(403)
})

test('that somebody looked at a person is in the audit log, once an hour', async () => {
  const ada = await world.device()
  const supervisor = await world.addPerson()
  const eyes = world.as(supervisor, 'supervisor')
  const period = { from: new Date(Date.now() - DAY).toISOString(), to: new Date().toISOString() }
  for (let turn = 0; turn < 3; turn++) {
    expect((await eyes.read('reading.person', { person: ada.person.id, ...period })).status).toBe(200)
    expect((await eyes.read('incidents.report', { person: ada.person.id, ...period })).status).toBe(200)
  }
  const looks =
    await world.sql`select actor from audit_entries where action = 'privacy.looked' and subject = ${ada.person.id}`
  expect(looks).toEqual([{ actor: `${supervisor.id}/tok_test` }])
})
