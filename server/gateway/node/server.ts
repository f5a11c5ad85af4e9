// The gateway's listener on Node: a raw server whose every request takes the road (road.ts), and its way down: a drain that
// tells who is held, waits for what is owed, then cuts.
import { createServer, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Listen } from '../../config/config.ts'
import { matrixError } from '../../errors/matrix.ts'
import { openScanner } from '../../metering/scanner/wasm.ts'
import { turns } from '../metered-turns.ts'
import { type GatewayDeps, LIMITS, type Shared } from './exchange.ts'
import { openRoad } from './road.ts'
import { scannerModule } from './scanner-module.ts'
import { openUpstream } from './upstream.ts'
import { Held } from './whole.ts'

export type { GatewayDeps, GatewayEvent } from './exchange.ts'

export interface GatewayServer {
  /** Resolves when connections are taken; port 0 takes a free one. Rejects when the address is in use. */
  listen(at: Listen): Promise<{ readonly host: string; readonly port: number }>
  /**
   * Takes no more connections, answers new requests 503, tells held ones, and resolves when every request under way has been
   * answered and settled, or after the drain's limit. Then closes.
   */
  drain(): Promise<void>
  /** Cuts everything at once. */
  close(): Promise<void>
}

/** Builds the gateway's server. Nothing is opened before `listen`, except pools, which connect when first used. */
export function createGatewayServer(deps: GatewayDeps): GatewayServer {
  const limits = { ...LIMITS, ...deps.limits }
  const gatewayUrl = new URL(deps.config.gatewayUrl)
  const shared: Shared = {
    deps,
    limits,
    upstream: openUpstream(deps.homeserverUrl, limits.upstreamMs),
    held: new Held(limits.heldBytes),
    spooled: new Held(limits.spoolBytes),
    streams: turns(limits.streams),
    bodies: turns(limits.bodies),
    scanner: onceMade(() => openScanner(scannerModule())),
    draining: new AbortController(),
    underWay: new Set(),
    publicHost: gatewayUrl.host,
    publicScheme: gatewayUrl.protocol.slice(0, -1),
  }
  const road = openRoad(shared)
  const open = new Set<object>()
  let idle: (() => void) | null = null

  const server = createServer({
    keepAliveTimeout: 75_000,
    headersTimeout: 30_000,
    requestTimeout: 0,
    connectionsCheckingInterval: 10_000,
    maxHeaderSize: 16 * 1024,
    noDelay: true,
  })
  server.timeout = 0
  server.maxHeadersCount = 100
  server.on('request', (req, res) => {
    open.add(res)
    res.on('close', () => {
      open.delete(res)
      if (open.size === 0) idle?.()
    })
    road(req, res, false)
  })
  server.on('checkContinue', (req, res) => {
    open.add(res)
    res.on('close', () => {
      open.delete(res)
      if (open.size === 0) idle?.()
    })
    road(req, res, true)
  })
  server.on('checkExpectation', (_req, res) => {
    res.shouldKeepAlive = false
    res.writeHead(417, { 'content-length': '0' })
    res.end()
  })
  // Asked to change protocol, Node would serve the request as a plain one and leave the client waiting: refused on purpose.
  server.on('upgrade', (_req, socket) => refuseRaw(socket, 400, 'Upgrade is not accepted'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
    else if (error.code === 'HPE_HEADER_OVERFLOW') refuseRaw(socket, 431, 'The request head is too large')
    else refuseRaw(socket, 400, 'Malformed request')
  })

  return {
    listen: (at) => listen(server, at),
    drain: async () => {
      shared.draining.abort()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const quiet = (async () => {
        if (open.size > 0) await new Promise<void>((resolve) => (idle = resolve))
        await Promise.allSettled([...shared.underWay])
      })()
      await Promise.race([quiet, after(limits.drainMs)])
      server.closeAllConnections()
      await Promise.race([Promise.allSettled([...shared.underWay]), after(2_000)])
      await closed
      await shared.upstream.destroy()
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      await shared.upstream.destroy()
    },
  }
}

function listen(server: Server, at: Listen): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: at.host, port: at.port, backlog: 1024 }, () => {
      server.off('error', reject)
      const address = server.address() as AddressInfo
      resolve({ host: address.address, port: address.port })
    })
  })
}

function refuseRaw(socket: Duplex, status: number, message: string): void {
  const { body } = matrixError('M_UNRECOGNIZED', status, message)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function onceMade<Made>(make: () => Made): () => Made {
  let made: Made | undefined
  return () => {
    made ??= make()
    return made
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
