// The Node entry: opens what the configuration names, puts id and the gateway together, serves, and drains when told to stop.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabase } from '../db/client.ts'
import { openEmbedded } from '../db/embedded/server.ts'
import { migrate } from '../db/migrate.ts'
import { sealKeysStore } from '../db/stores/seal-keys.ts'
import { openSealer } from './cli/secret-source.ts'
import type { Config } from './config/config.ts'
import { createGatewayServer } from './gateway/node/server.ts'
import { operationsApp } from './operations.ts'
import { nodeAssets } from './platform/assets-node.ts'
import { systemClock } from './platform/clock.ts'
import { releaseStartUpGarbage } from './platform/garbage-node.ts'
import { nodeLineFile } from './platform/lines-node.ts'
import type { Log } from './platform/log.ts'
import { pinoLog } from './platform/pino.ts'
import { type PrometheusMetrics, prometheusMetrics } from './platform/prometheus.ts'
import { systemRandom } from './platform/random.ts'
import { checkSealKeys } from './platform/seal-keys.ts'
import { writeHeads } from './wiring/console-audit.ts'
import { startDeliveries } from './wiring/deliveries.ts'
import { gatewayParts } from './wiring/gateway.ts'
import type { Ground } from './wiring/ground.ts'
import { homeserverClient } from './wiring/homeserver-client.ts'
import { idParts } from './wiring/id.ts'
import { listen, listening } from './wiring/listen.ts'
import { observer } from './wiring/observe.ts'
import { everyPeriod } from './wiring/periodic.ts'
import { policyParts } from './wiring/policy.ts'
import { tryOut } from './wiring/try-out.ts'
import { whatToOpen } from './wiring/what-to-open.ts'

export interface ServeOptions {
  readonly config: Config
  readonly notes: readonly string[]
  readonly synapse: boolean
}

const VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version
const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const GAUGE_PERIOD_MS = 5_000
const IMPORTS_PERIOD_MS = 1_000
/** Short, so that a process that is told to stop does not wait long. */
const IMPORTS_TURN_MS = 5_000
const HEADS_PERIOD_MS = 300_000
const ACTS_PERIOD_MS = 15_000
const PAGES = new URL('../dist/client', import.meta.url).pathname

/** Closes things in the reverse order of their opening, each once, whatever the others do. */
class Closers {
  readonly #closers: (() => Promise<void>)[] = []

  add(close: () => Promise<void>): void {
    this.#closers.push(close)
  }

  async closeAll(log: Log): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) {
      await close().catch((error: unknown) => log.error('process.close_failed', { detail: String(error) }))
    }
  }
}

/** Serves until SIGTERM or SIGINT, then drains; resolves when all is closed. Throws `CliFailure` when it cannot start. */
export async function serve({ config, notes, synapse }: ServeOptions): Promise<void> {
  const log = pinoLog(config.logLevel, process.stdout)
  const closers = new Closers()
  const stopped = stopSignal()
  try {
    const ground = await openGround(config, log, closers, stopped.stop)
    const metrics = prometheusMetrics({ processMetrics: true })
    const idRole = config.roles.includes('id')
    const id = idRole ? await startId(ground, metrics, closers) : null
    const homeserver = await homeserverFor(ground, synapse, closers)
    startTelling(ground, metrics, config.roles.includes('gateway') ? homeserver.url : null, closers)
    const gateway = config.roles.includes('gateway')
      ? await startGateway(ground, metrics, homeserver.url, closers)
      : null
    await startOperations(ground, metrics, gateway, closers)
    for (const line of whatToOpen({ config, notes, setupLink: (await id?.setupLink()) ?? null, tryOut: homeserver })) {
      process.stdout.write(`${line}\n`)
    }
    log.info('process.ready', { roles: config.roles, version: VERSION })
    releaseStartUpGarbage()
    log.info('process.stopping', { reason: await stopped.promise })
  } finally {
    await closers.closeAll(log)
    stopped.forget()
  }
}

async function openGround(
  config: Config,
  log: Log,
  closers: Closers,
  lost: (reason: string) => void,
): Promise<Ground & { readonly metersDb: Database }> {
  let url = config.databaseUrl
  if (url === null) {
    const embedded = await openEmbedded({ dataDir: config.dataDir, log, onLost: () => lost('the database ended') })
    closers.add(() => embedded.stop())
    url = embedded.url
  }
  const handle = openDatabase(url, { max: 16, connect_timeout: 10 })
  closers.add(() => handle.close())
  const meters = openDatabase(url, { max: 1, connect_timeout: 10 })
  closers.add(() => meters.close())
  await migrate(handle.db)
  const sealer = openSealer(config, systemRandom)
  await checkSealKeys({ store: sealKeysStore(handle.db), sealer, clock: systemClock, log })
  return { config, clock: systemClock, random: systemRandom, log, sealer, db: handle.db, metersDb: meters.db }
}

async function startId(ground: Ground, metrics: PrometheusMetrics, closers: Closers) {
  const { config, log } = ground
  const id = await idParts(ground, { metrics, assets: nodeAssets(PAGES), addressOf: peerAddress, requestsShare: true })
  if (config.homeserverUrl !== null) await homeserverClient(ground)
  closers.add(await listen('id', id.app, config.listen.id))
  closers.add(everyPeriod(HOUR_MS, log, 'keys.rotation_failed', () => id.keyring.rotateKeys(ground.clock.now())))
  closers.add(everyPeriod(HOUR_MS, log, 'id.sweep_failed', id.sweep))
  closers.add(everyPeriod(SECOND_MS, log, 'pass.ending_failed', id.endExpiredPasses))
  const headsFile = config.auditHeadsFile === null ? null : nodeLineFile(config.auditHeadsFile)
  closers.add(
    everyPeriod(HEADS_PERIOD_MS, log, 'audit.heads_failed', async () => {
      await id.publishHead()
      if (headsFile !== null) await writeHeads(ground.db, headsFile)
    }),
  )
  closers.add(everyPeriod(ACTS_PERIOD_MS, log, 'acts.run_failed', id.runDueActs))
  closers.add(everyPeriod(IMPORTS_PERIOD_MS, log, 'people.import_failed', () => id.workOnImports(IMPORTS_TURN_MS)))
  id.logoutWorker.start()
  closers.add(async () => id.logoutWorker.stop())
  return id
}

/** The configured homeserver, or what stands in for one while trying out. */
async function homeserverFor(ground: Ground, synapse: boolean, closers: Closers) {
  if (ground.config.homeserverUrl !== null)
    return { url: ground.config.homeserverUrl, kind: 'configured' as const, reader: null }
  const started = await tryOut(ground, await homeserverClient(ground), synapse)
  closers.add(started.stop)
  return started
}

/** Delivers what is owed: alerts, and prompts where there is a homeserver. Stopped once the gateway has drained. */
function startTelling(
  ground: Ground,
  metrics: PrometheusMetrics,
  homeserverUrl: string | null,
  closers: Closers,
): void {
  const deliveries = startDeliveries(ground, { metrics, homeserverUrl })
  closers.add(() => deliveries.stop())
  closers.add(everyPeriod(HOUR_MS, ground.log, 'notify.sweep_failed', () => deliveries.sweep()))
}

async function startGateway(
  ground: Ground & { readonly metersDb: Database },
  metrics: PrometheusMetrics,
  homeserverUrl: string,
  closers: Closers,
) {
  const { config, clock, log } = ground
  const policy = await policyParts(ground)
  closers.add(policy.stop)
  const parts = gatewayParts(ground, {
    homeserverUrl,
    metrics,
    policies: policy.policies,
    metersDb: ground.metersDb,
  })
  await parts.identify.feed.started
  const server = createGatewayServer({
    ...parts,
    config,
    homeserverUrl,
    clock,
    log,
    observe: observer(metrics, log),
    spool: { folder: join(config.dataDir, 'spool'), random: ground.random },
  })
  closers.add(parts.stop)
  closers.add(everyPeriod(60_000, log, 'metering.sweep_failed', parts.sweep))
  closers.add(everyPeriod(GAUGE_PERIOD_MS, log, 'metrics.failed', async () => gauges(parts.identify, metrics)))
  await listening('the gateway', config.listen.gateway, (at) => server.listen(at))
  closers.add(() => server.drain())
  return parts
}

/** Figures that are read rather than counted. */
function gauges(identify: ReturnType<typeof gatewayParts>['identify'], metrics: PrometheusMetrics): void {
  metrics.set('palier_open_requests', {}, identify.inFlight())
  metrics.set('palier_revocation_feed_silence_seconds', {}, identify.feed.silenceMs() / 1000)
}

async function startOperations(
  ground: Ground,
  metrics: PrometheusMetrics,
  gateway: ReturnType<typeof gatewayParts> | null,
  closers: Closers,
) {
  const checks = [
    {
      name: 'database',
      check: async () => {
        await ground.db.execute('select 1')
        return null
      },
    },
    ...(gateway === null
      ? []
      : [
          {
            name: 'revocations',
            check: async () =>
              gateway.identify.feed.silenceMs() < 30_000 ? null : 'the revocation feed was not heard for 30 s',
          },
        ]),
  ]
  const app = operationsApp({ version: VERSION, metrics, checks })
  closers.add(await listen('the operations listener', app, ground.config.listen.operations))
}

/** The peer of a request to id, as the Node adapter tells it. */
function peerAddress(env: unknown): string {
  const { incoming } = (env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
  return incoming?.socket?.remoteAddress ?? 'unknown'
}

function stopSignal() {
  let stop: (reason: string) => void = () => undefined
  const promise = new Promise<string>((resolve) => {
    stop = resolve
  })
  const onSignal = (signal: string) => stop(signal)
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return {
    promise,
    stop,
    forget: () => {
      process.off('SIGTERM', onSignal)
      process.off('SIGINT', onSignal)
    },
  }
}
