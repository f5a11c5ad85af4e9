// Authorization requests that wait for their tap.
import { and, eq, gt, isNotNull, isNull } from 'drizzle-orm'
import type { TransactionStore } from '../../server/oidc/port.ts'
import type { Database } from '../client.ts'
import { transactions } from '../schema/oidc.ts'

/** Implements the provider's transaction port. */
export function transactionStore(db: Database): TransactionStore {
  const ofBrowser = (hash: string, browserHash: string, now: Date) =>
    and(eq(transactions.hash, hash), eq(transactions.browserHash, browserHash), gt(transactions.expiresAt, now))

  return {
    async insert(transaction) {
      await db.insert(transactions).values({ ...transaction, acrValues: [...transaction.acrValues] })
    },

    async find(hash, browserHash, now) {
      const [row] = await db
        .select()
        .from(transactions)
        .where(ofBrowser(hash, browserHash, now))
      return row ?? null
    },

    async answer(hash, browserHash, idSessionHash, now) {
      const rows = await db
        .update(transactions)
        .set({ idSessionHash })
        .where(and(ofBrowser(hash, browserHash, now), isNull(transactions.idSessionHash)))
        .returning({ hash: transactions.hash })
      return rows.length === 1
    },

    async consume(hash, browserHash, now) {
      const [row] = await db
        .delete(transactions)
        .where(and(ofBrowser(hash, browserHash, now), isNotNull(transactions.idSessionHash)))
        .returning()
      return row ?? null
    },
  }
}
