// Memory of the whole serving process: id and the gateway in one, as `npm start` runs them, after a load of large metered and passed
// answers. The database server beside it is not in the figure.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, startPalier } from '../../test/support/deployment.ts'
import { GATEWAY_ENV, openBenchDatabase } from '../devices.ts'
import { type Figure, figureOf } from '../figure.ts'
import type { Bed } from '../homeserver.ts'
import { load, MESSAGES, PAGE, SMALL } from '../load.ts'
import { residentBytes } from '../process.ts'

const LIMIT_MB = 200
const CONNECTIONS = 64

/** One figure, in megabytes of 2^20 bytes: a fresh process for each run. */
export async function memory(bed: Bed, runs: number): Promise<Record<string, Figure>> {
  const folder = mkdtempSync(join(tmpdir(), 'palier-bench-memory-'))
  const database = await openBenchDatabase()
  try {
    const tokens = await database.signIn(CONNECTIONS)
    const measured: number[] = []
    for (let run = 0; run < runs; run++)
      measured.push(await once(bed, database.url, tokens, join(folder, `${run}.log`)))
    return {
      memory_mb: figureOf(measured, LIMIT_MB, 'resident memory of id and the gateway in one process, after the load'),
    }
  } finally {
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function once(bed: Bed, databaseUrl: string, tokens: readonly string[], logFile: string): Promise<number> {
  const [id, gateway, operations] = (await freePorts(3)) as [number, number, number]
  const process = await startPalier({
    settings: {
      ...GATEWAY_ENV,
      PALIER_DATABASE_URL: databaseUrl,
      PALIER_HOMESERVER_URL: `http://127.0.0.1:${bed.upstreamPort}`,
      PALIER_ISSUER: `http://localhost:${id}`,
      PALIER_GATEWAY_URL: `http://localhost:${gateway}`,
      PALIER_OPERATIONS_PORT: String(operations),
    },
    logFile,
  })
  try {
    const at = { port: gateway, connections: CONNECTIONS, tokens }
    await load({ ...at, path: SMALL, requests: 6_000 })
    await load({ ...at, path: PAGE, requests: 2_000 })
    // Ten pages each: within the hour's threshold, and free when asked for again.
    await load({ ...at, path: MESSAGES, requests: CONNECTIONS * 10 })
    return residentBytes(process.pid) / 2 ** 20
  } finally {
    await process.stop()
  }
}
