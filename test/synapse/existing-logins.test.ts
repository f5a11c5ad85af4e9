// A homeserver that gets a gateway: an unmodified client that signed in long before goes on, is asked to sign in again softly on its
// group's day, comes back as the same device with its keys, and what it held before is good for nothing.
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientEvent, createClient, HttpApiEvent, type MatrixError, SyncState } from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { palier } from '../support/deployment.ts'
import { Device, type Person } from '../support/person.ts'
import { type SynapseDeployment, synapseDeployment } from '../support/synapse-deployment.ts'
import { dumpOf } from './secrets.ts'

const SHARED_SECRET = 'registers-whom-there-was-before'
const QUIET: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => QUIET }

const folder = mkdtempSync(join(tmpdir(), 'palier-existing-'))
let database: TestDatabase
let world: SynapseDeployment
let before: { access_token: string; device_id: string; user_id: string }
let person: Person
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
    existingUsers: true,
    settings: { PALIER_EXISTING_LOGINS: 'asked-softly', PALIER_TRUSTED_PROXIES: '127.0.0.1,::1' },
    synapse: { registration_shared_secret: SHARED_SECRET },
  })
  before = await register('anne')
  person = await world.person('anne')
  await palier(world.settings, 'group', 'add', 'pilots')
  await palier(world.settings, 'group', 'join', 'pilots', 'anne')
}, 300_000)
afterAll(async () => {
  if (failed && world) process.stderr.write(readFileSync(world.files.log, 'utf8').slice(-12_000))
  await world?.stop()
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** An account and a client of before: Synapse's own registration, its own token and device. */
async function register(username: string) {
  const url = `${world.synapse.url}/_synapse/admin/v1/register`
  const { nonce } = (await (await fetch(url)).json()) as { nonce: string }
  const password = 'a password of before'
  const mac = createHmac('sha1', SHARED_SECRET).update([nonce, username, password, 'notadmin'].join('\0'))
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ nonce, username, password, admin: false, mac: mac.digest('hex') }),
  })
  if (!answer.ok) throw new Error(`register: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as typeof before
}

const old = (gateway = world.places.gateway) =>
  new Device(gateway, before.access_token, before.user_id, before.device_id)

/** The identity key that the device told the homeserver. */
async function keyOf(device: Device): Promise<unknown> {
  const { body } = await device.call('POST', '/keys/query', { device_keys: { [before.user_id]: [] } })
  const { device_keys: keys } = body as unknown as {
    device_keys: Record<string, Record<string, { keys: Record<string, string> }>>
  }
  return keys[before.user_id]?.[before.device_id]?.keys[`ed25519:${before.device_id}`]
}

test('it goes on with what it holds, through either gateway, and the gateway keeps no copy', async () => {
  expect((await old().call('GET', '/sync')).status).toBe(200)
  expect((await old(world.secondGateway).call('GET', '/account/whoami')).body).toMatchObject({
    user_id: before.user_id,
    device_id: before.device_id,
  })
  const upload = await old().call('POST', '/keys/upload', {
    device_keys: {
      user_id: before.user_id,
      device_id: before.device_id,
      algorithms: ['m.megolm.v1.aes-sha2'],
      keys: { [`ed25519:${before.device_id}`]: 'the-identity-of-before' },
      signatures: { [before.user_id]: { [`ed25519:${before.device_id}`]: 'signed' } },
    },
  })
  expect(upload.status).toBe(200)
  expect(await dumpOf(database)).not.toContain(before.access_token)
  expect(readFileSync(world.files.log, 'utf8')).not.toContain(before.access_token)
})

test('on its group’s day matrix-js-sdk is told that it is out, softly: its store and keys stay', async () => {
  const client = createClient({
    baseUrl: world.places.gateway,
    accessToken: before.access_token,
    userId: before.user_id,
    deviceId: before.device_id,
    logger: QUIET,
  })
  const loggedOut = new Promise<MatrixError>((resolve) => {
    client.once(HttpApiEvent.SessionLoggedOut, resolve)
  })
  try {
    const prepared = new Promise<void>((resolve) => {
      client.on(ClientEvent.Sync, (state) => {
        if (state === SyncState.Prepared) resolve()
      })
    })
    await client.startClient({ initialSyncLimit: 1 })
    await prepared
    const policy = join(folder, 'policy.yaml')
    const day = new Date(Date.now() - 60_000).toISOString()
    writeFileSync(policy, `existing_logins:\n  - group: pilots\n    from: ${day}\n`)
    await palier(world.settings, 'policy', 'apply', policy, '--reason', 'the pilots sign in')
    while (await stillIn(client)) await new Promise((resolve) => setTimeout(resolve, 200))
    const error = await loggedOut
    expect(error.errcode).toBe('M_UNKNOWN_TOKEN')
    expect(error.data['soft_logout']).toBe(true)
  } finally {
    client.stopClient()
  }
})

async function stillIn(client: ReturnType<typeof createClient>): Promise<boolean> {
  return client.whoami().then(
    () => true,
    () => false,
  )
}

test('it signs in again as the same device and keeps its keys; the token of before opens nothing', async () => {
  const device = await person.device('Element', { device_id: before.device_id })
  expect(device.deviceId).toBe(before.device_id)
  expect(device.userId).toBe(before.user_id)
  expect(await keyOf(device)).toBe('the-identity-of-before')
  expect((await device.call('GET', '/sync')).status).toBe(200)
  // A gateway that was not asked yet hears of a policy, and of who has signed in, within some seconds.
  for (const gateway of [world.places.gateway, world.secondGateway]) {
    await expect.poll(async () => (await old(gateway).call('GET', '/sync')).status).toBe(401)
    expect(await old(gateway).call('GET', '/sync')).toMatchObject({
      status: 401,
      body: { errcode: 'M_UNKNOWN_TOKEN', soft_logout: true },
    })
  }
  // Signing the device out ends it at Synapse, and with it every token that it ever had there.
  expect((await device.call('POST', '/logout', {})).status).toBe(200)
  const direct = () =>
    fetch(`${world.synapse.url}/_matrix/client/v3/account/whoami`, {
      headers: { authorization: `Bearer ${before.access_token}` },
    })
  while ((await direct()).status !== 401) await new Promise((resolve) => setTimeout(resolve, 200))
})

test('who is in no group whose day has come is not asked yet', async () => {
  const bob = await register('bob')
  const device = new Device(world.places.gateway, bob.access_token, bob.user_id, bob.device_id)
  // Palier has never heard of him: strangers go with the first group of all.
  expect(await device.call('GET', '/sync')).toMatchObject({ status: 401, body: { soft_logout: true } })
  await palier(world.settings, 'user', 'add', 'bob')
  const known = async () => (await device.call('GET', '/sync')).status
  while ((await known()) !== 200) await new Promise((resolve) => setTimeout(resolve, 500))
})
