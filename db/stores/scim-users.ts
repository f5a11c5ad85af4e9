// People as a directory sees them, in Postgres.
import { and, asc, count, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { AuditEvent, AuditOfMany } from '../../server/audit/port.ts'
import type { UserAttribute } from '../../server/console/scim/attributes.ts'
import type { Changed, Named, Query, ScimStore, ScimUser, UserDraft } from '../../server/console/scim/port.ts'
import type { Database, Transaction } from '../client.ts'
import { groupMembers, groups } from '../schema/groups.ts'
import { people } from '../schema/people.ts'
import { awaitNothing } from './not-coming.ts'
import { type Column, conditionOf } from './scim-filter.ts'
import { VIA_DIRECTORY, wasSuspendedHere } from './suspended-here.ts'

const HAS_EMAIL = sql`${people.email} IS NOT NULL`

const COLUMNS: Readonly<Record<UserAttribute, Column>> = {
  id: { kind: 'exact', is: sql`${people.id}` },
  externalId: { kind: 'exact', is: sql`${people.externalId}` },
  displayName: { kind: 'text', is: sql`${people.displayName}` },
  // Kept in small letters, and indexed so: what is asked for was brought to small letters too.
  userName: { kind: 'exact', is: sql`${people.username}` },
  active: { kind: 'boolean', is: sql`(${people.suspendedAt} IS NULL)` },
  'emails.value': { kind: 'text', is: sql`${people.email}` },
  'emails.type': { kind: 'fixed', value: 'work', present: HAS_EMAIL },
  'emails.primary': { kind: 'fixed', value: true, present: HAS_EMAIL },
  'meta.created': { kind: 'instant', is: sql`${people.createdAt}` },
  'meta.lastModified': { kind: 'instant', is: sql`${people.modifiedAt}` },
}

const SORTS = {
  id: people.id,
  userName: people.username,
  externalId: people.externalId,
  displayName: people.displayName,
  'meta.created': people.createdAt,
  'meta.lastModified': people.modifiedAt,
} as const

type UserStore = Pick<ScimStore, 'users' | 'user' | 'groupsOf' | 'createUser' | 'changeUser'>

/** Implements the people of server/console/scim/port.ts. */
export function scimUsers(db: Database, audit: AuditOfMany): UserStore {
  return {
    async users(query) {
      const where = whereOf(query)
      const [counted] = await db.select({ total: count() }).from(people).where(where)
      const direction = query.descending ? desc : asc
      const rows =
        query.limit === 0
          ? []
          : await db
              .select()
              .from(people)
              .where(where)
              .orderBy(direction(SORTS[query.sortBy]), asc(people.id))
              .limit(query.limit)
              .offset(query.skip)
      return { total: counted?.total ?? 0, items: rows.map(userFrom) }
    },

    async user(id) {
      const [row] = await db
        .select()
        .from(people)
        .where(and(eq(people.id, id), isNull(people.deletedAt)))
      return row ? userFrom(row) : null
    },

    async groupsOf(ids) {
      const found = new Map<string, Named[]>()
      if (ids.length === 0) return found
      const rows = await db
        .select({ person: groupMembers.personId, id: groups.id, displayName: groups.displayName })
        .from(groupMembers)
        .innerJoin(groups, eq(groups.id, groupMembers.groupId))
        .where(inArray(groupMembers.personId, [...ids]))
        .orderBy(asc(groups.displayName))
      for (const { person, id, displayName } of rows)
        found.set(person, [...(found.get(person) ?? []), { id, displayName }])
      return found
    },

    createUser: (user, event) =>
      db.transaction(async (tx) => {
        const { id, userName, displayName, externalId, email, createdAt } = user
        const suspendedAt = user.active ? null : createdAt
        const [made] = await tx
          .insert(people)
          .values({ id, username: userName, displayName, externalId, email, createdAt, suspendedAt })
          .onConflictDoNothing()
          .returning()
        if (!made) {
          const [same] = await tx.select({ id: people.id }).from(people).where(eq(people.username, userName))
          return same ? 'name-taken' : 'external-id-taken'
        }
        await audit.append(event, tx)
        return userFrom(made)
      }),

    changeUser: (id, versions, decide, by) =>
      refusals(() =>
        db.transaction(async (tx): Promise<Changed<ScimUser>> => {
          const [row] = await tx
            .select()
            .from(people)
            .where(and(eq(people.id, id), isNull(people.deletedAt)))
            .for('update')
          if (!row) return { kind: 'unknown' }
          const before = userFrom(row)
          if (versions !== null && !versions.includes(before.version)) return { kind: 'moved' }
          const draft = decide(before)
          const changed = differences(before, draft)
          if (changed.length === 0) return { kind: 'same', after: before }
          const { displayName, externalId, email } = draft
          const suspendedAt = draft.active ? null : (row.suspendedAt ?? by.now)
          if (await isElsewhere(tx, id, externalId)) return { kind: 'external-id-taken' }
          if (draft.active && !before.active && (await wasSuspendedHere(tx, id))) return { kind: 'suspended-here' }
          const [written] = await tx
            .update(people)
            .set({ displayName, externalId, email, suspendedAt })
            .where(eq(people.id, id))
            .returning()
          if (!written) return { kind: 'unknown' }
          const { actor, now: at } = by
          const unexpected =
            before.active && !draft.active
              ? await awaitNothing(tx, { personId: id, at, actor, reason: 'person-suspended' })
              : []
          await audit.appendAll([...eventsOf(before, draft, changed, actor), ...unexpected], tx)
          return { kind: 'changed', before, after: userFrom(written) }
        }),
      ),
  }
}

function whereOf(query: Query<UserAttribute>): SQL | undefined {
  return and(isNull(people.deletedAt), query.filter === null ? undefined : conditionOf(query.filter, COLUMNS))
}

function userFrom(row: typeof people.$inferSelect): ScimUser {
  const { id, username, displayName, externalId, email, role, suspendedAt, createdAt, modifiedAt, version } = row
  return {
    id,
    userName: username,
    displayName,
    externalId,
    email,
    active: suspendedAt === null,
    isAdministrator: role !== 'person',
    createdAt,
    modifiedAt,
    version,
  }
}

type Detail = 'displayName' | 'externalId' | 'email' | 'active'

function differences(before: UserDraft, after: UserDraft): readonly Detail[] {
  return (['displayName', 'externalId', 'email', 'active'] as const).filter((name) => before[name] !== after[name])
}

// Which fields changed, not what they hold: names and addresses of people who left are not the audit log's to keep.
function eventsOf(before: ScimUser, after: UserDraft, changed: readonly Detail[], actor: string): AuditEvent[] {
  const { id: subject, userName: username } = before
  const fields = changed.filter((name) => name !== 'active')
  const events: AuditEvent[] = []
  if (fields.length > 0) events.push({ action: 'person.changed', actor, subject, detail: { username, fields } })
  if (changed.includes('active')) {
    const action = after.active ? 'person.resumed' : 'person.suspended'
    events.push({ action, actor, subject, detail: { username, via: VIA_DIRECTORY } })
  }
  return events
}

async function isElsewhere(tx: Transaction, id: string, externalId: string | null): Promise<boolean> {
  if (externalId === null) return false
  const [other] = await tx
    .select({ id: people.id })
    .from(people)
    .where(and(eq(people.externalId, externalId), sql`${people.id} <> ${id}`))
  return other !== undefined
}

/** What the database itself refuses: an owner too few (a trigger's word), or an external id that was given away a moment ago. */
export async function refusals<Item>(work: () => Promise<Changed<Item>>): Promise<Changed<Item>> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'PL001') return { kind: 'last-owner' }
    if (code === '23505') return { kind: 'external-id-taken' }
    throw error
  }
}

/** The SQLSTATE of a failed statement, or null. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : codeOf(error.cause)
}
