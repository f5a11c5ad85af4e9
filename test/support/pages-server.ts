// The real pages, served as in production, in front of canned API answers: a stand-in for the API only, so that every state of a page
// can be looked at. Full flows run elsewhere, on the real parts.
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { problem } from '../../server/errors/problem.ts'
import { pageRoutes } from '../../server/pages.ts'
import { nodeAssets } from '../../server/platform/assets-node.ts'

/** What an endpoint answers: a value, or a problem with a reason. */
export type Canned =
  | { readonly json: unknown }
  | { readonly status: 401 | 403 | 404 | 409 | 410 | 422 | 429 | 500; readonly reason: string }

export interface PagesServer {
  readonly url: string
  /** Sets what `path` answers until it is set again. */
  answer(path: string, canned: Canned): void
  /** What the pages asked, in order. */
  readonly asked: { path: string; body: unknown }[]
  /** Sends the list to every open event stream, and to those that open later. */
  prompt(list: readonly unknown[]): void
  reset(): void
  close(): Promise<void>
}

export async function startPagesServer(): Promise<PagesServer> {
  const answers = new Map<string, Canned>()
  const asked: { path: string; body: unknown }[] = []
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  let prompts = '[]'
  const event = () => new TextEncoder().encode(`event: approvals\ndata: ${prompts}\n\n`)

  const app = new Hono()
  app.post('/api/*', async (c) => {
    asked.push({ path: c.req.path, body: await c.req.json() })
    const canned = answers.get(c.req.path)
    if (canned === undefined) return problem(404, 'not-canned')
    return 'json' in canned ? c.json(canned.json as object) : problem(canned.status, canned.reason)
  })
  app.get('/api/console/*', (c) => {
    const canned = answers.get(c.req.path)
    if (canned === undefined) return c.json({ items: [], next: null })
    return 'json' in canned ? c.json(canned.json as object) : problem(canned.status, canned.reason)
  })
  app.get('/api/me/events', () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        streams.add(controller)
        controller.enqueue(event())
      },
    })
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' } })
  })
  app.route('/', pageRoutes({ config: { issuer: 'http://localhost' }, assets: nodeAssets(distClient()) }))

  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise<void>((resolve) => {
    server.once('listening', resolve)
  })
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    answer: (path, canned) => void answers.set(path, canned),
    asked,
    prompt: (list) => {
      prompts = JSON.stringify(list)
      for (const stream of streams) stream.enqueue(event())
    },
    reset: () => {
      answers.clear()
      asked.length = 0
      streams.clear()
      prompts = '[]'
    },
    close: () =>
      new Promise((resolve) => {
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export function distClient(): string {
  return fileURLToPath(new URL('../../dist/client', import.meta.url))
}
