// By whom somebody was suspended last, as the audit log has it.
import { and, desc, eq, sql } from 'drizzle-orm'
import type { Transaction } from '../client.ts'
import { auditEntries } from '../schema/audit.ts'

/** What the audit log says of a suspension that came from a directory. */
export const VIA_DIRECTORY = 'scim'

/**
 * Whether an administrator suspended them, last. Somebody who was suspended for what was done with their account must not be let in again
 * by a directory that says every night that this person works here.
 */
export async function wasSuspendedHere(tx: Transaction, personId: string): Promise<boolean> {
  const [last] = await tx
    .select({ via: sql<string | null>`${auditEntries.detail} ->> 'via'` })
    .from(auditEntries)
    .where(and(eq(auditEntries.subject, personId), eq(auditEntries.action, 'person.suspended')))
    .orderBy(desc(auditEntries.sequence))
    .limit(1)
  return last !== undefined && last.via !== VIA_DIRECTORY
}
