// A gateway as it is deployed: `palier start` in a process of its own, to be stopped or killed.
import { execFile, spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const MAIN = fileURLToPath(new URL('../../server/cli/main.ts', import.meta.url))
const READY_MS = 100_000

/** The secret of every gateway in the tests. */
export const SECRET = 'k3Vd9-qLw2Zt7_Xr5Nb8-Jm4Hc6_Pf1Gs0'
export const ISSUER = 'http://localhost:8080'
export const GATEWAY_URL = 'http://localhost:8008'
export const SERVER_NAME = 'example.org'

export interface GatewayOptions {
  readonly databaseUrl: string
  readonly homeserverUrl: string
  /** Further settings, by their names. */
  readonly env?: Readonly<Record<string, string>>
}

export interface GatewayProcess {
  readonly url: string
  readonly operationsUrl: string
  /** Its log, parsed. */
  readonly lines: Record<string, unknown>[]
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>
  /** Tells it to stop; resolves with its exit code. */
  stop(): Promise<number | null>
}

/** Starts a gateway; resolves when it is ready. */
export async function startGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const [port, operationsPort] = await Promise.all([freePort(), freePort()])
  const child = spawn(process.execPath, [MAIN, 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      NODE_NO_WARNINGS: '1',
      PALIER_ROLES: 'gateway',
      PALIER_ISSUER: ISSUER,
      PALIER_GATEWAY_URL: GATEWAY_URL,
      PALIER_GATEWAY_PORT: String(port),
      PALIER_OPERATIONS_PORT: String(operationsPort),
      PALIER_DATABASE_URL: options.databaseUrl,
      PALIER_HOMESERVER_URL: options.homeserverUrl,
      PALIER_SERVER_NAME: SERVER_NAME,
      PALIER_SECRET: SECRET,
      PALIER_HOLD: '0',
      ...options.env,
    },
  })
  const lines: Record<string, unknown>[] = []
  let said = ''
  // Whatever becomes of the test, its gateways do not outlive it.
  const abandon = (): void => void child.kill('SIGKILL')
  process.once('exit', abandon)
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  void exited.then(() => process.off('exit', abandon))
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the gateway is not ready: ${said.slice(-2000)}`)), READY_MS)
    void exited.then(() => {
      clearTimeout(timer)
      reject(new Error(`the gateway ended: ${said.slice(-2000)}`))
    })
    const read = (line: string) => {
      said = `${said}${line}\n`.slice(-20_000)
      if (line.startsWith('{')) lines.push(JSON.parse(line) as Record<string, unknown>)
      // Said at every log level, once everything listens.
      if (line !== 'Palier is running.') return
      clearTimeout(timer)
      resolve()
    }
    byLine(child.stdout, read)
    byLine(child.stderr, read)
  })
  await ready
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return exited
  }
  return {
    url: `http://127.0.0.1:${port}`,
    operationsUrl: `http://127.0.0.1:${operationsPort}`,
    lines,
    exited,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  }
}

/** Runs a command of `palier` to its end; what it said on standard output. Rejects when it fails. */
export async function palier(command: readonly string[], databaseUrl: string): Promise<string> {
  const env = {
    PATH: process.env.PATH ?? '',
    NODE_NO_WARNINGS: '1',
    PALIER_DATABASE_URL: databaseUrl,
    PALIER_SECRET: SECRET,
  }
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...command], { env })
  return stdout
}

function byLine(stream: NodeJS.ReadableStream, read: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) read(part)
  })
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
