// What the data path hands to the pipeline of metered routes, and what it takes back. No `node:` here: the pipeline runs on
// Workers too.
import type { Shape } from '../metering/scanner/port.ts'
import type { SipKey } from '../metering/scanner/sip-hash.ts'
import type { Weighing, Weight } from '../metering/weigh.ts'
import type { Classified } from './classify.ts'
import type { Caller, Origin } from './ports.ts'

/** Header fields in order, lower-case names; a name may occur more than once. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

export interface UpstreamRequest {
  /** The request target sent to the homeserver instead of the classified one; path and query, no token. */
  readonly target?: string
  /** The client's own (GET where it said HEAD) unless given: who asks something else of the homeserver says GET. */
  readonly method?: 'GET' | 'POST' | 'PUT'
  /** The client's own, byte for byte, unless given. Nothing is sent with a GET. */
  readonly body?: Uint8Array | string
  /** Fields added to (or, same name, replacing) those of the client's request. */
  readonly headers?: HeaderList
  /** Ends this one request; the client's going away and a revocation end it anyway. */
  readonly signal?: AbortSignal
  /** Until the answer is whole. By default 60 s, for long polls the client's `timeout` and 60 s more. */
  readonly timeoutMs?: number
  /**
   * Who counts while an answer too large for memory comes in: it may be spooled then, where it is refused otherwise. `unread`:
   * whoever asks reads it again and counts it.
   */
  readonly spool?: { readonly shape: Shape; readonly key: SipKey } | 'unread'
}

/** A body too large for memory: counted while it came in, sealed on disk until it is sent. */
export interface SpooledBody {
  readonly bytes: number
  /** What its events weigh; null when they cannot be counted. Once. */
  weigh(weighing: Weighing): Weight | null
  chunks(): AsyncIterable<Uint8Array>
}

/** A whole answer of the homeserver: identity encoding, its length checked, never a part. */
export interface UpstreamAnswer {
  readonly ok: true
  readonly status: number
  /** Without hop-by-hop, CORS, Content-Length and Content-Encoding fields: `respond` sets its own. */
  readonly headers: HeaderList
  /** Empty when it was spooled: which carries nothing that could be counted or released. */
  readonly body: Uint8Array
  /** Only where the request said how to count it. */
  readonly spooled?: SpooledBody | null
}

/**
 * - `unreachable`: nothing was sent (503)
 * - `timeout`: it did not finish in time (504)
 * - `died`: the connection ended before the answer did (502)
 * - `too-large`: past the cap for one answer (502), or past a bound of the process or its disk (503, `busy`)
 * - `encoding`: compressed though identity was asked, and not readable within the cap (502)
 * - `aborted`: the client is gone, the device was revoked, or the given signal was aborted
 */
export type UpstreamFailureReason = 'unreachable' | 'timeout' | 'died' | 'too-large' | 'busy' | 'encoding' | 'aborted'

export interface UpstreamFailure {
  readonly ok: false
  readonly reason: UpstreamFailureReason
  /** Whether the request may have reached the homeserver. */
  readonly sent: boolean
}

/** An answer whose body stays with the homeserver until it is paid for: files, whose length is known before their bytes. */
export interface StreamedAnswer {
  readonly ok: true
  readonly status: number
  /** As in `UpstreamAnswer`. */
  readonly headers: HeaderList
  /** Bytes that `release` lets out: what the homeserver declared, or null when it did not say. */
  readonly length: number | null
  /** Takes the whole body in, for an answer of unknown length: its bytes, or why it cannot be had. Once, before `release`. */
  whole(): Promise<number | UpstreamFailure>
  /**
   * Sends the answer: in the place of `respond`, once. A body longer or shorter than `length` breaks the client's connection
   * off, so that it never looks complete, and not one byte more than `length` leaves. Never rejects.
   */
  release(): Promise<Delivery>
  /** Ends the homeserver's work, when nothing of it is released. Idempotent. */
  discard(): void
}

/** What became of an answer. */
export interface Delivery {
  /** False: not one byte was handed to the client's connection, so nothing was read (refund). */
  readonly firstByte: boolean
  /** Whether all of it was handed over. */
  readonly complete: boolean
}

export interface MeteredRequest {
  readonly caller: Caller
  readonly origin: Origin
  readonly route: Classified
  /** The raw target without the token: what would be forwarded as it is. */
  readonly target: string
  /** The request's body, whole; empty for GET and HEAD. At most the row's `maxBodyBytes`, or 1 MiB. */
  readonly body: Uint8Array
  /** Request fields as the client sent them (lower-case names), without Authorization and hop-by-hop fields. */
  readonly headers: HeaderList
  /** Aborted with the reason `{ kind: 'client-gone' | 'revoked' }` when the client went away or the device was revoked. */
  readonly signal: AbortSignal
  /** Aborted when the process drains: whoever holds this request answers it now. */
  readonly draining: AbortSignal
  /** Fetches one whole answer with the homeserver's token. May be called more than once (context, filters). Never rejects. */
  send(request?: UpstreamRequest): Promise<UpstreamAnswer | UpstreamFailure>
  /**
   * Fetches the head of an answer and holds its body back; the client's conditions (`If-None-Match`) are sent along, ranges
   * are not. Never rejects. Whoever does not release it discards it.
   */
  sendStreaming(request?: UpstreamRequest): Promise<StreamedAnswer | UpstreamFailure>
  /**
   * Sends the answer: once. CORS, Content-Length and HEAD are taken care of. Resolves, never rejects, when it is with the
   * kernel or the client is gone. Refuses to send after a revocation (`firstByte: false`): a 401 is sent in its place.
   */
  respond(status: number, headers: HeaderList, body: Uint8Array | string | SpooledBody): Promise<Delivery>
}

/** The pipeline of metered routes. Resolves after everything it owes (settlement, refund) is done: the drain waits for it. */
export type Metered = (request: MeteredRequest) => Promise<void>
