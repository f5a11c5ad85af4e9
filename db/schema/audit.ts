// The hash-chained audit log: each entry's hash covers its content and the hash before it.
import { bigint, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

export const auditEntries = pgTable(
  'audit_entries',
  {
    /** Without gaps, from 1. */
    sequence: bigint('sequence', { mode: 'number' }).primaryKey(),
    at: instant('at').notNull(),
    /** Dotted name such as `approval.approved`. */
    action: text('action').notNull(),
    /** Who did it: a person id, `cli`, `system`. */
    actor: text('actor').notNull(),
    /** Whom or what it concerns. */
    subject: text('subject').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
    previousHash: text('previous_hash').notNull(),
    hash: text('hash').notNull().unique(),
  },
  (table) => [index('audit_entries_subject').on(table.subject)],
)
