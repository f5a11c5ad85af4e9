// The policy document's versions. Rows are added and never changed: a trigger refuses anything else.
import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

export const policyVersions = pgTable('policy_versions', {
  /** From 1, without gaps; 0 is what ships in the code. */
  number: integer('number').primaryKey(),
  /** The document in its written form: durations and sizes as text, groups by id. */
  document: jsonb('document').$type<Record<string, unknown>>().notNull(),
  /** SHA-256, hex, of the document's canonical JSON (RFC 8785). */
  sha256: text('sha256').notNull(),
  /** Who: a person id, `cli`. */
  appliedBy: text('applied_by').notNull(),
  appliedAt: instant('applied_at').notNull(),
  reason: text('reason').notNull(),
})
