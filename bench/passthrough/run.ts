// CPU per request of the gateway's pass-through against nginx as a plain proxy: alternating runs, medians and spread.
// Prints one JSON object, an entry a figure: { value, limit, peer, spread }.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from './load.ts'
import { type Places, proxyConfig, upstreamConfig } from './nginx.conf.ts'

const LIMIT = 4
const RUNS = Number(process.env['BENCH_RUNS'] ?? 5)
const CONNECTIONS = Number(process.env['BENCH_CONNECTIONS'] ?? 32)
const CASES = [
  { name: 'passthrough-cpu-350B', path: '/_matrix/client/v3/profile/@person:bench.example', requests: 15_000 },
  { name: 'passthrough-cpu-100-events', path: '/_matrix/client/v3/rooms/!room:bench.example/state', requests: 6_000 },
] as const

export interface Figure {
  /** Median of the gateway's CPU over nginx's, of runs side by side. */
  readonly value: number
  readonly limit: number
  /** Microseconds of CPU a request: nginx's median. */
  readonly peer: number
  /** Smallest and largest ratio. */
  readonly spread: readonly [number, number]
}

/** Runs the bench. Needs nginx and Linux's /proc. */
export async function passthrough(): Promise<Record<string, Figure>> {
  const folder = mkdtempSync(join(tmpdir(), 'palier-bench-'))
  const children: ChildProcess[] = []
  try {
    const places: Places = { folder, upstreamPort: await freePort(), proxyPort: await freePort() }
    writeFiles(places)
    for (const name of ['upstream', 'proxy']) children.push(spawn(nginx(), ['-p', folder, '-c', join(folder, `${name}.conf`)]))
    const gateway = spawn(process.execPath, [join(import.meta.dirname, 'gateway.ts'), String(places.upstreamPort)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(gateway)
    const gatewayPort = await firstNumber(gateway)
    await listening(places.upstreamPort)
    await listening(places.proxyPort)
    const nginxWorker = workerOf(children[1] as ChildProcess)
    const figures: Record<string, Figure> = {}
    for (const { name, path, requests } of CASES) {
      const ours = { pid: gateway.pid as number, port: gatewayPort }
      const theirs = { pid: nginxWorker, port: places.proxyPort }
      for (const { port } of [ours, theirs]) await load({ port, path, connections: CONNECTIONS, requests: requests / 2 })
      const ratios: number[] = []
      const peers: number[] = []
      for (let run = 0; run < RUNS; run++) {
        const peer = await cpuPerRequest(theirs, path, requests * 3)
        const own = await cpuPerRequest(ours, path, requests)
        ratios.push(own / peer)
        peers.push(peer)
      }
      ratios.sort((a, b) => a - b)
      peers.sort((a, b) => a - b)
      figures[name] = {
        value: round(median(ratios)),
        limit: LIMIT,
        peer: round(median(peers)),
        spread: [round(ratios[0] as number), round(ratios.at(-1) as number)],
      }
    }
    return figures
  } finally {
    await Promise.all(children.map(ended))
    rmSync(folder, { recursive: true, force: true })
  }
}

async function cpuPerRequest(side: { pid: number; port: number }, path: string, requests: number): Promise<number> {
  const before = cpuMicroseconds(side.pid)
  await load({ port: side.port, path, connections: CONNECTIONS, requests })
  return (cpuMicroseconds(side.pid) - before) / requests
}

/** User and system time of a process, every thread, in microseconds (proc(5), fields 14 and 15). */
function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS
}

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

function writeFiles(places: Places): void {
  // nginx's worker gives up root's rights when started by root.
  chmodSync(places.folder, 0o755)
  const files = join(places.folder, 'files')
  mkdirSync(files)
  mkdirSync(join(places.folder, 'logs'))
  writeFileSync(join(files, 'small.json'), JSON.stringify({ displayname: 'x'.repeat(332) }))
  const event = (n: number) => ({
    type: 'm.room.message',
    sender: `@person${n}:bench.example`,
    room_id: '!room:bench.example',
    event_id: `$${'e'.repeat(40)}${n}`,
    origin_server_ts: 1_750_000_000_000 + n,
    content: { msgtype: 'm.text', body: 'x'.repeat(640) },
    unsigned: { age: 1_000_000 + n },
  })
  writeFileSync(join(files, 'page.json'), JSON.stringify({ chunk: Array.from({ length: 100 }, (_, n) => event(n)) }))
  writeFileSync(join(places.folder, 'upstream.conf'), upstreamConfig(places))
  writeFileSync(join(places.folder, 'proxy.conf'), proxyConfig(places))
}

function nginx(): string {
  return process.env['NGINX'] ?? '/usr/sbin/nginx'
}

function workerOf(master: ChildProcess): number {
  const children = readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'latin1').trim().split(' ')
  return Number(children[0])
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await load({ port, path: '/_matrix/client/v3/profile/@person:bench.example', connections: 1, requests: 1 })
      return
    } catch (error) {
      if (tries === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

function firstNumber(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (data: Buffer) => resolve(Number(data)))
    child.once('exit', () => reject(new Error('the gateway did not start')))
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

if (import.meta.main) {
  const figures = await passthrough()
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
  if (Object.values(figures).some(({ value, limit }) => value > limit)) process.exitCode = 1
}
