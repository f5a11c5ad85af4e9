// Signed heads of the audit chain.
import { asc, desc, eq, gt } from 'drizzle-orm'
import type { HeadStore } from '../../server/audit/heads.ts'
import type { Database } from '../client.ts'
import { auditEntries, auditHeads } from '../schema/audit.ts'

export function auditHeadStore(db: Database): HeadStore {
  return {
    async chainHead() {
      const [head] = await db
        .select({ sequence: auditEntries.sequence, hash: auditEntries.hash })
        .from(auditEntries)
        .orderBy(desc(auditEntries.sequence))
        .limit(1)
      return head ?? null
    },

    async newest() {
      const [head] = await db.select().from(auditHeads).orderBy(desc(auditHeads.sequence)).limit(1)
      return head ?? null
    },

    after: (sequence, limit) =>
      db
        .select()
        .from(auditHeads)
        .where(gt(auditHeads.sequence, sequence))
        .orderBy(asc(auditHeads.sequence))
        .limit(limit),

    add: (head, owe) =>
      db.transaction(async (tx) => {
        const kept = await tx
          .insert(auditHeads)
          .values(head)
          .onConflictDoNothing()
          .returning({ at: auditHeads.sequence })
        if (kept.length === 0) return false
        await owe(tx)
        return true
      }),

    async hashAt(sequence) {
      const [entry] = await db
        .select({ hash: auditEntries.hash })
        .from(auditEntries)
        .where(eq(auditEntries.sequence, sequence))
      return entry?.hash ?? null
    },
  }
}
