// One whole answer of the homeserver in memory: bounded by itself and by what the process holds in all, or an error; never a
// part of one.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { Dispatcher, Pool } from 'undici'
import { lowerCase, responseFields } from '../headers.ts'
import type { UpstreamFailureReason } from '../metered-port.ts'
import { failureReason, isStaleConnection, rawFields } from './upstream.ts'

export interface WholeAnswer {
  readonly ok: true
  readonly status: number
  /** Flat, without framing and encoding fields. */
  readonly fields: string[]
  readonly body: Buffer
}

export interface WholeFailure {
  readonly ok: false
  readonly reason: UpstreamFailureReason
  readonly sent: boolean
}

export interface WholeRequest {
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body?: Uint8Array | string | null
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** Room for answers: `take` says whether there is some. */
export interface Room {
  take(bytes: number): boolean
  give(bytes: number): void
}

/** Bytes of answers that the process holds at once. */
export class Held implements Room {
  readonly #maxBytes: number
  readonly #byOwner = new Map<string, number>()
  bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  take(bytes: number): boolean {
    if (this.bytes + bytes > this.#maxBytes) return false
    this.bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.bytes -= bytes
  }

  /** What one person may take of it: half, so that many large answers to one stolen session leave room for everybody else. */
  of(owner: string): Room {
    const mine = () => this.#byOwner.get(owner) ?? 0
    return {
      take: (bytes) => {
        if (mine() + bytes > this.#maxBytes / 2 || !this.take(bytes)) return false
        this.#byOwner.set(owner, mine() + bytes)
        return true
      },
      give: (bytes) => {
        this.give(bytes)
        if (mine() > bytes) this.#byOwner.set(owner, mine() - bytes)
        else this.#byOwner.delete(owner)
      },
    }
  }
}

/**
 * Fetches one answer, at most `capBytes` long (inflated), taking its bytes from `held`; `release` gives them back and is
 * called by whoever is done with the body. Never rejects. A GET on a stale connection is tried once more.
 */
export async function fetchWhole(
  pool: Pool,
  request: WholeRequest,
  capBytes: number,
  held: Room,
): Promise<(WholeAnswer & { release(): void }) | WholeFailure> {
  const first = await fetchOnce(pool, request, capBytes, held)
  const again = 'stale' in first && first.stale && request.method === 'GET'
  const answer = again ? await fetchOnce(pool, request, capBytes, held) : first
  if (!answer.ok) return { ok: false, reason: answer.reason, sent: answer.sent }
  const encoding = answer.encoding
  if (encoding === null) return answer
  answer.release()
  const body = await inflated(encoding, answer.body, capBytes)
  if (body === null) return { ok: false, reason: 'encoding', sent: true }
  if (!held.take(body.length)) return { ok: false, reason: 'busy', sent: true }
  return { ...answer, body, release: once(() => held.give(body.length)) }
}

const INFLATE = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
])

async function inflated(encoding: string, body: Buffer, capBytes: number): Promise<Buffer | null> {
  try {
    return (await INFLATE.get(encoding)?.(body, { maxOutputLength: capBytes })) ?? null
  } catch {
    return null
  }
}

type Once = (WholeAnswer & { release(): void; encoding: string | null }) | (WholeFailure & { stale: boolean })

function fetchOnce(pool: Pool, request: WholeRequest, capBytes: number, held: Room): Promise<Once> {
  return new Promise((resolve) => {
    if (request.signal.aborted) {
      resolve({ ok: false, reason: 'aborted', sent: false, stale: false })
      return
    }
    pool.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body ?? null,
        headersTimeout: 0,
      } as Dispatcher.DispatchOptions,
      new Collector(request, capBytes, held, resolve),
    )
  })
}

/** Receives one answer. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #request: WholeRequest
  readonly #capBytes: number
  readonly #held: Room
  readonly #resolve: (result: Once) => void
  readonly #timer: NodeJS.Timeout
  readonly #onAbort: () => void
  #controller: Dispatcher.DispatchController | null = null
  #done = false
  #status = 0
  #fields: string[] = []
  #encoding: string | null = null
  /** Announced length, or -1 for a chunked body. */
  #length = -1
  #taken = 0
  #received = 0
  /** The body as it comes in, when its length is known and it comes in more than one piece. */
  #target: Buffer | null = null
  #chunks: Buffer[] = []

  constructor(request: WholeRequest, capBytes: number, held: Room, resolve: (result: Once) => void) {
    this.#request = request
    this.#capBytes = capBytes
    this.#held = held
    this.#resolve = resolve
    this.#timer = setTimeout(() => this.#fail('timeout'), request.timeoutMs)
    this.#timer.unref()
    this.#onAbort = () => this.#fail('aborted')
    request.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#done) controller.abort(new Error('ended'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#done) return
    this.#status = status
    let framed = false
    const raw = rawFields(controller.rawHeaders)
    const kept: string[] = []
    for (let i = 0; i < raw.length; i += 2) {
      const name = lowerCase(raw[i] as string)
      const value = raw[i + 1] as string
      if (name === 'content-length') {
        framed = true
        this.#length = Number(value)
      } else if (name === 'transfer-encoding') framed = true
      else if (name === 'content-encoding') this.#encoding = value.trim().toLowerCase()
      else kept.push(raw[i] as string, value)
    }
    if (this.#encoding === 'identity' || this.#encoding === '') this.#encoding = null
    const bodiless = status === 204 || status === 304 || this.#request.method === 'HEAD'
    // A body that ends with the connection cannot be told from one that broke off.
    if (!framed && !bodiless) return this.#fail('died')
    if (bodiless) this.#length = 0
    if (this.#length > this.#capBytes) return this.#fail('too-large')
    if (this.#length > 0 && !this.#take(this.#length)) return
    this.#fields = responseFields(kept)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return
    this.#received += chunk.length
    if (this.#length >= 0) {
      if (this.#received > this.#length) return this.#fail('died')
      if (chunk.length === this.#length) {
        this.#target = chunk
        return
      }
      this.#target ??= Buffer.allocUnsafeSlow(this.#length)
      chunk.copy(this.#target, this.#received - chunk.length)
      return
    }
    if (this.#received > this.#capBytes) return this.#fail('too-large')
    if (this.#take(chunk.length)) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#done) return
    if (this.#length >= 0 && this.#received !== this.#length) return this.#fail('died')
    this.#end()
    const taken = this.#taken
    this.#resolve({
      ok: true,
      status: this.#status,
      fields: this.#fields,
      body: this.#target ?? (this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)),
      encoding: this.#encoding,
      release: once(() => this.#held.give(taken)),
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(failureReason(error), this.#status === 0 && isStaleConnection(error))
  }

  #take(bytes: number): boolean {
    if (this.#held.take(bytes)) {
      this.#taken += bytes
      return true
    }
    this.#fail('busy')
    return false
  }

  #fail(reason: UpstreamFailureReason, stale = false): void {
    if (this.#done) return
    this.#end()
    this.#held.give(this.#taken)
    this.#target = null
    this.#chunks = []
    this.#controller?.abort(new Error(reason))
    this.#resolve({ ok: false, reason, sent: this.#controller !== null, stale })
  }

  #end(): void {
    this.#done = true
    clearTimeout(this.#timer)
    this.#request.signal.removeEventListener('abort', this.#onAbort)
  }
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}
