// Memory of the gateway while an answer of 200 MB goes through it: spooled, counted, charged and released.
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf } from '../figure.ts'
import { HUGE_MESSAGES, load, MESSAGES } from '../load.ts'
import { end, portOf, residentBytes, servingFlags, start } from '../process.ts'

const LIMIT_MB = 20
const SAMPLE_MS = 20

/** One figure, in megabytes of 2^20 bytes: the most that it grows by. */
export async function spoolMemory(database: BenchDatabase, runs: number): Promise<Record<string, Figure>> {
  const homeserver = start('load', process.execPath, [`${import.meta.dirname}/../pages.ts`])
  const args = [`${import.meta.dirname}/../gateway.ts`, `http://127.0.0.1:${await portOf(homeserver)}`, database.url]
  const gateway = start('measured', process.execPath, [...servingFlags(), ...args])
  try {
    const [port, tokens] = [await portOf(gateway), await database.signIn(1)]
    const pid = gateway.pid as number
    await load({ port, path: MESSAGES, connections: 1, requests: 200, tokens })
    await load({ port, path: HUGE_MESSAGES, connections: 1, requests: 1, tokens })
    const grown: number[] = []
    for (let run = 0; run < runs; run++) {
      const before = residentBytes(pid)
      let most = before
      const sampler = setInterval(() => {
        most = Math.max(most, residentBytes(pid))
      }, SAMPLE_MS)
      await load({ port, path: HUGE_MESSAGES, connections: 1, requests: 1, tokens }).finally(() =>
        clearInterval(sampler),
      )
      grown.push((most - before) / 2 ** 20)
    }
    return {
      spool_memory_mb: figureOf(
        grown,
        LIMIT_MB,
        'what resident memory grows by while an answer of 200 MB goes through',
      ),
    }
  } finally {
    await Promise.all([end(gateway), end(homeserver)])
  }
}
