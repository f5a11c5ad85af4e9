// The gateway's data path alone, in a process of its own, with one caller known from memory: what is measured is the way
// through. Usage: node gateway.ts <upstream port>; prints its port.
import { createGatewayServer } from '../../server/gateway/node/server.ts'
import type { Caller } from '../../server/gateway/ports.ts'
import { systemClock } from '../../server/platform/clock.ts'

const upstreamPort = Number(process.argv[2])
const caller: Caller = {
  device: 'dev_bench',
  serverName: 'bench.example',
  userId: '@person:bench.example',
  deviceId: 'BENCH',
  personId: 'per_bench',
  credentialId: 'key_bench',
  sid: 'sid_bench',
  homeserverToken: 'syt_cGVyc29u_AAAAAAAAAAAAAAAAAAAA_000000',
  lastTapAtMs: 0,
  lastActiveAtMs: 0,
  firstSyncUntilMs: null,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  stepUpAware: false,
}
const tracked = new Set<() => void>()
const silent = { debug() {}, info() {}, warn() {}, error() {} }
let requests = 0

const server = createGatewayServer({
  config: { gatewayUrl: 'http://127.0.0.1', trustedProxies: [], serverRoutes: 'closed' },
  homeserverUrl: `http://127.0.0.1:${upstreamPort}`,
  identify: {
    remembered: (token) => (token === 'bench' ? caller : 'unknown'),
    identify: async () => 'unknown',
    track: (_caller, end) => {
      const entry = () => end('')
      tracked.add(entry)
      return () => tracked.delete(entry)
    },
  },
  metered: async () => {},
  control: () => new Response(null, { status: 404 }),
  clock: systemClock,
  log: silent,
  observe: () => {
    requests++
  },
})
const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${port}\n`)
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)))
