// Load over raw sockets: each connection sends one prepared request, reads one whole answer, sends the next. Answers are
// told apart by their Content-Length, as a client would; a status other than 200 ends the run.
import { connect } from 'node:net'

/** Passed through: an answer of 350 bytes, of 100 events (some 90 kB), of 1,000. */
const OWN = '/_matrix/client/v3/user/@person:bench.example/account_data'
export const SMALL = `${OWN}/small`
export const PAGE = `${OWN}/page100`
export const LARGE_PAGE = `${OWN}/page1000`
/** Metered. */
const ROOM = '/_matrix/client/v3/rooms/!room:bench.example'
export const MESSAGES = `${ROOM}/messages?dir=b&limit=100`
export const LARGE_MESSAGES = `${ROOM}/messages?dir=b&limit=1000`
/** An answer of 200 MB, whatever was asked. */
export const HUGE_MESSAGES = `${ROOM}/messages?dir=b&limit=500`
/** An incremental answer of 1 kB: one live message. The same passed through. */
export const SYNC = '/_matrix/client/v3/sync?since=s1'
export const PASSED_SYNC = `${OWN}/sync`

export interface Load {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly requests: number
  /** The clients' tokens, a connection taking the next one. Proxies ignore them. */
  readonly tokens?: readonly string[]
  /** Told how long each request took. */
  readonly timed?: (milliseconds: number) => void
  /** Each connection waits so long between an answer and its next request in the mean, and up to that before its first: people are not in step. */
  readonly pauseMs?: number
}

/** Sends `requests` requests and resolves with how many milliseconds they took. Rejects on any answer but 200. */
export async function load({
  port,
  path,
  connections,
  requests,
  tokens = ['bench'],
  timed,
  pauseMs = 0,
}: Load): Promise<number> {
  const requestOf = (token: string) =>
    Buffer.from(
      [
        `GET ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        'Connection: keep-alive',
        `Authorization: Bearer ${token}`,
        'Accept: application/json',
        'Accept-Language: fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3',
        'Accept-Encoding: identity',
        'Origin: https://element.example',
        'Referer: https://element.example/',
        'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        '',
        '',
      ].join('\r\n'),
    )
  let left = requests
  const startedMs = performance.now()
  await Promise.all(
    Array.from({ length: connections }, (_, index) => drive(requestOf(tokens[index % tokens.length] as string))),
  )
  return performance.now() - startedMs

  function drive(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let head = ''
      let missing = -1
      let sentMs = 0
      const next = () => {
        if (left-- <= 0) {
          socket.destroy()
          resolve()
        } else {
          sentMs = performance.now()
          socket.write(request)
        }
      }
      socket.on('connect', () => (pauseMs === 0 ? next() : setTimeout(next, pauseMs * Math.random())))
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('connection closed')))
      socket.on('data', (chunk: Buffer) => {
        if (missing >= 0) {
          missing -= chunk.length
        } else {
          head += chunk.toString('latin1')
          const end = head.indexOf('\r\n\r\n')
          if (end === -1) return
          const length = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end + 2))
          if (!head.startsWith('HTTP/1.1 200') || !length) return reject(new Error(head.slice(0, 200)))
          missing = Number(length[1]) - (head.length - end - 4)
          head = ''
        }
        if (missing === 0) {
          missing = -1
          timed?.(performance.now() - sentMs)
          if (pauseMs === 0) next()
          else setTimeout(next, pauseMs * (0.5 + Math.random()))
        }
      })
    })
  }
}
