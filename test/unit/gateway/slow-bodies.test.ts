// Bodies that come slowly or not at all: cut off after a while, and so many at once of one person.
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { type Rig, type RigOptions, raw, rig, TOKEN } from './support.ts'

let current: Rig | null = null
const start = async (options: RigOptions) => (current = await rig(options))
afterEach(async () => {
  await current?.close()
  current = null
})

const head = (method: string, path: string, length: number) =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: ${length}\r\n\r\n`

const SEND = '/_matrix/client/v3/rooms/!r:x/send/m.room.message/1'
const ROUTES: readonly (readonly [string, string, string])[] = [
  ['passed', 'PUT', SEND],
  ['metered', 'POST', '/_matrix/client/v3/search'],
  ['large and metered', 'POST', '/_matrix/client/v3/keys/query'],
  ['answered here', 'POST', '/_matrix/client/v3/delete_devices'],
  ['answered here, without a session', 'POST', '/_matrix/client/v3/login'],
]

test.each(ROUTES)('a body that stops coming is cut off, and what was sent is let go: %s', async (how, method, path) => {
  let asked = 0
  const { port, events, tracked } = await start({
    limits: { bodyMs: 100 },
    upstream: (_req, res) => {
      asked++
      res.end('{}')
    },
  })
  // Nothing is answered: whoever does not finish asking has asked nothing.
  expect(await raw(port, `${head(method, path, how.startsWith('large') ? 500_000 : 1_000)}{"half":`)).toBe('')
  await eventually(() => events.length === 1)
  expect([events[0]?.outcome, tracked(), asked]).toEqual(['client-gone', 0, 0])
})

test.each(ROUTES.slice(0, 2))('one person has so many small bodies under way: %s', async (_how, method, path) => {
  const { port } = await start({
    limits: { bodies: 2 },
    upstream: (req, res) => void req.resume().on('end', () => res.end('{}')),
  })
  const slow = [0, 1].map(() => connect(port, '127.0.0.1'))
  const answers: string[] = []
  for (const socket of slow) {
    socket.on('data', (chunk) => answers.push(String(chunk)))
    socket.write(head(method, path, 10))
  }
  // Refused before its body is looked at.
  await eventually(async () => (await raw(port, `${head(method, path, 2)}{}`)).startsWith('HTTP/1.1 429 '))
  slow[0]?.write('{"a": 123}')
  await eventually(() => answers.join('').startsWith('HTTP/1.1 200 '))
  await eventually(async () => (await raw(port, `${head(method, path, 2)}{}`)).startsWith('HTTP/1.1 200 '))
  for (const socket of slow) socket.destroy()
})
