// Groups of people: what policy rules name. Shaped so that SCIM (RFC 7643 §4.2) can keep them later.
import { index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { people } from './people.ts'

export const groups = pgTable('groups', {
  /** `grp_…`: stays when the name changes; what policy versions hold. */
  id: text('id').primaryKey(),
  displayName: text('display_name').notNull().unique(),
  /** The id of a directory that keeps this group (SCIM `externalId`). */
  externalId: text('external_id').unique(),
  createdAt: instant('created_at').notNull(),
  version: integer('version').notNull().default(1),
  /** Of the last change, also of its members. Triggers keep it, and move `version` where a change did not. */
  modifiedAt: instant('modified_at').notNull().defaultNow(),
})

export const groupMembers = pgTable(
  'group_members',
  {
    groupId: text('group_id')
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    addedAt: instant('added_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.groupId, table.personId] }),
    index('group_members_person').on(table.personId),
  ],
)
