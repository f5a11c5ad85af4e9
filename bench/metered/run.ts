// What metering costs: CPU of the gateway for a metered page of 100 old messages against the same page passed through, 64
// connections of 64 people, the budget in real Postgres.
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf, median, round } from '../figure.ts'
import { load, MESSAGES, STATE } from '../load.ts'
import { cpuMicroseconds, cpuOfTree, end, portOf, start } from '../process.ts'

const LIMIT = 2.5
const CONNECTIONS = 64
const REQUESTS = 1_600

/** The figure, and beside it, without limit, what the database spends on the same page. */
export async function metered(database: BenchDatabase, runs: number): Promise<Record<string, Figure>> {
  const homeserver = start('load', process.execPath, [`${import.meta.dirname}/../pages.ts`])
  const upstreamPort = await portOf(homeserver)
  const args = [`${import.meta.dirname}/../gateway.ts`, `http://127.0.0.1:${upstreamPort}`, database.url]
  const gateway = start('measured', process.execPath, [...profiling(), ...args])
  try {
    const [port, tokens] = [await portOf(gateway), await database.signIn(CONNECTIONS)]
    const pid = gateway.pid as number
    const cost = async (path: string, requests = REQUESTS) => {
      const before = { gateway: cpuMicroseconds(pid), database: cpuOfTree(database.pid) }
      await load({ port, path, connections: CONNECTIONS, requests, tokens })
      return {
        gateway: (cpuMicroseconds(pid) - before.gateway) / requests,
        database: (cpuOfTree(database.pid) - before.database) / requests,
      }
    }
    await cost(STATE)
    await cost(MESSAGES)
    const measured: { passed: number; metered: number; database: number }[] = []
    for (let run = 0; run < runs; run++) {
      const passed = await cost(STATE)
      const charged = await cost(MESSAGES)
      measured.push({ passed: passed.gateway, metered: charged.gateway, database: charged.database })
    }
    const of = (name: 'passed' | 'metered') => round(median(measured.map((run) => run[name])))
    return {
      metered_100_events_cpu: figureOf(
        measured.map((run) => run.metered / run.passed),
        LIMIT,
        `our own pass-through of the same page: ${of('metered')} µs of CPU a page against ${of('passed')} µs`,
      ),
      metered_100_events_database_us: figureOf(
        measured.map((run) => run.database),
        null,
        "Postgres's own CPU for each page, in µs",
      ),
    }
  } finally {
    await Promise.all([end(gateway), end(homeserver)])
  }
}

// BENCH_PROFILE=<folder> writes a CPU profile of the gateway there.
function profiling(): string[] {
  const folder = process.env['BENCH_PROFILE']
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
}
