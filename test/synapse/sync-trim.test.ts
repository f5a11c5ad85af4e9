// /sync past the budget, before a real Synapse and with unmodified clients: a week away, a hundred and fifty rooms, sliding sync.
// The control is a client that asks Synapse itself, without a gateway.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientEvent, createClient, type MatrixClient, SyncState } from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { SlidingSync } from 'matrix-js-sdk/lib/sliding-sync.js'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import type { Device } from '../support/person.ts'
import { type SynapseDeployment, synapseDeployment } from '../support/synapse-deployment.ts'
import { SEEDER, sendDated } from '../support/synapse-seed.ts'
import { scrollBack } from './clients.ts'
import { THRESHOLD } from './world.ts'

const QUIET: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => QUIET }
const HOUR = 3_600_000
const DAY = 24 * HOUR
const CONTROL = 'seeder-control'
const OLD = 60
const ROOMS = 150

let folder: string
let database: Awaited<ReturnType<typeof testDatabase>>
let world: SynapseDeployment
let failed = false
const clients: MatrixClient[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'palier-sync-'))
  database = await testDatabase()
  world = await synapseDeployment({
    folder,
    databaseUrl: database.url,
    settings: { PALIER_TRUSTED_PROXIES: '127.0.0.1,::1', PALIER_LOG_LEVEL: 'debug' },
    past: {
      owners: ['weekly', 'many', 'slider', CONTROL],
      rooms: [
        { name: 'Week', count: 4, messages: OLD, days: 40, until_days: 20, members: ['weekly', CONTROL] },
        { name: 'Big', count: 1, messages: 1_300, days: 40, until_days: 20, members: ['many', 'slider', CONTROL] },
        { name: 'Many', count: ROOMS, messages: 12, days: 30, until_days: 10, members: ['many', 'slider', CONTROL] },
      ],
    },
  })
}, 600_000)
beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true
  })
})
afterEach(() => {
  for (const client of clients.splice(0)) client.stopClient()
})
afterAll(async () => {
  if (failed && world) process.stderr.write(readFileSync(world.files.log, 'utf8').slice(-12_000))
  await world?.stop()
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

const roomsOf = (kind: string) => world.past.rooms.filter((room) => room.kind === kind)
const synced = (client: MatrixClient) =>
  new Promise<void>((resolve) => {
    client.on(ClientEvent.Sync, (state) => {
      if (state === SyncState.Syncing) resolve()
    })
  })
const messagesIn = (client: MatrixClient, roomId: string) =>
  (client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [])
    .filter((event) => event.getType() === 'm.room.message')
    .map((event) => event.getId() as string)
/** Rooms as a client orders them: the last active first. */
const order = (client: MatrixClient, among: ReadonlySet<string>) =>
  client
    .getRooms()
    .filter(({ roomId }) => among.has(roomId))
    .sort((a, b) => b.getLastActiveTimestamp() - a.getLastActiveTimestamp())
    .map(({ roomId }) => roomId)

/** A client of a device. Told to be offline, it reaches nothing; back online, it comes through another gateway. */
function clientOf(device: Device) {
  let offline: AbortController | null = null
  let under = new AbortController()
  let base = device.gateway
  const fetchFn: typeof fetch = (input, init) => {
    if (offline) return Promise.reject(new TypeError('offline'))
    const signal = init?.signal ? AbortSignal.any([init.signal, under.signal]) : under.signal
    return fetch(String(input).replace(device.gateway, base), { ...init, signal })
  }
  const { userId, deviceId, token } = device
  const client = createClient({ baseUrl: device.gateway, accessToken: token, userId, deviceId, logger: QUIET, fetchFn })
  clients.push(client)
  return {
    client,
    goOffline() {
      offline = new AbortController()
      under.abort()
    },
    comeBack(through: string) {
      base = through
      under = new AbortController()
      offline = null
      client.retryImmediately()
    },
  }
}
async function control(): Promise<MatrixClient> {
  const userId = `@${CONTROL}:localhost`
  const client = createClient({
    baseUrl: world.synapse.url,
    accessToken: SEEDER,
    userId,
    queryParams: { user_id: userId },
    logger: QUIET,
  })
  clients.push(client)
  const ready = synced(client)
  await client.startClient({ initialSyncLimit: 20, disablePresence: true })
  await ready
  return client
}
/** Reads the archive's threshold up, and closes the first sync by coming back. */
async function spend(device: Device): Promise<void> {
  const { next_batch: since } = (await device.call('GET', '/sync?timeout=0')).body
  await device.call('GET', `/sync?timeout=0&since=${encodeURIComponent(since)}`)
  const room = encodeURIComponent(roomsOf('Big')[0]?.room ?? '')
  const answer = await device.call('GET', `/rooms/${room}/messages?dir=b&limit=1000`)
  expect(answer.status).toBe(200)
}

test('a client that was offline for a week shows its rooms in order, and scrolls each gap after a tap to exactly what was sent', async () => {
  const person = await world.person('weekly')
  const device = await person.device('week')
  const { client, goOffline, comeBack } = clientOf(device)
  const ready = synced(client)
  await client.startClient({ initialSyncLimit: 20, disablePresence: true })
  await ready
  const rooms = roomsOf('Week')
  const ids = new Set(rooms.map(({ room }) => room))
  expect(order(client, ids)).toHaveLength(4)
  goOffline()
  const week = 7 * DAY
  await database.sql`update device_positions set covers_until_ms = covers_until_ms - ${week}, delivered_at = delivered_at - interval '7 days'`
  await database.sql`update devices set last_active_at = last_active_at - interval '7 days', last_tap_at = last_tap_at - interval '7 days' where device_id = ${device.deviceId}`
  const now = Date.now()
  const sent = await sendDated(world.synapse, [...ids], {
    messages: 150,
    firstMs: now - 6 * DAY,
    lastMs: now - HOUR,
    atOnce: 16,
  })
  const arrived = new Promise<void>((resolve) => {
    client.on(ClientEvent.Sync, (state, _before, data) => {
      if (state === SyncState.Syncing && data?.oldSyncToken && data.nextSyncToken !== data.oldSyncToken) resolve()
    })
  })
  comeBack(world.secondGateway)
  await arrived
  expect(order(client, ids)).toEqual(order(await control(), ids))
  for (const { room } of rooms) {
    const shown = messagesIn(client, room)
    expect(shown).toHaveLength(1)
    expect(sent.find((one) => one.room === room)?.ids.has(shown[0] ?? '')).toBe(true)
  }
  expect(person.taps).toBe(0)
  for (const [index, { room, ids: old }] of rooms.entries()) {
    const scrolled = await person.approveWhile(() => scrollBack(client, room))
    expect(new Set(scrolled)).toEqual(new Set([...old, ...(sent.find((one) => one.room === room)?.ids ?? [])]))
    expect(scrolled).toHaveLength(OLD + 150)
    expect(person.taps).toBeLessThanOrEqual(index + 1)
  }
})

test('a hundred and fifty rooms over the budget keep the order of a client without a gateway', async () => {
  const person = await world.person('many')
  const device = await person.device('many')
  await spend(device)
  const { client } = clientOf(device)
  const ready = synced(client)
  await client.startClient({ initialSyncLimit: 20, disablePresence: true })
  await ready
  const ids = new Set(roomsOf('Many').map(({ room }) => room))
  // What made the room is moments old here: it passes as live.
  for (const { room } of roomsOf('Many')) expect(messagesIn(client, room)).toHaveLength(1)
  const own = order(client, ids)
  expect(own).toHaveLength(ROOMS)
  expect(own).toEqual(order(await control(), ids))
})

const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
interface Slid {
  readonly pos: string
  readonly rooms: Readonly<
    Record<string, { timeline?: readonly { event_id: string; origin_server_ts: number }[]; prev_batch: string }>
  >
}
async function slide(device: Device, query: string, conn: string, limit: number): Promise<Slid> {
  const lists = { all: { ranges: [[0, 999]], timeline_limit: limit, required_state: [['m.room.create', '']] } }
  const answer = await fetch(`${device.gateway}${SLIDING}?timeout=0${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${device.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ conn_id: conn, lists }),
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Slid
}
const historyIn = ({ rooms }: Slid) =>
  Object.values(rooms)
    .flatMap(({ timeline = [] }) => timeline)
    .filter(({ origin_server_ts }) => origin_server_ts < Date.now() - DAY)

test('sliding sync with a timeline limit of a thousand gives at most the budget, and every gap it leaves scrolls on', async () => {
  const person = await world.person('slider')
  const device = await person.device('slider')
  // The sign-in's own first sync, over when the device comes back.
  const { pos } = await slide(device, '', 'first', 1)
  await slide(device, `&pos=${encodeURIComponent(pos)}`, 'first', 1)
  const robbed = await slide(device, '', 'thief', 1_000)
  const history = historyIn(robbed)
  expect(Object.keys(robbed.rooms)).toHaveLength(ROOMS + 1)
  // Of the archive no more than the threshold; beside it at most each room's newest event, which catch-up paid for.
  expect(history.length).toBeGreaterThan(THRESHOLD / 2)
  expect(history.length).toBeLessThanOrEqual(THRESHOLD + ROOMS + 1)
  for (const { timeline = [] } of Object.values(robbed.rooms)) expect(timeline.length).toBeGreaterThan(0)
  const again = await slide(device, '', 'thief-again', 1_000)
  const known = new Set(
    [...history, ...historyIn(await slide(device, '', 'first-again', 1))].map(({ event_id }) => event_id),
  )
  expect(historyIn(again).filter(({ event_id }) => !known.has(event_id))).toEqual([])

  // js-sdk's own sliding sync shows the rooms, and scrolls the big one to its beginning with taps.
  const { client } = clientOf(device)
  const sliding = new SlidingSync(
    device.gateway,
    new Map([['all', { ranges: [[0, 200]], timeline_limit: 20, required_state: [['*', '*']] }]]),
    { timeline_limit: 20, required_state: [['*', '*']] },
    client,
    5_000,
  )
  const ready = synced(client)
  await client.startClient({ slidingSync: sliding, disablePresence: true })
  await ready
  const ids = new Set(roomsOf('Many').map(({ room }) => room))
  expect(client.getRooms().filter(({ roomId }) => ids.has(roomId))).toHaveLength(ROOMS)
  const stamped = client
    .getRooms()
    .filter(({ roomId }) => ids.has(roomId))
    .sort((a, b) => (b.getBumpStamp() ?? 0) - (a.getBumpStamp() ?? 0))
  expect(stamped.map(({ roomId }) => roomId)).toEqual([...ids].reverse())
  const big = roomsOf('Big')[0]
  const scrolled = await person.approveWhile(() => scrollBack(client, big?.room ?? ''))
  expect(new Set(scrolled)).toEqual(new Set(big?.ids))
  expect(scrolled).toHaveLength(1_300)
})
