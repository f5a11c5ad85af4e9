// Every way out of a real Synapse but pages and /sync, as an honest client asks: what Synapse answers is counted as what it is, and
// charged to the meter it belongs to.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import type { Device, Person } from '../support/person.ts'
import { type SynapseDeployment, synapseDeployment } from '../support/synapse-deployment.ts'

const MESSAGES = 60
const SESSIONS = 7
let folder: string
let database: Awaited<ReturnType<typeof testDatabase>>
let world: SynapseDeployment
let person: Person
let reader: Device
let room: string
let ids: readonly string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'palier-surface-'))
  database = await testDatabase()
  world = await synapseDeployment({
    folder,
    databaseUrl: database.url,
    settings: { PALIER_TRUSTED_PROXIES: '127.0.0.1,::1', PALIER_LOG_LEVEL: 'info', PALIER_HOLD: '0' },
    past: {
      owners: ['reader'],
      rooms: [
        { name: 'Budget', count: 1, messages: MESSAGES, days: 40, until_days: 20, notified: true, threads: 2 },
        { name: 'Listed', count: 3, listed: true, messages: 1, days: 40, until_days: 20, members: [] },
      ],
      people: 5,
      files: 2,
      file_bytes: 20_000,
      pictures: 1,
      backup_sessions: SESSIONS,
    },
  })
  person = await world.person('reader')
  reader = await person.device()
  const [seeded] = world.past.rooms
  room = seeded?.room ?? ''
  ids = seeded?.ids ?? []
}, 600_000)
afterAll(async () => {
  await world?.stop()
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

interface Line {
  readonly route: string
  readonly decision: string
  readonly reason: string
  readonly units?: readonly string[]
}
// biome-ignore lint/suspicious/noExplicitAny: whatever a Matrix answer holds
type Body = any
async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body; line: Line }> {
  const before = linesOf().length
  const answer = await fetch(reader.gateway + path, {
    method,
    headers: { authorization: `Bearer ${reader.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const isJson = answer.headers.get('content-type')?.startsWith('application/json')
  await expect.poll(() => linesOf().length).toBeGreaterThan(before)
  return { status: answer.status, body: isJson ? JSON.parse(bytes.toString()) : bytes, line: linesOf().at(-1) as Line }
}
const linesOf = (): Line[] =>
  readFileSync(world.files.log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('metering.decision'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Line)
const units = ({ units: all = [] }: Line, meter: string): number =>
  Number(all.find((one) => one.startsWith(`${meter}=`))?.split('=')[1] ?? 0)

const C = '/_matrix/client/v3'
const inRoom = () => `${C}/rooms/${encodeURIComponent(room)}`

test('a search brings results with what stands around them, and each is counted', async () => {
  const content = {
    search_categories: {
      room_events: {
        search_term: 'message',
        keys: ['content.body'],
        filter: { limit: 5, rooms: [room] },
        event_context: { before_limit: 1, after_limit: 1, include_profile: true },
        include_state: true,
      },
    },
  }
  const { status, body, line } = await ask('POST', `${C}/search`, content)
  const found = body.search_categories.room_events
  expect([status, found.results.length > 0]).toEqual([200, true])
  const carried = new Set(
    found.results
      .flatMap((one: Body) => [one.result, ...one.context.events_before, ...one.context.events_after])
      .map((event: Body) => event.event_id),
  )
  expect(line).toMatchObject({ route: 'search', decision: 'released' })
  expect(units(line, 'archive')).toBeGreaterThanOrEqual(carried.size)
  expect(units(line, 'rooms')).toBe(1)
  expect(units(line, 'state')).toBe(Object.values(found.state as Record<string, unknown[]>).flat().length)
})

test('rows of state are counted as many as they are', async () => {
  const state = await ask('GET', `${inRoom()}/state`)
  expect([state.status, units(state.line, 'state')]).toEqual([200, state.body.length])
  const members = await ask('GET', `${inRoom()}/members`)
  expect([members.status, units(members.line, 'state')]).toEqual([200, members.body.chunk.length])
  const joined = await ask('GET', `${inRoom()}/joined_members`)
  expect([joined.status, units(joined.line, 'state')]).toEqual([200, Object.keys(joined.body.joined).length])
  for (const path of ['state/m.room.create/', 'state/m.room.create', 'state/m.room.create/?format=event']) {
    const one = await ask('GET', `${inRoom()}/${path}`)
    expect([path, one.status, units(one.line, 'state')]).toEqual([path, 200, 1])
  }
  const context = await ask('GET', `${inRoom()}/context/${encodeURIComponent(ids[9] ?? '')}?limit=4`)
  expect([context.status, units(context.line, 'state')]).toEqual([200, context.body.state.length])
})

test('the directory is counted by entry', async () => {
  const listed = await ask('GET', `${C}/publicRooms?limit=2`)
  expect([listed.status, listed.body.chunk.length, units(listed.line, 'directory')]).toEqual([200, 2, 2])
  const searched = await ask('POST', `${C}/publicRooms`, { filter: {} })
  expect([searched.status, units(searched.line, 'directory')]).toEqual([200, searched.body.chunk.length - 2])
  const people = await ask('POST', `${C}/user_directory/search`, { search_term: 'a', limit: 50 })
  expect([people.status, people.line.decision]).toEqual([200, 'released'])
  const profile = await ask('GET', `${C}/profile/${encodeURIComponent(reader.userId)}`)
  expect([profile.status, profile.line.reason]).toEqual([200, 'nothing-carried'])
  const keys = await ask('POST', `${C}/keys/query`, { device_keys: { [reader.userId]: [], '@seeder:localhost': [] } })
  expect(keys.status).toBe(200)
})

test('the old ways to read are pages like any other', async () => {
  for (const prefix of ['r0', 'v3', 'api/v1', 'unstable']) {
    const path = `/_matrix/client/${prefix}/rooms/${encodeURIComponent(room)}/initialSync?limit=3`
    const { status, body, line } = await ask('GET', path)
    // Synapse serves some of them on some prefixes only.
    if (status === 404) continue
    expect([status, body.messages.chunk.length, line.decision]).toEqual([200, 3, 'released'])
  }
  const every = await ask('GET', `${C}/initialSync?limit=2`)
  if (every.status !== 404) expect([every.status, every.line.decision]).toEqual([200, 'released'])
  const told = await ask('GET', `${C}/notifications?limit=4`)
  expect([told.status, told.line.decision]).toEqual([200, 'released'])
  expect(told.body.notifications.length).toBeLessThanOrEqual(4)
  const at = await ask('GET', `/_matrix/client/v1/rooms/${encodeURIComponent(room)}/timestamp_to_event?ts=0&dir=f`)
  expect([at.status, units(at.line, 'archive') <= 1]).toEqual([200, true])
})

test('files cost their bytes and a file, thumbnails of faces their bytes only', async () => {
  const [file] = world.past.files
  const got = await ask('GET', `/_matrix/client/v1/media/download/localhost/${file}`)
  expect([got.status, got.body.length, got.line.units]).toEqual([200, 20_000, ['media-bytes=20000', 'media-files=1']])
  const [picture] = world.past.pictures
  const face = await ask(
    'GET',
    `/_matrix/client/v1/media/thumbnail/localhost/${picture}?width=32&height=32&method=crop&allow_redirect=true`,
  )
  expect([face.status, face.line.units]).toEqual([200, [`media-bytes=${face.body.length}`]])
  expect((await fetch(`${reader.gateway}/_matrix/media/v3/download/localhost/${file}`)).status).toBe(404)
})

test('a whole key backup waits for a tap that says how many keys; one key is one', async () => {
  const { version, sessions } = world.past.backup as NonNullable<typeof world.past.backup>
  const whole = await ask('GET', `${C}/room_keys/keys?version=${version}`)
  expect([whole.status, whole.line.reason, whole.line.units]).toEqual([
    429,
    'key-backup-whole',
    [`key-backup=${SESSIONS}`],
  ])
  const [inBackup, session] = sessions[0] as readonly [string, string]
  const one = await ask(
    'GET',
    `${C}/room_keys/keys/${encodeURIComponent(inBackup)}/${encodeURIComponent(session)}?version=${version}`,
  )
  expect([one.status, one.line.units]).toEqual([200, ['key-backup=1']])
})

test('a room joined is charged, a push address waits for a tap', async () => {
  const listed = world.past.rooms.filter(({ kind }) => kind === 'Listed')
  const join = await ask('POST', `${C}/join/${encodeURIComponent(listed[0]?.room ?? '')}`, {})
  expect([join.status, join.line.units]).toEqual([join.status, ['joins=1']])
  const pusher = {
    kind: 'http',
    app_id: 'im.example',
    pushkey: 'key',
    app_display_name: 'App',
    device_display_name: 'Phone',
    lang: 'fr',
    data: { url: 'https://matrix.org/_matrix/push/v1/notify', format: 'event_id_only' },
  }
  expect((await ask('POST', `${C}/pushers/set`, pusher)).status).toBe(200)
  const elsewhere = { ...pusher, pushkey: 'other', data: { url: 'https://thief.example/_matrix/push/v1/notify' } }
  expect((await ask('POST', `${C}/pushers/set`, elsewhere)).status).toBe(429)
  const { body } = (await reader.call('GET', '/pushers')) as { body: Body }
  expect(body.pushers.map(({ pushkey }: Body) => pushkey)).toEqual(['key'])
})

test('first cross-signing keys long after the sign-in are taken with a tap over them, which Synapse does not ask for', async () => {
  const device = await person.device()
  await database.sql`update devices set last_tap_at = now() - interval '1 hour' where device_id = ${device.deviceId}`
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32)))
    .toString('base64')
    .replace(/=+$/, '')
  const keys = { master_key: { user_id: device.userId, usage: ['master'], keys: { [`ed25519:${key}`]: key } } }
  const upload = (body: object) => device.through(world.secondGateway).call('POST', '/keys/device_signing/upload', body)
  const asked = await upload(keys)
  expect(asked.status).toBe(401)
  const { session } = asked.body
  const link = `${world.places.gateway}/_matrix/client/v3/auth/m.login.sso/fallback/web?session=${encodeURIComponent(session)}`
  expect((await person.open(link)).status).toBe(200)
  expect((await upload({ ...keys, auth: { session } })).status).toBe(200)
})
