// A connection to the homeserver that reads into one buffer of its own, again and again, where Node makes a new one of 64 KiB for
// each read: what large answers cost a proxy on Node is mostly those buffers, and the collector that comes for them.
//
// undici takes what is read with `read()` and parses it before it reads again; what handlers are given points into the buffer.
// So: whoever keeps a piece of an answer past the call that hands it over makes a copy (Pass, Intake, Streamed).
import { Socket } from 'node:net'

const BUFFER_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)

class ReadingSocket extends Socket {
  #ready: Buffer = NOTHING
  #isStopped = false

  constructor(buffer: Buffer) {
    const onread = {
      buffer,
      callback: (length: number, bytes: Uint8Array): boolean => this.#received(bytes as Buffer, length),
    }
    // `net.connect` takes it, and so does what it is made of.
    super({ onread, noDelay: true } as ConstructorParameters<typeof Socket>[0])
  }

  /** What came in, or null. The next call may be what the next bytes overwrite it by. */
  override read(size?: number): Buffer | null {
    if (this.#ready.length > 0) {
      const ready = this.#ready
      this.#ready = NOTHING
      return ready
    }
    if (this.#isStopped) {
      this.#isStopped = false
      super._read(0)
    }
    return super.read(size) as Buffer | null
  }

  // What a paused parser gives back is read again before anything else.
  override unshift(chunk: Buffer): void {
    this.#ready = chunk
  }

  // False: reading stops until what is here was taken.
  #received(buffer: Buffer, length: number): boolean {
    this.#ready = buffer.subarray(0, length)
    this.emit('readable')
    this.#isStopped = this.#ready.length > 0
    return !this.#isStopped
  }
}

/** Connects to a host over TCP; calls back once, with the socket or why not. */
export function connectReading(
  { hostname, port }: { readonly hostname: string; readonly port: string | number },
  timeoutMs: number,
  callback: (error: Error | null, socket: Socket | null) => void,
): void {
  const socket = new ReadingSocket(Buffer.allocUnsafeSlow(BUFFER_BYTES))
  const settle = (error: Error | null) => {
    clearTimeout(timer)
    socket.off('connect', connected)
    socket.off('error', settle)
    if (error) socket.destroy()
    callback(error, error ? null : socket)
  }
  const connected = () => settle(null)
  const timer = setTimeout(
    () => settle(Object.assign(new Error('connecting took too long'), { code: 'UND_ERR_CONNECT_TIMEOUT' })),
    timeoutMs,
  )
  socket.once('connect', connected)
  socket.once('error', settle)
  socket.setKeepAlive(true, 60_000)
  socket.connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) })
}
