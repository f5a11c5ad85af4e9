// Logout tokens owed to clients: enqueued by whoever ends a sid, delivered by the provider's worker.
import { and, asc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm'
import type { LogoutDeliveryStore } from '../../server/oidc/port.ts'
import type { Database, Transaction } from '../client.ts'
import { clients, logoutDeliveries } from '../schema/oidc.ts'
import { sids } from '../schema/sessions.ts'

/**
 * Owes each sid's client a logout token, if that client takes them (OIDC Back-Channel Logout 1.0 §2.4). Called within the
 * transaction that ends the sids; a sid is owed one once, however often it is called.
 */
export async function enqueueLogout(tx: Transaction, ended: readonly string[]): Promise<void> {
  if (ended.length === 0) return
  const owed = tx
    .select({
      id: sids.id,
      clientId: sids.clientId,
      sid: sids.id,
      subject: sids.personId,
      attempts: sql<number>`0`.as('attempts'),
      nextAttemptAt: sql<Date>`now()`.as('next_attempt_at'),
      deliveredAt: sql<null>`null::timestamptz`.as('delivered_at'),
      lastError: sql<null>`null::text`.as('last_error'),
      createdAt: sql<Date>`now()`.as('created_at'),
    })
    .from(sids)
    .innerJoin(clients, eq(clients.clientId, sids.clientId))
    .where(and(sql`${sids.id} = ANY (${`{${ended.join(',')}}`}::text[])`, isNotNull(clients.backchannelLogoutUri)))
  await tx.insert(logoutDeliveries).select(owed).onConflictDoNothing()
}

/** Implements the provider's logout-delivery port. */
export function logoutDeliveryStore(db: Database): LogoutDeliveryStore {
  return {
    async take(now, leaseUntil, limit) {
      return db.transaction(async (tx) => {
        const due = await tx
          .select({ delivery: logoutDeliveries, backchannelLogoutUri: clients.backchannelLogoutUri })
          .from(logoutDeliveries)
          .innerJoin(clients, eq(clients.clientId, logoutDeliveries.clientId))
          .where(and(lte(logoutDeliveries.nextAttemptAt, now), isNotNull(clients.backchannelLogoutUri)))
          .orderBy(asc(logoutDeliveries.nextAttemptAt))
          .limit(limit)
          .for('update', { of: logoutDeliveries, skipLocked: true })
        if (due.length === 0) return []
        await tx
          .update(logoutDeliveries)
          .set({ nextAttemptAt: leaseUntil, attempts: sql`${logoutDeliveries.attempts} + 1` })
          .where(
            inArray(
              logoutDeliveries.id,
              due.map((row) => row.delivery.id),
            ),
          )
        return due.map(({ delivery, backchannelLogoutUri }) => ({
          ...delivery,
          attempts: delivery.attempts + 1,
          backchannelLogoutUri: backchannelLogoutUri as string,
        }))
      })
    },

    async delivered(id, now) {
      await db
        .update(logoutDeliveries)
        .set({ deliveredAt: now, nextAttemptAt: null, lastError: null })
        .where(eq(logoutDeliveries.id, id))
    },

    async failed(id, error, nextAttemptAt) {
      await db.update(logoutDeliveries).set({ lastError: error, nextAttemptAt }).where(eq(logoutDeliveries.id, id))
    },
  }
}
