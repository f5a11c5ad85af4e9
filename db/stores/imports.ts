// Imports of people: plans, their lines, and what became of them.
import { and, asc, desc, eq, gt, gte, sql } from 'drizzle-orm'
import type { AuditOfMany } from '../../server/audit/port.ts'
import type { Outcome, PlannedLine } from '../../server/people/import-plan.ts'
import type { ImportStore, LineState } from '../../server/people/imports.ts'
import type { Random } from '../../server/platform/random.ts'
import type { Database } from '../client.ts'
import { peopleImportLines, peopleImports } from '../schema/imports.ts'
import type { GroupRulesReader } from './group-rules.ts'
import { knownFrom, lineFrom } from './imports-known.ts'
import { workOn } from './imports-work.ts'

/** Plans of one person that wait to be applied: each is fifty thousand lines at most. */
const PLANS_KEPT = 10
/** Rows of one statement. */
const CHUNK = 2500

/** Implements `ImportStore`. */
export function importStore(
  db: Database,
  audit: AuditOfMany,
  random: Random,
  rules: Pick<GroupRulesReader, 'rules'>,
): ImportStore {
  return {
    known: async (names, at) => knownFrom(db, names, await rules.rules(db, at)),

    plan: (planned, lines) =>
      db.transaction(async (tx) => {
        // A person and their tokens are one. What they planned before and did not apply makes room.
        await tx.execute(sql`
          DELETE FROM ${peopleImports} WHERE id IN (
            SELECT id FROM ${peopleImports}
            WHERE state = 'planned' AND split_part(created_by, '/', 1) = split_part(${planned.createdBy}, '/', 1)
            ORDER BY created_at DESC, id OFFSET ${PLANS_KEPT - 1} FOR UPDATE SKIP LOCKED)`)
        await tx.insert(peopleImports).values({
          ...planned,
          ignoredColumns: [...planned.ignoredColumns],
          newGroups: [...planned.newGroups],
        })
        for (let from = 0; from < lines.length; from += CHUNK) {
          const rows = lines.slice(from, from + CHUNK).map((line) => rowOf(planned.id, line))
          await tx.execute(sql`
            INSERT INTO people_import_lines
              (import_id, line, outcome, reason, username, wanted, changes, person_id, person_version, state)
            SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r
              (import_id text, line int, outcome text, reason text, username text, wanted jsonb, changes jsonb,
               person_id text, person_version int, state text)`)
        }
      }),

    async find(id) {
      const [found] = await db.select().from(peopleImports).where(eq(peopleImports.id, id))
      return found ?? null
    },

    async counts(id) {
      const rows = await db
        .select({
          outcome: peopleImportLines.outcome,
          state: peopleImportLines.state,
          count: sql<number>`count(*)::int`,
        })
        .from(peopleImportLines)
        .where(eq(peopleImportLines.importId, id))
        .groupBy(peopleImportLines.outcome, peopleImportLines.state)
      const outcomes: Record<Outcome, number> = { create: 0, update: 0, unchanged: 0, refused: 0 }
      const states: Record<LineState, number> = { nothing: 0, pending: 0, applied: 0, 'passed-over': 0 }
      for (const { outcome, state, count } of rows) {
        outcomes[outcome] += count
        states[state] += count
      }
      return { outcomes, states }
    },

    list: (limit) => db.select().from(peopleImports).orderBy(desc(peopleImports.createdAt)).limit(limit),

    async lines(id, { outcome, state, after, limit }) {
      const rows = await db
        .select()
        .from(peopleImportLines)
        .where(
          and(
            eq(peopleImportLines.importId, id),
            gt(peopleImportLines.line, after),
            outcome === undefined ? undefined : eq(peopleImportLines.outcome, outcome),
            state === undefined ? undefined : eq(peopleImportLines.state, state),
          ),
        )
        .orderBy(asc(peopleImportLines.line))
        .limit(limit)
      return rows.map(lineFrom)
    },

    begin: (id, by, at, notBefore, event) =>
      db.transaction(async (tx) => {
        const begun = await tx
          .update(peopleImports)
          .set({ state: 'applying', appliedBy: by, appliedAt: at })
          .where(
            and(eq(peopleImports.id, id), eq(peopleImports.state, 'planned'), gte(peopleImports.createdAt, notBefore)),
          )
          .returning({ id: peopleImports.id })
        if (begun.length === 0) return false
        await audit.append(event, tx)
        return true
      }),

    work: (at) => db.transaction((tx) => workOn(tx, at, { audit, random, rules })),
  }
}

function rowOf(importId: string, line: PlannedLine) {
  const isToDo = line.outcome === 'create' || line.outcome === 'update'
  return {
    import_id: importId,
    line: line.line,
    outcome: line.outcome,
    reason: line.reason,
    username: line.username,
    wanted: line.wanted,
    changes: line.changes,
    person_id: line.personId,
    person_version: line.personVersion,
    state: isToDo ? 'pending' : 'nothing',
  }
}
