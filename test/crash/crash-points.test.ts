// kill -9 at each point of a metered answer's road, reached from outside: by what the homeserver withholds, by stopping the
// wire to the database right before or after a statement, by what the client leaves unread. A point not reached in time fails.
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { type Answer, ask, messages, released } from '../support/gateway-process-client.ts'
import { type DatabaseWire, databaseWire, silentWire } from '../support/gateway-process-wire.ts'
import { gatewayWorld, type TestDevice, type World } from '../support/gateway-process-world.ts'
import { history, honest, isHistory, isSync, json, oldEvents, page } from '../support/rigged-homeserver.ts'

const ROOM = '!room:example.org'
const LEFT = 30
const PAGE = 10
/** Far more than all buffers between two processes of one machine: a client that stops reading stops the gateway. */
const PADDING = 4_000_000
const REACHED_MS = 60_000

let world: World
let wire: DatabaseWire
let gateway: GatewayProcess
let device: TestDevice
let number = 0

beforeAll(async () => {
  world = await gatewayWorld({ gateways: 0 })
  wire = await databaseWire(world.url)
  gateway = await world.start({}, wire.url)
})
beforeEach(async () => {
  number++
  device = await world.addDevice(await world.addPerson())
  await world.leave(device.person, LEFT)
})
afterEach(() => {
  world.homeserver.rig = honest
})
afterAll(async () => {
  await gateway.kill()
  await wire.close()
  await world.stop()
})

const target = () => messages(ROOM, `p${number}-0`, PAGE)
const asked = () => ask(gateway.url, target(), device)

/** Fails the test when the point is not reached. */
async function reached<Result>(point: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the point was never reached')), REACHED_MS)
  })
  return Promise.race([point, never]).finally(() => clearTimeout(timer))
}

const reservations = async () => (await world.sql`select id from reservations where device_id = ${device.id}`).length

/** Kills the gateway as it stands, and starts another in its place. */
async function killAndRestart(): Promise<void> {
  await gateway.kill()
  gateway = await world.start({}, wire.url)
}

/**
 * What must hold after every crash: what was released was charged, a reservation past its deadline counts as consumed, the
 * same request again costs no more than it must, and all that is left is there, to the event.
 */
async function settleUp(got: { released: number; charged: number; again: number }): Promise<void> {
  const left = () => world.archive(device.person).then((archive) => archive.left)
  expect(LEFT - (await left())).toBeGreaterThanOrEqual(got.released)
  await world.sql`update reservations set deadline = now() - interval '1 second' where device_id = ${device.id}`
  expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT - got.charged })
  world.homeserver.rig = honest
  const retried = await asked()
  expect([retried.status, released(retried)]).toEqual([200, PAGE])
  expect(await left()).toBe(LEFT - got.charged - got.again)
  let rest = 0
  for (;;) {
    const answer = await ask(gateway.url, messages(ROOM, `rest${number}-${rest}`, PAGE), device)
    if (answer.status !== 200) break
    rest += released(answer)
  }
  expect(rest).toBe(LEFT - got.charged - got.again)
}

const cut = (answer: Answer) => expect([answer.status, answer.bytes]).toEqual([0, 0])

describe('killed', () => {
  test('before it reserves: nothing was spent', async () => {
    const point = wire.stopAt('reserve', 'before')
    const answer = asked()
    await reached(point)
    expect(await reservations()).toBe(0)
    await killAndRestart()
    cut(await answer)
    await settleUp({ released: 0, charged: 0, again: PAGE })
  })

  test('after it reserved, before it knows: the reservation counts as consumed', async () => {
    const point = wire.stopAt('reserve', 'after')
    const answer = asked()
    await reached(point)
    await expect.poll(reservations).toBe(1)
    expect(world.homeserver.arrivals.filter(({ query }) => query.get('from') === `p${number}-0`)).toEqual([])
    await killAndRestart()
    cut(await answer)
    await settleUp({ released: 0, charged: PAGE, again: PAGE })
  })

  test('before it counts, with half of the answer: the reservation counts as consumed', async () => {
    let begun: () => void
    const half = new Promise<void>((resolve) => {
      begun = resolve
    })
    world.homeserver.rig = history((arrival, res) => {
      const body = JSON.stringify(page(arrival))
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      res.write(body.slice(0, body.length / 2), () => begun())
    })
    const answer = asked()
    await reached(half)
    expect(await reservations()).toBe(1)
    await killAndRestart()
    cut(await answer)
    await settleUp({ released: 0, charged: PAGE, again: PAGE })
  })

  // Between the two nothing waits: the point after the count is the point before the settlement leaves the process.
  test('after it counted, before it settles: the reservation counts as consumed', async () => {
    const point = wire.stopAt('settle', 'before')
    const answer = asked()
    // The hashes of all settlements of the batch travel beside it, in one array.
    const lists = [...(await reached(point)).matchAll(/\{(-?\d+(?:,-?\d+)*)\}/g)]
    expect(lists.map(([, list]) => list?.split(',').length)).toContain(PAGE)
    expect(await reservations()).toBe(1)
    await killAndRestart()
    cut(await answer)
    await settleUp({ released: 0, charged: PAGE, again: PAGE })
  })

  test('while the settlement waits in the database: it is charged though nothing was read, and asking again is free', async () => {
    const blocked = () => world.sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%palier_meter%'`
    const arrival = reached(world.homeserver.arrival(isHistory))
    let send: () => void = () => undefined
    world.homeserver.rig = history((at, res) => {
      send = () => json(res, 200, page(at))
    })
    const answer = asked()
    await arrival
    await world.sql.begin(async (tx) => {
      await tx`select 1 from meters where person_id = ${device.person.id} for update`
      send()
      await expect.poll(async () => (await blocked()).length, { timeout: REACHED_MS }).toBe(1)
      await gateway.kill()
    })
    await killAndRestart()
    cut(await answer)
    await expect.poll(reservations).toBe(0)
    await settleUp({ released: 0, charged: PAGE, again: 0 })
  })

  test('after it settled, before the first byte: it is charged, and asking again is free', async () => {
    const point = wire.stopAt('settle', 'after')
    const answer = asked()
    await reached(point)
    await expect.poll(reservations).toBe(0)
    await killAndRestart()
    cut(await answer)
    await settleUp({ released: 0, charged: PAGE, again: 0 })
  })

  test('with the first byte on its way and not arrived: it is charged, and asking again is free', async () => {
    const silent = await silentWire(gateway.url)
    const answer = ask(silent.url, target(), device)
    await reached(silent.firstByte)
    await killAndRestart()
    cut(await answer)
    await silent.close()
    await settleUp({ released: 0, charged: PAGE, again: 0 })
  })

  test.each([
    ['after the first byte', 1],
    ['before the last byte, with half of them read', (PAGE * PADDING) / 2],
  ])('%s: it is charged, and asking again is free', async (_when, bytes) => {
    world.homeserver.rig = history((arrival, res) => json(res, 200, page(arrival, undefined, PADDING)))
    const reading = readUpTo(gateway.url, target(), device, bytes)
    const got = await reached(reading.stopped)
    expect(got).toBeGreaterThanOrEqual(bytes)
    await killAndRestart()
    expect(await reading.ended()).toBeLessThan(PAGE * PADDING)
    await settleUp({ released: Math.floor(got / PADDING), charged: PAGE, again: 0 })
  })

  test('after the last byte: it is charged once', async () => {
    const answer = await reached(asked())
    await killAndRestart()
    expect(released(answer)).toBe(PAGE)
    await settleUp({ released: PAGE, charged: PAGE, again: 0 })
  })
})

describe('killed in a sync', () => {
  const sync = () => ask(gateway.url, '/_matrix/client/v3/sync?since=elsewhere', device)
  beforeEach(() => {
    const events = oldEvents(`y${number}`, 0, PAGE)
    world.homeserver.rig = (arrival, res) =>
      isSync(arrival)
        ? json(res, 200, {
            next_batch: 'n1',
            rooms: { join: { [ROOM]: { timeline: { events, limited: false, prev_batch: 'p' } } } },
          })
        : honest(arrival, res)
  })
  const eventsIn = (answer: Answer) => answer.body.rooms?.join[ROOM]?.timeline.events.length ?? 0

  test.each([
    ['before it pays: nothing was spent', 'before', 0],
    ['after it paid: it is charged, and asking again is free', 'after', PAGE],
  ] as const)('%s', async (_what, when, charged) => {
    const point = wire.stopAt('spend', when)
    const answer = sync()
    await reached(point)
    if (when === 'after') await expect.poll(async () => (await world.archive(device.person)).left).toBe(LEFT - PAGE)
    await killAndRestart()
    cut(await answer)
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT - charged })
    expect(eventsIn(await sync())).toBe(PAGE)
    expect(await world.archive(device.person)).toMatchObject({ held: 0, left: LEFT - PAGE })
  })
})

/** Reads an answer's body up to a number of bytes and then no more; `ended` reads what still comes. */
function readUpTo(url: string, path: string, { token }: TestDevice, bytes: number) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let total = 0
  socket.on('error', () => undefined)
  const stopped = new Promise<number>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      total += chunk.length
      if (total < bytes) return
      socket.pause()
      resolve(total)
    })
  })
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: localhost:8008\r\nuser-agent: test\r\nauthorization: Bearer ${token}\r\n\r\n`,
  )
  return {
    stopped,
    ended: () =>
      new Promise<number>((resolve) => {
        if (socket.closed) return resolve(total)
        socket.removeAllListeners('data')
        socket.on('data', (chunk: Buffer) => {
          total += chunk.length
        })
        socket.once('close', () => resolve(total))
        socket.resume()
      }),
  }
}
