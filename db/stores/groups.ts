// Groups of people and their members.
import { and, asc, eq, or, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { GroupStore } from '../../server/people/groups.ts'
import type { Database, Transaction } from '../client.ts'
import { groupMembers, groups } from '../schema/groups.ts'
import { people } from '../schema/people.ts'
import { takePolicyLock } from './policy.ts'

/** Implements server/people/groups.ts. */
export function groupStore(db: Database, audit: Audit): GroupStore {
  return {
    async list() {
      // Spelt out: in a select from one table drizzle leaves the tables' names off.
      const members = sql<number>`(SELECT count(*)::int FROM group_members WHERE group_members.group_id = groups.id)`
      const rows = await db.select({ group: groups, members }).from(groups).orderBy(asc(groups.displayName))
      return rows.map((row) => ({ ...row.group, members: row.members }))
    },

    async find(nameOrId) {
      const [row] = await db
        .select()
        .from(groups)
        .where(or(eq(groups.id, nameOrId), eq(groups.displayName, nameOrId)))
      return row ?? null
    },

    members: (groupId) =>
      db
        .select({
          id: people.id,
          username: people.username,
          displayName: people.displayName,
          addedAt: groupMembers.addedAt,
        })
        .from(groupMembers)
        .innerJoin(people, eq(people.id, groupMembers.personId))
        .where(eq(groupMembers.groupId, groupId))
        .orderBy(asc(people.username)),

    create: (group, event) =>
      db.transaction(async (tx) => {
        const made = await tx.insert(groups).values(group).onConflictDoNothing().returning({ id: groups.id })
        if (made.length === 0) return false
        await audit.append(event, tx)
        return true
      }),

    remove: (groupId, event) =>
      db.transaction(async (tx) => {
        await takePolicyLock(tx)
        const [named] = await tx.execute(sql`
          SELECT 1 FROM policy_versions WHERE number = (SELECT max(number) FROM policy_versions)
            AND strpos(document::text, to_jsonb(${groupId}::text)::text) > 0
          UNION ALL SELECT 1 FROM group_key_policies WHERE group_id = ${groupId}`)
        if (named) return 'in-policy'
        const removed = await tx.delete(groups).where(eq(groups.id, groupId)).returning({ id: groups.id })
        if (removed.length === 0) return 'unknown'
        await audit.append(event, tx)
        return 'removed'
      }),

    addMember: (groupId, personId, at, event) =>
      db.transaction(async (tx) => {
        const added = await tx
          .insert(groupMembers)
          .values({ groupId, personId, addedAt: at })
          .onConflictDoNothing()
          .returning({ personId: groupMembers.personId })
        if (added.length === 0) return false
        await audit.append(event, tx)
        return true
      }),

    removeMember: (groupId, personId, event) =>
      db.transaction(async (tx) => {
        const removed = await tx
          .delete(groupMembers)
          .where(and(eq(groupMembers.groupId, groupId), eq(groupMembers.personId, personId)))
          .returning({ personId: groupMembers.personId })
        if (removed.length === 0) return false
        await audit.append(event, tx)
        return true
      }),
  }
}

/** Ids of a person's groups, also from inside a transaction. */
export async function groupIdsOf(from: Database | Transaction, personId: string): Promise<readonly string[]> {
  const rows = await from
    .select({ id: groupMembers.groupId })
    .from(groupMembers)
    .where(eq(groupMembers.personId, personId))
    .orderBy(asc(groupMembers.groupId))
  return rows.map(({ id }) => id)
}
