// Palier in front of a real Synapse, as an operator sets it up: one process for id and the gateway, a second gateway on the same
// Postgres, recording proxies at the public addresses, and a room of old messages that an application service wrote.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { runSynapse } from '../../server/sample/synapse/run.ts'
import { testDatabase } from '../support/database.ts'
import { freePorts, palier, startPalier } from '../support/deployment.ts'
import { Person } from '../support/person.ts'
import { recordingProxy } from '../support/recording-proxy.ts'
import { PYTHON, registerSeeder, type SeededRoom, seedRooms, UNLIMITED } from '../support/synapse-seed.ts'

/** Old messages in the seeded room. */
export const SEEDED = 4_900
export const THRESHOLD = 1_000
export const A_TAP = 2_000

const SERVER_NAME = 'localhost'
const AT_ONCE = 48

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
    const synapse = await runSynapse({
      python: PYTHON,
      folder: files.synapse,
      port: synapsePort,
      serverName: SERVER_NAME,
      deployment: parse(await palier(settings, 'synapse-config')) as Record<string, unknown>,
      applicationServices: [registerSeeder(files.synapse)],
      overrides: UNLIMITED,
    })
    closers.push(synapse.stop)
    const [seeded] = (await seedRooms(synapse, { rooms: 1, messages: SEEDED, atOnce: AT_ONCE })) as [SeededRoom]
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
