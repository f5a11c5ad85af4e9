// Imports of people from a file: the plan that a dry run made, line by line, and what became of each line.
import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

export const peopleImports = pgTable('people_imports', {
  /** `imp_…` */
  id: text('id').primaryKey(),
  /** A plan becomes `applying`, then `done`; never the other way. */
  state: text('state', { enum: ['planned', 'applying', 'done'] }).notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: instant('created_at').notNull(),
  fileName: text('file_name').notNull(),
  encoding: text('encoding').notNull(),
  delimiter: text('delimiter').notNull(),
  lines: integer('lines').notNull(),
  /** Names of columns that mean nothing here. */
  ignoredColumns: jsonb('ignored_columns').$type<string[]>().notNull(),
  /** Groups that are not there yet, and are made when it is applied. */
  newGroups: jsonb('new_groups').$type<string[]>().notNull(),
  /** Whether whoever planned it may give roles and change administrators. */
  mayWriteRoles: boolean('may_write_roles').notNull(),
  appliedBy: text('applied_by'),
  appliedAt: instant('applied_at'),
  finishedAt: instant('finished_at'),
})

export const peopleImportLines = pgTable(
  'people_import_lines',
  {
    importId: text('import_id')
      .notNull()
      .references(() => peopleImports.id, { onDelete: 'cascade' }),
    /** Of the file: the header is line 1. */
    line: integer('line').notNull(),
    outcome: text('outcome', { enum: ['create', 'update', 'unchanged', 'refused'] }).notNull(),
    /** Why it was refused, or passed over when it was applied: a stable reason id. */
    reason: text('reason'),
    username: text('username').notNull(),
    /** What the line asks for. */
    wanted: jsonb('wanted').$type<Record<string, unknown>>().notNull(),
    /** What would change, of somebody who is there. */
    changes: jsonb('changes').$type<Record<string, unknown>[]>().notNull(),
    /** The person whom it changes, and the version of them that was looked at. */
    personId: text('person_id'),
    personVersion: integer('person_version'),
    state: text('state', { enum: ['nothing', 'pending', 'applied', 'passed-over'] }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.importId, table.line] }),
    index('people_import_lines_pending').on(table.importId, table.line).where(sql`${table.state} = 'pending'`),
  ],
)
