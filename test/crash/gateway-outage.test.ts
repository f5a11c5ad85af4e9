// The database goes away and comes back: history closes at once, live traffic goes on for a while, readiness tells.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, messages, released } from '../support/gateway-process-client.ts'
import { type OwnPostgres, ownPostgres } from '../support/gateway-process-postgres.ts'
import { databaseWire } from '../support/gateway-process-wire.ts'
import { gatewayWorld, type TestDevice, THRESHOLD, type World } from '../support/gateway-process-world.ts'
import { honest, isSync, json, oldEvents, type Rig } from '../support/rigged-homeserver.ts'

const ROOM = '!room:example.org'
const DEAF_SECONDS = 30
let postgres: OwnPostgres
let world: World

beforeAll(async () => {
  postgres = await ownPostgres()
  world = await gatewayWorld({ gateways: 1, databaseUrl: postgres.url })
})
afterAll(async () => {
  try {
    await world.stop()
  } finally {
    await postgres.remove()
  }
})

const url = () => world.gateways[0]?.url ?? ''
const ready = async () => (await fetch(`${world.gateways[0]?.operationsUrl}/ready`)).status
const live = (device: TestDevice) => ask(url(), '/_matrix/client/v3/account/whoami', device)
const history = (device: TestDevice) => ask(url(), messages(ROOM, 's-0', 10), device)
const sync = (device: TestDevice) => ask(url(), '/_matrix/client/v3/sync?since=elsewhere', device)

function liveEvent() {
  return {
    type: 'm.room.message',
    event_id: `$live-${performance.now()}`,
    origin_server_ts: Date.now(),
    content: {},
  }
}

/** A sync with five old events and a live one. */
const mixedSync: Rig = (arrival, res) =>
  isSync(arrival)
    ? json(res, 200, {
        next_batch: 'n1',
        rooms: {
          join: {
            [ROOM]: { timeline: { events: [...oldEvents('old', 0, 5), liveEvent()], limited: false, prev_batch: 'p' } },
          },
        },
      })
    : honest(arrival, res)

test('history closes at once, live traffic of sessions seen lately goes on for thirty seconds, and all comes back', {
  timeout: 110_000,
}, async () => {
  world.homeserver.rig = mixedSync
  const [seen, unseen] = [
    await world.addDevice(await world.addPerson()),
    await world.addDevice(await world.addPerson()),
  ]
  expect([(await live(seen)).status, released(await history(seen)), await ready()]).toEqual([200, 10, 200])

  await postgres.stop()
  const stoppedAt = performance.now()
  const closed = await history(seen)
  expect(closed).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN', error: expect.stringMatching(/.+/) } })
  expect(closed.afterMs).toBeLessThan(2_000)
  const trimmed = await sync(seen)
  expect(trimmed.status).toBe(200)
  const events = trimmed.body.rooms?.join[ROOM]?.timeline.events ?? []
  expect(events).toHaveLength(1)
  expect(JSON.stringify(events)).toContain('$live-')
  expect((await live(unseen)).status).toBe(503)
  await expect.poll(ready, { timeout: 5_000 }).toBe(503)

  let flowedSeconds = 0
  for (;;) {
    const answer = await live(seen)
    if (answer.status !== 200) {
      expect(answer).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN' } })
      break
    }
    flowedSeconds = (performance.now() - stoppedAt) / 1_000
    expect(flowedSeconds).toBeLessThan(DEAF_SECONDS + 2)
    expect((await history(seen)).status).toBe(503)
    await sleep(500)
  }
  expect(flowedSeconds).toBeGreaterThan(DEAF_SECONDS - 3)
  expect((await sync(seen)).status).toBe(503)

  await postgres.start()
  await expect.poll(ready, { timeout: 10_000 }).toBe(200)
  await expect.poll(async () => (await live(unseen)).status, { timeout: 10_000 }).toBe(200)
  await expect.poll(async () => released(await history(seen)), { timeout: 10_000 }).toBe(10)
  expect((await sync(seen)).status).toBe(200)
})

test('a database that hangs is no different: history closes, live traffic goes on, and nothing more is lost than was under way', {
  timeout: 110_000,
}, async () => {
  const wire = await databaseWire(world.url)
  const gateway = await world.start({}, wire.url)
  world.gateways.push(gateway)
  const device = await world.addDevice(await world.addPerson())
  await world.leave(device.person, 100)
  const asks = {
    live: () => ask(gateway.url, '/_matrix/client/v3/account/whoami', device),
    history: (from: number) => ask(gateway.url, messages(ROOM, `h-${from}`, 10), device),
    sync: () => ask(gateway.url, '/_matrix/client/v3/sync?since=elsewhere', device),
  }
  world.homeserver.rig = mixedSync
  expect((await asks.live()).status).toBe(200)
  wire.freeze()
  const first = await asks.history(0)
  expect(first).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN' } })
  expect(first.afterMs).toBeLessThan(7_000)
  // From now on hardly anybody waits for it, also past the time for which a device is not read again.
  const slowest: number[] = []
  for (const from of [10, 20, 30, 40, 50, 60, 70]) {
    const [closed, flowing, synced] = await Promise.all([asks.history(from), asks.live(), asks.sync()])
    expect([closed.status, flowing.status, synced.status]).toEqual([503, 200, 200])
    slowest.push(Math.max(closed.afterMs, flowing.afterMs, synced.afterMs))
    await sleep(1_000)
  }
  // One batch in twenty seconds tries whether it is back.
  const tried = slowest.filter((ms) => ms > 3_000).length
  expect(tried).toBeLessThanOrEqual(1)
  expect(Math.max(...slowest)).toBeLessThan(10_000)
  wire.thaw()
  await expect.poll(async () => released(await asks.history(100)), { timeout: 20_000, interval: 500 }).toBe(10)
  // The reservation that was under way, and the one that tried, count as consumed at their deadline; those refused never were.
  const { used, held } = await world.archive(device.person)
  expect(used + held).toBeLessThanOrEqual(THRESHOLD - 100 + 10 + 10 * (1 + tried))
  expect((await fetch(`${gateway.operationsUrl}/ready`)).status).toBe(200)
  await wire.close()
})
