// Of what one person may have so many at a time.
import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Transaction } from '../client.ts'

/**
 * Whether fewer than `atMost` rows of the table are `alike`. Until the transaction ends nobody else is told so for the same `whose`:
 * however many ask at once, no more than `atMost` are made.
 */
export async function isRoomLeft(
  tx: Transaction,
  whose: string,
  of: { readonly table: PgTable; readonly alike: SQL | undefined; readonly atMost: number },
): Promise<boolean> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${whose}, 0))`)
  return (await tx.$count(of.table, of.alike)) < of.atMost
}
