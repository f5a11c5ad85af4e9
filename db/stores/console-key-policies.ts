// What groups ask of their people's keys, as administrators set it.
import { and, asc, eq, sql } from 'drizzle-orm'
import type { AuditOfMany } from '../../server/audit/port.ts'
import type { GroupPolicyRow, KeysConsole } from '../../server/console/keys/port.ts'
import type { Database } from '../client.ts'
import { groups } from '../schema/groups.ts'
import { groupKeyPolicies } from '../schema/keys.ts'

type GroupPolicies = Pick<KeysConsole, 'policies' | 'policyOf' | 'groupName' | 'setPolicy' | 'removePolicy'>

/** Part of the port of keys. */
export function groupPolicyStore(db: Database, audit: AuditOfMany): GroupPolicies {
  const select = () =>
    db
      .select({
        groupId: groups.id,
        name: groups.displayName,
        members: sql<number>`(SELECT count(*)::int FROM group_members m WHERE m.group_id = ${groups.id})`,
        row: groupKeyPolicies,
      })
      .from(groupKeyPolicies)
      .innerJoin(groups, eq(groups.id, groupKeyPolicies.groupId))
  type Selected = Awaited<ReturnType<typeof select>>[number]
  const fromRow = ({ groupId, name, members, row }: Selected): GroupPolicyRow => ({
    group: { id: groupId, name, members },
    policy: row.policy,
    aaguids: row.aaguids,
    platformAllowed: row.platformAllowed,
    minKeys: row.minKeys === 2 ? 2 : 1,
    updatedAt: row.updatedAt,
    version: row.version,
  })

  return {
    policies: async () => (await select().orderBy(asc(groups.displayName))).map(fromRow),

    async policyOf(groupId) {
      const [row] = await select().where(eq(groupKeyPolicies.groupId, groupId))
      return row === undefined ? null : fromRow(row)
    },

    async groupName(groupId) {
      const [group] = await db.select({ name: groups.displayName }).from(groups).where(eq(groups.id, groupId))
      return group?.name ?? null
    },

    setPolicy: (groupId, version, policy, at, event) =>
      db.transaction(async (tx) => {
        const { aaguids, ...rest } = policy
        const row = { ...rest, aaguids: aaguids === null ? null : [...aaguids], updatedAt: at, version: version + 1 }
        // Version 0 is a group without one: whoever is second to give it one finds it there.
        const written =
          version === 0
            ? await tx
                .insert(groupKeyPolicies)
                .values({ ...row, groupId })
                .onConflictDoNothing()
                .returning({ id: groupKeyPolicies.groupId })
            : await tx
                .update(groupKeyPolicies)
                .set(row)
                .where(and(eq(groupKeyPolicies.groupId, groupId), eq(groupKeyPolicies.version, version)))
                .returning({ id: groupKeyPolicies.groupId })
        if (written.length === 0) return false
        await audit.append(event, tx)
        return true
      }),

    removePolicy: (groupId, version, event) =>
      db.transaction(async (tx) => {
        const removed = await tx
          .delete(groupKeyPolicies)
          .where(and(eq(groupKeyPolicies.groupId, groupId), eq(groupKeyPolicies.version, version)))
          .returning({ id: groupKeyPolicies.groupId })
        if (removed.length === 0) return false
        await audit.append(event, tx)
        return true
      }),
  }
}
