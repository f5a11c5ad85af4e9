// The constant homeserver and the two proxies, as nginx processes in a folder of their own.
import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, SMALL } from './load.ts'
import { documentedConfig, keepaliveConfig, upstreamConfig } from './passthrough/nginx.conf.ts'
import { end, start, workerOf } from './process.ts'

export interface Proxy {
  readonly port: number
  /** The process that does the work. */
  readonly pid: number
}

export interface Bed {
  readonly upstreamPort: number
  readonly documented: Proxy
  readonly keepalive: Proxy
  stop(): Promise<void>
}

/** Starts the three. Needs nginx (`NGINX`, or /usr/sbin/nginx) and Linux. */
export async function openBed(): Promise<Bed> {
  const nginx = process.env['NGINX'] ?? '/usr/sbin/nginx'
  if (!existsSync(nginx)) throw new Error(`the bench needs nginx: not found at ${nginx} (set NGINX)`)
  const folder = mkdtempSync(join(tmpdir(), 'palier-bench-'))
  const [upstreamPort, documentedPort, keepalivePort] = [await freePort(), await freePort(), await freePort()]
  const places = { folder, upstreamPort, documentedPort, keepalivePort }
  const children: ChildProcess[] = []
  const stop = async () => {
    await Promise.all(children.map(end))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    writeAnswers(folder)
    const run = (name: string, config: string) => {
      writeFileSync(join(folder, `${name}.conf`), config)
      const child = start(name === 'upstream' ? 'load' : 'measured', nginx, [
        '-p',
        folder,
        '-c',
        join(folder, `${name}.conf`),
      ])
      children.push(child)
      return child
    }
    run('upstream', upstreamConfig(places))
    const documented = run('documented', documentedConfig(places))
    const keepalive = run('keepalive', keepaliveConfig(places))
    for (const port of [upstreamPort, documentedPort, keepalivePort]) await listening(port)
    return {
      upstreamPort,
      documented: { port: documentedPort, pid: workerOf(documented) },
      keepalive: { port: keepalivePort, pid: workerOf(keepalive) },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

// A profile of 350 bytes, and a page of 100 old messages of some 1 kB each.
function writeAnswers(folder: string): void {
  // nginx's worker gives up root's rights when started by root.
  chmodSync(folder, 0o755)
  const files = join(folder, 'files')
  mkdirSync(files)
  mkdirSync(join(folder, 'logs'))
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
  const chunk = Array.from({ length: 100 }, (_, n) => event(n))
  writeFileSync(join(files, 'page.json'), JSON.stringify({ chunk, start: 's0', end: 's100' }))
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
      await load({ port, path: SMALL, connections: 1, requests: 1 })
      return
    } catch (error) {
      if (tries === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
