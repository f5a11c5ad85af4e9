// What is stored of reading by gateways as they are deployed: two of them, told to stop, and one that is killed.
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  for (let turn = 0; (await stored(eve)) < 50; turn++) {
    if (turn > 500) throw new Error('the lines were never written')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  for (let page = 5; page < 8; page++) expect(released(await get(page))).toBe(10)
  await gateway.kill()
  const kept = await stored(eve)
  expect(kept).toBeGreaterThanOrEqual(50)
  expect(kept).toBeLessThanOrEqual(80)
  expect((await world.archive(eve.person)).used).toBe(80)
})
