// Memory of a gateway before which everybody waits: long polls that the homeserver does not answer, and requests held for a tap.
import { connect, type Socket } from 'node:net'
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf } from '../figure.ts'
import { MESSAGES } from '../load.ts'
import { end, fileLimit, openFiles, portOf, residentBytes, servingFlags, start } from '../process.ts'

const LIMIT_MB = 400
const WANTED_POLLS = 10_000
const HELD = 1_000
/** Files that a gateway has open beside its requests. */
const OTHER_FILES = 300
/** A device may have four under way. */
const POLLS_A_DEVICE = 4
const AT_ONCE = 200
/** Each held request is a prompt of its own, written durably. */
const HELD_AT_ONCE = 20
const HELD_PAUSE_MS = 100
const SETTLE_MS = 20_000

/** One figure, in megabytes of 2^20 bytes; with fewer polls where the system does not let one process have so many connections. */
export async function parkedMemory(database: BenchDatabase): Promise<Record<string, Figure>> {
  // Each poll has a connection to the client and one to the homeserver.
  const polls = Math.min(WANTED_POLLS, Math.floor((fileLimit() - HELD - OTHER_FILES) / 2))
  const homeserver = start('load', process.execPath, [`${import.meta.dirname}/../pages.ts`])
  const upstream = `http://127.0.0.1:${await portOf(homeserver)}`
  const gateway = start('measured', process.execPath, [
    ...servingFlags(),
    `${import.meta.dirname}/../gateway.ts`,
    upstream,
    database.url,
    'parked',
  ])
  const sockets: Socket[] = []
  try {
    const [port, pid] = [await portOf(gateway), gateway.pid as number]
    const tokens: string[] = []
    while (tokens.length < polls / POLLS_A_DEVICE) tokens.push(...(await database.signIn(100)))
    const idleFiles = openFiles(pid)
    let expected = 0
    // A burst would measure how fast connections are made.
    const arrived = async () => {
      const deadlineMs = performance.now() + SETTLE_MS
      while (openFiles(pid) - idleFiles < expected && performance.now() < deadlineMs)
        await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const park = async (path: string, count: number, filesEach: number, atOnce: number) => {
      for (let at = 0; at < count; at += atOnce) {
        const batch = Array.from({ length: Math.min(atOnce, count - at) }, (_, n) => (at + n) % tokens.length)
        sockets.push(...(await Promise.all(batch.map((index) => waiting(port, path, tokens[index] as string)))))
        expected += batch.length * filesEach
        await arrived()
        if (atOnce === HELD_AT_ONCE) await new Promise((resolve) => setTimeout(resolve, HELD_PAUSE_MS))
      }
    }
    await park('/_matrix/client/v3/sync?since=s1&timeout=600000', polls, 2, AT_ONCE)
    await park(MESSAGES, HELD, 1, HELD_AT_ONCE)
    const waits = (from: number, to: number) =>
      sockets.slice(from, to).filter((socket) => !socket.closed && socket.bytesRead === 0).length
    const [polling, held] = [waits(0, polls), waits(polls, polls + HELD)]
    if (polling + held < polls + HELD)
      process.stderr.write(`bench: ${polls + HELD - polling - held} requests did not wait; one was told: ${said}\n`)
    return {
      parked_memory_mb: figureOf(
        [residentBytes(pid) / 2 ** 20],
        LIMIT_MB,
        `resident memory with ${polling} parked long polls and ${held} requests held for a tap`,
      ),
    }
  } finally {
    for (const socket of sockets) socket.destroy()
    await Promise.all([end(gateway), end(homeserver)])
  }
}

/** What a request that was to wait was answered. */
let said = ''

function waiting(port: number, path: string, token: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        said = bytes.toString('latin1').slice(0, 400)
      })
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`)
      resolve(socket)
    })
  })
}
