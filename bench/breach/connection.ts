// One connection of a thief: asks as fast as it is answered, from the address it was given, and notes when each byte came.
import { Agent, request } from 'node:http'

export interface Answer {
  /** 0: cut before it was whole. */
  readonly status: number
  readonly body: unknown
  readonly bytes: number
}

export interface Thief {
  readonly gateway: string
  readonly token: string
  /** Local addresses to ask from: each is a network of its own. */
  readonly addresses: readonly string[]
}

/** Milliseconds (performance.now) at which the last byte of an answer came that was not a refusal of the token. */
export interface Watch {
  lastByteMs: number
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: unknown
}

/** A connection from one of the thief's addresses; a path alone is a GET. `signal`: what is under way is broken off. */
export function connection(
  thief: Thief,
  index: number,
  watch: Watch,
  signal?: AbortSignal,
): (asked: string | Asked) => Promise<Answer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { hostname, port } = new URL(thief.gateway)
  const localAddress = thief.addresses[index % thief.addresses.length] as string
  return (asked) =>
    new Promise((resolve) => {
      const { method, path, body }: Asked = typeof asked === 'string' ? { method: 'GET', path: asked } : asked
      const content = body === undefined ? undefined : JSON.stringify(body)
      let begun = false
      const sent = request(
        {
          agent,
          hostname: hostname === 'localhost' ? '127.0.0.1' : hostname,
          port,
          method,
          path,
          localAddress,
          ...(signal ? { signal } : {}),
          headers: {
            authorization: `Bearer ${thief.token}`,
            ...(content === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
          },
        },
        (response) => {
          begun = true
          const chunks: Buffer[] = []
          const ends = response.statusCode === 401
          response.on('data', (chunk: Buffer) => {
            if (!ends) watch.lastByteMs = performance.now()
            chunks.push(chunk)
          })
          response.on('error', () => undefined)
          response.on('close', () => {
            const bytes = Buffer.concat(chunks)
            resolve({
              status: response.complete ? (response.statusCode ?? 0) : 0,
              body: parsed(bytes),
              bytes: bytes.length,
            })
          })
        },
      )
      // What came of an answer that is broken off is counted when it closes.
      sent.on('error', () => void (begun || resolve({ status: 0, body: null, bytes: 0 })))
      sent.end(content)
    })
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
}
