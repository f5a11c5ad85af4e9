// People and their keys.
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { Key, PeopleStore, ToldOfRevokedKeys } from '../../server/people/port.ts'
import type { Database } from '../client.ts'
import { credentials, people } from '../schema/people.ts'
import { isKey, keyAcr } from './keys-only.ts'
import { awaitNothing } from './not-coming.ts'
import { wasSuspendedHere } from './suspended-here.ts'

const keyColumns = {
  id: credentials.id,
  personId: credentials.personId,
  name: credentials.name,
  aaguid: credentials.aaguid,
  acr: keyAcr,
  createdAt: credentials.createdAt,
  lastUsedAt: credentials.lastUsedAt,
  revokedAt: credentials.revokedAt,
  revokedReason: credentials.revokedReason,
}

/** Implements the people port; what changes a person writes its audit entry in the same transaction. `told`: owes word of a revoked key. */
export function peopleStore(db: Database, audit: Audit, told: ToldOfRevokedKeys = async () => {}): PeopleStore {
  return {
    async byId(id) {
      const [person] = await db.select().from(people).where(eq(people.id, id))
      return person ?? null
    },

    async byUsername(username) {
      const [person] = await db.select().from(people).where(eq(people.username, username))
      return person ?? null
    },

    async list() {
      // Spelt out: in a select from one table drizzle leaves the tables' names off.
      const keys = sql<number>`(SELECT count(*)::int FROM credentials
        WHERE credentials.person_id = people.id AND credentials.revoked_at IS NULL AND credentials.kind <> 'temporary-pass')`
      const rows = await db
        .select({ person: people, keys })
        .from(people)
        .where(isNull(people.deletedAt))
        .orderBy(asc(people.username))
      return rows.map((row) => ({ ...row.person, keys: row.keys }))
    },

    async create(person, event) {
      return db.transaction(async (tx) => {
        const made = await tx.insert(people).values(person).onConflictDoNothing().returning({ id: people.id })
        if (made.length === 0) return false
        await audit.append(event, tx)
        return true
      })
    },

    async setSuspended(id, suspendedAt, event) {
      return db.transaction(async (tx) => {
        // Held, so that a directory that resumes them at this moment is waited for.
        const [person] = await tx
          .select({ suspendedAt: people.suspendedAt })
          .from(people)
          // A person who was deleted stays suspended.
          .where(and(eq(people.id, id), isNull(people.deletedAt)))
          .for('update')
        if (person === undefined) return false
        if ((person.suspendedAt === null) === (suspendedAt === null)) {
          // Suspended by a directory so far: from now on by an administrator, whom no directory overrules.
          if (suspendedAt !== null && !(await wasSuspendedHere(tx, id))) await audit.append(event, tx)
          return false
        }
        await tx.update(people).set({ suspendedAt }).where(eq(people.id, id))
        const { actor } = event
        const unexpected =
          suspendedAt === null
            ? []
            : await awaitNothing(tx, { personId: id, at: suspendedAt, actor, reason: 'person-suspended' })
        for (const one of [event, ...unexpected]) await audit.append(one, tx)
        return true
      })
    },

    async revokeKey(id, reason, at, event) {
      return db.transaction(async (tx) => {
        const changed = await tx
          .update(credentials)
          .set({ revokedAt: at, revokedReason: reason })
          .where(and(eq(credentials.id, id), isNull(credentials.revokedAt), isKey))
          .returning({ id: credentials.id, name: credentials.name, personId: credentials.personId })
        for (const { personId, ...key } of changed) await told({ personId, keys: [key], actor: event.actor }, tx)
        if (changed.length === 0) return false
        await audit.append(event, tx)
        return true
      })
    },

    async keysOf(personId): Promise<readonly Key[]> {
      return db
        .select(keyColumns)
        .from(credentials)
        .where(and(eq(credentials.personId, personId), isKey))
        .orderBy(asc(credentials.createdAt), asc(credentials.id))
    },

    async keyById(id) {
      const [key] = await db
        .select(keyColumns)
        .from(credentials)
        .where(and(eq(credentials.id, id), isKey))
      return key ?? null
    },
  }
}
