// What groups ask of their people's keys, and metadata that was looked at and not yet applied.
import { boolean, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { groups } from './groups.ts'

/** At most one a group. Of several groups, the strictest of each column counts. */
export const groupKeyPolicies = pgTable('group_key_policies', {
  groupId: text('group_id')
    .primaryKey()
    .references(() => groups.id, { onDelete: 'cascade' }),
  policy: text('policy', { enum: ['any', 'device-bound', 'attested'] }).notNull(),
  /** The only models that may be enrolled; null: any that the policy admits. */
  aaguids: jsonb('aaguids').$type<string[]>(),
  /** Whether a key built into a computer or a phone may be enrolled. */
  platformAllowed: boolean('platform_allowed').notNull(),
  /** Keys that each person should have: 1 or 2. */
  minKeys: integer('min_keys').notNull(),
  updatedAt: instant('updated_at').notNull(),
  version: integer('version').notNull().default(1),
})

/** A metadata BLOB that somebody looked at: applied by its hash within a day, then gone. */
export const metadataUploads = pgTable(
  'metadata_uploads',
  {
    /** SHA-256, hex, of the text. */
    hash: text('hash').primaryKey(),
    /** The BLOB, a JWT, as it was uploaded. */
    jwt: text('jwt').notNull(),
    uploadedBy: text('uploaded_by').notNull(),
    uploadedAt: instant('uploaded_at').notNull(),
  },
  (table) => [index('metadata_uploads_at').on(table.uploadedAt)],
)
