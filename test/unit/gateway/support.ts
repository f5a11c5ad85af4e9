// A gateway's data path on real sockets: a stand-in homeserver, one caller known from memory, and a raw client.
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Control } from '../../../server/gateway/control-port.ts'
import type { Metered } from '../../../server/gateway/metered-port.ts'
import {
  createGatewayServer,
  type GatewayDeps,
  type GatewayEvent,
  type GatewayServer,
} from '../../../server/gateway/node/server.ts'
import type { Caller, IdentifyFailure } from '../../../server/gateway/ports.ts'
import { systemClock } from '../../../server/platform/clock.ts'

export const HOMESERVER_TOKEN = 'syt_homeserver_secret'
export const TOKEN = 'pma_client'

export const CALLER: Caller = {
  device: 'dev_1',
  serverName: 'example.org',
  userId: '@ada:example.org',
  deviceId: 'DEVICE',
  personId: 'per_1',
  groups: [],
  client: 'test',
  credentialId: 'key_1',
  sid: 'sid_1',
  homeserverToken: HOMESERVER_TOKEN,
  lastTapAtMs: 0,
  lastActiveAtMs: 0,
  firstSyncUntilMs: null,
  expiresAtMs: 2 ** 50,
  stepUpAware: false,
  kind: 'person',
  rooms: null,
  service: null,
}

const FAILURES: Readonly<Record<string, IdentifyFailure>> = {
  pma_expired: 'expired',
  pma_soft: 'soft-logout',
  pma_away: 'unavailable',
}

export interface Rig {
  readonly gateway: GatewayServer
  readonly port: number
  readonly url: string
  readonly events: GatewayEvent[]
  /** Ends every request of the caller, as a revocation does. */
  revoke(): void
  /** Requests tracked for revocation now. */
  tracked(): number
  close(): Promise<void>
}

export interface RigOptions {
  readonly upstream?: RequestListener
  readonly upstreamUrl?: string
  readonly metered?: Metered
  readonly control?: Control
  readonly ignoring?: GatewayDeps['ignoring']
  readonly serverRoutes?: 'closed' | 'passed'
  readonly legacyMedia?: 'closed' | 'open'
  readonly limits?: GatewayDeps['limits']
  readonly spool?: GatewayDeps['spool']
  readonly log?: GatewayDeps['log']
}

/** Starts a stand-in homeserver and a gateway in front of it, both on free ports. */
export async function rig(options: RigOptions): Promise<Rig> {
  const upstream = createServer(options.upstream ?? ((_req, res) => res.end('{}')))
  upstream.on('clientError', (_error, socket) => socket.destroy())
  const upstreamPort = await listening(upstream)
  const events: GatewayEvent[] = []
  const ends = new Set<(reason: string) => void>()
  const gateway = createGatewayServer({
    config: {
      gatewayUrl: 'https://matrix.example.org',
      trustedProxies: [],
      serverRoutes: options.serverRoutes ?? 'closed',
      legacyMedia: options.legacyMedia ?? 'closed',
    },
    homeserverUrl: options.upstreamUrl ?? `http://127.0.0.1:${upstreamPort}`,
    identify: {
      remembered: (token) => (token === TOKEN ? CALLER : null),
      identify: async (token) => FAILURES[token] ?? 'unknown',
      track: (_caller, end) => {
        ends.add(end)
        return () => ends.delete(end)
      },
    },
    metered:
      options.metered ??
      (async (request) => {
        const answer = await request.send()
        if (answer.ok) await request.respond(answer.status, answer.headers, answer.body)
        else
          await request.respond(502, [['content-type', 'application/json']], JSON.stringify({ reason: answer.reason }))
      }),
    ignoring: options.ignoring ?? { note: async () => undefined },
    control: options.control ?? (() => Response.json({ control: true })),
    clock: systemClock,
    log: options.log ?? { debug() {}, info() {}, warn() {}, error() {} },
    observe: (event) => events.push(event),
    ...(options.limits ? { limits: options.limits } : {}),
    ...(options.spool ? { spool: options.spool } : {}),
  })
  const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return {
    gateway,
    port,
    url: `http://127.0.0.1:${port}`,
    events,
    revoke: () => {
      for (const end of [...ends]) end('credential-revoked')
    },
    tracked: () => ends.size,
    close: async () => {
      await gateway.close()
      upstream.closeAllConnections()
      await new Promise((resolve) => upstream.close(resolve))
    },
  }
}

/** Writes bytes as they are and resolves with everything that came back by the time the connection closed or `until` held. */
export function raw(port: number, bytes: string, until: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (until(text)) socket.destroy()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)))
    socket.setTimeout(20_000, () => reject(new Error(`no answer; had ${JSON.stringify(text)}`)))
    socket.write(bytes, 'latin1')
  })
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}
