// What people and operators are still to be told, and how to reach them.
import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'
import { people } from './people.ts'

/** One row for each thing owed to one target. A link that approves is never in here: it stays sealed with its approval. */
export const outbox = pgTable(
  'outbox',
  {
    /** `ntf_…` */
    id: text('id').primaryKey(),
    channel: text('channel', { enum: ['server-notice', 'webhook', 'mail'] }).notNull(),
    /** Matrix user id, receiver's name, or mail address. */
    target: text('target').notNull(),
    /** What it tells about: an approval's hash, an alert's id. Told to a target once. */
    about: text('about').notNull(),
    /** JSON of the channel's own. */
    payload: text('payload').notNull(),
    /** A link that the message carries; gone once the message is sent or given up. */
    sealedLink: sealed('sealed_link'),
    /** For server notices: whose homeserver has to send it. */
    serverName: text('server_name'),
    attempts: integer('attempts').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    /** When it is due; while somebody is at it, when it is due again should that end without a word. Null: no longer owed. */
    nextAttemptAt: instant('next_attempt_at'),
    deliveredAt: instant('delivered_at'),
    /** Given up. */
    deadAt: instant('dead_at'),
    lastError: text('last_error'),
  },
  (table) => [
    uniqueIndex('outbox_once').on(table.channel, table.target, table.about),
    index('outbox_due').on(table.channel, table.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    index('outbox_target').on(table.channel, table.target, table.createdAt),
    index('outbox_created').on(table.createdAt),
  ],
)

/** Where an owner is written to, besides the addresses of the configuration. */
export const alertAddresses = pgTable('alert_addresses', {
  personId: text('person_id')
    .primaryKey()
    .references(() => people.id),
  address: text('address').notNull(),
  createdAt: instant('created_at').notNull(),
})

/** The language in which a person last used id: that of the notices to them. */
export const personLanguages = pgTable('person_languages', {
  personId: text('person_id')
    .primaryKey()
    .references(() => people.id),
  locale: text('locale', { enum: ['fr', 'en'] }).notNull(),
  usedAt: instant('used_at').notNull(),
})
