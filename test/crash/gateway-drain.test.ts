// SIGTERM: nothing new is taken, who is held is told, what is owed is settled, and the process ends by itself in time.
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { ask, messages, released } from '../support/gateway-process-client.ts'
import { gatewayWorld, type TestDevice, type World } from '../support/gateway-process-world.ts'
import { type Arrival, history, honest, isHistory, isSync, json, page } from '../support/rigged-homeserver.ts'

const ROOM = '!room:example.org'
const PAGE = 10
const LEFT = 30
/** The drain's own limit of half a minute, and what closing takes beside it; less than the minute an answer may take. */
const LIMIT_MS = 50_000
/** Told at once, and not when their time is up. */
const AT_ONCE_MS = 20_000
let world: World
let gateway: GatewayProcess

beforeAll(async () => {
  world = await gatewayWorld({ gateways: 0, env: { PALIER_HOLD: '60' } })
})
afterEach(() => {
  world.homeserver.rig = honest
})
afterAll(() => world.stop())

async function newDevice(left: number): Promise<TestDevice> {
  const device = await world.addDevice(await world.addPerson())
  await world.leave(device.person, left)
  return device
}

async function start(): Promise<GatewayProcess> {
  gateway = await world.start()
  world.gateways.push(gateway)
  return gateway
}

test('held requests get 429, settlements finish, nothing new is taken, and the process ends with 0', async () => {
  const { url } = await start()
  const [held, settling, waiting] = [await newDevice(0), await newDevice(LEFT), await newDevice(LEFT)]
  let answerUpstream: () => void = () => undefined
  let answerLive: () => void = () => undefined
  const pages = history((arrival, res) => {
    if (arrival.query.get('from') !== 'up-0') return json(res, 200, page(arrival))
    answerUpstream = () => json(res, 200, page(arrival))
  })
  world.homeserver.rig = (arrival, res) => {
    if (!arrival.path.endsWith('/whoami')) return pages(arrival, res)
    answerLive = () => json(res, 200, {})
  }

  const [tap, fetched] = [ask(url, messages(ROOM, 'h-0', PAGE), held), ask(url, messages(ROOM, 'up-0', PAGE), waiting)]
  const prompts = () => world.sql`select 1 from approvals where person_id = ${held.person.id}`
  await expect.poll(async () => (await prompts()).length).toBe(1)
  await expect.poll(() => world.homeserver.arrivals.filter(({ query }) => query.get('from') === 'up-0').length).toBe(1)
  const arrived = world.homeserver.arrival(({ path }) => path.endsWith('/whoami'))
  const live = ask(url, '/_matrix/client/v3/account/whoami', waiting)
  await arrived
  const pipelined = pipeline(url, [messages(ROOM, 'slow-0', PAGE), messages(ROOM, 'late-0', PAGE)], settling)

  // Its settlement waits in the database, for this transaction.
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  const { promise: locked, resolve: lock } = Promise.withResolvers<void>()
  const blocking = world.sql.begin(async (tx) => {
    await tx`select 1 from meters where person_id = ${settling.person.id} for update`
    lock()
    await mayEnd
  })
  await locked
  pipelined.send(0)
  const waitingToSettle = () => world.sql`select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%palier_meter%'`
  await expect.poll(async () => (await waitingToSettle()).length).toBe(1)
  const stoppedAt = performance.now()
  const exit = gateway.stop()
  expect(await tap).toMatchObject({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED' } })
  expect(performance.now() - stoppedAt).toBeLessThan(AT_ONCE_MS)
  pipelined.send(1)
  expect((await ask(url, messages(ROOM, 'new-0', PAGE), waiting)).status).toBe(0)
  // Whoever forwards what was answered after the second request was sent has read that as well.
  answerLive()
  expect((await live).status).toBe(200)
  end()
  await blocking
  answerUpstream()
  const got = await fetched
  expect([got.status, released(got)]).toEqual([200, PAGE])
  expect(await exit).toBe(0)

  const said = await pipelined.said
  expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503'])
  expect(said.match(/\$slow-/g)).toHaveLength(PAGE)
  const upstream = world.homeserver.arrivals.filter(isHistory).map(({ query }) => query.get('from'))
  expect(upstream).not.toContain('new-0')
  expect(upstream).not.toContain('late-0')
  expect(await world.archive(settling.person)).toMatchObject({ held: 0, left: LEFT - PAGE })
  expect(await world.archive(waiting.person)).toMatchObject({ held: 0, left: LEFT - PAGE })
  expect(await world.archive(held.person)).toMatchObject({ held: 0, left: 0 })
})

test('a long poll is told to come back at once, and keeps nobody waiting', async () => {
  const { url } = await start()
  const device = await newDevice(LEFT)
  world.homeserver.rig = (arrival, res) => {
    if (!isSync(arrival)) honest(arrival, res)
  }
  const arrived = world.homeserver.arrival(isSync)
  const poll = ask(url, '/_matrix/client/v3/sync?since=s1&timeout=30000', device)
  await arrived
  const stoppedAt = performance.now()
  expect(await gateway.stop()).toBe(0)
  expect(performance.now() - stoppedAt).toBeLessThan(AT_ONCE_MS)
  expect(await poll).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN', retry_after_ms: 1_000 } })
})

test('a homeserver that never answers does not keep the process from ending, and the budget is whole', {
  timeout: 90_000,
}, async () => {
  const { url } = await start()
  const device = await newDevice(LEFT)
  world.homeserver.rig = (_arrival: Arrival) => undefined
  const arrived = world.homeserver.arrival(isHistory)
  const asked = ask(url, messages(ROOM, 'never-0', PAGE), device)
  await arrived
  const stoppedAt = performance.now()
  expect(await gateway.stop()).toBe(0)
  expect(performance.now() - stoppedAt).toBeLessThan(LIMIT_MS)
  expect([(await asked).status, (await asked).bytes]).toEqual([0, 0])
  expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT })
})

/** Two requests down one connection, the second before the first is answered. */
function pipeline(url: string, targets: readonly string[], { token }: TestDevice) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  return {
    send: (index: number) =>
      socket.write(
        `GET ${targets[index]} HTTP/1.1\r\nhost: x\r\nuser-agent: test\r\nauthorization: Bearer ${token}\r\n\r\n`,
      ),
    said: new Promise<string>((resolve) => socket.on('close', () => resolve(text))),
  }
}
