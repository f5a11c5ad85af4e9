// A stream or a file that fails once it has begun: over a real server, what the reader gets, what the log has, what goes to stderr.
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { streamedAnswers } from '../../../server/errors/streamed.ts'
import { jsonFile } from '../../../server/platform/json-file.ts'

const SECRET = 'mel@example.org'
const logged: { event: string; fields: Readonly<Record<string, unknown>> }[] = []
const note = (event: string, fields: Readonly<Record<string, unknown>> = {}) => void logged.push({ event, fields })

/** As the database's client throws: around the fault, with the query and its values. */
const failure = () =>
  new Error(`Failed query: select email from people\nparams: ${SECRET}`, {
    cause: new Error(`connection ended\n${SECRET}`),
  })

async function* pieces(count: number, fails: boolean) {
  for (let piece = 0; piece < count; piece += 1) {
    yield `${piece},`.repeat(20_000)
    await new Promise(setImmediate)
  }
  if (fails) throw failure()
}

const app = new Hono()
app.use('*', streamedAnswers({ debug: note, info: note, warn: note, error: note }))
app.get('/file/:pieces', (c) => jsonFile(pieces(Number(c.req.param('pieces')), true), 'a.json'))
app.get('/whole', () => jsonFile(pieces(3, false), 'a.json'))
app.get('/plain', (c) => c.json({ plain: true }))

const server = createAdaptorServer({ fetch: app.fetch })
let at = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => void server.close(resolve)))
beforeEach(() => {
  logged.length = 0
})

it.each([0, 1, 5])(
  'after %i pieces: cut off, logged in a line without values, and nothing on stderr',
  async (count) => {
    const stderr = vi.spyOn(console, 'error')
    await expect(fetch(`${at}/file/${count}`).then((answer) => answer.text())).rejects.toThrow()
    expect(logged).toEqual([
      { event: 'answer.broken-off', fields: { method: 'GET', path: `/file/${count}`, detail: 'connection ended' } },
    ])
    expect(stderr).not.toHaveBeenCalled()
    stderr.mockRestore()
  },
)

it('where there is no connection to cut, the body fails and does not say why', async () => {
  const answer = await app.request('/file/2')
  const read = answer.text()
  await expect(read).rejects.toThrow(/^the answer broke off$/)
  expect(logged).toHaveLength(1)
})

it('what does not fail is as it was, with its headers', async () => {
  const whole = await fetch(`${at}/whole`)
  expect(whole.headers.get('Content-Disposition')).toBe('attachment; filename="a.json"')
  expect(whole.headers.get('Cache-Control')).toBe('no-store')
  expect((await whole.text()).length).toBe(3 * 40_000)
  expect(await (await fetch(`${at}/plain`)).json()).toEqual({ plain: true })
  expect(logged).toEqual([])
})

it('a reader who goes stops the source', async () => {
  let stopped = false
  const endless = async function* () {
    try {
      for (;;) yield 'x'.repeat(1_000)
    } finally {
      stopped = true
    }
  }
  const own = new Hono()
  own.use('*', streamedAnswers({ debug: note, info: note, warn: note, error: note }))
  own.get('/', () => jsonFile(endless(), 'a.json'))
  const reader = (await own.request('/')).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  expect(stopped).toBe(true)
  expect(logged).toEqual([])
})
