// What groups ask of their people's keys, as administrators set it.
import { and, asc, eq, sql } from 'drizzle-orm'
import type { AuditOfMany } from '../../server/audit/port.ts'
import type { GroupPolicyRow, KeysConsole, PolicyFrom } from '../../server/console/keys/port.ts'
import type { Database, Transaction } from '../client.ts'
import { groups } from '../schema/groups.ts'
import { groupKeyPolicies } from '../schema/keys.ts'
import { takeGroupsLock } from './group-rules.ts'

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

    setPolicy: (groupId, from, policy, at, event) =>
      db.transaction(async (tx) => {
        await takeGroupsLock(tx)
        if (from !== null && !(await isStill(tx, groupId, from))) return false
        const { policy: word, platformAllowed, minKeys } = policy
        const aaguids = policy.aaguids === null ? null : [...policy.aaguids]
        const version = (from?.version ?? 0) + 1
        const row = { policy: word, aaguids, platformAllowed, minKeys, updatedAt: at, version }
        // Whoever is second to give a group its first one finds it there.
        const written =
          from === null
            ? await tx
                .insert(groupKeyPolicies)
                .values({ ...row, groupId })
                .onConflictDoNothing()
                .returning({ id: groupKeyPolicies.groupId })
            : await tx
                .update(groupKeyPolicies)
                .set(row)
                .where(eq(groupKeyPolicies.groupId, groupId))
                .returning({ id: groupKeyPolicies.groupId })
        if (written.length === 0) return false
        await audit.append(event, tx)
        return true
      }),

    removePolicy: (groupId, from, event) =>
      db.transaction(async (tx) => {
        await takeGroupsLock(tx)
        if (!(await isStill(tx, groupId, from))) return false
        await tx.delete(groupKeyPolicies).where(eq(groupKeyPolicies.groupId, groupId))
        await audit.append(event, tx)
        return true
      }),
  }
}

/** Whether a group's policy is what somebody saw, to the letter. The row is held until this transaction ends. */
async function isStill(tx: Transaction, groupId: string, from: PolicyFrom): Promise<boolean> {
  const [row] = await tx
    .select()
    .from(groupKeyPolicies)
    .where(and(eq(groupKeyPolicies.groupId, groupId), eq(groupKeyPolicies.version, from.version)))
    .for('update')
  const told = ({ policy, aaguids, platformAllowed, minKeys }: Omit<PolicyFrom, 'minKeys'> & { minKeys: number }) =>
    JSON.stringify([policy, aaguids?.toSorted() ?? null, platformAllowed, minKeys])
  return row !== undefined && told(row) === told(from)
}
