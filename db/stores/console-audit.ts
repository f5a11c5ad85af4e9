// What the console reads of the audit log and of receipts.
import { and, asc, desc, eq, gt, gte, inArray, isNotNull, like, lt, or, type SQL, sql } from 'drizzle-orm'
import type { AuditConsole, AuditFilter, ReceiptPlace, ReceiptRow } from '../../server/console/audit/port.ts'
import type { Database } from '../client.ts'
import { acts } from '../schema/acts.ts'
import { auditEntries, auditHeads } from '../schema/audit.ts'
import { approvals } from '../schema/metering.ts'
import { people } from '../schema/people.ts'
import { releases } from '../schema/releases.ts'
import { findEntries, rangeOf } from './console-audit-find.ts'

type Reads = Pick<AuditConsole, 'list' | 'onward' | 'usernames' | 'heads' | 'receipts' | 'receipt'> & {
  /** The number of the entry whose detail has this receipt's digest. */
  entryOfReceipt(digest: string, subject: string): Promise<number | null>
}

export function auditConsoleStore(db: Database): Reads {
  return {
    async list(filter, before, limit) {
      const sequences = await findEntries(db, filter, before, limit)
      if (sequences.length === 0) return []
      return db
        .select()
        .from(auditEntries)
        .where(inArray(auditEntries.sequence, [...sequences]))
        .orderBy(desc(auditEntries.sequence))
    },

    async onward(filter, after, limit) {
      // Where they begin is looked for once, at the beginning.
      const range = after === 0 ? await rangeOf(db, filter) : []
      if (range === null) return []
      return db
        .select()
        .from(auditEntries)
        .where(and(matching(db, filter), gt(auditEntries.sequence, after), ...range))
        .orderBy(asc(auditEntries.sequence))
        .limit(limit)
    },

    async usernames(ids) {
      if (ids.length === 0) return new Map()
      const rows = await db
        .select({ id: people.id, username: people.username })
        .from(people)
        .where(inArray(people.id, [...ids]))
      return new Map(rows.map(({ id, username }) => [id, username]))
    },

    heads: (limit) => db.select().from(auditHeads).orderBy(desc(auditHeads.sequence)).limit(limit),

    async receipts(before, limit, personId) {
      const each = await Promise.all([
        ofTaps(db, before, limit, personId),
        ofTwo(db, before, limit, personId),
        ofActs(db, before, limit, personId),
      ])
      return each
        .flat()
        .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
        .slice(0, limit)
    },

    async receipt(id) {
      const [row] = id.startsWith('act_')
        ? await db.select({ receipt: acts.receipt }).from(acts).where(eq(acts.id, id))
        : id.startsWith('rel_')
          ? await db.select({ receipt: releases.receipt }).from(releases).where(eq(releases.id, id))
          : await db.select({ receipt: approvals.receipt }).from(approvals).where(eq(approvals.hash, id))
      return row?.receipt ?? null
    },

    async entryOfReceipt(digest, subject) {
      const [entry] = await db
        .select({ sequence: auditEntries.sequence })
        .from(auditEntries)
        .where(and(eq(auditEntries.subject, subject), sql`${auditEntries.detail} ->> 'receipt' = ${digest}`))
        .limit(1)
      return entry?.sequence ?? null
    },
  }
}

function matching(db: Database, { action, actor, subject, from, until }: AuditFilter): SQL | undefined {
  return and(
    action === undefined ? undefined : like(auditEntries.action, `${action.replaceAll(/[\\%_]/g, '\\$&')}%`),
    // A token's doings are its person's: `per_…/tok_…`.
    actor === undefined
      ? undefined
      : or(named(db, auditEntries.actor, actor), like(auditEntries.actor, `${actor.replaceAll(/[\\%_]/g, '\\$&')}/%`)),
    subject === undefined ? undefined : named(db, auditEntries.subject, subject),
    from === undefined ? undefined : gte(auditEntries.at, from),
    until === undefined ? undefined : lt(auditEntries.at, until),
  )
}

// By the id itself, or by the username of a person.
function named(db: Database, column: typeof auditEntries.actor | typeof auditEntries.subject, name: string) {
  return or(
    eq(column, name),
    inArray(column, db.select({ id: people.id }).from(people).where(eq(people.username, name.toLowerCase()))),
  )
}

async function ofTaps(db: Database, before: ReceiptPlace | null, limit: number, personId: string | null) {
  const rows = await db
    .select({
      id: approvals.hash,
      personId: approvals.personId,
      username: people.username,
      at: approvals.decidedAt,
      intent: approvals.intent,
    })
    .from(approvals)
    .leftJoin(people, eq(people.id, approvals.personId))
    .where(
      and(
        eq(approvals.state, 'approved'),
        isNotNull(approvals.receipt),
        before === null
          ? undefined
          : sql`(${approvals.decidedAt}, ${approvals.hash}) < (${before.at.toISOString()}, ${before.id})`,
        personId === null ? undefined : eq(approvals.personId, personId),
      ),
    )
    .orderBy(desc(approvals.decidedAt), desc(approvals.hash))
    .limit(limit)
  return rows.map(({ at, ...row }): ReceiptRow => ({ ...row, kind: 'approval', at: at ?? new Date(0) }))
}

async function ofTwo(db: Database, before: ReceiptPlace | null, limit: number, personId: string | null) {
  const rows = await db
    .select({
      id: releases.id,
      personId: releases.requestedBy,
      username: people.username,
      at: releases.grantedAt,
      intent: releases.intent,
    })
    .from(releases)
    .leftJoin(people, eq(people.id, releases.requestedBy))
    .where(
      and(
        isNotNull(releases.receipt),
        before === null
          ? undefined
          : sql`(${releases.grantedAt}, ${releases.id}) < (${before.at.toISOString()}, ${before.id})`,
        personId === null
          ? undefined
          : or(
              eq(releases.requestedBy, personId),
              eq(releases.firstPerson, personId),
              eq(releases.secondPerson, personId),
            ),
      ),
    )
    .orderBy(desc(releases.grantedAt), desc(releases.id))
    .limit(limit)
  return rows.map(({ at, ...row }): ReceiptRow => ({ ...row, kind: 'two-person', at: at ?? new Date(0) }))
}

/** Signed by two, or by the only owner. */
async function ofActs(db: Database, before: ReceiptPlace | null, limit: number, personId: string | null) {
  const at = sql<Date>`coalesce(${acts.secondAt}, ${acts.firstAt})`.mapWith(acts.firstAt)
  const rows = await db
    .select({ id: acts.id, personId: acts.requestedBy, username: people.username, at, intent: acts.intent })
    .from(acts)
    .leftJoin(people, eq(people.id, acts.requestedBy))
    .where(
      and(
        isNotNull(acts.receipt),
        before === null
          ? undefined
          : sql`(${at}, ${acts.id}) < (${before.at.toISOString()}::timestamptz, ${before.id})`,
        personId === null
          ? undefined
          : or(eq(acts.requestedBy, personId), eq(acts.firstPerson, personId), eq(acts.secondPerson, personId)),
      ),
    )
    .orderBy(desc(at), desc(acts.id))
    .limit(limit)
  return rows.map((row): ReceiptRow => ({ ...row, kind: 'act' }))
}
