// Palier's processes as an operator runs them: `palier start` with an environment, what it says kept in a file, ended by its id;
// and its other commands.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../server/cli/main.ts', import.meta.url))
const READY = '"event":"process.ready"'

export type Settings = Readonly<Record<string, string>>

export interface PalierProcess {
  readonly pid: number
  /** Everything it printed. */
  readonly output: string
  /** The one-time link of the first administrator. */
  readonly setupLink: string
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
  /** SIGKILL: nothing is closed. */
  kill(): Promise<void>
}

export interface StartPalier {
  readonly settings: Settings
  /** Arguments after `start`. */
  readonly args?: readonly string[]
  /** Where what it prints is appended. */
  readonly logFile: string
  readonly readyWithinMs?: number
}

/** Starts a process and resolves when it is ready. */
export async function startPalier({
  settings,
  args = [],
  logFile,
  readyWithinMs = 120_000,
}: StartPalier): Promise<PalierProcess> {
  const child = spawn(process.execPath, [MAIN, 'start', ...args], {
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    let begun = ''
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output += text
      // Whole lines only: another process may write to the same file.
      const lines = begun + text
      const end = lines.lastIndexOf('\n') + 1
      appendFileSync(logFile, lines.slice(0, end))
      begun = lines.slice(end)
    })
  }
  const deadline = Date.now() + readyWithinMs
  while (!output.includes(READY)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGTERM')
      throw new Error(`palier did not start:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    pid: child.pid as number,
    get output() {
      return output
    },
    get setupLink() {
      const link = /(http:\/\/localhost:\d+\/enrol\/\S+)/.exec(output)?.[1]
      if (link === undefined) throw new Error(`no set-up link was printed:\n${output}`)
      return link
    },
    stop: () => ended(child, 'SIGTERM'),
    kill: () => ended(child, 'SIGKILL'),
  }
}

/** Runs a command of the program; throws with what it said when it fails. Resolves with its standard output. */
export function palier(settings: Settings, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, ...args], { env: environment(settings) }, (error, stdout, stderr) => {
      if (error) reject(new Error(`palier ${args.join(' ')}: ${stderr}${stdout}`))
      else resolve(stdout.trim())
    })
  })
}

/** Ports that nothing listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0)
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function ended(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

function environment(settings: Settings): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PALIER_'))
  return { ...Object.fromEntries(inherited), NODE_NO_WARNINGS: '1', ...settings }
}
