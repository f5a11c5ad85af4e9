// Enrolment tickets, and the one transaction that turns a ticket into a key.
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { EnrolmentStore, Redemption, RedemptionFailure } from '../../server/people/port.ts'
import type { Database, Transaction } from '../client.ts'
import { credentials, enrolmentTickets, people } from '../schema/people.ts'
import { isKey } from './keys-only.ts'

/** Thrown inside the transaction so that all of it is undone. */
class Undone extends Error {
  readonly reason: RedemptionFailure

  constructor(reason: RedemptionFailure) {
    super(reason)
    this.reason = reason
  }
}

/** Implements the enrolment port. */
export function enrolmentStore(db: Database, audit: Audit): EnrolmentStore {
  return {
    async ticket(hash) {
      const [ticket] = await db.select().from(enrolmentTickets).where(eq(enrolmentTickets.hash, hash))
      return ticket ?? null
    },

    async issue(ticket, event) {
      await db.transaction(async (tx) => {
        await tx.insert(enrolmentTickets).values(ticket)
        await audit.append(event, tx)
      })
    },

    async issueSetup(ticket, event) {
      return db.transaction(async (tx) => {
        await lockSetup(tx)
        if (await anyKey(tx)) return false
        await tx
          .delete(enrolmentTickets)
          .where(and(eq(enrolmentTickets.kind, 'setup'), isNull(enrolmentTickets.redeemedAt)))
        await tx.insert(enrolmentTickets).values(ticket)
        await audit.append(event, tx)
        return true
      })
    },

    anyoneEnrolled: () => anyKey(db),

    async activeKeys(personId) {
      return db
        .select({ webauthnId: credentials.webauthnId, transports: credentials.transports })
        .from(credentials)
        .where(and(eq(credentials.personId, personId), isNull(credentials.revokedAt), isKey))
    },

    async redeem(redemption) {
      try {
        return await db.transaction(async (tx) => ({ ok: true as const, keys: await redeemIn(tx, redemption, audit) }))
      } catch (error) {
        if (error instanceof Undone) return { ok: false, reason: error.reason }
        throw error
      }
    },
  }
}

async function redeemIn(tx: Transaction, redemption: Redemption, audit: Audit): Promise<number> {
  const { ticketHash, credential, newPerson, followUp, now } = redemption
  if (newPerson !== null) {
    await lockSetup(tx)
    if (await anyKey(tx)) throw new Undone('setup-closed')
  }
  const taken = await tx
    .update(enrolmentTickets)
    .set({ redeemedAt: now })
    .where(
      and(
        eq(enrolmentTickets.hash, ticketHash),
        isNull(enrolmentTickets.redeemedAt),
        gt(enrolmentTickets.expiresAt, now),
      ),
    )
    .returning({ hash: enrolmentTickets.hash })
  if (taken.length === 0) throw new Undone('ticket-used')
  if (newPerson !== null) {
    const made = await tx.insert(people).values(newPerson).onConflictDoNothing().returning({ id: people.id })
    if (made.length === 0) throw new Undone('username-taken')
  }
  // Locked, so that a suspension under way is either seen here or sees the new key.
  const [person] = await tx.select().from(people).where(eq(people.id, credential.personId)).for('update')
  if (person === undefined || person.suspendedAt !== null) throw new Undone('person-suspended')
  const row = { ...credential, transports: [...credential.transports] }
  const stored = await tx.insert(credentials).values(row).onConflictDoNothing().returning({ id: credentials.id })
  if (stored.length === 0) throw new Undone('key-already-enrolled')
  if (followUp !== null) await tx.insert(enrolmentTickets).values(followUp)
  const keys = await tx.$count(
    credentials,
    and(eq(credentials.personId, credential.personId), isNull(credentials.revokedAt), isKey),
  )
  await audit.append(redemption.audit, tx)
  return keys
}

/** One set-up at a time, over all processes. */
async function lockSetup(tx: Transaction): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended('palier set-up', 0))`)
}

async function anyKey(db: Database | Transaction): Promise<boolean> {
  const rows = await db.select({ id: credentials.id }).from(credentials).limit(1)
  return rows.length > 0
}
