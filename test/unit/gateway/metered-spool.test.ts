// Answers too large for memory, on real sockets and a real disk: counted while they come in, sealed, released as they came, and
// nothing of them left behind whatever happens meanwhile.
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { get, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Metered } from '../../../server/gateway/metered-port.ts'
import type { GatewayDeps } from '../../../server/gateway/node/server.ts'
import { countByParsing } from '../../../server/metering/scanner/reference.ts'
import { weigh } from '../../../server/metering/weigh.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { eventually } from '../../support/eventually.ts'
import { WEIGHING } from '../../support/scanner.ts'
import { rig, TOKEN } from './support.ts'

const MESSAGES = '/_matrix/client/v3/rooms/!r:example.org/messages?dir=b&limit=100'
const AUTH = { authorization: `Bearer ${TOKEN}` }
const PAGE = Buffer.from(
  JSON.stringify({
    chunk: Array.from({ length: 3_000 }, (_, n) => ({
      event_id: `$${n}é`,
      origin_server_ts: n,
      content: { body: 'needle'.repeat(50) },
    })),
  }),
)
const LIMITS = { memoryBytes: 100_000, answerBytes: 200_000 }

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'palier-spool-'))
  closing.push(async () => rmSync(made, { recursive: true, force: true }))
  return join(made, 'spool')
}

interface Seen {
  reason?: string
  weight?: unknown
  spooled?: boolean
  delivery?: { firstByte: boolean; complete: boolean }
}

async function start(
  upstream: RequestListener,
  options: { limits?: GatewayDeps['limits']; at?: string; before?: (seen: Seen) => Promise<void> } = {},
) {
  const seen: Seen[] = []
  const logged: unknown[] = []
  const metered: Metered = async (request) => {
    const own: Seen = {}
    seen.push(own)
    const answer = await request.send({ spool: { shape: 'chunk', key: WEIGHING.hash.key } })
    if (!answer.ok) {
      own.reason = answer.reason
      await request.respond(502, [], '{}')
      return
    }
    own.spooled = Boolean(answer.spooled)
    own.weight = answer.spooled?.weigh(WEIGHING)
    await options.before?.(own)
    own.delivery = await request.respond(answer.status, answer.headers, answer.spooled ?? answer.body)
  }
  const at = options.at ?? folder()
  const made = await rig({
    upstream,
    metered,
    limits: { ...LIMITS, ...options.limits },
    spool: { folder: at, random: systemRandom },
    log: { debug() {}, info() {}, warn() {}, error: (event, fields) => logged.push({ event, ...fields }) },
  })
  closing.push(() => made.close())
  return { ...made, seen, logged, at }
}

/** What the process has open in a folder. */
function openIn(at: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(at) ? [fd] : []
    } catch {
      return []
    }
  })
}

const EXPECTED = weigh(countByParsing(PAGE, 'chunk') ?? [], WEIGHING)

test.each([
  ['announced', (_req, res) => void res.writeHead(200, { 'content-length': PAGE.length }).end(PAGE)],
  [
    'chunked, in small pieces',
    (_req, res) => {
      for (let at = 0; at < PAGE.length; at += 7_001) res.write(PAGE.subarray(at, at + 7_001))
      res.end()
    },
  ],
  [
    'compressed though it was not to be',
    (_req, res) => void res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(PAGE)),
  ],
] as [string, RequestListener][])(
  'an answer too large for memory, %s, is counted and released byte for byte',
  async (_how, upstream) => {
    const { url, seen, at } = await start(upstream)
    const answer = await fetch(url + MESSAGES, { headers: AUTH })
    expect(Buffer.from(await answer.arrayBuffer()).equals(PAGE)).toBe(true)
    expect(answer.headers.get('content-length')).toBe(String(PAGE.length))
    expect(seen).toMatchObject([{ spooled: true, weight: EXPECTED, delivery: { complete: true } }])
    await eventually(() => openIn(at).length === 0)
  },
)

test('a small answer stays in memory', async () => {
  const { url, seen } = await start((_req, res) => void res.end('{"chunk":[]}'))
  expect(await (await fetch(url + MESSAGES, { headers: AUTH })).text()).toBe('{"chunk":[]}')
  expect(seen).toMatchObject([{ spooled: false }])
})

test('what is on disk has no name and cannot be read', async () => {
  let onDisk = ''
  let names: string[] = ['unread']
  const { url, at } = await start((_req, res) => void res.end(PAGE), {
    before: async () => {
      names = readdirSync(at)
      onDisk = openIn(at)
        .map((fd) => readFileSync(`/proc/self/fd/${fd}`, 'latin1'))
        .join('')
    },
  })
  await (await fetch(url + MESSAGES, { headers: AUTH })).arrayBuffer()
  expect(names).toEqual([])
  expect(onDisk.length).toBeGreaterThanOrEqual(PAGE.length)
  expect(onDisk).not.toContain('needle')
})

test('a homeserver that dies in mid-body leaves nothing, and the answer is not released', async () => {
  const { url, seen, at } = await start((_req, res) => {
    res.writeHead(200, { 'content-length': PAGE.length })
    res.write(PAGE.subarray(0, 700_000), () => res.destroy())
  })
  expect((await fetch(url + MESSAGES, { headers: AUTH })).status).toBe(502)
  expect(seen).toMatchObject([{ reason: 'died' }])
  await eventually(() => openIn(at).length === 0)
})

test('a client that leaves in the middle of a spooled answer gets no more of it, and nothing is left', async () => {
  const large = Buffer.concat([Buffer.from('{"chunk":[],"x":"'), Buffer.alloc(60_000_000, 'x'), Buffer.from('"}')])
  const { port, seen, at } = await start((_req, res) => void res.end(large))
  await new Promise<void>((resolve) => {
    const request = get({ port, path: MESSAGES, headers: AUTH }, (answer) => {
      answer.once('data', () => {
        request.destroy()
        resolve()
      })
    })
    request.on('error', () => undefined)
  })
  await eventually(() => seen[0]?.delivery !== undefined)
  expect(seen).toMatchObject([{ spooled: true, delivery: { firstByte: true, complete: false } }])
  await eventually(() => openIn(at).length === 0)
})

test('a client that reads slowly gets it whole', async () => {
  const large = Buffer.concat([Buffer.from('{"chunk":[],"x":"'), Buffer.alloc(20_000_000, 'y'), Buffer.from('"}')])
  const { port } = await start((_req, res) => void res.end(large))
  const length = await new Promise<number>((resolve, reject) => {
    get({ port, path: MESSAGES, headers: AUTH }, async (answer) => {
      let sum = 0
      for await (const chunk of answer) {
        sum += (chunk as Buffer).length
        await new Promise((then) => setImmediate(then))
      }
      resolve(sum)
    }).on('error', reject)
  })
  expect(length).toBe(large.length)
})

test.each([
  ['past the largest that is spooled', { limits: { spooledAnswerBytes: 500_000 } }, 'too-large', null],
  ['past the room on disk', { limits: { spoolBytes: 1_000_000 } }, 'busy', 'no-room'],
] as const)('an answer %s is refused', async (_what, options, reason, why) => {
  const { url, seen, logged, at } = await start((_req, res) => {
    for (let part = 0; part < 10; part++) res.write(PAGE)
    res.end()
  }, options)
  expect((await fetch(url + MESSAGES, { headers: AUTH })).status).toBe(502)
  expect(seen).toMatchObject([{ reason }])
  if (why) expect(logged).toContainEqual({ event: 'gateway.spool_failed', why })
  await eventually(() => openIn(at).length === 0)
})

test('a disk that cannot be written is said in the log, and the answer refused', async () => {
  const file = `${folder()}-file`
  writeFileSync(file, '')
  const { url, seen, logged } = await start((_req, res) => void res.end(PAGE), { at: join(file, 'spool') })
  expect((await fetch(url + MESSAGES, { headers: AUTH })).status).toBe(502)
  expect(seen).toMatchObject([{ reason: 'busy' }])
  expect(logged).toContainEqual({ event: 'gateway.spool_failed', why: 'ENOTDIR' })
})

test('a bomb is stopped where the largest answer ends', async () => {
  const { url, seen, at } = await start(
    (_req, res) => void res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000))),
    { limits: { spooledAnswerBytes: 1_000_000 } },
  )
  expect((await fetch(url + MESSAGES, { headers: AUTH })).status).toBe(502)
  expect(seen).toMatchObject([{ reason: 'encoding' }])
  await eventually(() => openIn(at).length === 0)
})

test('what cannot be counted has no weight, however large', async () => {
  const { url, seen } = await start((_req, res) => void res.end(`{"chunk":[${'{},'.repeat(400_000)}{]}`))
  await (await fetch(url + MESSAGES, { headers: AUTH })).arrayBuffer()
  expect(seen).toMatchObject([{ spooled: true, weight: null }])
})
