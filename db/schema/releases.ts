// What two administrators release together: the intent, each one's tap over it, and where it stands.
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { people } from './people.ts'

export const releases = pgTable(
  'releases',
  {
    /** `rel_…`: names it and gives no right. */
    id: text('id').primaryKey(),
    typ: text('typ', { enum: ['export-release', 'enforcement-off'] }).notNull(),
    state: text('state', {
      enum: ['requested', 'awaiting-second', 'granted', 'denied', 'withdrawn', 'expired'],
    }).notNull(),
    serverName: text('server_name').notNull(),
    /** Canonical JSON (RFC 8785): exactly the bytes whose hash both sign. Never changed. */
    intent: text('intent').notNull(),
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
    /** When the second tapped. What was granted lives until `granted_until`. */
    grantedAt: instant('granted_at'),
    grantedUntil: instant('granted_until'),
    /** The receipt of both, as JSON. */
    receipt: jsonb('receipt').$type<Record<string, unknown>>(),
    /** Who ended it, and when: a person id, or `system` when its time was over. */
    endedBy: text('ended_by'),
    endedAt: instant('ended_at'),
    /** For an export: how many events it allows. */
    events: integer('events'),
  },
  (table) => [index('releases_created').on(table.createdAt), index('releases_state').on(table.typ, table.state)],
)
