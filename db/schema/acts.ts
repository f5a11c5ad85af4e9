// Grave acts of the console: what one administrator asked for, the taps over it, and what became of it.
import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { people } from './people.ts'

export const acts = pgTable(
  'acts',
  {
    /** `act_…`: names it and gives no right. */
    id: text('id').primaryKey(),
    /** The verb of the console's API that it would run. */
    verb: text('verb').notNull(),
    state: text('state', {
      enum: [
        'requested',
        'awaiting-second',
        'delayed',
        'granted',
        'running',
        'done',
        'failed',
        'denied',
        'withdrawn',
        'expired',
      ],
    }).notNull(),
    /** Canonical JSON (RFC 8785): exactly the bytes whose hash is signed. Never changed. */
    intent: text('intent').notNull(),
    /** Whom it concerns: they sign nothing of it. */
    concerns: text('concerns'),
    requestedBy: text('requested_by')
      .notNull()
      .references(() => people.id),
    createdAt: instant('created_at').notNull(),
    /** Both taps must be in by then. */
    expiresAt: instant('expires_at').notNull(),
    firstPerson: text('first_person').references(() => people.id),
    firstAt: instant('first_at'),
    /** The first tap's part of the receipt. */
    firstTap: jsonb('first_tap').$type<Record<string, unknown>>(),
    secondPerson: text('second_person').references(() => people.id),
    secondAt: instant('second_at'),
    /** Of an act that its only owner signed alone: not before then. */
    notBefore: instant('not_before'),
    /** The receipt of two, or of the one. */
    receipt: jsonb('receipt').$type<Record<string, unknown>>(),
    startedAt: instant('started_at'),
    /** Who ended it, and when: a person id, or `system`. */
    endedBy: text('ended_by'),
    endedAt: instant('ended_at'),
    /** What the verb answered; taken away after a month. */
    answer: jsonb('answer').$type<Record<string, unknown>>(),
    /** Why it failed: a reason that the console has a sentence for. */
    failure: text('failure'),
  },
  (table) => [index('acts_created').on(table.createdAt, table.id), index('acts_state').on(table.state)],
)
