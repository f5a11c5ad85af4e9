// What goes with a link that opens nothing any more, or with somebody who is not to come: the letter that would bring the link, and the
// keys that are awaited of them. In the transaction of what took it away.
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { AuditEvent } from '../../server/audit/port.ts'
import type { Transaction } from '../client.ts'
import { expectedKeys } from '../schema/enrolment.ts'
import { outbox } from '../schema/notify.ts'
import { enrolmentTickets } from '../schema/people.ts'

/** Why the outbox says that a letter was not sent. */
export const LINK_VOID = 'link-void'

/** Has letters that are still owed not sent: of one link, by its hash, or of all links of a person. */
export async function dropLetters(
  tx: Transaction,
  of: { readonly ticket: string } | { readonly personId: string },
): Promise<void> {
  const links =
    'ticket' in of
      ? sql`(${of.ticket})`
      : sql`(SELECT t.hash FROM ${enrolmentTickets} t WHERE t.person_id = ${of.personId})`
  await tx.execute(sql`
    UPDATE ${outbox} SET next_attempt_at = NULL, dead_at = clock_timestamp(), last_error = ${LINK_VOID}, sealed_link = NULL
    WHERE channel = 'mail' AND next_attempt_at IS NOT NULL AND about IN ${links}`)
}

/** Awaits no key of a person any more: one sent by post that is held back, or came to nobody. Returns an entry for each. */
export async function awaitNothing(
  tx: Transaction,
  { personId, at, actor, reason }: { personId: string; at: Date; actor: string; reason: string },
): Promise<readonly AuditEvent[]> {
  const gone = await tx
    .update(expectedKeys)
    .set({ withdrawnAt: at })
    .where(and(eq(expectedKeys.personId, personId), isNull(expectedKeys.matchedAt), isNull(expectedKeys.withdrawnAt)))
    .returning({ id: expectedKeys.id })
  return gone.map(({ id }) => ({
    action: 'key.unexpected',
    actor,
    subject: personId,
    detail: { expected: id, reason },
  }))
}
