// What groups ask of their people's keys, as enrolment asks.
import { eq } from 'drizzle-orm'
import type { GroupKeyPolicies } from '../../server/webauthn/port.ts'
import type { Database } from '../client.ts'
import { groupMembers } from '../schema/groups.ts'
import { groupKeyPolicies } from '../schema/keys.ts'

/** Implements the port of the enrolment gate. */
export function keyPoliciesOfGroups(db: Database): GroupKeyPolicies {
  return {
    async ofPerson(personId) {
      const rows = await db
        .select({
          policy: groupKeyPolicies.policy,
          aaguids: groupKeyPolicies.aaguids,
          platformAllowed: groupKeyPolicies.platformAllowed,
          minKeys: groupKeyPolicies.minKeys,
        })
        .from(groupKeyPolicies)
        .innerJoin(groupMembers, eq(groupMembers.groupId, groupKeyPolicies.groupId))
        .where(eq(groupMembers.personId, personId))
      return rows.map((row) => ({ ...row, minKeys: row.minKeys === 2 ? 2 : 1 }))
    },
  }
}
