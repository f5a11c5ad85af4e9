// Whatever ends a device, what it consumed is written down, and given back only where the person said it was not them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordEnds } from '../../../db/stores/incidents.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { leavingIncidents } from '../../../server/wiring/incidents.ts'
import { eventually } from '../../support/eventually.ts'
import { type MeteredGateway, messages, meteredGateway } from '../../support/metered-gateway.ts'

let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
beforeAll(async () => {
  world = await meteredGateway()
  gateway = await world.gateway()
})
afterAll(() => world.stop())

const incidentOf = async (device: string) =>
  (await world.sql`select reason, consumed, given_back from incidents where device_id = ${device}`)[0]
const record = () => recordEnds(world.db, { meters: world.meters, random: systemRandom })
async function reader() {
  const ada = await world.device()
  await gateway.get(ada, messages('!a:x', 'h0', 10))
  return ada
}

test.each([
  ['credential', 'credential-revoked', (ada: Awaited<ReturnType<typeof reader>>) => ada.person.credentialId],
  ['person', 'person-suspended', (ada: Awaited<ReturnType<typeof reader>>) => ada.person.id],
  ['device', 'ended-by-administrator', (ada: Awaited<ReturnType<typeof reader>>) => ada.id],
] as const)(
  'the end of a %s leaves an incident of each device, and the windows keep what was read',
  async (kind, reason, of) => {
    const ada = await reader()
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const revoker = leavingIncidents(world.revoker, { db: world.db, random: systemRandom, log, meters: world.meters })
    await revoker.revoke(kind, of(ada), reason)
    await eventually(async () => (await incidentOf(ada.id)) !== undefined)
    expect(await incidentOf(ada.id)).toEqual({ reason, consumed: { archive: 10, rooms: 1 }, given_back: false })
    expect((await world.hour(ada)).used).toBe(10)
    // What comes after it is not released, and changes nothing.
    await gateway.get(ada, messages('!a:x', 'h10', 10))
    expect(await record()).toBe(0)
    expect((await world.hour(ada)).used).toBe(10)
  },
)

test('several processes that look at once write one incident', async () => {
  const ada = await reader()
  await world.revoker.revoke('device', ada.id, 'revoked')
  const written = await Promise.all(Array.from({ length: 6 }, record))
  expect(written.reduce((sum, one) => sum + one, 0)).toBe(1)
})

test('more devices than are looked at together all get theirs', async () => {
  const person = await world.addPerson()
  const devices = await Promise.all(Array.from({ length: 60 }, () => world.device(person)))
  await world.revoker.revoke('person', person.id, 'person-suspended')
  expect(await record()).toBe(devices.length)
})

test('"not me" gives back as before: its incident is left to it, and written only if it never came', async () => {
  const ada = await reader()
  await world.revoker.revoke('device', ada.id, 'not-me')
  expect(await record()).toBe(0)
  expect(await world.giveBack(ada)).toBe(true)
  expect(await incidentOf(ada.id)).toMatchObject({ given_back: true })
  const eve = await reader()
  await world.revoker.revoke('device', eve.id, 'not-me')
  await world.sql`update devices set ended_at = ended_at - interval '2 minutes' where id = ${eve.id}`
  expect(await record()).toBe(1)
})

test('signing out is no incident, nor is a next login, nor the end of its days', async () => {
  for (const reason of ['logout', 'replaced', 'expired']) {
    const ada = await reader()
    await world.revoker.revoke('device', ada.id, 'logout')
    await world.sql`update devices set ended_reason = ${reason} where id = ${ada.id}`
  }
  expect(await record()).toBe(0)
})
