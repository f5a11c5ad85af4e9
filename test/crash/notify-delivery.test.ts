// Gateways killed at random while they raise alerts and deliver them: whatever was raised is delivered at least once.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { messages } from '../support/gateway-process-client.ts'
import { gatewayWorld, type TestDevice, type World } from '../support/gateway-process-world.ts'
import { type Receiver, verifies, webhookReceiver } from '../support/receiver.ts'
import { PLAIN_SPENDING } from '../support/spending.ts'

const SECRET = `whsec_${Buffer.from('a key of the tests, thirty-two by').toString('base64')}`
const DEVICES = 20
const KILLS = 4
/** Between two pages of a reader: gateways that start must get their turn. */
const PAGE_MS = 800
const CEILING = 5_000
const ROOM = '!room:example.org'

let world: World
let receiver: Receiver
let env: Record<string, string>

beforeAll(async () => {
  receiver = await webhookReceiver()
  env = {
    PALIER_TRUSTED_PROXIES: '127.0.0.1',
    PALIER_WEBHOOKS: `soc ${receiver.url} ${SECRET} inside`,
  }
  world = await gatewayWorld({ gateways: 2, env })
})
afterAll(async () => {
  await world.stop()
  await receiver.stop()
})

/** What the database says was raised, by the id that its webhook carries. */
const raised = () => world.sql<{ device_id: string }[]>`select device_id from raised_signals`
const owed = () => world.sql<{ id: string; delivered_at: Date | null }[]>`select id, delivered_at from outbox`

/** A device whose person is past the ceiling of new messages: the next thing it reads raises an alarm. */
async function suspicious(): Promise<TestDevice> {
  const device = await world.addDevice(await world.addPerson())
  const spender = { serverName: 'example.org', personId: device.person.id, device: device.id }
  await world.meters.spend({ ...PLAIN_SPENDING, ...spender, streams: {}, live: CEILING })
  return device
}

test('no alert is lost, however often the gateways that raise and deliver them are killed', {
  timeout: 170_000,
}, async () => {
  // Answers late or never, now and then: a kill finds deliveries at every stage.
  let turn = 0
  receiver.rig.answer = (response) => {
    turn += 1
    if (turn % 5 === 0) response.writeHead(503).end()
    else setTimeout(() => response.writeHead(204).end(), (turn % 7) * 20)
  }
  const gateways: GatewayProcess[] = [...world.gateways]
  const devices = await Promise.all(Array.from({ length: DEVICES }, suspicious))
  let reading = true
  const readers = devices.map(async (device, index) => {
    // Until it is written down that its alarm was raised: a killed gateway forgets whom it was about to look at.
    for (let page = 0; reading; page++) {
      const gateway = gateways[(index + page) % gateways.length] as GatewayProcess
      await fetch(`${gateway.url}${messages(ROOM, `d${index}p${page}-0`, 1)}`, {
        headers: { authorization: `Bearer ${device.token}`, 'user-agent': 'test' },
      }).then(
        (answer) => answer.arrayBuffer(),
        () => undefined,
      )
      await new Promise((resolve) => setTimeout(resolve, PAGE_MS))
    }
  })
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500))
      const victim = kill % gateways.length
      await gateways[victim]?.kill()
      gateways[victim] = await world.start()
    }
    await expect.poll(async () => (await raised()).length, { timeout: 60_000, interval: 500 }).toBe(DEVICES)
  } finally {
    reading = false
    await Promise.all(readers)
  }
  // What a killed gateway held is due again when its lease has lapsed: here, now.
  await world.sql`update outbox set next_attempt_at = now() where next_attempt_at is not null`
  await expect
    .poll(async () => (await owed()).filter(({ delivered_at }) => delivered_at === null).length, {
      timeout: 60_000,
      interval: 500,
    })
    .toBe(0)
  await Promise.all(gateways.map((gateway) => gateway.kill()))

  const all = await owed()
  expect(all).toHaveLength(DEVICES)
  const ids = new Set(receiver.received.map(({ id }) => id))
  expect(all.filter(({ id }) => !ids.has(id))).toEqual([])
  const told = new Set(
    receiver.received.map(({ body }) => (JSON.parse(body) as { data: { device: string } }).data.device),
  )
  expect(devices.filter(({ id }) => !told.has(id))).toEqual([])
  for (const got of receiver.received) expect(await verifies(SECRET, got)).toBe(true)
  // Each alarm stands in the audit log, once.
  const audited = await world.sql`select subject from audit_entries where action = 'detection.raised'`
  expect(audited).toHaveLength(DEVICES)
})

test('told to stop, a gateway finishes what it is delivering and takes on nothing more', {
  timeout: 60_000,
}, async () => {
  await world.sql`truncate outbox`
  let letGo: () => void = () => undefined
  receiver.rig.answer = (response) => {
    letGo = () => response.writeHead(204).end()
  }
  const gateway = await world.start()
  const before = receiver.received.length
  await world.sql`insert into outbox (id, channel, target, about, payload, created_at, next_attempt_at)
    values ('ntf_last', 'webhook', 'soc', 'last', '{}', now(), now()), ('ntf_next', 'webhook', 'soc', 'next', '{}', now(), now() + interval '1 ms')`
  await expect.poll(() => receiver.received.length).toBe(before + 1)
  const stopped = gateway.stop()
  // It has stopped looking for more, which it does several times a second.
  const looking = () => world.sql`select 1 from pg_stat_activity
    where datname = current_database() and query ilike '%outbox%' and query not like '%pg_stat_activity%' and query_start > now() - interval '3 seconds'`
  await expect.poll(async () => (await looking()).length).toBe(0)
  letGo()
  expect(await stopped).toBe(0)
  const rows = await world.sql`select id, delivered_at is not null as delivered, attempts from outbox order by id`
  expect(rows).toEqual([
    { id: 'ntf_last', delivered: true, attempts: 1 },
    { id: 'ntf_next', delivered: false, attempts: 0 },
  ])
})
