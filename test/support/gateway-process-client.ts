// Requests as a Matrix client sends them, over connections that a test counts. On sockets, since thousands of rounds are
// asked and the asking must cost less than the answering.
import { connect, type Socket } from 'node:net'

/** What a Matrix answer may carry, as far as tests look at it. */
export interface Content {
  readonly errcode?: string
  readonly error?: string
  readonly soft_logout?: boolean
  readonly retry_after_ms?: number
  readonly approval_uri?: string
  readonly chunk?: readonly { readonly event_id: string }[]
  readonly next_batch?: string
  readonly rooms?: {
    readonly join: Readonly<Record<string, { readonly timeline: { readonly events: readonly unknown[] } }>>
  }
}

export interface Answer {
  /** 0: the connection was cut before the answer was whole. */
  readonly status: number
  readonly head: string
  readonly body: Content
  /** As much of the body as came, a character a byte. */
  readonly text: string
  /** Bytes of the body that came, also when it was cut. */
  readonly bytes: number
  readonly afterMs: number
}

export interface Ask {
  readonly token: string
  readonly method?: 'GET' | 'POST'
  /** Sent as JSON. */
  readonly sent?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One connection, kept alive, one request at a time. */
export class Connection {
  readonly #port: number
  readonly #host: string
  #socket: Socket | null = null

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#host = hostname
    this.#port = Number(port)
  }

  /** Asks; a cut connection is an answer with status 0, never an exception. */
  ask(target: string, { token, method = 'GET', sent, headers = {} }: Ask): Promise<Answer> {
    const started = performance.now()
    const socket = this.#open()
    const content = sent === undefined ? '' : JSON.stringify(sent)
    const lines = Object.entries({
      host: 'localhost:8008',
      authorization: `Bearer ${token}`,
      'user-agent': 'test',
      ...(sent === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) }),
      ...headers,
    })
    return new Promise((resolve) => {
      let received: Buffer = Buffer.alloc(0)
      let whole = -1
      let bodyAt = -1
      const finish = (cut: boolean) => {
        socket.off('data', onData)
        socket.off('close', onClose)
        if (cut) this.#socket = null
        const head = bodyAt === -1 ? '' : received.toString('latin1', 0, bodyAt)
        const body = bodyAt === -1 ? Buffer.alloc(0) : received.subarray(bodyAt)
        const status = cut ? 0 : Number(head.slice(9, 12))
        resolve({
          status,
          head,
          body: cut ? {} : parsed(body),
          text: body.toString('latin1'),
          bytes: body.length,
          afterMs: performance.now() - started,
        })
      }
      const onData = (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        if (bodyAt === -1) {
          const end = received.indexOf('\r\n\r\n')
          if (end === -1) return
          bodyAt = end + 4
          const length = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, end))
          whole = bodyAt + Number(length?.[1] ?? 0)
        }
        if (received.length >= whole) finish(false)
      }
      const onClose = () => finish(true)
      socket.on('data', onData)
      socket.on('close', onClose)
      const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      socket.write(`${method} ${target} HTTP/1.1\r\n${fields}\r\n${content}`)
    })
  }

  /** Hangs up. */
  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  #open(): Socket {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    const socket = connect(this.#port, this.#host)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    this.#socket = socket
    return socket
  }
}

/** Asks over a connection of its own, hung up afterwards. */
export async function ask(url: string, target: string, with_: Ask): Promise<Answer> {
  const connection = new Connection(url)
  const answer = await connection.ask(target, with_)
  connection.close()
  return answer
}

/** The path of a room's history. */
export function messages(room: string, from: string, limit: number): string {
  return `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&from=${from}&limit=${limit}`
}

/** Events that an answer released. */
export function released({ status, body }: Answer): number {
  return status === 200 && Array.isArray(body.chunk) ? body.chunk.length : 0
}

function parsed(body: Buffer): Content {
  try {
    return JSON.parse(body.toString('utf8')) as Content
  } catch {
    return {}
  }
}
