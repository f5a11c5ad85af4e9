// The figures of the README, each the median of five runs side by side with what it is held against.
// Usage: node bench/run.ts [--json]; exits 1 when a limit is missed. Needs Linux and nginx; taskset if it is there.
import { counting } from './counting.ts'
import { openBenchDatabase } from './devices.ts'
import { type Figures, missed, table } from './figure.ts'
import { openBed } from './homeserver.ts'
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

async function figures(): Promise<Figures> {
  pinSelf()
  const database = await openBenchDatabase()
  try {
    const bed = await openBed()
    try {
      return {
        ...pageScripts(),
        ...counting(),
        ...(await passthrough(bed, database, RUNS)),
        ...(await addedLatency(bed, database, RUNS)),
        ...(await metered(database, RUNS)),
        ...(await memory(bed, RUNS)),
        ...(await spoolMemory(database, RUNS)),
        ...(await parkedMemory(database)),
        ...(await reservations(RUNS)),
      }
    } finally {
      await bed.stop()
    }
  } finally {
    await database.stop()
  }
}

const found = await figures()
process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify(found) : table(found)}\n`)
for (const name of missed(found)) {
  process.stderr.write(`bench: ${name} is past its limit\n`)
  process.exitCode = 1
}
