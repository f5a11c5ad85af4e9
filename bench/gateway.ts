// The gateway as it is served, in a process of its own: every part real, on a real database, with a threshold out of reach.
// Usage: node gateway.ts <origin of the homeserver> <database URL> [mode]; prints its port, then its log. `count-only`: every budget
// is granted without asking the database, so that what is left of metering is the count. `parked`: nothing is left of any, and requests wait.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../db/client.ts'
import { loadConfig } from '../server/config/load.ts'
import { createGatewayServer } from '../server/gateway/node/server.ts'
import { systemClock } from '../server/platform/clock.ts'
import { releaseStartUpGarbage } from '../server/platform/garbage-node.ts'
import { pinoLog } from '../server/platform/pino.ts'
import { prometheusMetrics } from '../server/platform/prometheus.ts'
import { systemRandom } from '../server/platform/random.ts'
import { openSealer } from '../server/platform/seal-sealer.ts'
import { defaultPolicy, type WindowPolicy } from '../server/policy/defaults.ts'
import { gatewayParts } from '../server/wiring/gateway.ts'
import { observer } from '../server/wiring/observe.ts'
import { GATEWAY_ENV, SECRET } from './devices.ts'
import { everythingPaid } from './everything-paid.ts'

const [homeserverUrl, databaseUrl, mode] = process.argv.slice(2) as [string, string, string | undefined]
const loaded = loadConfig(mode === 'parked' ? { ...GATEWAY_ENV, PALIER_HOLD: '120' } : GATEWAY_ENV)
if (!('config' in loaded)) throw new Error(JSON.stringify(loaded))
const { config } = loaded
const log = pinoLog('info', process.stdout, false)
const metrics = prometheusMetrics({ processMetrics: true })
const handle = openDatabase(databaseUrl, { max: 16 })
const limit = mode === 'parked' ? 0 : 1_000_000_000
const outOfReach = (windows: readonly WindowPolicy[]) => windows.map((window) => ({ ...window, limit }))
const parts = gatewayParts(
  { config, clock: systemClock, random: systemRandom, log, sealer: openSealer({ secrets: [SECRET] }), db: handle.db },
  {
    homeserverUrl,
    metrics,
    metersDb: openDatabase(databaseUrl, { max: 1 }).db,
    ...(mode === 'count-only' ? { meters: everythingPaid(handle.db) } : {}),
    policy: {
      ...defaultPolicy,
      windows: { ...defaultPolicy.windows, archive: outOfReach(defaultPolicy.windows.archive) },
    },
  },
)
await parts.identify.feed.started
const server = createGatewayServer({
  ...parts,
  config,
  homeserverUrl,
  clock: systemClock,
  log,
  observe: observer(metrics, log),
  spool: { folder: join(tmpdir(), 'palier-bench-spool'), random: systemRandom },
})
const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
releaseStartUpGarbage()
process.stdout.write(`${port}\n`)
process.on('SIGTERM', () => {
  void server
    .close()
    .then(() => parts.stop())
    .then(() => handle.close())
    .then(() => process.exit(0))
})
