// Running the Postgres programs: initdb to the end, postgres in the background.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'

/** Makes a fresh cluster in `directory` (empty or absent, owned by the account). Throws with what initdb said. */
export async function initCluster(
  binaries: Binaries,
  account: Account | null,
  directory: string,
  durable: boolean,
): Promise<void> {
  const args = [
    '-D',
    directory,
    '-U',
    'postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    ...(durable ? [] : ['--no-sync']),
  ]
  const child = spawn(binaries.initdb, args, { ...identity(account), stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`initdb failed (${code}): ${said.trim().slice(-1000)}`)
}

/**
 * Starts postgres on a cluster, writing what it says to `logFile`. In a process group of its own, so that a Ctrl-C
 * meant for us does not shut the database down under requests that are being finished.
 */
export function startPostgres(
  binaries: Binaries,
  account: Account | null,
  directory: string,
  settings: Readonly<Record<string, string | number>>,
  logFile: string,
): ChildProcess {
  const args = ['-D', directory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const output = openSync(logFile, 'a', 0o600)
  try {
    const child = spawn(binaries.postgres, args, {
      ...identity(account),
      stdio: ['ignore', output, output],
      detached: true,
    })
    // The caller notices a start that failed by the exit; without a listener it would end our process.
    child.on('error', () => undefined)
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}

/** The pid in a cluster's lock file when it is a running Postgres of that cluster, else null. */
export function runningPostmaster(directory: string): number | null {
  let pid: number
  try {
    pid = Number.parseInt(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[0] ?? '', 10)
  } catch {
    return null
  }
  return pid > 0 && isAlive(pid) && isPostgresOf(pid, directory) ? pid : null
}

/** Stops a server: at once but cleanly (fast shutdown), and after `patienceMs` without waiting for anything. */
export async function stopPostgres(pid: number, patienceMs = 10_000): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', patienceMs],
    ['SIGQUIT', 3_000],
    ['SIGKILL', 3_000],
  ] as const) {
    if (!signalled(pid, signal)) return
    for (const deadline = performance.now() + waitMs; performance.now() < deadline; ) {
      if (!isAlive(pid)) return
      await sleep(15)
    }
  }
  throw new Error(`the database process ${pid} does not end`)
}

/** Whether a process exists that is not a zombie. */
export function isAlive(pid: number): boolean {
  if (!signalled(pid, 0)) return false
  try {
    // A child of ours that ended and was not yet waited for still answers to signals.
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}

function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

// A pid may have been given to another process since: after a container's restart the same small numbers return.
function isPostgresOf(pid: number, directory: string): boolean {
  if (process.platform !== 'linux') return true
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(directory)
  } catch (error) {
    // Not allowed to look: then it is not a process of our account's, or not ours to judge as gone.
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

function identity(account: Account | null) {
  // Without LC_*/PG* of whoever started us: the server's messages and defaults are the same everywhere.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name)))
  return {
    cwd: '/',
    env: { ...env, LC_ALL: 'C', TZ: 'UTC' },
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  }
}
