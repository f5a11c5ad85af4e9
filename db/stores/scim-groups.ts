// Groups as a directory sees them, in Postgres.
import { and, asc, count, desc, eq, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import type { AuditEvent, AuditOfMany } from '../../server/audit/port.ts'
import type { GroupAttribute } from '../../server/console/scim/attributes.ts'
import type { By, Changed, MemberChange, ScimGroup, ScimStore } from '../../server/console/scim/port.ts'
import type { Effect } from '../../server/people/moves.ts'
import type { Database, Transaction } from '../client.ts'
import { groupMembers, groups } from '../schema/groups.ts'
import { people } from '../schema/people.ts'
import { type GroupRulesReader, takeGroupsLock } from './group-rules.ts'
import { type Column, conditionOf } from './scim-filter.ts'
import { refusals } from './scim-users.ts'

const MEMBERS = sql`SELECT 1 FROM group_members WHERE group_members.group_id = ${groups}.id`

const COLUMNS: Readonly<Record<GroupAttribute, Column>> = {
  id: { kind: 'exact', is: sql`${groups.id}` },
  externalId: { kind: 'exact', is: sql`${groups.externalId}` },
  displayName: { kind: 'text', is: sql`${groups.displayName}` },
  'members.value': {
    kind: 'several',
    has: (value) => sql`EXISTS (${MEMBERS} AND group_members.person_id = ${value})`,
    any: sql`EXISTS (${MEMBERS})`,
  },
  'meta.created': { kind: 'instant', is: sql`${groups.createdAt}` },
  'meta.lastModified': { kind: 'instant', is: sql`${groups.modifiedAt}` },
}

const SORTS = {
  id: groups.id,
  // A group has none; the name stands for it.
  userName: groups.displayName,
  externalId: groups.externalId,
  displayName: groups.displayName,
  'meta.created': groups.createdAt,
  'meta.lastModified': groups.modifiedAt,
} as const

type GroupStore = Omit<ScimStore, 'users' | 'user' | 'groupsOf' | 'createUser' | 'changeUser'>

/** Implements the groups of server/console/scim/port.ts. */
export function scimGroups(db: Database, audit: AuditOfMany, rules: Pick<GroupRulesReader, 'behind'>): GroupStore {
  return {
    async groups({ filter, sortBy, descending, skip, limit }) {
      const where = filter === null ? undefined : conditionOf(filter, COLUMNS)
      const [counted] = await db.select({ total: count() }).from(groups).where(where)
      const direction = descending ? desc : asc
      const page = db.select().from(groups).where(where).orderBy(direction(SORTS[sortBy]), asc(groups.id))
      return { total: counted?.total ?? 0, items: limit === 0 ? [] : await page.limit(limit).offset(skip) }
    },

    async group(id) {
      const [row] = await db.select().from(groups).where(eq(groups.id, id))
      return row ?? null
    },

    async membersOf(ids) {
      const found = new Map<string, string[]>()
      if (ids.length === 0) return found
      const rows = await db
        .select({ group: groupMembers.groupId, id: people.id })
        .from(groupMembers)
        .innerJoin(people, eq(people.id, groupMembers.personId))
        .where(and(inArray(groupMembers.groupId, [...ids]), isNull(people.deletedAt)))
        .orderBy(asc(people.username))
      for (const { group, id } of rows) {
        const members = found.get(group) ?? []
        members.push(id)
        found.set(group, members)
      }
      return found
    },

    createGroup: ({ members, ...group }, by) =>
      db.transaction(async (tx) => {
        const made = await tx.insert(groups).values(group).onConflictDoNothing().returning({ id: groups.id })
        if (made.length === 0) {
          const [same] = await tx
            .select({ id: groups.id })
            .from(groups)
            .where(eq(groups.displayName, group.displayName))
          return { kind: same ? 'name-taken' : 'external-id-taken' }
        }
        const nobody = await firstUnknown(tx, members)
        if (nobody !== null) {
          // Nothing is kept: the group goes again within the same transaction.
          await tx.delete(groups).where(eq(groups.id, group.id))
          return { kind: 'no-such-member', id: nobody }
        }
        const detail = { name: group.displayName, externalId: group.externalId }
        const created = { action: 'group.created', actor: by.actor, subject: group.id, detail }
        const added = await add(tx, group, members, by)
        await audit.appendAll([created, ...added], tx)
        return { kind: 'created' }
      }),

    changeGroup: (id, versions, decide, by) =>
      refusals(() =>
        db.transaction(async (tx): Promise<Changed<ScimGroup>> => {
          await takeGroupsLock(tx)
          const [before] = await tx.select().from(groups).where(eq(groups.id, id)).for('no key update')
          if (!before) return { kind: 'unknown' }
          if (versions !== null && !versions.includes(before.version)) return { kind: 'moved' }
          const { displayName, externalId, members } = decide(before)
          const events: AuditEvent[] = []
          if (displayName !== before.displayName || externalId !== before.externalId) {
            const taken = await takenElsewhere(tx, id, displayName, externalId)
            if (taken !== null) return { kind: taken }
            await tx.update(groups).set({ displayName, externalId }).where(eq(groups.id, id))
            if (displayName !== before.displayName) {
              const detail = { from: before.displayName, name: displayName }
              events.push({ action: 'group.renamed', actor: by.actor, subject: id, detail })
            }
            if (externalId !== before.externalId) {
              const detail = { name: displayName, fields: ['externalId'] }
              events.push({ action: 'group.changed', actor: by.actor, subject: id, detail })
            }
          }
          const named = members.flatMap((one) => (one.kind === 'add' || one.kind === 'replace' ? one.ids : []))
          const nobody = await firstUnknown(tx, named)
          if (nobody !== null) throw new NoSuchMember(nobody)
          for (const change of members) events.push(...(await changed(tx, { id, displayName }, change, by)))
          const loosened = await rules.behind(tx, { groupId: id, was: membersBefore(events) }, by.now)
          if (loosened.length > 0) throw new NeedsTwo(loosened)
          if (events.length > 0) await audit.appendAll(events, tx)
          const [after] = await tx.select().from(groups).where(eq(groups.id, id))
          if (!after) return { kind: 'unknown' }
          return events.length > 0 ? { kind: 'changed', before, after } : { kind: 'same', after }
        }),
      ).catch((error: unknown) => {
        if (error instanceof NoSuchMember) return { kind: 'no-such-member' as const, id: error.message }
        if (error instanceof NeedsTwo) return { kind: 'needs-two' as const, loosened: error.loosened }
        throw error
      }),

    removeGroup: (id, versions, by) =>
      db.transaction(async (tx) => {
        await takeGroupsLock(tx)
        const [group] = await tx.select().from(groups).where(eq(groups.id, id)).for('update')
        if (!group) return 'unknown'
        if (versions !== null && !versions.includes(group.version)) return 'moved'
        const [named] = await tx.execute(sql`
          SELECT 1 FROM policy_versions WHERE number = (SELECT max(number) FROM policy_versions)
            AND strpos(document::text, to_jsonb(${id}::text)::text) > 0
          UNION ALL SELECT 1 FROM group_key_policies WHERE group_id = ${id}`)
        if (named) return 'in-policy'
        await tx.delete(groups).where(eq(groups.id, id))
        const detail = { name: group.displayName }
        await audit.append({ action: 'group.removed', actor: by.actor, subject: id, detail }, tx)
        return 'removed'
      }),
  }
}

/** Undoes the whole change. */
class NoSuchMember extends Error {}

/** So does this: what two administrators decide. */
class NeedsTwo extends Error {
  readonly loosened: readonly Effect[]

  constructor(loosened: readonly Effect[]) {
    super('needs two')
    this.loosened = loosened
  }
}

/** Of those who were moved, whether they were in the group: the first that was done to each tells. */
function membersBefore(events: readonly AuditEvent[]): ReadonlyMap<string, boolean> {
  const was = new Map<string, boolean>()
  for (const { action, detail } of events) {
    const person = detail['person']
    const isMove = action === 'group.member-added' || action === 'group.member-removed'
    if (isMove && typeof person === 'string' && !was.has(person)) was.set(person, action === 'group.member-removed')
  }
  return was
}

type Group = { readonly id: string; readonly displayName: string }

async function changed(tx: Transaction, group: Group, change: MemberChange, by: By): Promise<readonly AuditEvent[]> {
  if (change.kind === 'remove-all') return remove(tx, group, null, by)
  if (change.kind === 'remove') return remove(tx, group, inSet(change.ids), by)
  if (change.kind === 'add') return add(tx, group, change.ids, by)
  const gone = await remove(tx, group, sql`NOT (${inSet(change.ids)})`, by)
  return [...gone, ...(await add(tx, group, change.ids, by))]
}

async function add(tx: Transaction, group: Group, ids: readonly string[], by: By): Promise<readonly AuditEvent[]> {
  if (ids.length === 0) return []
  // One parameter, however many: Postgres takes 65,535 of them a statement. In order, so that two do not wait for each other.
  const rows = await tx.execute<{ person_id: string }>(sql`
    INSERT INTO group_members (group_id, person_id, added_at)
    SELECT ${group.id}, id, ${by.now.toISOString()}::timestamptz FROM people
    WHERE id IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)) AND deleted_at IS NULL ORDER BY id
    ON CONFLICT DO NOTHING RETURNING person_id`)
  return rows.map(({ person_id }) => memberEvent('group.member-added', group, person_id, by))
}

async function remove(tx: Transaction, group: Group, which: SQL | null, by: By): Promise<readonly AuditEvent[]> {
  const rows = await tx
    .delete(groupMembers)
    .where(and(eq(groupMembers.groupId, group.id), which ?? undefined))
    .returning({ id: groupMembers.personId })
  return rows.map(({ id }) => memberEvent('group.member-removed', group, id, by))
}

function memberEvent(action: string, group: Group, person: string, by: By): AuditEvent {
  return { action, actor: by.actor, subject: group.id, detail: { person, name: group.displayName } }
}

function inSet(ids: readonly string[]): SQL {
  return sql`${groupMembers.personId} IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`
}

/** The first of these that is nobody, or was deleted. */
async function firstUnknown(tx: Transaction, ids: readonly string[]): Promise<string | null> {
  if (ids.length === 0) return null
  const [row] = await tx.execute<{ id: string }>(sql`
    SELECT wanted.id FROM jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) AS wanted(id)
    WHERE NOT EXISTS (SELECT 1 FROM people WHERE people.id = wanted.id AND people.deleted_at IS NULL) LIMIT 1`)
  return row?.id ?? null
}

async function takenElsewhere(tx: Transaction, id: string, displayName: string, externalId: string | null) {
  const same =
    externalId === null
      ? eq(groups.displayName, displayName)
      : or(eq(groups.displayName, displayName), eq(groups.externalId, externalId))
  const [other] = await tx
    .select({ name: groups.displayName })
    .from(groups)
    .where(and(same, ne(groups.id, id)))
  if (!other) return null
  return other.name === displayName ? ('name-taken' as const) : ('external-id-taken' as const)
}
