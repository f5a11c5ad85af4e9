// A page that is closed ends its stream on the server, over a real connection.
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LiveWatch, liveStream } from '../../../../server/console/watch/live.ts'

let server: ServerType
let taken = 0
beforeAll(async () => {
  const watch = new LiveWatch({ take: async () => String(++taken), periodMs: 5 })
  const app = new Hono()
  app.get('/', (c) => liveStream(watch, { personId: 'per_a', mayStay: async () => true }, c.req.raw.signal))
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve())
  })
})
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())))

test('nothing is read for a page that is gone', async () => {
  const leaving = new AbortController()
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  await reader.read()
  await expect.poll(() => taken).toBeGreaterThan(3)
  leaving.abort()
  await reader.read().catch(() => undefined)
  await expect
    .poll(async () => {
      const before = taken
      await new Promise((resolve) => setTimeout(resolve, 50))
      return taken - before
    })
    .toBe(0)
})
