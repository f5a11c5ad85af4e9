// Connections to the homeserver: a bounded pool for requests that answer soon, an unbounded one for long polls, since a pool
// of 128 connections answers 128 of 500 waiting clients.
import type { Socket } from 'node:net'
import { Pool } from 'undici'
import { connectReading } from './reading-socket.ts'

export interface Upstream {
  readonly requests: Pool
  readonly polls: Pool
  close(): Promise<void>
  destroy(): Promise<void>
}

/** Below Twisted's 60 s, so that no request is written to a connection that is just being closed. */
const IDLE_MS = 20_000
const CONNECT_MS = 5_000
const MAX_CONNECTIONS = 512

/** Pools to the origin of `homeserverUrl`; its path is not used. `headersMs` bounds the wait of an ordinary answer. */
export function openUpstream(homeserverUrl: string, headersMs: number): Upstream {
  const origin = new URL(homeserverUrl).origin
  const common = {
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    connect: { timeout: CONNECT_MS },
    maxHeaderSize: 64 * 1024,
  } as const
  // Equal waits for head and body: undici then goes on with one timer instead of making a new one at every answer.
  const requests = new Pool(origin, {
    ...common,
    // A poll has no buffer of its own: ten thousand of them wait.
    ...(origin.startsWith('http:')
      ? { connect: (to, callback) => connectReading(to, CONNECT_MS, callback as Connected) }
      : {}),
    connections: MAX_CONNECTIONS,
    headersTimeout: headersMs,
    bodyTimeout: headersMs,
  })
  const polls = new Pool(origin, { ...common, connections: null, headersTimeout: 0, bodyTimeout: 60_000 })
  return {
    requests,
    polls,
    close: async () => void (await Promise.all([requests.close(), polls.close()])),
    destroy: async () => void (await Promise.all([requests.destroy(), polls.destroy()])),
  }
}

type Connected = (error: Error | null, socket: Socket | null) => void

export type FailureReason = 'unreachable' | 'timeout' | 'died' | 'too-large' | 'aborted'

/** What an undici or socket error means. */
export function failureReason(error: unknown): FailureReason {
  const code = (error as { code?: unknown } | null)?.code
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOENT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'unreachable'
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'timeout'
    case 'UND_ERR_ABORTED':
      return 'aborted'
    default:
      return 'died'
  }
}

/** Whether an idle connection turned out closed under a request: safe to send once more when the method is. */
export function isStaleConnection(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

/** Raw response fields of undici as flat strings (latin1, as on the wire). */
export function rawFields(raw: unknown): string[] {
  if (!Array.isArray(raw)) return []
  const fields: string[] = new Array(raw.length)
  for (let i = 0; i < raw.length; i++) {
    const part = raw[i] as Buffer | string
    fields[i] = typeof part === 'string' ? part : part.toString('latin1')
  }
  return fields
}
