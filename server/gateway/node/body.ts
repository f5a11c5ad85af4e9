// Request bodies: bounded, read whole when small, else streamed, and never a reason to cut a client off before it has read
// its answer.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { matrixError } from '../../errors/matrix.ts'
import type { Room } from './whole.ts'

export type BodyKind = 'none' | 'small' | 'stream' | 'too-large'

/** Bodies up to this are read whole before the request is sent on. */
const SMALL_BYTES = 64 * 1024
/** How long a client may go on sending a body after its answer. */
const LINGER_MS = 5_000

/** What body a request announces. GET and HEAD bodies mean nothing here and are not forwarded. */
export function bodyKind(req: IncomingMessage, limitBytes: number): BodyKind {
  if (req.method === 'GET' || req.method === 'HEAD') return 'none'
  if (req.headers['transfer-encoding'] !== undefined) return 'stream'
  const announced = req.headers['content-length']
  if (announced === undefined) return 'none'
  const length = Number(announced)
  if (length > limitBytes) return 'too-large'
  return length === 0 ? 'none' : length <= SMALL_BYTES ? 'small' : 'stream'
}

/**
 * Room for all of a body that is to be read whole, before any of it comes: one session with many bodies that never end must not
 * fill the memory. The returned function gives it back; null when there is none.
 */
export function roomFor(req: IncomingMessage, limitBytes: number, room: Room): (() => void) | null {
  const bytes = Number(req.headers['content-length'] ?? limitBytes)
  return room.take(bytes) ? () => room.give(bytes) : null
}

/** Why a body could not be had. */
export class BodyTooLarge extends Error {
  readonly code = 'PALIER_BODY_TOO_LARGE'
}

/** The answer to a body that there is no room for now. */
export const tooManyBodies = () =>
  matrixError('M_LIMIT_EXCEEDED', 429, 'Too many large requests are under way', { retry_after_ms: 2_000 })

/**
 * The whole body; null when the client went away, or did not send all of it within `withinMs`: it is cut off then, since a
 * body that never ends would be held for ever. Throws `BodyTooLarge` past `limitBytes` and then discards the rest.
 */
export function readWhole(req: IncomingMessage, limitBytes: number, withinMs: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const timer = setTimeout(() => req.socket.destroy(), withinMs)
    timer.unref()
    req.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limitBytes) {
        chunks.length = 0
        clearTimeout(timer)
        reject(new BodyTooLarge())
      } else {
        chunks.push(chunk)
      }
    })
    req.on('end', () => {
      clearTimeout(timer)
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    })
    req.on('error', () => resolve(null))
    req.on('close', () => {
      clearTimeout(timer)
      resolve(null)
    })
  })
}

/**
 * A body as a stream of its own: destroying it (undici does, when the homeserver answers early) leaves the client's
 * connection alone, and the rest of the body is discarded. Fails with `BodyTooLarge` past `limitBytes`.
 */
export class BoundedBody extends Readable {
  readonly #req: IncomingMessage

  constructor(req: IncomingMessage, limitBytes: number) {
    super()
    this.#req = req
    let length = 0
    req.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (this.destroyed) return
      if (length > limitBytes) this.destroy(new BodyTooLarge())
      else if (!this.push(chunk)) req.pause()
    })
    req.on('end', () => {
      if (!this.destroyed) this.push(null)
    })
    req.on('error', (error) => this.destroy(error))
    req.on('close', () => {
      if (!req.complete) this.destroy(new Error('the client went away'))
    })
  }

  override _read(): void {
    this.#req.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#req.resume()
    callback(error)
  }
}

/** After an answer that did not wait for the body: lets the client finish sending for a while, then cuts. */
export function linger(req: IncomingMessage): void {
  if (req.complete || req.destroyed) return
  const timer = setTimeout(() => req.socket.destroy(), LINGER_MS)
  timer.unref()
  req.on('end', () => clearTimeout(timer))
  req.on('close', () => clearTimeout(timer))
  req.resume()
}
