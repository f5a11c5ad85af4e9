// The way back for an installation without an owner who can sign in, from the machine that runs it.
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { EnrolmentTicket, Person, RevokedKeys } from '../../server/people/port.ts'
import type { Database, Transaction } from '../client.ts'
import { credentials, enrolmentTickets, people } from '../schema/people.ts'
import { isKey } from './keys-only.ts'
import { dropLetters } from './not-coming.ts'

export interface Recovery {
  readonly person: Person
  /** Whether they are made by it. */
  readonly isNew: boolean
  readonly revokesKeys: boolean
  /** With which they enrol a key: links of theirs from before are void. */
  readonly ticket: EnrolmentTicket
  readonly at: Date
  /** For the audit log: which account of the machine asked. */
  readonly askedBy: string
}

/**
 * Makes somebody an owner with a link to enrol a key, whatever they were, in one transaction with the audit entry and with `tell`. The only
 * one that may leave, for the time of the link, no owner who can sign in. False: the username was taken or their person deleted meanwhile.
 */
export async function recoverOwner(
  db: Database,
  audit: Pick<Audit, 'append'>,
  recovery: Recovery,
  tell: (tx: Transaction, revoked: RevokedKeys['keys']) => Promise<void>,
): Promise<boolean> {
  const { person, at } = recovery
  return db.transaction(async (tx) => {
    await tx.execute(sql`SELECT set_config('palier.recovering', 'on', true)`)
    if (!(await promote(tx, recovery))) return false
    const revoked = recovery.revokesKeys
      ? await tx
          .update(credentials)
          .set({ revokedAt: at, revokedReason: 'owner-recovered' })
          .where(and(eq(credentials.personId, person.id), isNull(credentials.revokedAt), isKey))
          .returning({ id: credentials.id, name: credentials.name })
      : []
    await tx
      .update(enrolmentTickets)
      .set({ expiresAt: at })
      .where(
        and(
          eq(enrolmentTickets.personId, person.id),
          isNull(enrolmentTickets.redeemedAt),
          gt(enrolmentTickets.expiresAt, at),
        ),
      )
    await dropLetters(tx, { personId: person.id })
    await tx.insert(enrolmentTickets).values(recovery.ticket)
    await tell(tx, revoked)
    await audit.append(
      {
        action: 'admin.recovered',
        actor: 'cli',
        subject: person.id,
        detail: {
          username: person.username,
          new: recovery.isNew,
          was: recovery.isNew ? null : person.role,
          was_suspended: person.suspendedAt !== null,
          revoked_keys: revoked.map(({ id }) => id),
          link_until: recovery.ticket.expiresAt.toISOString(),
          asked_by: recovery.askedBy,
        },
      },
      tx,
    )
    return true
  })
}

async function promote(tx: Transaction, { person, isNew }: Recovery): Promise<boolean> {
  const made = isNew
    ? await tx
        .insert(people)
        .values({ ...person, role: 'owner' })
        .onConflictDoNothing()
        .returning({ id: people.id })
    : await tx
        .update(people)
        .set({ role: 'owner', suspendedAt: null })
        .where(and(eq(people.id, person.id), isNull(people.deletedAt)))
        .returning({ id: people.id })
  return made.length > 0
}
