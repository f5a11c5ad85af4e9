// A prompt as a notice of a real Synapse, to an unmodified matrix-js-sdk: it says what asks for what, and the request that was held
// goes through after the tap.
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientEvent, createClient, type MatrixClient, type MatrixEvent, RoomEvent, SyncState } from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { palier } from '../support/deployment.ts'
import { type SynapseDeployment, synapseDeployment } from '../support/synapse-deployment.ts'
import { type SeededRoom, seedRooms } from '../support/synapse-seed.ts'

const SEEDED = 1_300
const THRESHOLD = 1_000
const SHARED_SECRET = 'registers-the-administrator'
const SENDER = '@_palier:localhost'
const QUIET: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => QUIET }

const folder = mkdtempSync(join(tmpdir(), 'palier-notices-'))
const tokenFile = join(folder, 'admin-token')
let database: TestDatabase
let world: SynapseDeployment
let seeded: SeededRoom
let failed = false

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true
  })
})
beforeAll(async () => {
  database = await testDatabase()
  world = await synapseDeployment({
    folder,
    databaseUrl: database.url,
    settings: {
      PALIER_TRUSTED_PROXIES: '127.0.0.1,::1',
      PALIER_SYNAPSE_ADMIN_TOKEN_FILE: tokenFile,
      // Longer than a notice takes to a client, on a machine with other work too.
      PALIER_HOLD: '110',
    },
    synapse: { registration_shared_secret: SHARED_SECRET },
  })
  writeFileSync(tokenFile, `${await registerAdministrator(world.synapse.url)}\n`, { mode: 0o600 })
  ;[seeded] = (await seedRooms(world.synapse, { rooms: 1, messages: SEEDED, atOnce: 48 })) as [SeededRoom]
}, 300_000)
afterAll(async () => {
  if (failed && world) process.stderr.write(readFileSync(world.files.log, 'utf8').slice(-12_000))
  await world?.stop()
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** As docs/operations/alerts.md says: Synapse's registration by shared secret answers with a token that no password gives. */
async function registerAdministrator(synapse: string): Promise<string> {
  const url = `${synapse}/_synapse/admin/v1/register`
  const { nonce } = (await (await fetch(url)).json()) as { nonce: string }
  const mac = createHmac('sha1', SHARED_SECRET).update([nonce, 'palier-admin', 'unused password', 'admin'].join('\0'))
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      nonce,
      username: 'palier-admin',
      password: 'unused password',
      admin: true,
      mac: mac.digest('hex'),
    }),
  })
  const { access_token: token } = (await answer.json()) as { access_token?: string }
  if (token === undefined) throw new Error(`the administrator was not registered: ${answer.status}`)
  return token
}

interface Client {
  readonly client: MatrixClient
  /** Status of each answer to a page of history. */
  readonly statuses: number[]
  readonly notices: MatrixEvent[]
}

/** A js-sdk client, unmodified, signed in and synced; its `fetch` only writes down how pages of history were answered. */
async function signedIn(loginToken: string): Promise<Client> {
  const statuses: number[] = []
  const fetchFn: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init)
    if (String(input).includes('/messages?')) statuses.push(answer.status)
    return answer
  }
  const base = { baseUrl: world.places.gateway, logger: QUIET, fetchFn }
  const login = await createClient(base).login('m.login.token', {
    token: loginToken,
    initial_device_display_name: 'Le portable de Noé',
  })
  const client = createClient({
    ...base,
    accessToken: login.access_token,
    userId: login.user_id,
    deviceId: login.device_id,
  })
  const notices: MatrixEvent[] = []
  client.on(RoomEvent.Timeline, (event) => {
    if (event.getSender() === SENDER && event.getType() === 'm.room.message') notices.push(event)
  })
  await client.joinRoom(seeded.room)
  const prepared = new Promise<void>((resolve) =>
    client.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve()),
  )
  await client.startClient({ initialSyncLimit: 20 })
  await prepared
  return { client, statuses, notices }
}

function idsIn(client: MatrixClient): Set<string> {
  const events = client.getRoom(seeded.room)?.getLiveTimeline().getEvents() ?? []
  return new Set(events.filter((event) => event.getType() === 'm.room.message').map((event) => event.getId() as string))
}

/** Scrolls back page after page until all that was seeded is there. */
async function scrollToTheEnd(client: MatrixClient): Promise<void> {
  const room = client.getRoom(seeded.room)
  if (room === null) throw new Error('the room did not come with the first sync')
  while (room.getLiveTimeline().getPaginationToken('b' as never) !== null) await client.scrollback(room, 100)
}

test('doctor finds the notices section and an administrator’s token', async () => {
  const yaml = join(world.files.synapse, 'homeserver.yaml')
  const said = await palier(world.settings, 'doctor', '--homeserver-config', yaml)
  expect(said).toContain('0 problems')
  expect(said).toMatch(/ok +Synapse administrator's token: of @palier-admin:localhost/)
  expect(said).toMatch(/ok +server_notices\.system_mxid_localpart/)
})

test('a held request goes through once its prompt, received as a notice, was tapped', async () => {
  const person = await world.person('noe')
  const { client, statuses, notices } = await signedIn(await person.loginToken())
  try {
    const scrolling = scrollToTheEnd(client)
    scrolling.catch(() => undefined)
    await expect.poll(() => notices.length, { timeout: 60_000, interval: 50 }).toBe(1)
    // Stopped exactly there, and still held: no client was told to come back.
    expect(idsIn(client).size).toBeLessThanOrEqual(THRESHOLD + 20)
    expect(new Set(statuses)).toEqual(new Set([200]))

    const body = String(notices[0]?.getContent()['body'])
    for (const words of ['Le portable de Noé', '2 000', 'dans un salon', '127.0.0.0/24', 'Ce n’était pas moi'])
      expect(body.replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(words)
    const room = () => client.getRoom(notices[0]?.getRoomId() ?? '')
    await expect.poll(() => Object.keys(room()?.tags ?? {})).toContain('m.server_notice')
    const [link = ''] = new RegExp(`${world.places.id}/approve/[A-Za-z0-9_-]+`).exec(body) ?? []
    await person.approve(link)
    await scrolling
    expect(idsIn(client)).toEqual(seeded.ids)
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(notices).toHaveLength(1)
  } finally {
    client.stopClient()
  }
})

test('a prompt is sent once, whoever asks again and through whichever gateway; one decided meanwhile is not sent at all', async () => {
  const person = await world.person('repeat')
  const device = await person.device()
  await device.call('POST', `/join/${encodeURIComponent(seeded.room)}`, {})
  const there = device.through(world.secondGateway)
  const page = `/rooms/${encodeURIComponent(seeded.room)}/messages?dir=b&limit=1000`
  let from = ''
  for (let read = 0; read < THRESHOLD; ) {
    const { body } = await device.call('GET', `${page}${from}`)
    read += body.chunk.filter(({ type }) => type === 'm.room.message').length
    from = `&from=${(body as unknown as { end: string }).end}`
  }
  const asked = [device, there, device, there].map((each) => each.call('GET', `${page}${from}`))
  const noticesTo = () =>
    database.sql<{ delivered: boolean; attempts: number }[]>`
      select delivered_at is not null as delivered, attempts from outbox where target = ${device.userId}`
  await expect.poll(noticesTo, { timeout: 60_000 }).toEqual([{ delivered: true, attempts: 1 }])
  const [prompt] = await person.pending()
  await person.approve(prompt?.approval_uri ?? '')
  expect((await Promise.all(asked)).map(({ status }) => status)).toContain(200)
  expect(await noticesTo()).toHaveLength(1)
})

test('palier alerts test sends a notice of its own', async () => {
  const said = await palier(world.settings, 'alerts', 'test', '--notice', '@noe:localhost')
  expect(said).toContain('ok    \tserver-notice @noe:localhost')
})
