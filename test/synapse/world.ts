// Palier in front of a real Synapse, as an operator sets it up: one process for id and the gateway, a second gateway on the same
// Postgres, recording proxies at the public addresses, and a room of old messages that an application service wrote.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { type LocalSynapse, runSynapse } from '../../server/sample/synapse/run.ts'
import { testDatabase } from '../support/database.ts'
import { freePorts, palier, startPalier } from '../support/deployment.ts'
import { Person } from '../support/person.ts'
import { recordingProxy } from '../support/recording-proxy.ts'

/** The Python that `npm start -- --synapse` installs Synapse for, and whether it has done so. */
const OWN_PYTHON = fileURLToPath(new URL('../../.synapse/venv/bin/python', import.meta.url))
export const LOCAL_SYNAPSE = existsSync(OWN_PYTHON)
export const PYTHON = process.env['PALIER_TEST_SYNAPSE_PYTHON'] ?? OWN_PYTHON
/** Old messages in the seeded room. */
export const SEEDED = 4_900
export const THRESHOLD = 1_000
export const A_TAP = 2_000

const SERVER_NAME = 'localhost'
const SEEDER = 'application-service-of-the-tests'
const AT_ONCE = 48
const OLDEST_MS = 40 * 86_400_000
const FAST = { per_second: 10_000, burst_count: 10_000 }
/** Synapse's own limits are not what is tested here. */
const UNLIMITED = {
  rc_message: FAST,
  rc_registration: FAST,
  rc_joins: { local: FAST, remote: FAST },
  rc_joins_per_room: FAST,
  rc_invites: { per_room: FAST, per_user: FAST, per_issuer: FAST },
}

export type World = Awaited<ReturnType<typeof startWorld>>

/** Brings everything up and seeds the room. */
export async function startWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'palier-synapse-'))
  const database = await testDatabase()
  const [id, idInner, gateway, gatewayInner, second, operations, operations2, synapsePort] = (await freePorts(8)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const places = { id: `http://localhost:${id}`, gateway: `http://localhost:${gateway}` }
  const settings = {
    PALIER_ISSUER: places.id,
    PALIER_GATEWAY_URL: places.gateway,
    PALIER_HOMESERVER_URL: `http://127.0.0.1:${synapsePort}`,
    PALIER_SERVER_NAME: SERVER_NAME,
    PALIER_DATABASE_URL: database.url,
    PALIER_SECRET: 'a-secret-of-the-synapse-tests-Zk3vQ9mT1xB7',
    PALIER_TRUSTED_PROXIES: '127.0.0.1,::1',
    PALIER_LOG_LEVEL: 'debug',
    PALIER_ID_PORT: String(idInner),
    PALIER_GATEWAY_PORT: String(gatewayInner),
    PALIER_OPERATIONS_PORT: String(operations),
  }
  const files = {
    id: join(folder, 'from-id'),
    gateway: join(folder, 'from-gateway'),
    second: join(folder, 'from-second'),
    log: join(folder, 'palier.log'),
    synapse: join(folder, 'synapse'),
  }
  const closers: (() => Promise<unknown>)[] = [() => database.drop()]
  const end = async () => {
    for (const close of closers.splice(0).reverse()) await close()
    if (!process.env['PALIER_TEST_KEEP']) rmSync(folder, { recursive: true, force: true })
  }
  try {
    const idProxy = await recordingProxy(id, idInner, files.id)
    const gatewayProxy = await recordingProxy(gateway, gatewayInner, files.gateway)
    closers.push(idProxy.stop, gatewayProxy.stop)
    const main = await startPalier({ settings, logFile: files.log })
    closers.push(main.stop)
    const [secondProxyPort] = (await freePorts(1)) as [number]
    const other = await startPalier({
      settings: {
        ...settings,
        PALIER_ROLES: 'gateway',
        PALIER_GATEWAY_PORT: String(second),
        PALIER_OPERATIONS_PORT: String(operations2),
      },
      logFile: files.log,
    })
    closers.push(other.stop)
    const secondProxy = await recordingProxy(secondProxyPort, second, files.second)
    closers.push(secondProxy.stop)

    mkdirSync(files.synapse)
    const registration = join(files.synapse, 'seeder.yaml')
    writeFileSync(
      registration,
      stringify({
        id: 'seeder',
        url: null,
        as_token: SEEDER,
        hs_token: `${SEEDER}-hs`,
        sender_localpart: 'seeder',
        rate_limited: false,
        namespaces: { users: [{ exclusive: true, regex: '@seeder.*' }], rooms: [], aliases: [] },
      }),
    )
    const synapse = await runSynapse({
      python: PYTHON,
      folder: files.synapse,
      port: synapsePort,
      serverName: SERVER_NAME,
      deployment: parse(await palier(settings, 'synapse-config')) as Record<string, unknown>,
      applicationServices: [registration],
      overrides: UNLIMITED,
    })
    closers.push(synapse.stop)
    const seeded = await seed(synapse)
    return {
      folder,
      places,
      settings,
      database,
      files,
      seeded,
      end,
      setupLink: main.setupLink,
      secondGateway: `http://localhost:${secondProxyPort}`,
      /** A person with an enrolled key. */
      person: async (username: string) => {
        const person = new Person(places)
        await palier(settings, 'user', 'add', username)
        await person.enrol(await palier(settings, 'enrol', username))
        return person
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** A public room whose messages are all older than any live window. */
async function seed(synapse: LocalSynapse): Promise<{ room: string; ids: ReadonlySet<string> }> {
  const ask = async (method: string, path: string, body: unknown): Promise<{ room_id: string; event_id: string }> => {
    const response = await fetch(`${synapse.url}/_matrix/client/v3${path}`, {
      method,
      headers: { authorization: `Bearer ${SEEDER}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`seeding: ${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as { room_id: string; event_id: string }
  }
  await ask('POST', '/register', { type: 'm.login.application_service', username: 'seeder' })
  const { room_id: room } = await ask('POST', '/createRoom', { preset: 'public_chat', name: 'Archives' })
  const ids = new Set<string>()
  const start = Date.now() - OLDEST_MS
  let next = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < SEEDED) {
        const number = next++
        const path = `/rooms/${encodeURIComponent(room)}/send/m.room.message/t${number}?ts=${start + number * 60_000}`
        ids.add((await ask('PUT', path, { msgtype: 'm.text', body: `message ${number}` })).event_id)
      }
    }),
  )
  return { room, ids }
}
