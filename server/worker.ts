// The entry on Cloudflare Workers: the same id app, Postgres through Hyperdrive, pages from the static assets binding. The
// gateway is not here yet (docs/reference/workers.md).
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Database, openDatabase } from '../db/client.ts'
import { sealKeysStore } from '../db/stores/seal-keys.ts'
import type { Config } from './config/config.ts'
import { renderErrorPage } from './errors/page.ts'
import { systemClock } from './platform/clock.ts'
import { consoleLog } from './platform/console-log.ts'
import { localeOf } from './platform/locale.ts'
import type { Log } from './platform/log.ts'
import { systemRandom } from './platform/random.ts'
import { checkSealKeys } from './platform/seal-keys.ts'
import { openSealer } from './platform/seal-sealer.ts'
import { homeserverClient } from './wiring/homeserver-client.ts'
import { idParts } from './wiring/id.ts'
import { type AssetsBinding, workerAssets } from './wiring/worker-assets.ts'
import { workerConfig } from './wiring/worker-config.ts'
import { requestDatabase } from './wiring/worker-database.ts'
import { loggedMetrics } from './wiring/worker-metrics.ts'

/** The Worker's bindings; beside them every `PALIER_*` setting, as a var or a secret. */
export interface WorkerEnv {
  /** Postgres, with query caching off. */
  readonly HYPERDRIVE: { readonly connectionString: string }
  /** The built pages (dist/client). */
  readonly ASSETS: AssetsBinding
  /** The header in which the edge names the client, `CF-Connecting-IP` on Cloudflare. Unset or empty: no header is believed. */
  readonly CLIENT_ADDRESS_HEADER?: string
}

type Parts = Awaited<ReturnType<typeof idParts>>

/** Connections of one request; the runtime allows six at once. */
const CONNECTIONS_PER_REQUEST = 4
/** Batches of logouts that one run of the cron delivers at most; what is left waits for the next run. */
const DELIVERY_ROUNDS = 20

const served = new AsyncLocalStorage<Database>()
// Built by the first request of the isolate. A promise is not kept: what one request awaits, another must not.
let built: Parts | null = null

export default {
  async fetch(request: Request, env: WorkerEnv): Promise<Response> {
    return withDatabase(env, async () => {
      const parts = await partsOf(env)
      if (parts === null)
        return renderErrorPage({ reason: 'unavailable', locale: localeOf(request.headers), status: 503 })
      const header = env.CLIENT_ADDRESS_HEADER
      return parts.app.fetch(request, { peer: (header && request.headers.get(header)) || 'unknown' })
    })
  },

  /** The cron, each minute: rotates signing keys when due, delivers the logouts that are owed, runs grave acts that are due, sweeps once an hour. */
  async scheduled({ scheduledTime }: { readonly scheduledTime: number }, env: WorkerEnv): Promise<void> {
    await withDatabase(env, async () => {
      const parts = await partsOf(env)
      // The reason is in the log; failing shows the run as failed to whoever watches the cron.
      if (parts === null) throw new Error('id could not start')
      await parts.keyring.rotateKeys(systemClock.now())
      for (let round = 0; round < DELIVERY_ROUNDS; round += 1) {
        if ((await parts.logoutWorker.deliverDue()) === 0) break
      }
      await parts.publishHead()
      await parts.endExpiredPasses()
      await parts.runDueActs()
      await parts.workOnImports(20_000)
      if (new Date(scheduledTime).getUTCMinutes() === 0) await parts.sweep()
    })
  },
}

/** Runs `work` with a database of its own: a socket belongs to the request that opened it, and ends with it. */
function withDatabase<T>(env: WorkerEnv, work: () => Promise<T>): Promise<T> {
  const { db } = openDatabase(env.HYPERDRIVE.connectionString, { max: CONNECTIONS_PER_REQUEST, connect_timeout: 10 })
  return served.run(db, work)
}

/** The isolate's parts, or null when they cannot be built; the reason is logged, and the next request tries again. */
async function partsOf(env: WorkerEnv): Promise<Parts | null> {
  if (built !== null) return built
  const loaded = workerConfig(env)
  const log = consoleLog(loaded.ok ? loaded.config.logLevel : 'info', systemClock)
  if (!loaded.ok) {
    for (const { name, got, wants } of loaded.mistakes) log.error('config.mistake', { name, got, wants })
    return null
  }
  try {
    built = await build(loaded.config, log, env)
    return built
  } catch (error) {
    log.error('worker.start_failed', { detail: error instanceof Error ? error.message : String(error) })
    return null
  }
}

async function build(config: Config, log: Log, env: WorkerEnv): Promise<Parts> {
  const db = requestDatabase(currentDatabase)
  const sealer = openSealer({ secrets: config.secrets ?? [], random: systemRandom })
  await checkSealKeys({ store: sealKeysStore(db), sealer, clock: systemClock, log })
  const ground = { config, clock: systemClock, random: systemRandom, log, sealer, db }
  const parts = await idParts(ground, {
    metrics: loggedMetrics(log),
    assets: workerAssets(env.ASSETS),
    addressOf: (bindings) => (bindings as { peer: string }).peer,
    requestsShare: false,
  })
  if (config.homeserverUrl !== null) await homeserverClient(ground)
  return parts
}

function currentDatabase(): Database {
  const database = served.getStore()
  if (database === undefined) throw new Error('the database was asked for outside a request')
  return database
}
