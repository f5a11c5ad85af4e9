// Principals without a key: bots, bridges and application services, the tokens they hold, and who answers for them.
import { index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'
import { people } from './people.ts'

export const services = pgTable(
  'services',
  {
    /** `svc_…`; whose meters count. */
    id: text('id').primaryKey(),
    serverName: text('server_name').notNull(),
    name: text('name').notNull(),
    /** The user it acts as when a request names none. */
    userId: text('user_id').notNull(),
    /** User ids that an application service may name in `user_id`; a `*` stands for anything. Empty: none but its own. */
    namespace: jsonb('namespace').$type<string[]>().notNull(),
    /** The homeserver's token, sealed. Null once it has ended. */
    homeserverToken: sealed('homeserver_token'),
    /** SHA-256 of the service token. */
    tokenHash: text('token_hash').notNull().unique(),
    /** CIDR ranges it may call from. */
    networks: jsonb('networks').$type<string[]>().notNull(),
    /** Room ids it may see; null: all that its user is in. */
    rooms: jsonb('rooms').$type<string[]>(),
    /** Limits of its own by meter, in place of the policy's windows. */
    limits: jsonb('limits').$type<Record<string, number>>().notNull(),
    /** The person who answers for it and taps for its renewal. */
    sponsorId: text('sponsor_id')
      .notNull()
      .references(() => people.id),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    lastUsedAt: instant('last_used_at'),
    endedAt: instant('ended_at'),
    endedReason: text('ended_reason'),
  },
  (table) => [
    uniqueIndex('services_name').on(table.serverName, table.name),
    index('services_sponsor').on(table.sponsorId),
  ],
)

/** A renewal: the intent that was shown, and the receipt of the tap over it. */
export const serviceRenewals = pgTable(
  'service_renewals',
  {
    /** `ren_…` */
    id: text('id').primaryKey(),
    serviceId: text('service_id')
      .notNull()
      .references(() => services.id),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    /** Canonical JSON (RFC 8785). */
    intent: text('intent').notNull(),
    createdAt: instant('created_at').notNull(),
    /** The tap must be in by then. */
    expiresAt: instant('expires_at').notNull(),
    renewedAt: instant('renewed_at'),
    credentialId: text('credential_id'),
    receipt: jsonb('receipt').$type<Record<string, unknown>>(),
  },
  (table) => [index('service_renewals_service').on(table.serviceId, table.createdAt)],
)
