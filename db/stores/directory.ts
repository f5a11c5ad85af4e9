// People as administrators keep them.
import { and, asc, eq, gt, inArray, isNotNull, isNull, ne, notExists, type SQL, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { DirectoryStore, NotCreated, PeopleFilter } from '../../server/people/directory.ts'
import { loosenedBy } from '../../server/people/moves.ts'
import type { Database } from '../client.ts'
import { groupMembers, groups } from '../schema/groups.ts'
import { peopleImportLines } from '../schema/imports.ts'
import { alertAddresses } from '../schema/notify.ts'
import { credentials, enrolmentTickets, people } from '../schema/people.ts'
import { type GroupRulesReader, takeGroupsLock } from './group-rules.ts'
import { isKey } from './keys-only.ts'
import { awaitNothing, dropLetters } from './not-coming.ts'

const entry = {
  id: people.id,
  username: people.username,
  displayName: people.displayName,
  role: people.role,
  email: people.email,
  externalId: people.externalId,
  createdAt: people.createdAt,
  suspendedAt: people.suspendedAt,
  deletedAt: people.deletedAt,
  version: people.version,
}

// Spelt out: in a select from one table drizzle leaves the tables' names off.
const keys = sql<number>`(SELECT count(*)::int FROM credentials
  WHERE credentials.person_id = people.id AND credentials.revoked_at IS NULL AND credentials.kind <> 'temporary-pass')`

/** Thrown inside the transaction so that all of it is undone. */
class Undone extends Error {
  readonly reason: NotCreated

  constructor(reason: NotCreated) {
    super(reason)
    this.reason = reason
  }
}

/** Implements `DirectoryStore`. */
export function directoryStore(db: Database, audit: Audit, rules: Pick<GroupRulesReader, 'rules'>): DirectoryStore {
  return {
    async find(id) {
      const [person] = await db.select(entry).from(people).where(eq(people.id, id))
      return person ?? null
    },

    list: (ask) =>
      db
        .select({ ...entry, keys })
        .from(people)
        .where(and(...matching(db, ask), ask.after === undefined ? undefined : gt(people.username, ask.after)))
        .orderBy(asc(people.username))
        .limit(ask.limit),

    async count(filter, atMost) {
      const some = db
        .select({ one: sql`1` })
        .from(people)
        .where(and(...matching(db, filter)))
        .limit(atMost)
      const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(some.as('some'))
      return row?.count ?? 0
    },

    groupsOf: async (personId) => {
      const rows = await db
        .select({ group: groups })
        .from(groupMembers)
        .innerJoin(groups, eq(groups.id, groupMembers.groupId))
        .where(eq(groupMembers.personId, personId))
        .orderBy(asc(groups.displayName))
      return rows.map(({ group }) => group)
    },

    async administratorAmong(personIds) {
      const [found] = await db
        .select({ username: people.username })
        .from(people)
        .where(and(inArray(people.id, [...personIds]), ne(people.role, 'person')))
        .limit(1)
      return found?.username ?? null
    },

    async groupNames(personIds) {
      const names = new Map<string, string[]>()
      if (personIds.length === 0) return names
      const rows = await db
        .select({ personId: groupMembers.personId, name: groups.displayName })
        .from(groupMembers)
        .innerJoin(groups, eq(groups.id, groupMembers.groupId))
        .where(inArray(groupMembers.personId, [...personIds]))
        .orderBy(asc(groups.displayName))
      for (const { personId, name } of rows) names.set(personId, [...(names.get(personId) ?? []), name])
      return names
    },

    async create(person, groupIds, event) {
      try {
        await db.transaction(async (tx) => {
          if (groupIds.length > 0) await takeGroupsLock(tx)
          const made = await tx.insert(people).values(person).onConflictDoNothing().returning({ id: people.id })
          if (made.length === 0) {
            const [taken] = await tx.select(entry).from(people).where(eq(people.username, person.username))
            if (taken === undefined) throw new Undone('external-id-taken')
            throw new Undone(taken.deletedAt === null ? 'username-taken' : 'username-was-deleted')
          }
          if (groupIds.length > 0) {
            const wanted = [...new Set(groupIds)]
            const there = await tx
              .select({ id: groups.id })
              .from(groups)
              .where(inArray(groups.id, wanted))
              .for('key share')
            if (there.length < wanted.length) throw new Undone('group-unknown')
            const move = { username: person.username, before: [], after: wanted }
            if (loosenedBy(await rules.rules(tx, person.createdAt), move).length > 0)
              throw new Undone('groups-need-two')
            await tx
              .insert(groupMembers)
              .values(wanted.map((groupId) => ({ groupId, personId: person.id, addedAt: person.createdAt })))
          }
          await audit.append(event, tx)
        })
        return null
      } catch (error) {
        if (error instanceof Undone) return error.reason
        throw error
      }
    },

    change: (id, version, patch, event) =>
      db
        .transaction(async (tx) => {
          const changed = await tx
            .update(people)
            .set({ ...patch, version: version + 1 })
            .where(and(eq(people.id, id), eq(people.version, version), isNull(people.deletedAt)))
            .returning({ id: people.id })
          if (changed.length === 0) return 'moved' as const
          await audit.append(event, tx)
          return 'changed' as const
        })
        .catch((error: unknown) => {
          if (isTaken(error)) return 'external-id-taken' as const
          throw error
        }),

    remove: (id, version, at, event) =>
      db.transaction(async (tx) => {
        const removed = await tx
          .update(people)
          .set({
            displayName: sql`${people.username}`,
            email: null,
            externalId: null,
            role: 'person',
            suspendedAt: sql`coalesce(${people.suspendedAt}, ${at.toISOString()}::timestamptz)`,
            deletedAt: at,
            version: version + 1,
          })
          .where(and(eq(people.id, id), eq(people.version, version), isNull(people.deletedAt)))
          .returning({ id: people.id })
        if (removed.length === 0) return false
        await tx
          .update(credentials)
          .set({ revokedAt: at, revokedReason: 'person-deleted' })
          .where(and(eq(credentials.personId, id), isNull(credentials.revokedAt)))
        await tx
          .update(enrolmentTickets)
          .set({ expiresAt: at })
          .where(
            and(
              eq(enrolmentTickets.personId, id),
              isNull(enrolmentTickets.redeemedAt),
              gt(enrolmentTickets.expiresAt, at),
            ),
          )
        await dropLetters(tx, { personId: id })
        const { actor } = event
        const unexpected = await awaitNothing(tx, { personId: id, at, actor, reason: 'person-deleted' })
        await tx.delete(groupMembers).where(eq(groupMembers.personId, id))
        // What a file said of them, kept for a month otherwise.
        await tx
          .update(peopleImportLines)
          .set({ wanted: { displayName: null, email: null, role: null, groups: [] }, changes: [] })
          .where(eq(peopleImportLines.personId, id))
        await tx.delete(alertAddresses).where(eq(alertAddresses.personId, id))
        for (const one of [event, ...unexpected]) await audit.append(one, tx)
        return true
      }),
  }
}

/** The conditions of a filter. */
function matching(db: Database, { q, role, group, keys: count, state }: PeopleFilter): (SQL | undefined)[] {
  const active = and(isNull(credentials.revokedAt), isKey)
  const anyKey = db
    .select({ one: sql`1` })
    .from(credentials)
    .where(and(eq(credentials.personId, people.id), active))
  // Looked up a person at a time, in the order of the list: it ends with the page, where grouping all keys would not.
  const atMostTwo = sql<number>`(SELECT count(*) FROM (SELECT 1 FROM credentials WHERE credentials.person_id = people.id
    AND credentials.revoked_at IS NULL AND credentials.kind <> 'temporary-pass' LIMIT 2) AS two)`
  return [
    q === undefined || q === '' ? undefined : sql`${people.search} LIKE '%' || ${foldedLike(q)} || '%'`,
    role === undefined ? undefined : role === 'administrator' ? ne(people.role, 'person') : eq(people.role, role),
    group === undefined
      ? undefined
      : inArray(
          people.id,
          db.select({ id: groupMembers.personId }).from(groupMembers).where(eq(groupMembers.groupId, group)),
        ),
    count === undefined
      ? undefined
      : count === 'none'
        ? notExists(anyKey)
        : sql`${atMostTwo} = ${count === 'one' ? 1 : 2}`,
    state === 'deleted' ? isNotNull(people.deletedAt) : isNull(people.deletedAt),
    state === 'active' ? isNull(people.suspendedAt) : state === 'suspended' ? isNotNull(people.suspendedAt) : undefined,
  ]
}

/** Whether a statement failed because what is unique is there already. */
export function isTaken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === '23505'
}

/** A search's text, folded, with LIKE's own signs taken literally. */
export function foldedLike(q: string): SQL {
  return sql`palier_fold(${q.normalize('NFC').replaceAll(/[\\%_]/g, '\\$&')})`
}
