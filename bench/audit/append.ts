// One instance that appends to the audit log for some seconds, in a process of its own. Usage: node append.ts <url> <seconds> alone|within;
// prints how many entries it wrote. `within`: each in a transaction with something else, as what people and administrators do is.
import { sql } from 'drizzle-orm'
import { openDatabase } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { auditLog } from '../../server/audit/log.ts'
import { systemClock } from '../../server/platform/clock.ts'

const AT_ONCE = 8
const [url = '', seconds = '3', how = 'alone'] = process.argv.slice(2)
const { db, close } = openDatabase(url, { max: AT_ONCE })
const log = auditLog({ store: auditStore(db, { gathers: true }), clock: systemClock })
const untilMs = systemClock.now() + Number(seconds) * 1_000
let written = 0

async function writer(index: number): Promise<void> {
  while (systemClock.now() < untilMs) {
    const event = { action: 'bench.appended', actor: 'system', subject: `writer-${index}`, detail: { written } }
    if (how === 'alone') await log.append(event)
    else
      await db.transaction(async (tx) => {
        await tx.execute(sql`select pg_current_xact_id()`)
        await log.append(event, tx)
      })
    written++
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => writer(index)))
await close()
process.stdout.write(`${written}\n`)
