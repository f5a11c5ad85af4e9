// Tokens with which scripts and directories call the console's API and SCIM.
import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { people } from './people.ts'

export const apiTokens = pgTable(
  'api_tokens',
  {
    /** `tok_…`; what the audit log names. */
    id: text('id').primaryKey(),
    /** SHA-256 of the token. */
    hash: text('hash').notNull().unique(),
    /** Who made it, and in whose name it speaks. */
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    name: text('name').notNull(),
    /** Ids of permissions. Of these only what the person's role holds now counts. */
    permissions: jsonb('permissions').$type<string[]>().notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** Written at most once a minute. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [index('api_tokens_person').on(table.personId)],
)
