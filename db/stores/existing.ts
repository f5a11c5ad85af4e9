// What decides about a client from before the gateway: its person's groups, and whether its device signed in meanwhile.
import { and, eq, sql } from 'drizzle-orm'
import type { ExistingDeps } from '../../server/sessions/existing.ts'
import type { Database } from '../client.ts'
import { people } from '../schema/people.ts'
import { devices } from '../schema/sessions.ts'

/** See server/sessions/existing.ts. */
export function existingPeople(db: Database): ExistingDeps['people'] {
  return {
    async byUsername(username) {
      const [row] = await db
        .select({
          personId: people.id,
          suspended: sql<boolean>`${people.suspendedAt} IS NOT NULL`,
          groups: sql<string[]>`(SELECT coalesce(json_agg(group_members.group_id ORDER BY group_members.group_id), '[]')
            FROM group_members WHERE group_members.person_id = ${people.id})`,
        })
        .from(people)
        .where(eq(people.username, username))
      return row ?? null
    },

    async hasSignedIn(serverName, userId, deviceId) {
      const [row] = await db
        .select({ id: devices.id })
        .from(devices)
        .where(and(eq(devices.serverName, serverName), eq(devices.userId, userId), eq(devices.deviceId, deviceId)))
        .limit(1)
      return row !== undefined
    },
  }
}
