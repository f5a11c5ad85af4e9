// One whole answer of the homeserver in memory: bounded by itself and by what the process holds in all, or an error; never a
// part of one.
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Dispatcher, Pool } from 'undici'
import { lowerCase, responseFields } from '../headers.ts'
import type { UpstreamFailureReason } from '../metered-port.ts'
import { Intake, type Spooling, type SpoolOffer, type Taken } from './intake.ts'
import { failureReason, isStaleConnection, rawFields } from './upstream.ts'

export interface WholeAnswer {
  readonly ok: true
  readonly status: number
  /** Flat, without framing and encoding fields. */
  readonly fields: string[]
  /** Empty when it was spooled. */
  readonly body: Buffer
  readonly spooling: Spooling | null
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
 * Fetches one answer, at most `capBytes` long (inflated), taking its bytes from `held`; or, where `offer` is given, sealed to
 * disk past what it says. `release` gives everything back and is called by whoever is done with the body. Never rejects. A
 * GET on a stale connection is tried once more.
 */
export async function fetchWhole(
  pool: Pool,
  request: WholeRequest,
  capBytes: number,
  held: Room,
  offer: SpoolOffer | null = null,
): Promise<(WholeAnswer & { release(): void }) | WholeFailure> {
  const first = await fetchOnce(pool, request, capBytes, held, offer)
  const again = 'stale' in first && first.stale && request.method === 'GET'
  const answer = again ? await fetchOnce(pool, request, capBytes, held, offer) : first
  if (!answer.ok) return { ok: false, reason: answer.reason, sent: answer.sent }
  if (answer.encoding === null) return answer
  const intake = new Intake(capBytes, held, offer)
  const taken = await inflated(answer.encoding, answer.body, intake)
  answer.release()
  if (typeof taken !== 'string') return { ...answer, ...taken, release: () => intake.release() }
  intake.release()
  return { ok: false, reason: taken, sent: true }
}

const INFLATE = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
])

async function inflated(encoding: string, body: Buffer, intake: Intake): Promise<Taken | UpstreamFailureReason> {
  const stream = INFLATE.get(encoding)?.()
  if (stream === undefined) return 'encoding'
  stream.end(body)
  try {
    for await (const chunk of stream) {
      const failure = intake.add(chunk as Buffer)
      // What grows past the cap is no answer to a request for identity encoding.
      if (failure !== null) return failure === 'too-large' ? 'encoding' : failure
      await new Promise<void>((resolve) => {
        if (intake.ready(resolve)) resolve()
      })
    }
  } catch {
    return 'encoding'
  }
  return intake.end()
}

type Once = (WholeAnswer & { release(): void; encoding: string | null }) | (WholeFailure & { stale: boolean })

function fetchOnce(
  pool: Pool,
  request: WholeRequest,
  capBytes: number,
  held: Room,
  offer: SpoolOffer | null,
): Promise<Once> {
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
      new Collector(request, (encoded) => new Intake(capBytes, held, encoded ? null : offer), resolve),
    )
  })
}

/** Receives one answer. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #request: WholeRequest
  readonly #intakeFor: (encoded: boolean) => Intake
  readonly #resolve: (result: Once) => void
  readonly #timer: NodeJS.Timeout
  readonly #onAbort: () => void
  #controller: Dispatcher.DispatchController | null = null
  #done = false
  #status = 0
  #fields: string[] = []
  #encoding: string | null = null
  #intake: Intake | null = null

  constructor(request: WholeRequest, intakeFor: (encoded: boolean) => Intake, resolve: (result: Once) => void) {
    this.#request = request
    this.#intakeFor = intakeFor
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
    let length = -1
    const raw = rawFields(controller.rawHeaders)
    const kept: string[] = []
    for (let i = 0; i < raw.length; i += 2) {
      const name = lowerCase(raw[i] as string)
      const value = raw[i + 1] as string
      if (name === 'content-length') {
        framed = true
        length = Number(value)
      } else if (name === 'transfer-encoding') framed = true
      else if (name === 'content-encoding') this.#encoding = value.trim().toLowerCase()
      else kept.push(raw[i] as string, value)
    }
    if (this.#encoding === 'identity' || this.#encoding === '') this.#encoding = null
    const bodiless = status === 204 || status === 304 || this.#request.method === 'HEAD'
    // A body that ends with the connection cannot be told from one that broke off.
    if (!framed && !bodiless) return this.#fail('died')
    // What is compressed is held as it is, and inflated when it is whole.
    this.#intake = this.#intakeFor(this.#encoding !== null)
    const failure = bodiless ? this.#intake.expect(0) : length >= 0 ? this.#intake.expect(length) : null
    if (failure !== null) return this.#fail(failure)
    this.#fields = responseFields(kept)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const intake = this.#intake
    if (this.#done || intake === null) return
    const failure = intake.add(chunk)
    if (failure !== null) return this.#fail(failure)
    if (!intake.isSpooled) return
    // A large answer may take its time while it comes.
    this.#timer.refresh()
    if (!intake.ready(() => controller.resume())) controller.pause()
  }

  onResponseEnd(): void {
    const intake = this.#intake
    if (this.#done || intake === null) return
    if (!intake.isSpooled && intake.isWhole) return this.#settle(intake, intake.whole())
    void intake.end().then((taken) => {
      if (typeof taken === 'string') this.#fail(taken)
      else this.#settle(intake, taken)
    })
  }

  #settle(intake: Intake, taken: Taken): void {
    if (this.#done) return
    this.#end()
    this.#resolve({
      ok: true,
      status: this.#status,
      fields: this.#fields,
      ...taken,
      encoding: this.#encoding,
      release: () => intake.release(),
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(failureReason(error), this.#status === 0 && isStaleConnection(error))
  }

  #fail(reason: UpstreamFailureReason, stale = false): void {
    if (this.#done) return
    this.#end()
    this.#intake?.release()
    this.#controller?.abort(new Error(reason))
    this.#resolve({ ok: false, reason, sent: this.#controller !== null, stale })
  }

  #end(): void {
    this.#done = true
    clearTimeout(this.#timer)
    this.#request.signal.removeEventListener('abort', this.#onAbort)
  }
}
