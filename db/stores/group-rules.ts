// What groups decide, and what changes for people who are put into them or taken out, inside the transaction that does it.
import { sql } from 'drizzle-orm'
import { type Effect, effectsOf, type GroupRules, type Move } from '../../server/people/moves.ts'
import type { PolicyDocument } from '../../server/policy/document.ts'
import { shippedPolicy } from '../../server/policy/shipped.ts'
import { decodeVersion } from '../../server/policy/versions.ts'
import type { GroupKeyPolicy } from '../../server/webauthn/rule.ts'
import type { Database, Transaction } from '../client.ts'
import { groupMembers } from '../schema/groups.ts'
import { groupKeyPolicies } from '../schema/keys.ts'
import { people } from '../schema/people.ts'
import { latestPolicy, takePolicyLock } from './policy.ts'

/** Some people, and one group that they are put into or taken out of. */
export interface OneGroupMove {
  readonly groupId: string
  readonly personIds: readonly string[]
  readonly way: 'add' | 'remove'
}

export interface GroupRulesReader {
  rules(from: Database | Transaction, at: Date): Promise<GroupRules>
  /** What a move would loosen of people as they are. */
  ahead(from: Database | Transaction, move: OneGroupMove, at: Date): Promise<readonly Effect[]>
  /**
   * What changes of one group's members, made within this transaction, have loosened. Whether each was a member before is in `was`. The
   * policy lock must have been taken before them: else two changes at once are each judged without the other.
   */
  behind(
    tx: Transaction,
    change: { readonly groupId: string; readonly was: ReadonlyMap<string, boolean> },
    at: Date,
  ): Promise<readonly Effect[]>
}

/** `setting`: `PALIER_KEY_POLICY`. A version of the policy never changes, so the newest is decoded once. */
export function groupRules(setting: GroupKeyPolicy['policy']): GroupRulesReader {
  let decoded: { readonly sha256: string; readonly document: PolicyDocument } | null = null

  async function rules(from: Database | Transaction, at: Date): Promise<GroupRules> {
    const latest = await latestPolicy(from)
    if (latest !== null && decoded?.sha256 !== latest.sha256)
      decoded = { sha256: latest.sha256, document: decodeVersion(latest).document }
    const rows = await from.select().from(groupKeyPolicies)
    const keyPolicies = new Map(
      rows.map(({ groupId, policy, aaguids, platformAllowed, minKeys }): [string, GroupKeyPolicy] => [
        groupId,
        { policy, aaguids, platformAllowed, minKeys: minKeys === 2 ? 2 : 1 },
      ]),
    )
    const document = latest === null || decoded === null ? shippedPolicy() : decoded.document
    return { document, keyPolicies, setting, atMs: at.getTime() }
  }

  return {
    rules,

    async ahead(from, { groupId, personIds, way }, at) {
      const standing = await groupsOfPeople(from, personIds)
      const moves = standing.map(({ username, groups }): Move => {
        const others = groups.filter((id) => id !== groupId)
        return { username, before: groups, after: way === 'add' ? [...others, groupId] : others }
      })
      return effectsOf(await rules(from, at), moves)
    },

    async behind(tx, { groupId, was }, at) {
      if (was.size === 0) return []
      const standing = await groupsOfPeople(tx, [...was.keys()])
      const moves = standing.map(({ id, username, groups }): Move => {
        const others = groups.filter((one) => one !== groupId)
        return { username, before: was.get(id) === true ? [...others, groupId] : others, after: groups }
      })
      return effectsOf(await rules(tx, at), moves)
    },
  }
}

/** Held by whoever changes what groups decide, or who is in them, until the transaction ends. */
export const takeGroupsLock = takePolicyLock

async function groupsOfPeople(from: Database | Transaction, personIds: readonly string[]) {
  if (personIds.length === 0) return []
  // One parameter, however many.
  const some = sql`(SELECT jsonb_array_elements_text(${JSON.stringify([...new Set(personIds)])}::jsonb))`
  const found = await from
    .select({ id: people.id, username: people.username })
    .from(people)
    .where(sql`${people.id} IN ${some} AND ${people.deletedAt} IS NULL`)
  const rows = await from
    .select({ personId: groupMembers.personId, groupId: groupMembers.groupId })
    .from(groupMembers)
    .where(sql`${groupMembers.personId} IN ${some}`)
  const groups = new Map<string, string[]>()
  for (const { personId, groupId } of rows) groups.set(personId, [...(groups.get(personId) ?? []), groupId])
  return found.map(({ id, username }) => ({ id, username, groups: groups.get(id) ?? [] }))
}
