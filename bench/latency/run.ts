// What the gateway adds to the slow end of a request's time: 99th percentile through it less the same straight to the homeserver, under
// a moderate load, passed and metered pages together.
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf, median, round } from '../figure.ts'
import type { Bed } from '../homeserver.ts'
import { load, MESSAGES, SMALL } from '../load.ts'
import { end, portOf, servingFlags, start, unpinned } from '../process.ts'

const LIMIT_MS = 20
const CONNECTIONS = 16
/** Between an answer and the connection's next request: some 150 requests a second in all. */
const PAUSE_MS = 100
const REQUESTS = 480

/** One figure, in milliseconds. */
export async function addedLatency(bed: Bed, database: BenchDatabase, runs: number): Promise<Record<string, Figure>> {
  const homeserver = `http://127.0.0.1:${bed.upstreamPort}`
  // A time and no CPU is measured: the gateway has every CPU as it has in production, so that V8 marks beside what is answered.
  const [command = '', ...args] = unpinned([
    process.execPath,
    ...servingFlags(),
    `${import.meta.dirname}/../gateway.ts`,
    homeserver,
    database.url,
  ])
  const gateway = start('measured', command, args)
  try {
    const [port, tokens] = [await portOf(gateway), await database.signIn(CONNECTIONS)]
    const p99 = async (at: number) => {
      const times: number[] = []
      for (const path of [SMALL, MESSAGES]) {
        await database.forgetCharged()
        await load({
          port: at,
          path,
          connections: CONNECTIONS,
          requests: REQUESTS,
          tokens,
          pauseMs: PAUSE_MS,
          timed: (ms) => times.push(ms),
        })
      }
      return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] as number
    }
    await load({ port, path: SMALL, connections: CONNECTIONS, requests: 4_000, tokens })
    await load({ port, path: MESSAGES, connections: CONNECTIONS, requests: 400, tokens })
    const measured: { direct: number; through: number }[] = []
    for (let run = 0; run < runs; run++)
      measured.push({ direct: await p99(bed.upstreamPort), through: await p99(port) })
    const of = (name: 'direct' | 'through') => round(median(measured.map((run) => run[name])))
    return {
      added_p99_ms: figureOf(
        measured.map(({ direct, through }) => through - direct),
        LIMIT_MS,
        `the homeserver asked directly: p99 ${of('through')} ms through the gateway, ${of('direct')} ms without`,
      ),
    }
  } finally {
    await end(gateway)
  }
}
