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
/** Whether the database is back is tried every twenty seconds, and an attempt that hangs takes five. */
const TRIED_AGAIN = { timeout: 60_000, interval: 500 }
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
  timeout: 170_000,
}, async () => {
  world.homeserver.rig = mixedSync
  const [seen, unseen] = [
    await world.addDevice(await world.addPerson()),
    await world.addDevice(await world.addPerson()),
  ]
  expect([(await live(seen)).status, released(await history(seen)), await ready()]).toEqual([200, 10, 200])

  const stoppingAt = performance.now()
  await postgres.stop()
  const stoppedAt = performance.now()
  const closed = await history(seen)
  expect(closed).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN', error: expect.stringMatching(/.+/) } })
  expect(closed.afterMs).toBeLessThan(10_000)
  const trimmed = await sync(seen)
  expect(trimmed.status).toBe(200)
  const events = trimmed.body.rooms?.join[ROOM]?.timeline.events ?? []
  expect(events).toHaveLength(1)
  expect(JSON.stringify(events)).toContain('$live-')
  expect((await live(unseen)).status).toBe(503)
  await expect.poll(ready).toBe(503)

  // What was asked later than that is refused, and nothing is refused earlier, however long the asking takes.
  for (;;) {
    const askedAt = performance.now()
    const answer = await live(seen)
    if (answer.status !== 200) {
      expect(answer).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN' } })
      break
    }
    expect((askedAt - stoppedAt) / 1_000).toBeLessThan(DEAF_SECONDS + 2)
    expect((await history(seen)).status).toBe(503)
    await sleep(500)
  }
  expect((performance.now() - stoppingAt) / 1_000).toBeGreaterThan(DEAF_SECONDS - 3)
  expect((await sync(seen)).status).toBe(503)

  await postgres.start()
  await expect.poll(ready).toBe(200)
  await expect.poll(async () => (await live(unseen)).status).toBe(200)
  await expect.poll(async () => released(await history(seen)), TRIED_AGAIN).toBe(10)
  expect((await sync(seen)).status).toBe(200)
})

test('a database that hangs is no different: history closes, live traffic goes on, and nothing more is lost than was under way', {
  timeout: 170_000,
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
  const frozenAt = performance.now()
  wire.freeze()
  const first = await asks.history(0)
  expect(first).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN' } })
  expect(first.afterMs).toBeLessThan(15_000)
  // From now on hardly anybody waits for it, also past the time for which a device is not read again.
  const slowest: number[] = []
  for (const from of [10, 20, 30, 40, 50, 60, 70]) {
    // Live traffic goes on for thirty seconds, of which a slow machine has used up most by then.
    if (performance.now() - frozenAt > 20_000) break
    const [closed, flowing, synced] = await Promise.all([asks.history(from), asks.live(), asks.sync()])
    expect([closed.status, flowing.status, synced.status]).toEqual([503, 200, 200])
    slowest.push(Math.max(closed.afterMs, flowing.afterMs, synced.afterMs))
    await sleep(1_000)
  }
  // One batch in twenty seconds tries whether it is back; another may have waited for the machine.
  const tried = slowest.filter((ms) => ms > 3_000).length
  expect(tried, `${slowest}`).toBeLessThanOrEqual(slowest.length / 2)
  wire.thaw()
  await expect.poll(async () => released(await asks.history(100)), TRIED_AGAIN).toBe(10)
  // The reservation that was under way, and the one that tried, count as consumed at their deadline; those refused never were.
  const { used, held } = await world.archive(device.person)
  expect(used + held).toBeLessThanOrEqual(THRESHOLD - 100 + 10 + 10 * (1 + tried))
  await expect.poll(async () => (await fetch(`${gateway.operationsUrl}/ready`)).status).toBe(200)
  await wire.close()
})
