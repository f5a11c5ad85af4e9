// What the lines of an import say, and what is there of the people and groups that they name.
import { sql } from 'drizzle-orm'
import type { Known, KnownPerson, Wanted } from '../../server/people/import-plan.ts'
import type { ImportLine } from '../../server/people/imports.ts'
import { type GroupRules, loosenedBy } from '../../server/people/moves.ts'
import type { PersonRole } from '../../server/people/port.ts'
import type { Database, Transaction } from '../client.ts'
import type { peopleImportLines } from '../schema/imports.ts'

export interface Names {
  readonly usernames: readonly string[]
  readonly emails: readonly string[]
  readonly groups: readonly string[]
}

/** Looks them up, and with `lock` holds the people until the transaction ends. `rules`: what groups decide. */
export async function knownFrom(
  from: Database | Transaction,
  names: Names,
  rules: GroupRules,
  lock = false,
): Promise<Known> {
  const rows = await from.execute<{
    id: string
    username: string
    display_name: string
    email: string | null
    role: PersonRole
    version: number
    is_deleted: boolean
  }>(sql`
    SELECT id, username, display_name, email, role, version, deleted_at IS NOT NULL AS is_deleted FROM people
    WHERE username IN (SELECT jsonb_array_elements_text(${JSON.stringify(names.usernames)}::jsonb))
    ORDER BY id ${lock ? sql`FOR UPDATE` : sql``}`)
  const groupRows = await from.execute<{ person_id: string; id: string; display_name: string }>(sql`
    SELECT m.person_id, g.id, g.display_name FROM group_members m JOIN groups g ON g.id = m.group_id
    WHERE m.person_id IN (SELECT jsonb_array_elements_text(${JSON.stringify(rows.map(({ id }) => id))}::jsonb))`)
  const groupsOf = new Map<string, string[]>()
  for (const { person_id, display_name } of groupRows)
    groupsOf.set(person_id, [...(groupsOf.get(person_id) ?? []), display_name])
  const emails = await from.execute<{ email: string; username: string }>(sql`
    SELECT lower(email) AS email, username FROM people
    WHERE email IS NOT NULL
      AND lower(email) IN (SELECT jsonb_array_elements_text(${JSON.stringify(names.emails.map((one) => one.toLowerCase()))}::jsonb))`)
  const groups = await from.execute<{ id: string; display_name: string }>(sql`
    SELECT id, display_name FROM groups
    WHERE display_name IN (SELECT jsonb_array_elements_text(${JSON.stringify(names.groups)}::jsonb))`)
  const ids = new Map([...groupRows, ...groups].map(({ id, display_name }) => [display_name, id]))
  // One that is not there yet decides nothing.
  const idsOf = (named: readonly string[]) => named.flatMap((name) => ids.get(name) ?? [])
  const people = rows.map(
    (row): KnownPerson => ({
      id: row.id,
      username: row.username,
      displayName: row.display_name,
      email: row.email,
      role: row.role,
      version: row.version,
      isDeleted: row.is_deleted,
      groups: groupsOf.get(row.id) ?? [],
    }),
  )
  return {
    people: new Map(people.map((person) => [person.username, person])),
    emails: new Map(emails.map(({ email, username }) => [email, username])),
    groups: new Set(groups.map(({ display_name }) => display_name)),
    loosens(username, before, joined) {
      const [old, added] = [idsOf(before), idsOf(joined)]
      return loosenedBy(rules, { username, before: old, after: [...new Set([...old, ...added])] }).length > 0
    },
  }
}

/** A line as it is read back. */
export function lineFrom(row: typeof peopleImportLines.$inferSelect): ImportLine {
  return {
    line: row.line,
    username: row.username,
    outcome: row.outcome,
    reason: row.reason,
    wanted: row.wanted as unknown as Wanted,
    changes: row.changes as unknown as ImportLine['changes'],
    personId: row.personId,
    personVersion: row.personVersion,
    state: row.state,
  }
}
