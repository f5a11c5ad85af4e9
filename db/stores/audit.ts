// The audit chain in Postgres.
import { asc, desc, gt, sql } from 'drizzle-orm'
import type { AuditEntry, AuditHead, AuditStore } from '../../server/audit/port.ts'
import type { Database, Transaction } from '../client.ts'
import { auditEntries } from '../schema/audit.ts'

// 'audit' read as a number.
const CHAIN_LOCK = 0x6175646974
const BEFORE_THE_FIRST: AuditHead = { sequence: 0, hash: '0'.repeat(64) }

export function auditStore(db: Database): AuditStore {
  return {
    append: (build, tx) => (tx ? appendIn(tx, build) : db.transaction((own) => appendIn(own, build))),
    page: (afterSequence, limit) =>
      db
        .select()
        .from(auditEntries)
        .where(gt(auditEntries.sequence, afterSequence))
        .orderBy(asc(auditEntries.sequence))
        .limit(limit),
  }
}

// The lock is taken in a statement of its own: the next one then sees what its last holder committed (READ COMMITTED
// takes a snapshot a statement). Under a stricter isolation level two appends would collide on the primary key instead.
async function appendIn(tx: Transaction, build: (head: AuditHead) => AuditEntry): Promise<AuditEntry> {
  await tx.execute(sql`select pg_advisory_xact_lock(${CHAIN_LOCK}::bigint)`)
  const [head] = await tx
    .select({ sequence: auditEntries.sequence, hash: auditEntries.hash })
    .from(auditEntries)
    .orderBy(desc(auditEntries.sequence))
    .limit(1)
  const entry = build(head ?? BEFORE_THE_FIRST)
  await tx.insert(auditEntries).values({ ...entry, detail: { ...entry.detail } })
  return entry
}
