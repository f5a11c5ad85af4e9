// Groups as administrators keep them: in pages, and many members at once.
import { and, asc, eq, gt, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { AuditOfMany } from '../../server/audit/port.ts'
import type { DirectoryGroupStore } from '../../server/people/directory.ts'
import type { Database } from '../client.ts'
import { groupMembers, groups } from '../schema/groups.ts'
import { people } from '../schema/people.ts'
import { foldedLike, isTaken } from './directory.ts'
import { type GroupRulesReader, takeGroupsLock } from './group-rules.ts'

const listed = {
  id: groups.id,
  displayName: groups.displayName,
  externalId: groups.externalId,
  createdAt: groups.createdAt,
  version: groups.version,
  // Spelt out: in a select from one table drizzle leaves the tables' names off.
  members: sql<number>`(SELECT count(*)::int FROM group_members WHERE group_members.group_id = groups.id)`,
}

/** Implements `DirectoryGroupStore`. */
export function directoryGroupStore(db: Database, audit: AuditOfMany, rules: GroupRulesReader): DirectoryGroupStore {
  return {
    list: ({ q, after, limit }) =>
      db
        .select(listed)
        .from(groups)
        .where(and(named(q), after === undefined ? undefined : gt(groups.displayName, after)))
        .orderBy(asc(groups.displayName))
        .limit(limit),

    async find(id) {
      const [group] = await db.select(listed).from(groups).where(eq(groups.id, id))
      return group ?? null
    },

    members: (groupId, { q, after, limit }) =>
      db
        .select({
          id: people.id,
          username: people.username,
          displayName: people.displayName,
          suspendedAt: people.suspendedAt,
          addedAt: groupMembers.addedAt,
        })
        .from(groupMembers)
        .innerJoin(people, eq(people.id, groupMembers.personId))
        .where(
          and(
            eq(groupMembers.groupId, groupId),
            q === undefined || q === '' ? undefined : sql`${people.search} LIKE '%' || ${foldedLike(q)} || '%'`,
            after === undefined ? undefined : gt(people.username, after),
          ),
        )
        .orderBy(asc(people.username))
        .limit(limit),

    rename: (id, version, displayName, event) =>
      db
        .transaction(async (tx) => {
          const renamed = await tx
            .update(groups)
            .set({ displayName, version: version + 1 })
            .where(and(eq(groups.id, id), eq(groups.version, version)))
            .returning({ id: groups.id })
          if (renamed.length === 0) return 'moved' as const
          await audit.append(event, tx)
          return 'renamed' as const
        })
        .catch((error: unknown) => {
          if (isTaken(error)) return 'name-taken' as const
          throw error
        }),

    loosens: (groupId, personIds, way, at) => rules.ahead(db, { groupId, personIds, way }, at),

    addMembers: (groupId, personIds, at, event, allow) =>
      db.transaction(async (tx) => {
        await takeGroupsLock(tx)
        const [group] = await tx.select({ id: groups.id }).from(groups).where(eq(groups.id, groupId)).for('key share')
        if (group === undefined) return null
        // Locked, so that a deletion under way is either seen here or sees the membership.
        const there = await tx
          .select({ id: people.id })
          .from(people)
          .where(and(inArray(people.id, [...personIds]), isNull(people.deletedAt)))
          .orderBy(asc(people.id))
          .for('share')
        if (there.length === 0) return 0
        const added = await tx
          .insert(groupMembers)
          .values(there.map(({ id }) => ({ groupId, personId: id, addedAt: at })))
          .onConflictDoNothing()
          .returning({ personId: groupMembers.personId })
        const was = new Map(added.map(({ personId }) => [personId, false]))
        allow(await rules.behind(tx, { groupId, was }, at))
        if (added.length > 0)
          await audit.appendAll(
            added.map(({ personId }) => event(personId)),
            tx,
          )
        return added.length
      }),

    removeMembers: (groupId, personIds, at, event, allow) =>
      db.transaction(async (tx) => {
        await takeGroupsLock(tx)
        const removed = await tx
          .delete(groupMembers)
          .where(and(eq(groupMembers.groupId, groupId), inArray(groupMembers.personId, [...personIds])))
          .returning({ personId: groupMembers.personId })
        const was = new Map(removed.map(({ personId }) => [personId, true]))
        allow(await rules.behind(tx, { groupId, was }, at))
        if (removed.length > 0)
          await audit.appendAll(
            removed.map(({ personId }) => event(personId)),
            tx,
          )
        return removed.length
      }),
  }
}

function named(q: string | undefined): SQL | undefined {
  return q === undefined || q === ''
    ? undefined
    : sql`palier_fold(${groups.displayName}) LIKE '%' || ${foldedLike(q)} || '%'`
}
