// Entries of the audit log that two instances append in a second, on one Postgres with durable settings, which shares the machine's CPUs
// with them; and that the chain is whole after it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { openDatabase } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { verifyAudit } from '../../server/audit/verify.ts'
import type { BenchDatabase } from '../devices.ts'
import { type Figure, figureOf } from '../figure.ts'
import { unpinned } from '../process.ts'

const AT_LEAST = 500
const SECONDS = 3
const INSTANCES = 2

export async function auditAppends(database: BenchDatabase, runs: number): Promise<Record<string, Figure>> {
  const rates = async (how: 'alone' | 'within'): Promise<number[]> => {
    const found: number[] = []
    for (let run = 0; run < runs; run++) {
      const counts = await Promise.all(Array.from({ length: INSTANCES }, () => instance(database.url, how)))
      found.push(counts.reduce((sum, count) => sum + count, 0) / SECONDS)
    }
    return found
  }
  const [alone, within] = [await rates('alone'), await rates('within')]
  const { db, close } = openDatabase(database.url, { max: 1 })
  const { fault } = await verifyAudit(auditStore(db)).finally(close)
  if (fault !== null) throw new Error(`the audit log is broken at entry ${fault.sequence}`)
  const what = 'entries of the audit log a second, two instances with eight writers each, one chain without a gap'
  return {
    audit_appends_per_s: figureOf(
      alone,
      AT_LEAST,
      `${what}, on the disk before each is said to be written`,
      'at-least',
    ),
    audit_appends_within_per_s: figureOf(within, AT_LEAST, `${what}, each within another transaction`, 'at-least'),
  }
}

async function instance(url: string, how: 'alone' | 'within'): Promise<number> {
  const [command, ...args] = unpinned([process.execPath, `${import.meta.dirname}/append.ts`, url, String(SECONDS), how])
  const child = spawn(command as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`an instance that appends ended with ${code}`)
  return Number(printed)
}
