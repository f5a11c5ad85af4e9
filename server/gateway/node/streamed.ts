// One answer of the homeserver whose body is held back at the homeserver's own socket until it is paid for, and then goes
// straight to the client: never a byte more than was declared, and an answer that broke off never looks whole.
import type { ServerResponse } from 'node:http'
import type { Dispatcher, Pool } from 'undici'
import { CORS_FIELDS } from '../cors.ts'
import { lowerCase, privateCaching, responseFields } from '../headers.ts'
import type { Delivery, UpstreamFailureReason } from '../metered-port.ts'
import { failureReason, isStaleConnection, rawFields } from './upstream.ts'
import type { Room, WholeFailure, WholeRequest } from './whole.ts'

/** How long a client may leave bytes unread before it is cut off. */
const STALL_MS = 60_000
/** Bodies that a held-back connection hands over all the same (it was closed) are kept up to here. */
const KEPT_BYTES = 1024 * 1024

export interface StreamedBody {
  readonly ok: true
  readonly status: number
  /** Flat, without framing fields. */
  readonly fields: string[]
  /** Declared, or null when the homeserver did not say. */
  readonly length: number | null
  /** Takes the body in, at most `capBytes` of `held`; resolves with its length. */
  whole(capBytes: number, held: Room): Promise<number | WholeFailure>
  /** Writes head and body; `headOnly`: the request was HEAD. */
  release(res: ServerResponse, headOnly: boolean): Promise<Delivery>
  discard(): void
}

type Failed = WholeFailure & { readonly stale: boolean }

/** Fetches the head of an answer. Never rejects. A stale connection is tried once more. */
export async function fetchStreamed(pool: Pool, request: WholeRequest): Promise<StreamedBody | WholeFailure> {
  const first = await fetchOnce(pool, request)
  const answer = !first.ok && first.stale ? await fetchOnce(pool, request) : first
  return answer.ok ? answer : { ok: false, reason: answer.reason, sent: answer.sent }
}

function fetchOnce(pool: Pool, request: WholeRequest): Promise<StreamedBody | Failed> {
  return new Promise((resolve) => {
    if (request.signal.aborted) return resolve({ ok: false, reason: 'aborted', sent: false, stale: false })
    const options = { method: request.method, path: request.path, headers: request.headers, headersTimeout: 0 }
    pool.dispatch(options as Dispatcher.DispatchOptions, new Streamed(request, resolve))
  })
}

/** What becomes of the body: kept back, taken in, or sent on. */
interface Sink {
  data(chunk: Buffer): void
  end(): void
  failed(reason: UpstreamFailureReason): void
}

class Streamed implements Dispatcher.DispatchHandler, StreamedBody {
  readonly ok = true
  status = 0
  fields: string[] = []
  length: number | null = null
  readonly #request: WholeRequest
  readonly #resolve: (result: StreamedBody | Failed) => void
  readonly #timer: NodeJS.Timeout
  readonly #onAbort: () => void
  #controller: Dispatcher.DispatchController | null = null
  #sink: Sink | null = null
  #over: 'ended' | UpstreamFailureReason | null = null
  #early: Buffer[] = []
  #received = 0
  #taken: Buffer | null = null
  #giveBack: () => void = () => undefined

  constructor(request: WholeRequest, resolve: (result: StreamedBody | Failed) => void) {
    this.#request = request
    this.#resolve = resolve
    this.#timer = setTimeout(() => this.#fail('timeout'), request.timeoutMs)
    this.#timer.unref()
    this.#onAbort = () => this.#fail('aborted')
    request.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over !== null) controller.abort(new Error('ended'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#over !== null) return
    // The wait was for the head: how long the body may take is the client's pace.
    clearTimeout(this.#timer)
    let framed = false
    const kept: string[] = []
    const raw = rawFields(controller.rawHeaders)
    for (let i = 0; i < raw.length; i += 2) {
      const name = lowerCase(raw[i] as string)
      const value = raw[i + 1] as string
      if (name === 'content-length') {
        framed = true
        this.length = Number(value)
      } else if (name === 'transfer-encoding') framed = true
      else if (name === 'content-encoding') {
        // Identity was asked. What is not can be counted in bytes only by what leaves: it does not leave.
        if (value.trim() !== '' && value.trim().toLowerCase() !== 'identity') return this.#fail('encoding')
      } else kept.push(raw[i] as string, name === 'cache-control' ? privateCaching(value) : value)
    }
    if (status === 204 || status === 304) this.length = 0
    else if (!framed) return this.#fail('died')
    this.status = status
    this.fields = responseFields(kept)
    controller.pause()
    this.#resolve(this)
  }

  onResponseData(_controller: Dispatcher.DispatchController, read: Buffer): void {
    if (this.#over !== null) return
    // What was read is overwritten by what is read next (reading-socket.ts).
    const chunk = Buffer.from(read)
    this.#received += chunk.length
    if (this.length !== null && this.#received > this.length) return this.#fail('died')
    if (this.#sink) return this.#sink.data(chunk)
    if (this.#received > KEPT_BYTES) return this.#fail('died')
    this.#early.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#over !== null) return
    if (this.length !== null && this.#received !== this.length) return this.#fail('died')
    this.#done('ended')
    this.#sink?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(failureReason(error), this.status === 0 && isStaleConnection(error))
  }

  whole(capBytes: number, held: Room): Promise<number | WholeFailure> {
    const chunks: Buffer[] = []
    let taken = 0
    this.#giveBack = () => {
      held.give(taken)
      taken = 0
    }
    return new Promise((resolve) => {
      const refuse = (reason: UpstreamFailureReason) => {
        this.#giveBack()
        resolve({ ok: false, reason, sent: true })
      }
      this.#open({
        data: (chunk) => {
          if (taken + chunk.length > capBytes) return this.#fail('too-large')
          if (!held.take(chunk.length)) return this.#fail('busy')
          taken += chunk.length
          chunks.push(chunk)
        },
        end: () => {
          this.#taken = Buffer.concat(chunks)
          this.length = this.#taken.length
          resolve(this.length)
        },
        failed: refuse,
      })
    })
  }

  release(res: ServerResponse, headOnly: boolean): Promise<Delivery> {
    const fields = [...this.fields, ...CORS_FIELDS]
    const bodiless = this.status === 204 || this.status === 304
    if (!bodiless) fields.push('Content-Length', String(this.length ?? 0))
    return new Promise((resolve) => {
      const done = (delivery: Delivery) => {
        res.socket?.setTimeout(0)
        this.discard()
        resolve(delivery)
      }
      res.once('close', () =>
        done(res.writableFinished ? { firstByte: true, complete: true } : { firstByte: true, complete: false }),
      )
      res.once('finish', () => done({ firstByte: true, complete: true }))
      res.writeHead(this.status, fields)
      res.socket?.setTimeout(STALL_MS)
      if (headOnly || bodiless) return void res.end()
      if (this.#taken) return void res.end(this.#taken)
      this.#open({
        data: (chunk) => {
          if (res.write(chunk) || this.#controller?.paused) return
          this.#controller?.pause()
          res.once('drain', () => this.#controller?.resume())
        },
        end: () => res.end(),
        // A promise of more bytes that will not come: only a broken connection says so.
        failed: () => res.destroy(),
      })
    })
  }

  discard(): void {
    this.#giveBack()
    this.#taken = null
    this.#early = []
    if (this.#over !== null) return
    this.#done('aborted')
    this.#controller?.abort(new Error('discarded'))
  }

  #open(sink: Sink): void {
    this.#sink = sink
    for (const chunk of this.#early.splice(0)) sink.data(chunk)
    if (this.#over === 'ended') sink.end()
    else if (this.#over !== null) sink.failed(this.#over)
    else this.#controller?.resume()
  }

  #fail(reason: UpstreamFailureReason, stale = false): void {
    if (this.#over !== null) return
    this.#done(reason)
    const begun = this.status !== 0
    this.#controller?.abort(new Error(reason))
    if (begun) this.#sink?.failed(reason)
    else this.#resolve({ ok: false, reason, sent: this.#controller !== null, stale })
  }

  #done(how: 'ended' | UpstreamFailureReason): void {
    this.#over = how
    clearTimeout(this.#timer)
    this.#request.signal.removeEventListener('abort', this.#onAbort)
  }
}
