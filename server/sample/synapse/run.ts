// Runs the local Synapse as a child: its configuration written anew at each start, its data kept, its end awaited.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { SynapseUnavailable } from './install.ts'

export interface LocalSynapse {
  /** Where it listens, for the gateway only. */
  readonly url: string
  stop(): Promise<void>
}

export interface RunSynapse {
  /** The virtual environment's Python. */
  readonly python: string
  readonly folder: string
  readonly port: number
  readonly serverName: string
  /** What binds it to this deployment, as `palier synapse-config` prints it. */
  readonly deployment: Readonly<Record<string, unknown>>
  /** Application service registrations, for seeding a trial or a test with old messages. */
  readonly applicationServices?: readonly string[]
  /** Adds to or overrides the configuration: tests raise rate limits with it. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

const READY_WITHIN_MS = 90_000
const STOP_WITHIN_MS = 15_000

/** Starts Synapse and resolves when it answers. Throws `SynapseUnavailable` with the log's last line when it does not. */
export async function runSynapse(options: RunSynapse): Promise<LocalSynapse> {
  mkdirSync(options.folder, { recursive: true })
  await endLeftover(options.folder)
  const config = join(options.folder, 'homeserver.yaml')
  writeFileSync(config, stringify(configuration(options)), { mode: 0o600 })
  writeFileSync(join(options.folder, 'log.yaml'), stringify(LOGGING))
  const logPath = join(options.folder, 'synapse.log')
  const output = openSync(logPath, 'a')
  const child = spawn(options.python, ['-m', 'synapse.app.homeserver', '-c', config, '--generate-keys'], {
    stdio: 'ignore',
    cwd: options.folder,
  })
  await ended(child)
  const server = spawn(options.python, ['-m', 'synapse.app.homeserver', '-c', config], {
    stdio: ['ignore', output, output],
    cwd: options.folder,
  })
  closeSync(output)
  writeFileSync(pidFile(options.folder), String(server.pid))
  const url = `http://127.0.0.1:${options.port}`
  await answers(url, server, logPath)
  return {
    url,
    stop: async () => {
      server.kill('SIGTERM')
      const stopped = await Promise.race([ended(server).then(() => true), after(STOP_WITHIN_MS).then(() => false)])
      if (!stopped) server.kill('SIGKILL')
      rmSync(pidFile(options.folder), { force: true })
    },
  }
}

function configuration({ folder, port, serverName, deployment, applicationServices = [], overrides = {} }: RunSynapse) {
  return {
    server_name: serverName,
    pid_file: join(folder, 'synapse-own.pid'),
    listeners: [
      {
        port,
        type: 'http',
        tls: false,
        x_forwarded: true,
        bind_addresses: ['127.0.0.1'],
        resources: [{ names: ['client'], compress: false }],
      },
    ],
    database: { name: 'sqlite3', args: { database: join(folder, 'homeserver.db') } },
    log_config: join(folder, 'log.yaml'),
    media_store_path: join(folder, 'media'),
    signing_key_path: join(folder, 'signing.key'),
    report_stats: false,
    suppress_key_server_warning: true,
    trusted_key_servers: [],
    app_service_config_files: applicationServices,
    ...deployment,
    ...overrides,
  }
}

const LOGGING = {
  version: 1,
  formatters: { line: { format: '%(asctime)s %(levelname)s %(name)s %(message)s' } },
  handlers: { console: { class: 'logging.StreamHandler', formatter: 'line' } },
  root: { level: 'WARNING', handlers: ['console'] },
  disable_existing_loggers: false,
}

const pidFile = (folder: string) => join(folder, 'child.pid')

/** A Synapse whose parent was killed lives on and holds the port and the database: it is ended first. */
async function endLeftover(folder: string): Promise<void> {
  if (!existsSync(pidFile(folder))) return
  const pid = Number(readFileSync(pidFile(folder), 'utf8'))
  if (isSynapse(pid, folder)) {
    process.kill(pid, 'SIGTERM')
    for (let waited = 0; waited < STOP_WITHIN_MS && isSynapse(pid, folder); waited += 100) await after(100)
    if (isSynapse(pid, folder)) process.kill(pid, 'SIGKILL')
  }
  rmSync(pidFile(folder), { force: true })
}

/** Whether the process is our Synapse: process ids are used again, so its command line must name our folder. */
function isSynapse(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(folder, 'homeserver.yaml'))
  } catch {
    return false
  }
}

async function answers(url: string, server: ChildProcess, logPath: string): Promise<void> {
  let gone = false
  server.once('exit', () => {
    gone = true
  })
  for (let waited = 0; waited < READY_WITHIN_MS && !gone; waited += 200) {
    try {
      if ((await fetch(`${url}/health`)).ok) return
    } catch {
      // Not listening yet.
    }
    await after(200)
  }
  server.kill('SIGKILL')
  const last = readFileSync(logPath, 'utf8').trim().split('\n').at(-1) ?? ''
  throw new SynapseUnavailable(`Synapse did not start: ${last} (the whole log is ${logPath})`)
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()))

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
