// Sign-ins at id, their authorizations (sids), and the Matrix devices bound to them.
import { sql } from 'drizzle-orm'
import { bigint, bigserial, boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'
import { credentials, people } from './people.ts'

export const idSessions = pgTable(
  'id_sessions',
  {
    /** SHA-256 of the session cookie. */
    hash: text('hash').primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    credentialId: text('credential_id')
      .notNull()
      .references(() => credentials.id),
    authTime: instant('auth_time').notNull(),
    acr: text('acr').notNull(),
    amr: jsonb('amr').$type<string[]>().notNull(),
    network: text('network').notNull(),
    userAgent: text('user_agent').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** When all that it opens ends too: a temporary pass, a shared computer. Null: what it opens has a life of its own. */
    endsAt: instant('ends_at'),
    endedAt: instant('ended_at'),
  },
  (table) => [
    index('id_sessions_person').on(table.personId),
    index('id_sessions_expiry').on(table.expiresAt),
    index('id_sessions_created').on(table.createdAt, table.hash),
    index('id_sessions_network').on(table.network, table.createdAt, table.hash),
    index('id_sessions_client').on(table.userAgent),
  ],
)

export const sids = pgTable(
  'sids',
  {
    /** `sid_…`; the `sid` claim. */
    id: text('id').primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    credentialId: text('credential_id')
      .notNull()
      .references(() => credentials.id),
    idSessionHash: text('id_session_hash').notNull(),
    clientId: text('client_id').notNull(),
    authTime: instant('auth_time').notNull(),
    acr: text('acr').notNull(),
    amr: jsonb('amr').$type<string[]>().notNull(),
    createdAt: instant('created_at').notNull(),
    /** When it and its tokens and devices end at the latest, where its session at id said so. */
    endsAt: instant('ends_at'),
    endedAt: instant('ended_at'),
  },
  (table) => [
    index('sids_person').on(table.personId),
    index('sids_credential').on(table.credentialId),
    index('sids_id_session').on(table.idSessionHash),
    index('sids_created').on(table.createdAt),
  ],
)

export const devices = pgTable(
  'devices',
  {
    /** `dev_…`: one login of one Matrix device. A new login of the same device id is a new row. */
    id: text('id').primaryKey(),
    serverName: text('server_name').notNull(),
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    credentialId: text('credential_id')
      .notNull()
      .references(() => credentials.id),
    sid: text('sid')
      .notNull()
      .references(() => sids.id),
    acr: text('acr').notNull(),
    amr: jsonb('amr').$type<string[]>().notNull(),
    authTime: instant('auth_time').notNull(),
    /** The homeserver's access token, sealed. Null once the device has ended. */
    homeserverToken: sealed('homeserver_token'),
    displayName: text('display_name'),
    /** User agent of the client that logged in. */
    client: text('client').notNull(),
    /** Network of the client that logged in. */
    network: text('network').notNull(),
    refreshes: boolean('refreshes').notNull(),
    createdAt: instant('created_at').notNull(),
    lastActiveAt: instant('last_active_at').notNull(),
    /** Set back to now by a tap; history needs one within the idle limit. */
    lastTapAt: instant('last_tap_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    endedAt: instant('ended_at'),
    endedReason: text('ended_reason', {
      enum: [
        'logout',
        'replaced',
        'revoked',
        'not-me',
        'three-denials',
        'person-suspended',
        'credential-revoked',
        'expired',
      ],
    }),
    /** Tries to tell the homeserver that it has ended, while the sealed token is still there. */
    upstreamLogoutAttempts: integer('upstream_logout_attempts').notNull().default(0),
    upstreamLogoutAt: instant('upstream_logout_at'),
    /** First-sync window: open until the client comes back with the first position, at most ten minutes. */
    firstSyncUntil: instant('first_sync_until'),
  },
  (table) => [
    uniqueIndex('devices_live').on(table.serverName, table.userId, table.deviceId, table.id),
    index('devices_person').on(table.personId),
    index('devices_credential').on(table.credentialId),
    index('devices_sid').on(table.sid),
    index('devices_ended').on(table.endedAt).where(sql`ended_at IS NOT NULL`),
    index('devices_device_id').on(table.deviceId),
    index('devices_created').on(table.createdAt, table.id),
    index('devices_live_created').on(table.createdAt, table.id).where(sql`ended_at IS NULL`),
    index('devices_network').on(table.network, table.createdAt, table.id),
    index('devices_client').on(table.client),
    index('devices_live_person').on(table.personId).where(sql`ended_at IS NULL`),
  ],
)

export const deviceTokens = pgTable(
  'device_tokens',
  {
    hash: text('hash').primaryKey(),
    deviceId: text('device_id')
      .notNull()
      .references(() => devices.id),
    kind: text('kind', { enum: ['access', 'refresh'] }).notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    /** The refresh token that replaced this one. It is derived, so that a lost answer can be repeated once. */
    successorHash: text('successor_hash'),
    /** When the lost answer was repeated. */
    repeatedAt: instant('repeated_at'),
  },
  (table) => [index('device_tokens_device').on(table.deviceId)],
)

export const revocations = pgTable(
  'revocations',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    kind: text('kind', { enum: ['person', 'credential', 'id-session', 'sid', 'device', 'everyone'] }).notNull(),
    subject: text('subject').notNull(),
    reason: text('reason').notNull(),
    /** Clock of the database at insertion. */
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [index('revocations_at').on(table.at)],
)

/** Positions (`next_batch`) the gateway delivered to a device; a `since` that is not among them is not a catch-up. */
export const devicePositions = pgTable(
  'device_positions',
  {
    deviceId: text('device_id').notNull(),
    positionHash: text('position_hash').notNull(),
    deliveredAt: instant('delivered_at').notNull(),
    /** Milliseconds: events older than this were reachable before that position. */
    coversUntilMs: bigint('covers_until_ms', { mode: 'number' }).notNull(),
    generation: integer('generation').notNull().default(0),
  },
  (table) => [uniqueIndex('device_positions_key').on(table.deviceId, table.positionHash)],
)
