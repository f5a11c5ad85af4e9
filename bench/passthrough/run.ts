// CPU of the gateway's pass-through for each request, against nginx: runs side by side, medians and spread.
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf, median, round } from '../figure.ts'
import type { Bed } from '../homeserver.ts'
import { load, PAGE, SMALL } from '../load.ts'
import { cpuMicroseconds, end, portOf, servingFlags, start } from '../process.ts'

const LIMIT = 4
const CONNECTIONS = 32
const CASES = [
  { name: 'passthrough_350b_cpu', path: SMALL, requests: 8_000 },
  { name: 'passthrough_100_events_cpu', path: PAGE, requests: 4_000 },
] as const

/** Four figures: each answer against the documented nginx, and, without limit, against one that keeps its connections. */
export async function passthrough(bed: Bed, database: BenchDatabase, runs: number): Promise<Record<string, Figure>> {
  const args = [`${import.meta.dirname}/../gateway.ts`, `http://127.0.0.1:${bed.upstreamPort}`, database.url]
  const gateway = start('measured', process.execPath, [...servingFlags(), ...args])
  try {
    const ours = { pid: gateway.pid as number, port: await portOf(gateway) }
    const tokens = await database.signIn(CONNECTIONS)
    const figures: Record<string, Figure> = {}
    for (const { name, path, requests } of CASES) {
      const cost = (side: { pid: number; port: number }, count: number = requests) =>
        cpuPerRequest(side, path, count, tokens)
      // Compiled by the time it is measured.
      await cost(ours, requests * 2)
      const measured: Record<'ours' | 'documented' | 'keepalive', number>[] = []
      for (let run = 0; run < runs; run++) {
        measured.push({
          documented: await cost(bed.documented),
          ours: await cost(ours),
          keepalive: await cost(bed.keepalive),
        })
      }
      const own = round(median(measured.map((run) => run.ours)))
      for (const [peer, label, limit] of [
        ['documented', "nginx as Synapse's documentation configures it", LIMIT],
        ['keepalive', 'nginx tuned to keep its upstream connections', null],
      ] as const) {
        const theirs = round(median(measured.map((run) => run[peer])))
        figures[peer === 'documented' ? name : `${name}_keepalive_nginx`] = figureOf(
          measured.map((run) => run.ours / run[peer]),
          limit,
          `${label}: ${own} µs of CPU a request against ${theirs} µs`,
        )
      }
    }
    return figures
  } finally {
    await end(gateway)
  }
}

async function cpuPerRequest(
  side: { pid: number; port: number },
  path: string,
  requests: number,
  tokens: readonly string[],
): Promise<number> {
  const before = cpuMicroseconds(side.pid)
  await load({ port: side.port, path, connections: CONNECTIONS, requests, tokens })
  return (cpuMicroseconds(side.pid) - before) / requests
}
