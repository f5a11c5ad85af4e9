// Links, lost keys and people by name, for the console's verbs about getting people in.
import { and, asc, desc, eq, gt, inArray, isNull, ne } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { LinkStore, LostKeyStore, OpenLink } from '../../server/console/enrolment/port.ts'
import type { ToldOfRevokedKeys } from '../../server/people/port.ts'
import type { Database } from '../client.ts'
import { credentials, enrolmentTickets, people } from '../schema/people.ts'
import { isKey, keyAcr } from './keys-only.ts'
import { dropLetters } from './not-coming.ts'

/** Links as they are handed out: set-up's and a browser's second key are nobody's to see. */
const KINDS = ['enrol', 'self', 'desk'] as const

/** See server/console/enrolment/port.ts. */
export function linkStore(db: Database, audit: Pick<Audit, 'append'>): LinkStore {
  const works = (now: Date) =>
    and(
      inArray(enrolmentTickets.kind, [...KINDS]),
      isNull(enrolmentTickets.redeemedAt),
      gt(enrolmentTickets.expiresAt, now),
    )
  return {
    async open(personId, now) {
      const rows = await db
        .select({
          id: enrolmentTickets.hash,
          kind: enrolmentTickets.kind,
          createdBy: enrolmentTickets.createdBy,
          policy: enrolmentTickets.policy,
          usesLeft: enrolmentTickets.usesLeft,
          createdAt: enrolmentTickets.createdAt,
          expiresAt: enrolmentTickets.expiresAt,
        })
        .from(enrolmentTickets)
        .where(and(eq(enrolmentTickets.personId, personId), works(now)))
        .orderBy(desc(enrolmentTickets.createdAt))
        .limit(100)
      return rows.map((row) => ({ ...row, kind: row.kind as OpenLink['kind'] }))
    },

    async personOf(id) {
      const [found] = await db
        .select({ personId: enrolmentTickets.personId })
        .from(enrolmentTickets)
        .where(and(eq(enrolmentTickets.hash, id), inArray(enrolmentTickets.kind, [...KINDS])))
      return found?.personId ?? null
    },

    withdraw: (id, now, event) =>
      db.transaction(async (tx) => {
        const [gone] = await tx
          .update(enrolmentTickets)
          .set({ expiresAt: now })
          .where(and(eq(enrolmentTickets.hash, id), works(now)))
          .returning({ personId: enrolmentTickets.personId })
        if (!gone?.personId) return false
        await dropLetters(tx, { ticket: id })
        await audit.append(event(gone.personId), tx)
        return true
      }),
  }
}

/** See server/console/enrolment/port.ts. `told`: owes the person word of what was revoked, in the same transaction. */
export function lostKeyStore(
  db: Database,
  audit: Pick<Audit, 'append'>,
  told: ToldOfRevokedKeys = async () => {},
): LostKeyStore {
  const live = (personId: string) => and(eq(credentials.personId, personId), isNull(credentials.revokedAt), isKey)
  return {
    keys: (personId) =>
      db
        .select({
          id: credentials.id,
          name: credentials.name,
          aaguid: credentials.aaguid,
          acr: keyAcr,
          serial: credentials.serial,
          createdAt: credentials.createdAt,
          lastUsedAt: credentials.lastUsedAt,
        })
        .from(credentials)
        .where(live(personId))
        .orderBy(asc(credentials.createdAt), asc(credentials.id)),

    revoke: (personId, ids, reason, now, event) =>
      db.transaction(async (tx) => {
        const revoked = await tx
          .update(credentials)
          .set({ revokedAt: now, revokedReason: reason })
          .where(and(live(personId), ids === null ? undefined : inArray(credentials.id, [...ids])))
          .returning({ id: credentials.id, name: credentials.name })
        const events = revoked.map(event)
        const [first] = events
        if (first !== undefined) await told({ personId, keys: revoked, actor: first.actor }, tx)
        for (const each of events) await audit.append(each, tx)
        return revoked.map(({ id }) => id)
      }),
  }
}

/** Somebody among these who has a role. */
export async function administratorAmong(db: Database, ids: readonly string[]) {
  const [found] = await db
    .select({ username: people.username, role: people.role })
    .from(people)
    .where(and(inArray(people.id, [...ids]), ne(people.role, 'person')))
    .limit(1)
  return found ?? null
}

/** Ids by username, of people who are there. */
export async function idsByUsername(db: Database, usernames: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (let at = 0; at < usernames.length; at += 1_000) {
    const rows = await db
      .select({ id: people.id, username: people.username })
      .from(people)
      .where(and(inArray(people.username, usernames.slice(at, at + 1_000)), isNull(people.deletedAt)))
    for (const { id, username } of rows) found.set(username, id)
  }
  return found
}
