// Processes under measurement: started on a CPU of their own, their time read from the kernel, ended by their ids.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { SERVING_ENV, SERVING_FLAGS } from '../server/cli/serving-flags.ts'

/** What is measured runs on the first CPU, what makes the load and answers it on the second. */
export type Side = 'measured' | 'load'

const CPUS = availableParallelism()
const PINS = CPUS > 1 && spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0

/**
 * Starts a command pinned to its side's CPU (unpinned where taskset or a second CPU is missing); what is measured in the environment that
 * `palier start` gives itself.
 */
export function start(
  side: Side,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  const pinned = PINS ? ['taskset', '-c', side === 'measured' ? '0' : '1', command, ...args] : [command, ...args]
  return spawn(pinned[0] as string, pinned.slice(1), {
    env: side === 'measured' ? { ...SERVING_ENV, ...env } : env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Pins this process, which makes the load. */
export function pinSelf(): void {
  if (PINS) spawnSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)], { stdio: 'ignore' })
}

/** A command that runs on every CPU, whatever this process is pinned to. */
export function unpinned(command: readonly string[]): string[] {
  return PINS ? ['taskset', '-c', `0-${CPUS - 1}`, ...command] : [...command]
}

/** Time that all threads of a process were on a CPU, user and kernel, in microseconds (`schedstat`: nanosecond counts). */
export function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0])
    } catch {
      // The thread ended in between.
    }
  }
  return nanoseconds / 1000
}

/** The same for a process and all its children. A child that ended in between is not counted. */
export function cpuOfTree(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + cpuMicroseconds(child), cpuMicroseconds(pid))
}

/** Resident memory of a process in bytes, shared pages included. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  if (kilobytes === undefined) throw new Error(`process ${pid} has no memory to read`)
  return Number(kilobytes) * 1024
}

/** How many files a process may open: the hard limit, which Node takes for itself. */
export function fileLimit(): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard ?? 0)
}

/** How many files and connections a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** The first worker of a process that forks. */
export function workerOf(master: ChildProcess): number {
  const [worker] = childrenOf(master.pid as number)
  if (worker === undefined) throw new Error('there is no worker')
  return worker
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
}

/** The first number that a process prints: the port it listens on. */
export function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (data: Buffer) => {
      said += data.toString()
      if (said.includes('\n')) resolve(Number.parseInt(said, 10))
    })
    child.once('exit', () => reject(new Error('a process of the bench ended before it listened')))
  })
}

/** Tells a process to end and waits until it has. */
export function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

/** Node's arguments for a gateway: those that `palier start` gives itself; with BENCH_PROFILE, a CPU profile into that folder. */
export function servingFlags(): string[] {
  const folder = process.env['BENCH_PROFILE']
  return [...SERVING_FLAGS, ...(folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [])]
}
