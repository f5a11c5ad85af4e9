// The product as a newcomer runs it: `palier start` in a process of its own, with its own ports and data directory, real in all its
// parts. It can be stopped, killed, and started again on what it left.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../server/cli/main.ts', import.meta.url))
const READY_WITHIN_MS = 120_000

export interface Product {
  readonly id: string
  readonly gateway: string
  readonly reader: string
  /** Everything it has printed, over all its lives. */
  readonly output: string
  /** The one-time link printed at the first start. */
  readonly setupLink: string
  start(): Promise<void>
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
  /** SIGKILL: nothing is closed. */
  kill(): Promise<void>
  /** Ends it and removes what it stored. */
  end(): Promise<void>
}

/** Starts the product with the sample homeserver; `settings` are added to its environment. */
export async function startProduct(settings: Readonly<Record<string, string>> = {}): Promise<Product> {
  const dataDir = mkdtempSync(join(tmpdir(), 'palier-e2e-'))
  const [id, gateway, sample, reader, operations] = await freePorts(5)
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PALIER_'))
  const env = {
    ...Object.fromEntries(inherited),
    PALIER_DATA_DIR: dataDir,
    PALIER_ISSUER: `http://localhost:${id}`,
    PALIER_GATEWAY_URL: `http://localhost:${gateway}`,
    PALIER_SAMPLE_PORT: String(sample),
    PALIER_READER_PORT: String(reader),
    PALIER_OPERATIONS_PORT: String(operations),
    ...settings,
  }
  let child: ChildProcess | null = null
  let output = ''

  async function start(): Promise<void> {
    const before = output.length
    const started = spawn(process.execPath, [MAIN, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
    const deadline = Date.now() + READY_WITHIN_MS
    while (!output.slice(before).includes('"event":"process.ready"')) {
      if (started.exitCode !== null || Date.now() > deadline)
        throw new Error(`the product did not start:\n${output.slice(before)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async function signal(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = child
    child = null
    if (running === null || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill(name)
    await exited
  }

  await start()
  return {
    id: env.PALIER_ISSUER,
    gateway: env.PALIER_GATEWAY_URL,
    reader: `http://localhost:${reader}/`,
    get output() {
      return output
    },
    get setupLink() {
      const link = /(http:\/\/localhost:\d+\/enrol\/\S+)/.exec(output)?.[1]
      if (link === undefined) throw new Error(`no set-up link was printed:\n${output}`)
      return link
    },
    start,
    stop: () => signal('SIGTERM'),
    kill: () => signal('SIGKILL'),
    end: async () => {
      // Killed, it leaves its database running: started once more, it takes that over and stops it.
      if (child === null) await start().catch(() => undefined)
      await signal('SIGTERM')
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
