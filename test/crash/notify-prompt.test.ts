// Prompts as notices, over two gateway processes and a rigged homeserver: owed with the prompt, sent by whoever lives, once each.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { messages } from '../support/gateway-process-client.ts'
import { gatewayWorld, type TestDevice, type World } from '../support/gateway-process-world.ts'
import { honest, json } from '../support/rigged-homeserver.ts'

const NOTICE = '/_synapse/admin/v1/send_server_notice/'
const ROOM = '!room:example.org'
const folder = mkdtempSync(join(tmpdir(), 'palier-notices-'))
const tokenFile = join(folder, 'token')

interface Notice {
  readonly id: string
  readonly authorization: string
  readonly userId: string
  readonly text: string
}

let world: World
let notices: Notice[] = []
/** How Synapse answers a notice. */
let status = 200

beforeAll(async () => {
  writeFileSync(tokenFile, 'administrator-1\n', { mode: 0o600 })
  world = await gatewayWorld({
    gateways: 2,
    env: { PALIER_TRUSTED_PROXIES: '127.0.0.1', PALIER_SYNAPSE_ADMIN_TOKEN_FILE: tokenFile },
  })
  world.homeserver.rig = (arrival, res) => {
    if (!arrival.path.startsWith(NOTICE)) return honest(arrival, res)
    let text = ''
    arrival.req.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
    })
    arrival.req.on('end', () => {
      const body = JSON.parse(text) as { user_id: string; content: { msgtype: string; body: string } }
      notices.push({
        id: arrival.path.slice(NOTICE.length),
        authorization: arrival.req.headers.authorization ?? '',
        userId: body.user_id,
        text: body.content.body,
      })
      json(res, status, status === 200 ? { event_id: '$notice' } : { errcode: 'M_UNKNOWN', error: 'no' })
    })
  }
})
beforeEach(async () => {
  notices = []
  status = 200
  await world.sql`truncate outbox`
})
afterAll(async () => {
  await world.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function exhausted(): Promise<TestDevice> {
  const device = await world.addDevice(await world.addPerson())
  await world.leave(device.person, 0)
  return device
}
const ask = (gateway: GatewayProcess | undefined, device: TestDevice, room = ROOM) =>
  fetch(`${gateway?.url}${messages(room, 's-0', 10)}`, {
    headers: { authorization: `Bearer ${device.token}`, 'user-agent': 'Element\u002f1 test' },
  })
const userId = (device: TestDevice) => `@${device.person.username}:example.org`

test('a prompt has one notice, with the link and what it is about, whichever gateways are asked and however often', async () => {
  const device = await exhausted()
  const answers = await Promise.all([0, 1, 0, 1, 0, 1].map((index) => ask(world.gateways[index], device)))
  expect(new Set(answers.map(({ status: answered }) => answered))).toEqual(new Set([429]))
  await expect.poll(() => notices.length).toBe(1)
  const [answer] = answers as [Response]
  const { approval_uri: link } = (await answer.json()) as { approval_uri: string }
  const [notice] = notices
  expect(notice).toMatchObject({ userId: userId(device), authorization: 'Bearer administrator-1' })
  // Nobody knows this person's language yet: both.
  for (const words of [link, '127.0.0.0/24', 'Ce n’était pas moi', 'This was not me', 'in one room'])
    expect(notice?.text).toContain(words)
  // Two seconds of a worker each 400 ms find nothing more to send.
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(notices).toHaveLength(1)
  // The link is sealed wherever it is kept.
  const token = link.slice(link.lastIndexOf('/') + 1)
  const [kept] =
    await world.sql`select (select json_agg(o) from outbox o)::text || (select json_agg(a) from approvals a)::text as all`
  expect(String(kept?.['all'])).not.toContain(token)
})

test('a homeserver that fails is asked again under the same id, with a token that was changed meanwhile', async () => {
  status = 502
  const device = await exhausted()
  await ask(world.gateways[0], device)
  await expect.poll(() => notices.length).toBeGreaterThanOrEqual(1)
  writeFileSync(tokenFile, 'administrator-2\n')
  status = 200
  await expect.poll(() => notices.at(-1)?.authorization, { timeout: 60_000 }).toBe('Bearer administrator-2')
  expect(new Set(notices.map(({ id }) => id)).size).toBe(1)
  await expect.poll(async () => (await world.sql`select 1 from outbox where delivered_at is null`).length).toBe(0)
})

test('what can never be sent is given up: no such user', async () => {
  status = 404
  await ask(world.gateways[0], await exhausted())
  await expect.poll(async () => (await world.sql`select 1 from outbox where dead_at is not null`).length).toBe(1)
  expect(notices).toHaveLength(1)
})

test('a gateway killed with the prompt just made: the other sends its notice', { timeout: 60_000 }, async () => {
  const [first] = world.gateways as [GatewayProcess]
  const devices = await Promise.all(Array.from({ length: 8 }, exhausted))
  await Promise.all(devices.map((device) => ask(first, device).catch(() => undefined)))
  await first.kill()
  const prompted = (
    await world.sql`select device_id from approvals where device_id in ${world.sql(devices.map(({ id }) => id))}`
  ).map((row) => String(row['device_id']))
  const owed = devices.filter(({ id }) => prompted.includes(id)).map(userId)
  expect(owed.length).toBeGreaterThan(0)
  const missing = async () => {
    // What the killed one had claimed is due again when its lease has lapsed: here, now, also if the claim was under way.
    await world.sql`update outbox set next_attempt_at = now() where next_attempt_at is not null`
    return owed.filter((id) => !notices.some((notice) => notice.userId === id))
  }
  await expect.poll(missing, { interval: 500 }).toEqual([])
})
