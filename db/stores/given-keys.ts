// Keys whose way one administrator gave to another: two of them may be in one person's hands.
import { and, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Tapper } from '../../server/stepup/release-port.ts'
import type { Transaction } from '../client.ts'
import { credentials, enrolmentTickets } from '../schema/people.ts'

/** How long a key is new: as long as an act of one person waits. */
const NEW_KEY_MS = 24 * 3_600_000
/** A link's longest life, a key's first day, and a day to spare. */
const LINKS_COUNT_MS = 16 * 24 * 3_600_000

/**
 * Whether a key that is not a day old came when `giver` had given its person a link or a place at the desk: they may have kept it. Also
 * one that was added with such a key since: links live a fortnight at most. Afterwards it counts: its person has had the day that a
 * lone act waits to notice.
 */
export async function gaveKey(
  tx: Transaction,
  giver: string,
  { personId, credentialId }: Tapper,
  at: Date,
): Promise<boolean> {
  const given = await tx
    .select({ one: sql`1` })
    .from(credentials)
    .innerJoin(enrolmentTickets, eq(enrolmentTickets.personId, credentials.personId))
    .where(
      and(
        eq(credentials.id, credentialId),
        eq(credentials.personId, personId),
        gt(credentials.createdAt, new Date(at.getTime() - NEW_KEY_MS)),
        inArray(enrolmentTickets.kind, ['enrol', 'desk']),
        // An API token of theirs is them.
        sql`split_part(${enrolmentTickets.createdBy}, '/', 1) = ${giver}`,
        lte(enrolmentTickets.createdAt, credentials.createdAt),
        gt(enrolmentTickets.createdAt, new Date(at.getTime() - LINKS_COUNT_MS)),
      ),
    )
    .limit(1)
  return given.length > 0
}
