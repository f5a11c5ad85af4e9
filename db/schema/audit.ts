// The hash-chained audit log: each entry's hash covers its content and the hash before it.
import { sql } from 'drizzle-orm'
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
  (table) => [
    index('audit_entries_subject').on(table.subject, table.sequence),
    // text_pattern_ops: filtered by how an actor or an action begins.
    index('audit_entries_actor').on(table.actor.op('text_pattern_ops'), table.sequence),
    index('audit_entries_action').on(table.action.op('text_pattern_ops'), table.sequence),
    // Numbers and times hardly ever disagree, but nothing says that they do not: which thousands of entries have any of a time.
    index('audit_entries_thousand').on(sql`(${table.sequence} / 1000)`, table.at),
  ],
)

/** Heads of the chain as they were signed and sent out. What counts is the copy elsewhere. */
export const auditHeads = pgTable('audit_heads', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey(),
  hash: text('hash').notNull(),
  signedAt: instant('signed_at').notNull(),
  /** The signed head (JWS, compact form, ES256). */
  jws: text('jws').notNull(),
})
