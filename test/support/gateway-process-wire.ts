// The wires of a gateway, held by a test: to Postgres, stopped right before or right after a named metering operation, and to
// a client, stopped before the first byte. What stops is bytes between processes: the product knows nothing of it.
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface DatabaseWire {
  /** The database through the wire. */
  readonly url: string
  /**
   * Stops the next connection that carries the operation: `before` holds the statement back, so that it never happens
   * unless the wire flows again; `after` lets it happen and holds back the database's answer. Resolves once it is
   * stopped there, with the statement as it stands on the wire.
   */
  stopAt(operation: string, when: 'before' | 'after'): Promise<string>
  /** Nothing crosses any more, in either direction, and nobody is told: the network or the database hangs. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

/** A wire to the database of a URL. Everything flows until a stop is asked for. */
export async function databaseWire(databaseUrl: string): Promise<DatabaseWire> {
  const to = new URL(databaseUrl)
  let stop: { marks: readonly string[]; when: 'before' | 'after'; reached: (statement: string) => void } | null = null

  let frozen = false

  const { port, close, sockets } = await relay(Number(to.port), to.hostname, (client, database) => {
    let tail = ''
    let held: 'before' | 'after' | null = null
    if (frozen) for (const socket of [client, database]) socket.pause()
    client.on('data', (chunk: Buffer) => {
      if (held === 'before') return
      tail = tail.slice(-64) + chunk.toString('latin1')
      const here = stop
      if (here?.marks.some((mark) => tail.includes(mark))) {
        stop = null
        held = here.when
        const statement = tail
        if (held === 'before') return here.reached(statement)
        // The database's answer is read, and goes no further.
        database.once('data', () => here.reached(statement))
      }
      database.write(chunk)
    })
    database.on('data', (chunk: Buffer) => {
      if (held === null) client.write(chunk)
    })
  })
  const through = new URL(databaseUrl)
  through.hostname = '127.0.0.1'
  through.port = String(port)
  return {
    url: through.href,
    stopAt: (operation, when) =>
      new Promise((resolve) => {
        // Reservations and settlements travel in columns, all others one by one (db/stores/metering-batch.ts).
        stop = { marks: [`"${operation}":{`, `"op":"${operation}"`], when, reached: resolve }
      }),
    freeze: () => {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw: () => {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
    close,
  }
}

export interface ClientWire {
  /** The gateway through the wire. */
  readonly url: string
  /** Resolves when the gateway has sent its first byte, which goes no further. */
  readonly firstByte: Promise<void>
  close(): Promise<void>
}

/** A wire to a gateway on which nothing comes back. */
export async function silentWire(gatewayUrl: string): Promise<ClientWire> {
  const to = new URL(gatewayUrl)
  let reached: () => void
  const firstByte = new Promise<void>((resolve) => {
    reached = resolve
  })
  const { port, close } = await relay(Number(to.port), to.hostname, (client, gateway) => {
    client.on('data', (chunk: Buffer) => gateway.write(chunk))
    gateway.once('data', () => reached())
    gateway.resume()
  })
  return { url: `http://127.0.0.1:${port}`, firstByte, close }
}

async function relay(port: number, host: string, join: (near: Socket, far: Socket) => void) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = connect(port, host)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.setNoDelay(true)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    join(near, far)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    sockets: sockets as ReadonlySet<Socket>,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
