// What is stored of reading by gateways as they are deployed: two of them, told to stop, and one that is killed.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ask, messages, released } from '../support/gateway-process-client.ts'
import { gatewayWorld, type TestDevice, type World } from '../support/gateway-process-world.ts'
import { honest } from '../support/rigged-homeserver.ts'

let world: World
beforeAll(async () => {
  world = await gatewayWorld({ gateways: 2 })
  world.homeserver.rig = honest
})
afterAll(() => world.stop())

const [one, two] = [0, 1] as const

async function read(which: 0 | 1, device: TestDevice, room: string, pages: number): Promise<number> {
  let events = 0
  for (let page = 0; page < pages; page++) {
    const url = world.gateways[which]?.url ?? ''
    events += released(await ask(url, messages(room, `${room.slice(1, 4)}-${page * 10}`, 10), device))
  }
  return events
}
async function stored({ id }: TestDevice): Promise<number> {
  const [row] = await world.sql`select coalesce(sum((m.value)::int), 0)::int as events
    from readings r, jsonb_array_elements(r.parts) p, jsonb_each_text(p -> 'u') m where r.device_id = ${id} and m.key = 'archive'`
  return Number(row?.['events'])
}

test('the lines of two gateways are all there once both were told to stop, and today has its partition', async () => {
  const ada = await world.addDevice(await world.addPerson())
  const [first, second] = await Promise.all([read(one, ada, '!aaa:x', 8), read(two, ada, '!bbb:x', 8)])
  expect([first, second]).toEqual([80, 80])
  expect(await Promise.all(world.gateways.map((gateway) => gateway.stop()))).toEqual([0, 0])
  expect(await stored(ada)).toBe(160)
  expect((await world.archive(ada.person)).used).toBe(160)
  const [waiting] = await world.sql`select count(*)::int as lines from readings_default`
  expect(waiting).toEqual({ lines: 0 })
})

test('a gateway that is killed loses lines of its last moments at most, and nothing of the meters', async () => {
  const eve = await world.addDevice(await world.addPerson())
  const gateway = await world.start()
  const get = (page: number) => ask(gateway.url, messages('!ccc:x', `ccc-${page * 10}`, 10), eve)
  for (let page = 0; page < 5; page++) expect(released(await get(page))).toBe(10)
  // Written within the second: no answer waited for it.
  await eventually(async () => (await stored(eve)) >= 50)
  for (let page = 5; page < 8; page++) expect(released(await get(page))).toBe(10)
  await gateway.kill()
  const kept = await stored(eve)
  expect(kept).toBeGreaterThanOrEqual(50)
  expect(kept).toBeLessThanOrEqual(80)
  expect((await world.archive(eve.person)).used).toBe(80)
})

test('a key that is revoked while two gateways are read through: the incident has what was received, and no more than was under way', async () => {
  const mal = await world.addDevice(await world.addPerson())
  const gateways = await Promise.all([world.start(), world.start()])
  let answered = 0
  // An event a page: both have more pages before them than a revocation takes, and no threshold among them.
  const readThrough = async (url: string, room: string): Promise<number> => {
    let events = 0
    for (let page = 0; page < 480; page++) {
      const answer = await ask(url, messages(room, `${room.slice(1, 4)}-${page}`, 1), mal)
      events += released(answer)
      answered++
      if (answer.status === 401) return events
      // A revocation is heard of four times a second: no machine reads all pages in the time of one.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error('a revoked key still reads')
  }
  const reading = Promise.all(
    gateways.map(({ url }, index) => readThrough(url, `!${'de'[index]}${'de'[index]}${'de'[index]}:x`)),
  )
  while (answered < 20) await new Promise((resolve) => setTimeout(resolve, 1))
  await world.revoker.revoke('credential', mal.person.credentialId, 'credential-revoked')
  const received = (await reading).reduce((sum, events) => sum + events, 0)
  expect(received).toBeGreaterThan(0)

  const incident = async () => (await world.sql`select reason, consumed from incidents where device_id = ${mal.id}`)[0]
  await eventually(async () => (await incident()) !== undefined)
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  const archive = Number((await incident())?.['consumed']['archive'])
  // Charged before the first byte: what was under way at each gateway may have been, and was not handed over.
  expect(archive).toBeGreaterThanOrEqual(received)
  expect(archive - received).toBeLessThanOrEqual(2)
  const [lines] =
    await world.sql`select coalesce(sum((m.value)::int) filter (where r.reason <> 'client-gone'), 0)::int as delivered,
      coalesce(sum((m.value)::int), 0)::int as charged
    from readings r, jsonb_array_elements(r.parts) p, jsonb_each_text(p -> 'u') m where r.device_id = ${mal.id} and m.key = 'archive'`
  expect(lines).toEqual({ delivered: received, charged: archive })
})
