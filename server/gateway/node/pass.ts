// The pass-through: undici's dispatcher written straight to the response. Backpressure and aborts go both ways; an answer
// whose homeserver dies never looks complete.
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher, Pool } from 'undici'
import { matrixError } from '../../errors/matrix.ts'
import { CORS_FIELDS } from '../cors.ts'
import { lowerCase, responseFields } from '../headers.ts'
import { sendError, upstreamError } from './answer.ts'
import { giveBuffer, takeBuffer } from './buffers.ts'
import { failureReason, isStaleConnection, rawFields } from './upstream.ts'

export interface PassRequest {
  readonly method: string
  readonly path: string
  /** Flat. */
  readonly headers: string[]
  readonly body: Buffer | Readable | null
  readonly crossOrigin: boolean
}

/** How a passed request ended. */
export type PassOutcome = 'answered' | 'client-gone' | 'upstream-failed' | 'revoked'

/** How long a client may leave bytes unread before it is cut off. */
const STALL_MS = 60_000

/** Up to here copying a body beside its head costs less than writing it apart. */
const JOINED_BYTES = 16 * 1024

/** One request on its way through. `ended` is called once, when nothing more will happen. */
export class Pass implements Dispatcher.DispatchHandler {
  readonly #pool: Pool
  readonly #request: PassRequest
  readonly #res: ServerResponse
  readonly #ended: (outcome: PassOutcome, reason: string) => void
  #controller: Dispatcher.DispatchController | null = null
  #outcome: PassOutcome | null = null
  #retried = false
  #paused = false
  /** Announced length of the answer, or -1. */
  #length = -1
  /** The whole body, when it is small and came in one piece: written together with the head. */
  #whole: string | null = null

  constructor(
    pool: Pool,
    request: PassRequest,
    res: ServerResponse,
    ended: (outcome: PassOutcome, reason: string) => void,
  ) {
    this.#pool = pool
    this.#request = request
    this.#res = res
    this.#ended = ended
  }

  start(): void {
    this.#pool.dispatch(this.#request as Dispatcher.DispatchOptions, this)
  }

  /** The client went away: the homeserver's work ends too. */
  clientGone(): void {
    this.#finish('client-gone', '')
  }

  /** Ends the request because its device was revoked. The caller has answered, or cut the connection. */
  revoke(): void {
    this.#finish('revoked', '')
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#outcome !== null) controller.abort(new Error('ended'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // 1xx answers concern this hop only.
    if (status < 200 || this.#outcome !== null) return
    const raw = rawFields(controller.rawHeaders)
    const fields = responseFields(raw)
    let chunked = false
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string
      if (name.length === 14 && lowerCase(name) === 'content-length') this.#length = Number(raw[i + 1])
      else if (name.length === 17 && lowerCase(name) === 'transfer-encoding') chunked = true
    }
    const res = this.#res
    if (this.#length === -1 && !chunked && status !== 204 && status !== 304 && this.#request.method !== 'HEAD') {
      // The body ends with the connection: so does ours, or a broken-off answer would get a proper end here.
      res.shouldKeepAlive = false
      res.useChunkedEncodingByDefault = false
    }
    if (this.#request.crossOrigin) for (const field of CORS_FIELDS) fields.push(field)
    res.writeHead(status, fields)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#outcome !== null) return
    const res = this.#res
    // What was read is overwritten by what is read next (reading-socket.ts): a copy, or for a small whole body a text.
    if (chunk.length === this.#length && chunk.length <= JOINED_BYTES) {
      this.#whole = chunk.toString('latin1')
      return
    }
    const copy = takeBuffer(chunk.length)
    chunk.copy(copy)
    if (!res.write(copy.subarray(0, chunk.length), () => giveBuffer(copy)) && !this.#paused) {
      this.#paused = true
      controller.pause()
      res.socket?.setTimeout(STALL_MS)
      res.once('drain', () => {
        this.#paused = false
        res.socket?.setTimeout(0)
        controller.resume()
      })
    }
  }

  onResponseEnd(): void {
    if (this.#outcome !== null) return
    this.#outcome = 'answered'
    const whole = this.#whole
    if (whole === null) this.#res.end()
    // As a string the body joins the head: one write to the kernel instead of a gather of two buffers. Latin1 keeps each byte.
    else this.#res.end(whole, 'latin1')
    this.#ended('answered', '')
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#outcome !== null) return
    const res = this.#res
    const { method } = this.#request
    if (!this.#retried && !res.headersSent && (method === 'GET' || method === 'HEAD') && isStaleConnection(error)) {
      this.#retried = true
      this.#controller = null
      this.start()
      return
    }
    const { code } = error as { code?: string }
    const reason = code === 'UND_ERR_INVALID_ARG' ? 'invalid' : failureReason(error)
    // A promise of more bytes that will not come: only a broken connection says so.
    if (res.headersSent) res.destroy()
    else if (code === 'PALIER_BODY_TOO_LARGE') {
      sendError(res, matrixError('M_TOO_LARGE', 413, 'The request body is too large'), this.#request.crossOrigin)
    } else sendError(res, upstreamError(reason), this.#request.crossOrigin)
    this.#outcome = 'upstream-failed'
    this.#ended('upstream-failed', reason)
  }

  #finish(outcome: PassOutcome, reason: string): void {
    if (this.#outcome !== null) return
    this.#outcome = outcome
    this.#controller?.abort(new Error(outcome))
    this.#ended(outcome, reason)
  }
}
