// What metering costs: CPU of the gateway for a metered answer against the same answer passed through, 64 connections of 64 people,
// the budget in real Postgres; the count alone; and counting against JSON.parse.
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf, median, round } from '../figure.ts'
import { LARGE_MESSAGES, LARGE_PAGE, load, MESSAGES, PAGE, PASSED_SYNC, SYNC } from '../load.ts'
import { cpuMicroseconds, cpuOfTree, end, portOf, servingFlags, start } from '../process.ts'

const CONNECTIONS = 64
const CASES = [
  { name: 'metered_100_events', limit: 1.2, path: MESSAGES, passed: PAGE, requests: 1_600 },
  { name: 'metered_1000_events', limit: 1.1, path: LARGE_MESSAGES, passed: LARGE_PAGE, requests: 192 },
  { name: 'sync_1kb', limit: 1.2, path: SYNC, passed: PASSED_SYNC, requests: 1_600 },
] as const
const COUNT_LIMIT = 1.1

/** The figures, and beside them, without limit, what the database spends on each answer. */
export async function metered(database: BenchDatabase, runs: number): Promise<Record<string, Figure>> {
  const homeserver = start('load', process.execPath, [`${import.meta.dirname}/../pages.ts`])
  const upstream = `http://127.0.0.1:${await portOf(homeserver)}`
  const figures: Record<string, Figure> = {}
  const measure = async (
    args: readonly string[],
    cases: readonly { readonly path: string; readonly passed: string; readonly requests: number }[],
  ) => {
    const gateway = start('measured', process.execPath, [...servingFlags(), ...args])
    try {
      const [port, tokens] = [await portOf(gateway), await database.signIn(CONNECTIONS)]
      const pid = gateway.pid as number
      const cost = async (path: string, requests: number) => {
        await database.forgetCharged()
        const before = { gateway: cpuMicroseconds(pid), database: cpuOfTree(database.pid) }
        await load({ port, path, connections: CONNECTIONS, requests, tokens })
        return {
          gateway: (cpuMicroseconds(pid) - before.gateway) / requests,
          database: (cpuOfTree(database.pid) - before.database) / requests,
        }
      }
      const all: { passed: number; metered: number; database: number }[][] = []
      for (const { path, passed, requests } of cases) {
        await cost(passed, requests)
        await cost(path, requests)
        const measured: (typeof all)[number] = []
        for (let run = 0; run < runs; run++) {
          const through = await cost(passed, requests)
          const charged = await cost(path, requests)
          measured.push({ passed: through.gateway, metered: charged.gateway, database: charged.database })
        }
        all.push(measured)
      }
      return all
    } finally {
      await end(gateway)
    }
  }
  const ratio = (measured: readonly { passed: number; metered: number }[], limit: number, what: string) => {
    const of = (name: 'passed' | 'metered') => round(median(measured.map((run) => run[name])))
    return figureOf(
      measured.map((run) => run.metered / run.passed),
      limit,
      `our own pass-through of the same answer${what}: ${of('metered')} µs of CPU against ${of('passed')} µs`,
    )
  }
  try {
    const gateway = `${import.meta.dirname}/../gateway.ts`
    const charged = await measure([gateway, upstream, database.url], CASES)
    CASES.forEach(({ name, limit }, index) => {
      const measured = charged[index] ?? []
      figures[`${name}_cpu`] = ratio(measured, limit, '')
      figures[`${name}_database_us`] = figureOf(
        measured.map((run) => run.database),
        null,
        "Postgres's own CPU for each answer, in µs",
      )
    })
    const [counted = []] = await measure([gateway, upstream, database.url, 'count-only'], [CASES[0]])
    figures['counted_100_events_cpu'] = ratio(counted, COUNT_LIMIT, ', no budget asked')
    return figures
  } finally {
    await end(homeserver)
  }
}
