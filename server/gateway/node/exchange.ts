// One request and its answer, as the ways through the gateway see it, and what all of them need.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../../config/config.ts'
import type { IgnoredChanges } from '../../metering/port.ts'
import type { Scanner } from '../../metering/scanner/wasm.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import type { Classified } from '../classify.ts'
import type { Control } from '../control-port.ts'
import { postedFields } from '../headers.ts'
import type { Metered } from '../metered-port.ts'
import type { TakeTurn } from '../metered-turns.ts'
import type { Caller, Identify } from '../ports.ts'
import type { Treatment } from '../routes.ts'
import type { Place } from './origin.ts'
import type { Upstream } from './upstream.ts'
import type { Held } from './whole.ts'

/** How a request ended, for metrics and the log. */
export interface GatewayEvent {
  /** Row id, or null when the table does not know the route. */
  readonly row: string | null
  readonly treatment: Treatment | 'rejected' | 'preflight'
  /** 0 when nothing was answered. */
  readonly status: number
  readonly outcome: 'answered' | 'client-gone' | 'upstream-failed' | 'revoked' | 'rejected' | 'failed'
  /** Reason id, or empty. */
  readonly reason: string
  readonly durationMs: number
  /** `dev_…`, or null when nobody was identified. */
  readonly device: string | null
}

export interface Limits {
  /** Largest request body, in bytes, where the row says nothing. */
  readonly bodyBytes: number
  /** Largest metered answer. */
  readonly answerBytes: number
  /** All metered answers held in memory at once. */
  readonly heldBytes: number
  /** A metered answer that can be spooled is held in memory up to here. */
  readonly memoryBytes: number
  /** The largest that is spooled. */
  readonly spooledAnswerBytes: number
  /** All spooled answers on disk at once; one person's are half of it at most. */
  readonly spoolBytes: number
  /** What one person may have go through as it comes at once: a quarter of the connections to the homeserver. */
  readonly streams: number
  /** How long a body that is read whole may take to come. */
  readonly bodyMs: number
  /** Requests with a small body that one person may have under way at once. */
  readonly bodies: number
  /** Wait for the head of an ordinary answer. */
  readonly upstreamMs: number
  /** How long a drain waits for what is under way. */
  readonly drainMs: number
}

export const LIMITS: Limits = {
  bodyBytes: 13 * 1024 * 1024,
  answerBytes: 64 * 1024 * 1024,
  heldBytes: 128 * 1024 * 1024,
  memoryBytes: 4 * 1024 * 1024,
  spooledAnswerBytes: 1024 ** 3,
  spoolBytes: 4 * 1024 ** 3,
  streams: 128,
  bodyMs: 120_000,
  bodies: 1_024,
  upstreamMs: 300_000,
  drainMs: 30_000,
}

export interface GatewayDeps {
  readonly config: Pick<Config, 'gatewayUrl' | 'trustedProxies' | 'serverRoutes' | 'legacyMedia'>
  /** Origin of the homeserver: the configured one, or the sample's. */
  readonly homeserverUrl: string
  readonly identify: Identify
  readonly metered: Metered
  readonly control: Control
  /** Told when an account changes whom it ignores. */
  readonly ignoring: Pick<IgnoredChanges, 'note'>
  readonly clock: Clock
  readonly log: Log
  /** Told once about every request. */
  readonly observe?: (event: GatewayEvent) => void
  readonly limits?: Partial<Limits>
  /** Where answers too large for memory are sealed meanwhile. Absent: they are refused. */
  readonly spool?: { readonly folder: string; readonly random: Random }
}

/** What the ways share for the life of the server. */
export interface Shared {
  readonly deps: GatewayDeps
  readonly limits: Limits
  readonly upstream: Upstream
  readonly held: Held
  /** Room on disk. */
  readonly spooled: Held
  /** Bodies and files that go through as they come, person by person: each has a connection to the homeserver meanwhile. */
  readonly streams: TakeTurn
  /** Small bodies, person by person: each is in memory as long as its request is under way. */
  readonly bodies: TakeTurn
  readonly scanner: () => Scanner
  readonly draining: AbortController
  /** Settlements, refunds and control answers under way. */
  readonly underWay: Set<Promise<void>>
  readonly publicHost: string
  readonly publicScheme: string
}

/** One request once it is classified and its caller, where one is needed, is known. */
export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly route: Classified
  readonly place: Place
  /** Fields of the client that cross, flat. */
  readonly kept: string[]
  readonly caller: Caller | null
  /** Asks the client for its body, when it waits to be asked (Expect: 100-continue). */
  readonly continue: () => void
  /** Tells how the request ended; only the first call counts. */
  readonly ended: (outcome: GatewayEvent['outcome'], reason: string) => void
}

/** Request fields said by the gateway itself, after those of the client. */
export function upstreamFields(shared: Shared, exchange: Exchange, kept: readonly string[]): string[] {
  const { req, route, caller } = exchange
  // Without a caller there is nothing to act for: other servers post there, and forms.
  const fields = req.method === 'POST' && caller ? postedFields(kept, route.row.id === 'media.upload') : kept.slice()
  fields.push(
    'Host',
    shared.publicHost,
    'X-Forwarded-For',
    exchange.place.address,
    'X-Forwarded-Proto',
    shared.publicScheme,
    'X-Forwarded-Host',
    shared.publicHost,
  )
  if (caller) fields.push('Authorization', `Bearer ${caller.homeserverToken}`)
  return fields
}

/** Calls `gone` once if the client goes away before its answer is with the kernel, also while the answer is queued. */
export function onClientGone(exchange: Exchange, gone: () => void): void {
  const { req, res } = exchange
  res.on('close', () => {
    if (!res.writableFinished) gone()
  })
  // A pipelined request's response gets no socket, and no event, before those ahead of it are through.
  if (res.socket === null) {
    req.socket.once('close', () => {
      if (!res.writableFinished) gone()
    })
  }
}
