// A homeserver whose behaviour a test sets: fast and exact unless told otherwise, and it tells what reached it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it arrived. */
export interface Arrival {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly req: IncomingMessage
}

export type Rig = (arrival: Arrival, res: ServerResponse) => void

export interface RiggedHomeserver {
  readonly url: string
  /** Everything that arrived, in order. */
  readonly arrivals: Arrival[]
  /** What answers, until it is set anew. */
  rig: Rig
  /** Resolves at the first arrival from now on that the condition holds for. */
  arrival(condition: (arrival: Arrival) => boolean): Promise<Arrival>
  stop(): Promise<void>
}

/** Old enough to be history, and the same at every asking. */
const OLD_MS = Date.UTC(2025, 0, 1)

/** Events `$<stream>-<n>` from an offset on; `padding` bytes of text in each. */
export function oldEvents(stream: string, offset: number, count: number, padding = 0): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'm.room.message',
    event_id: `$${stream}-${offset + index}`,
    sender: '@bob:example.org',
    origin_server_ts: OLD_MS + offset + index,
    content: { body: 'x'.repeat(padding) },
  }))
}

export function json(res: ServerResponse, status: number, content: unknown): void {
  const body = JSON.stringify(content)
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
}

/** `/messages` from `from=<stream>-<offset>`: as many events as `limit` asks, or as `ignoring` says whatever it asks. */
export function page({ query }: Arrival, ignoring?: number, padding = 0): Record<string, unknown> {
  const [stream = 's', offset = '0'] = (query.get('from') ?? 's-0').split(/-(?=\d+$)/)
  const count = ignoring ?? Number(query.get('limit') ?? 10)
  const next = Number(offset) + count
  return {
    start: `${stream}-${offset}`,
    end: `${stream}-${next}`,
    chunk: oldEvents(stream, Number(offset), count, padding),
  }
}

/** Answers as a homeserver should. */
export const honest: Rig = (arrival, res) => {
  if (isHistory(arrival)) return json(res, 200, page(arrival))
  if (isSync(arrival)) return json(res, 200, { next_batch: `n${Math.random()}` })
  if (arrival.path.includes('/context/')) return json(res, 200, { start: 'c0', end: 'c1' })
  if (arrival.path.endsWith('/state/m.room.name')) return json(res, 404, { errcode: 'M_NOT_FOUND', error: 'no' })
  return json(res, 200, {})
}

export const isHistory = ({ path }: Arrival): boolean => path.endsWith('/messages')
export const isSync = ({ path }: Arrival): boolean => path.endsWith('/sync')

/** Answers `/messages` in its own way, all else as it should. */
export function history(rig: Rig): Rig {
  return (arrival, res) => (isHistory(arrival) ? rig(arrival, res) : honest(arrival, res))
}

export async function riggedHomeserver(): Promise<RiggedHomeserver> {
  const watchers = new Set<(arrival: Arrival) => void>()
  const arrivals: Arrival[] = []
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://rigged')
    const arrival = { method: req.method ?? '', path: pathname, query: searchParams, req }
    arrivals.push(arrival)
    for (const watcher of [...watchers]) watcher(arrival)
    it.rig(arrival, res)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const it: RiggedHomeserver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    rig: honest,
    arrival: (condition) =>
      new Promise((resolve) => {
        const watcher = (arrival: Arrival) => {
          if (!condition(arrival)) return
          watchers.delete(watcher)
          resolve(arrival)
        }
        watchers.add(watcher)
      }),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return it
}
