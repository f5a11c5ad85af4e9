// Palier before a real Synapse as an operator sets it up: one process for id and the gateway, a second gateway on the same database, an
// application service that writes old messages, and, where it is asked for, a past and proxies that record what clients were sent.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { runSynapse } from '../../server/sample/synapse/run.ts'
import { freePorts, palier, type Settings, startPalier } from './deployment.ts'
import { Person } from './person.ts'
import { recordingProxy } from './recording-proxy.ts'
import { type PastToSeed, type SeededPast, seedPast } from './synapse-past.ts'
import { PYTHON, registerSeeder, UNLIMITED } from './synapse-seed.ts'

export const SYNAPSE_SERVER_NAME = 'localhost'
const SECRET = 'Hn4-bW8r_Ym2Kc6Xt1Jd9-Vz5Qp3Gs7Lf0'

export interface SynapseDeploymentOptions {
  /** Of the caller, who removes it. */
  readonly folder: string
  readonly databaseUrl: string
  /** Added to Palier's settings. */
  readonly settings?: Settings
  /** What Synapse's rooms hold before it starts. */
  readonly past?: PastToSeed
  /** Kept for the next run. */
  readonly keepPast?: boolean
  /** Accounts from before Palier sign in with a key: `allow_existing_users`. A past has such accounts anyway. */
  readonly existingUsers?: boolean
  /** Public addresses are proxies that write what they answer into `from-id`, `from-gateway` and `from-second`. */
  readonly record?: boolean
  /** Added to Synapse's configuration. */
  readonly synapse?: Readonly<Record<string, unknown>>
}

export type SynapseDeployment = Awaited<ReturnType<typeof synapseDeployment>>

/** Starts everything. Throws when Synapse was not installed before. */
export async function synapseDeployment(options: SynapseDeploymentOptions) {
  const { folder, databaseUrl, past: what, keepPast: keep = false, record = false } = options
  if (!existsSync(PYTHON)) {
    throw new Error(
      'Synapse is not installed: run `npm start -- --synapse` once, or name a Python in PALIER_TEST_SYNAPSE_PYTHON',
    )
  }
  const files = {
    id: join(folder, 'from-id'),
    gateway: join(folder, 'from-gateway'),
    second: join(folder, 'from-second'),
    log: join(folder, 'palier.log'),
    synapse: join(folder, 'synapse'),
  }
  mkdirSync(files.synapse, { recursive: true })
  const closers: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const ports = await freePorts(9)
    const [id, gateway, second, operations, operations2, synapsePort] = ports as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const inner = (index: number, open: number) => (record ? (ports[index] as number) : open)
    const [idInner, gatewayInner, secondInner] = [inner(6, id), inner(7, gateway), inner(8, second)]
    const places = { id: `http://localhost:${id}`, gateway: `http://localhost:${gateway}` }
    const settings: Settings = {
      PALIER_ISSUER: places.id,
      PALIER_GATEWAY_URL: places.gateway,
      PALIER_HOMESERVER_URL: `http://127.0.0.1:${synapsePort}`,
      PALIER_SERVER_NAME: SYNAPSE_SERVER_NAME,
      PALIER_DATABASE_URL: databaseUrl,
      PALIER_SECRET: SECRET,
      PALIER_ID_PORT: String(idInner),
      PALIER_GATEWAY_PORT: String(gatewayInner),
      PALIER_OPERATIONS_PORT: String(operations),
      ...options.settings,
    }
    if (record) {
      closers.push((await recordingProxy(id, idInner, files.id)).stop)
      closers.push((await recordingProxy(gateway, gatewayInner, files.gateway)).stop)
      closers.push((await recordingProxy(second, secondInner, files.second)).stop)
    }
    const seeding = what ? seedPast(files.synapse, SYNAPSE_SERVER_NAME, what, { keep }) : null
    seeding?.catch(() => undefined)
    const main = await startPalier({ settings, logFile: files.log })
    closers.push(main.stop)
    const other = await startPalier({
      settings: {
        ...settings,
        PALIER_ROLES: 'gateway',
        PALIER_GATEWAY_PORT: String(secondInner),
        PALIER_OPERATIONS_PORT: String(operations2),
      },
      logFile: files.log,
    })
    closers.push(other.stop)
    const past: SeededPast = (await seeding) ?? { rooms: [], files: [], pictures: [] }
    const deployment = parse(await palier(settings, 'synapse-config')) as Record<string, unknown>
    const synapse = await runSynapse({
      python: PYTHON,
      folder: files.synapse,
      port: synapsePort,
      serverName: SYNAPSE_SERVER_NAME,
      deployment: what || options.existingUsers ? takingOver(deployment) : deployment,
      applicationServices: [registerSeeder(files.synapse)],
      overrides: { ...UNLIMITED, ...options.synapse },
    })
    closers.push(synapse.stop)
    return {
      places,
      secondGateway: `http://localhost:${second}`,
      settings,
      files,
      synapse,
      past,
      setupLink: main.setupLink,
      /** A person with an enrolled key. */
      person: async (username: string) => {
        const person = new Person(places)
        await palier(settings, 'user', 'add', username)
        await person.enrol(await palier(settings, 'enrol', username))
        return person
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

// People of the past have accounts before they sign in with a key for the first time.
function takingOver(deployment: Record<string, unknown>): Record<string, unknown> {
  const providers = deployment['oidc_providers'] as readonly Record<string, unknown>[]
  return { ...deployment, oidc_providers: providers.map((one) => ({ ...one, allow_existing_users: true })) }
}
