// The database that comes with Palier: the shipped Postgres as a child, on a private socket in the data directory.
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../server/platform/log.ts'
import { type Binaries, findBinaries, runnableBinaries } from './binaries.ts'
import { claim, type Ownership } from './ownership.ts'
import { newClusterFolder, type Places, preparePlaces, prepareSocketFolder, removeSocketFolder } from './places.ts'
import { initCluster, isAlive, runningPostmaster, startPostgres, stopPostgres } from './process.ts'
import { setStaleLockAside } from './stale-lock.ts'

export interface EmbeddedOptions {
  readonly dataDir: string
  readonly log: Log
  /** For short commands: use the server of a running palier when there is one. Otherwise that is an error. */
  readonly share?: boolean
  /** Called when the server ends although nobody stopped it. */
  readonly onLost?: () => void
}

export interface EmbeddedDatabase {
  /** For `openDatabase`. */
  readonly url: string
  /** Stops the server, cleanly, if it is ours; the caller's pools are closed first. */
  stop(): Promise<void>
}

/** Thrown when another palier runs on the same data directory. */
export class DataDirectoryInUse extends Error {
  constructor(dataDir: string, holder: string) {
    super(
      `the data directory ${dataDir} is in use by ${holder}: stop it first, or set PALIER_DATA_DIR to another directory`,
    )
    this.name = 'DataDirectoryInUse'
  }
}

// Durable: nothing here trades safety for speed. Small: one operator's machine, some 50 MB.
const SETTINGS = {
  listen_addresses: '',
  port: 5432,
  unix_socket_permissions: '0700',
  max_connections: 100,
  shared_buffers: '32MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'minimal',
  max_wal_senders: 0,
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  // Statements and the values in their errors stay out of the log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length_on_error: 0,
} as const

const PATIENCE_MS = 60_000
const LARGEST_LOG_BYTES = 1_000_000

/**
 * Starts the server on a data directory, making it when it is new. A server left behind by a palier that was killed is
 * stopped cleanly and started again under us. Throws `NoBinaries`, `DataDirectoryInUse`, or what Postgres said.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, log, share = false } = options
  const installed = findBinaries()
  const places = preparePlaces(dataDir)
  const binaries = runnableBinaries(installed, places.account, join('/var/lib/palier', 'bin'))
  refuseOtherMajor(places, binaries)
  const name = `palier ${share ? 'command' : 'server'} ${process.pid}`

  for (const deadline = performance.now() + PATIENCE_MS; ; await sleep(100)) {
    if (performance.now() > deadline) throw new Error(`the database does not start: ${tail(places)}`)
    const running = serverOf(places)
    if (running) {
      const found = await claim(running.socketFolder, name)
      if (found.kind === 'away') continue
      if (found.kind === 'taken') {
        if (share) return { url: urlOf(running.socketFolder), stop: async () => undefined }
        if (isOverSoon(found.holder) && performance.now() < deadline - 50_000) continue
        throw new DataDirectoryInUse(dataDir, found.holder)
      }
      log.warn('database.taken-over', { pid: running.pid })
      await found.ownership.release()
      await stopPostgres(running.pid)
      continue
    }
    const started = await start(places, binaries, name)
    if (started === 'lost-race') continue
    return owned(options, places, started)
  }
}

interface Started {
  readonly child: ChildProcess
  readonly socketFolder: string
  readonly ownership: Ownership
}

// Another start may come between any two steps here: Postgres' own lock file and the ownership lock decide who wins.
async function start(places: Places, binaries: Binaries, name: string): Promise<Started | 'lost-race'> {
  if (!existsSync(join(places.cluster, 'PG_VERSION'))) {
    const { folder, settle } = newClusterFolder(places)
    await initCluster(binaries, places.account, folder, true)
    settle()
  }
  setStaleLockAside(places.cluster)
  if (runningPostmaster(places.cluster) !== null) return 'lost-race'
  if (existsSync(places.logFile) && statSync(places.logFile).size > LARGEST_LOG_BYTES) {
    renameSync(places.logFile, `${places.logFile}.1`)
  }
  const socketFolder = prepareSocketFolder(places)
  const settings = { ...SETTINGS, unix_socket_directories: socketFolder }
  const child = startPostgres(binaries, places.account, places.cluster, settings, places.logFile)
  for (const deadline = performance.now() + PATIENCE_MS; child.exitCode === null && child.signalCode === null; ) {
    const found = child.pid === undefined ? null : await claim(socketFolder, name)
    if (found?.kind === 'owned') return { child, socketFolder, ownership: found.ownership }
    if (found?.kind === 'taken') return 'lost-race'
    if (performance.now() > deadline) throw new Error(`the database does not become ready: ${tail(places)}`)
    await sleep(20)
  }
  // A clean end is somebody else's doing: whoever found it running and unclaimed took it for one left behind.
  if (child.exitCode === 0) return 'lost-race'
  const said = tail(places)
  if (/lock file "[^"]*" already exists|is still in use/.test(said)) return 'lost-race'
  throw new Error(`the database does not start: ${said}`)
}

function owned(
  { log, onLost }: EmbeddedOptions,
  places: Places,
  { child, socketFolder, ownership }: Started,
): EmbeddedDatabase {
  let stopping = false
  const lost = (): void => {
    if (stopping) return
    log.error('database.ended', { said: tail(places) })
    onLost?.()
  }
  child.once('exit', lost)
  log.info('database.ready', { pid: child.pid, directory: places.home })
  return {
    url: urlOf(socketFolder),
    stop: async () => {
      if (stopping) return
      stopping = true
      // Still the owner while it stops: whoever starts in the meantime waits instead of taking it over.
      if (child.pid !== undefined) await stopPostgres(child.pid)
      await ownership.release()
      removeSocketFolder(places)
      log.info('database.stopped')
    },
  }
}

// The lock file's lines: pid, data directory, start time, port, socket directory, …
function serverOf({ cluster }: Places): { pid: number; socketFolder: string } | null {
  const pid = runningPostmaster(cluster)
  if (pid === null) return null
  try {
    return { pid, socketFolder: readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[4] ?? '' }
  } catch {
    return null
  }
}

// A command is, and so is whoever was killed: its session ends once Postgres has noticed. A server that runs is not.
function isOverSoon(holder: string): boolean {
  const pid = /^palier server (\d+)$/.exec(holder)?.[1]
  return holder.startsWith('palier command') || (pid !== undefined && !isAlive(Number(pid)))
}

function refuseOtherMajor({ cluster }: Places, { version }: Binaries): void {
  const file = join(cluster, 'PG_VERSION')
  if (!existsSync(file)) return
  const made = readFileSync(file, 'utf8').trim()
  if (made !== version.split('.')[0]) {
    throw new Error(
      `the database in ${cluster} was made by Postgres ${made}, and this palier carries ${version}: dump it with the palier that made it, or set PALIER_DATABASE_URL`,
    )
  }
}

function urlOf(socketFolder: string): string {
  return `postgres://postgres@${encodeURIComponent(socketFolder)}/postgres`
}

function tail({ logFile }: Places): string {
  return existsSync(logFile)
    ? readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join(' | ').slice(-800)
    : 'no log'
}
