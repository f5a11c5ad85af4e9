// Renewals of services: one tap, one new end.
import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { RenewalStore } from '../../server/stepup/renewal.ts'
import type { Database } from '../client.ts'
import { credentials, people } from '../schema/people.ts'
import { serviceRenewals, services } from '../schema/services.ts'
import { isRoomLeft } from './room-left.ts'

/** Begun by one person and not tapped: a session that was stolen fills no table. */
const WAITING_AT_MOST = 20

/** Thrown inside a transaction to undo it; never leaves this file. */
class Undone extends Error {}

/** See server/stepup/renewal.ts. */
export function renewalStore(db: Database, audit: Pick<Audit, 'append'>): RenewalStore {
  return {
    async begin(renewal) {
      return db.transaction(async (tx) => {
        const alike = and(
          eq(serviceRenewals.personId, renewal.personId),
          isNull(serviceRenewals.renewedAt),
          gt(serviceRenewals.expiresAt, renewal.createdAt),
        )
        const waiting = { table: serviceRenewals, alike, atMost: WAITING_AT_MOST }
        if (!(await isRoomLeft(tx, `renewals of ${renewal.personId}`, waiting))) return false
        await tx.insert(serviceRenewals).values(renewal)
        return true
      })
    },

    async get(id) {
      const [row] = await db.select().from(serviceRenewals).where(eq(serviceRenewals.id, id))
      return row ?? null
    },

    async renew(input) {
      try {
        await db.transaction(async (tx) => {
          const [renewal] = await tx
            .update(serviceRenewals)
            .set({ renewedAt: input.at, credentialId: input.credentialId, receipt: input.receipt })
            .where(
              and(
                eq(serviceRenewals.id, input.id),
                eq(serviceRenewals.personId, input.personId),
                isNull(serviceRenewals.renewedAt),
                gt(serviceRenewals.expiresAt, input.at),
              ),
            )
            .returning({ service: serviceRenewals.serviceId })
          if (!renewal) throw new Undone()
          const [sponsor] = await tx
            .select({ id: people.id })
            .from(people)
            .innerJoin(credentials, eq(credentials.personId, people.id))
            .where(
              and(
                eq(people.id, input.personId),
                isNull(people.suspendedAt),
                eq(credentials.id, input.credentialId),
                isNull(credentials.revokedAt),
              ),
            )
            .for('share')
          const [service] = await tx
            .update(services)
            .set({ expiresAt: input.until })
            .where(
              and(eq(services.id, renewal.service), eq(services.sponsorId, input.personId), isNull(services.endedAt)),
            )
            .returning({ id: services.id })
          if (!sponsor || !service) throw new Undone()
          await audit.append(
            {
              action: 'service.renewed',
              actor: input.personId,
              subject: service.id,
              detail: {
                credential: input.credentialId,
                receipt: input.receiptDigest,
                until: input.until.toISOString(),
              },
            },
            tx,
          )
        })
        return true
      } catch (error) {
        if (error instanceof Undone) return false
        throw error
      }
    },
  }
}
