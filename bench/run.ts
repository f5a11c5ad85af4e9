// The figures of the README, each the median of five runs side by side with what it is held against.
// Usage: node bench/run.ts [PART…] [--json]; without a part, all of them; exits 1 when a limit is missed. Needs Linux and nginx; taskset if
// it is there.
import { auditAppends } from './audit/run.ts'
import { scimProvisioning } from './console/scim.ts'
import { counting } from './counting.ts'
import { type BenchDatabase, openBenchDatabase } from './devices.ts'
import { type Figures, missed, table } from './figure.ts'
import { type Bed, openBed } from './homeserver.ts'
import { addedLatency } from './latency/run.ts'
import { memory } from './memory/run.ts'
import { metered } from './metered/run.ts'
import { pageScripts } from './page-scripts.ts'
import { parkedMemory } from './parked/run.ts'
import { passthrough } from './passthrough/run.ts'
import { pinSelf } from './process.ts'
import { reservations } from './reservations/run.ts'
import { spoolMemory } from './spool/run.ts'

const RUNS = 5

type Part = (bed: Bed, database: BenchDatabase) => Figures | Promise<Figures>

/** In the order in which they are measured. */
const PARTS: Readonly<Record<string, Part>> = {
  pages: () => pageScripts(),
  counting: () => counting(),
  passthrough: (bed, database) => passthrough(bed, database, RUNS),
  latency: (bed, database) => addedLatency(bed, database, RUNS),
  metered: (_, database) => metered(database, RUNS),
  memory: (bed) => memory(bed, RUNS),
  spool: (_, database) => spoolMemory(database, RUNS),
  parked: (_, database) => parkedMemory(database),
  reservations: () => reservations(RUNS),
  audit: (_, database) => auditAppends(database, RUNS),
  scim: (_, database) => scimProvisioning(database, RUNS),
}

async function figures(parts: readonly Part[]): Promise<Figures> {
  pinSelf()
  const database = await openBenchDatabase()
  try {
    const bed = await openBed()
    try {
      let found: Figures = {}
      for (const part of parts) found = { ...found, ...(await part(bed, database)) }
      return found
    } finally {
      await bed.stop()
    }
  } finally {
    await database.stop()
  }
}

const asked = process.argv.slice(2).filter((argument) => argument !== '--json')
const unknown = asked.find((name) => !Object.hasOwn(PARTS, name))
if (unknown !== undefined) throw new Error(`bench knows ${Object.keys(PARTS).join(', ')} and --json, not ${unknown}`)
const found = await figures(
  Object.entries(PARTS).flatMap(([name, part]) => (asked.length === 0 || asked.includes(name) ? [part] : [])),
)
process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify(found) : table(found)}\n`)
for (const name of missed(found)) {
  process.stderr.write(`bench: ${name} is past its limit\n`)
  process.exitCode = 1
}
