// The OpenID Provider: clients, transactions, codes, tokens, signing keys, logout deliveries.
import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'
import { people } from './people.ts'
import { sids } from './sessions.ts'

export const clients = pgTable('clients', {
  clientId: text('client_id').primaryKey(),
  name: text('name').notNull(),
  /** Null for a public client. Sealed, because the homeserver's configuration must be printable again. */
  secret: sealed('secret'),
  redirectUris: jsonb('redirect_uris').$type<string[]>().notNull(),
  postLogoutRedirectUris: jsonb('post_logout_redirect_uris').$type<string[]>().notNull().default([]),
  backchannelLogoutUri: text('backchannel_logout_uri'),
  /** Set for the homeserver behind a gateway: authorize needs a known binding and always a fresh tap. */
  serverName: text('server_name'),
  createdAt: instant('created_at').notNull(),
})

export const transactions = pgTable(
  'transactions',
  {
    /** SHA-256 of the transaction token in the page's address. */
    hash: text('hash').primaryKey(),
    clientId: text('client_id')
      .notNull()
      .references(() => clients.clientId),
    redirectUri: text('redirect_uri').notNull(),
    state: text('state'),
    nonce: text('nonce'),
    scope: text('scope').notNull(),
    codeChallenge: text('code_challenge').notNull(),
    responseMode: text('response_mode', { enum: ['query', 'form_post'] })
      .notNull()
      .default('query'),
    /** A tap is needed even when a session exists; with `maxAgeSeconds`, only when it is older. */
    forceTap: boolean('force_tap').notNull(),
    maxAgeSeconds: integer('max_age_seconds'),
    /** In order of preference; voluntary. */
    acrValues: jsonb('acr_values').$type<string[]>().notNull().default([]),
    /** Person the request insists on (`id_token_hint`, or the owner of the device in a UIA). */
    expectedPersonId: text('expected_person_id').references(() => people.id),
    loginHint: text('login_hint'),
    browserHash: text('browser_hash').notNull(),
    /** The session at id whose tap answered it; null while it waits. */
    idSessionHash: text('id_session_hash'),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('transactions_expiry').on(table.expiresAt)],
)

export const authorizationCodes = pgTable(
  'authorization_codes',
  {
    hash: text('hash').primaryKey(),
    clientId: text('client_id')
      .notNull()
      .references(() => clients.clientId),
    sid: text('sid')
      .notNull()
      .references(() => sids.id),
    redirectUri: text('redirect_uri').notNull(),
    codeChallenge: text('code_challenge').notNull(),
    nonce: text('nonce'),
    scope: text('scope').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** Set by the one redemption; a second one revokes what the first issued. */
    redeemedAt: instant('redeemed_at'),
  },
  (table) => [index('authorization_codes_expiry').on(table.expiresAt), index('authorization_codes_sid').on(table.sid)],
)

export const oidcRefreshTokens = pgTable(
  'oidc_refresh_tokens',
  {
    hash: text('hash').primaryKey(),
    /** All rotations of one grant. */
    family: text('family').notNull(),
    clientId: text('client_id')
      .notNull()
      .references(() => clients.clientId),
    sid: text('sid')
      .notNull()
      .references(() => sids.id),
    scope: text('scope').notNull(),
    createdAt: instant('created_at').notNull(),
    /** The family's absolute end; rotation does not move it. */
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    /** Hash of network and user agent of whoever rotated it: only the same may repeat that within the grace. */
    usedBy: text('used_by'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    index('oidc_refresh_tokens_family').on(table.family),
    index('oidc_refresh_tokens_sid').on(table.sid),
    index('oidc_refresh_tokens_expiry').on(table.expiresAt),
  ],
)

export const revokedAccessTokens = pgTable(
  'revoked_access_tokens',
  {
    jti: text('jti').primaryKey(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('revoked_access_tokens_expiry').on(table.expiresAt)],
)

export const signingKeys = pgTable(
  'signing_keys',
  {
    /** `kid_…` */
    kid: text('kid').primaryKey(),
    algorithm: text('algorithm', { enum: ['RS256', 'ES256'] }).notNull(),
    state: text('state', { enum: ['next', 'active', 'retired'] }).notNull(),
    publicJwk: jsonb('public_jwk').$type<Record<string, unknown>>().notNull(),
    /** Private JWK, sealed. Null once retired for good. */
    privateJwk: sealed('private_jwk'),
    createdAt: instant('created_at').notNull(),
    activatedAt: instant('activated_at'),
    retiredAt: instant('retired_at'),
  },
  // At most one active and one next key an algorithm, whatever two processes do at once.
  (table) => [uniqueIndex('signing_keys_one_a_state').on(table.algorithm, table.state).where(sql`state <> 'retired'`)],
)

export const logoutDeliveries = pgTable(
  'logout_deliveries',
  {
    id: text('id').primaryKey(),
    clientId: text('client_id')
      .notNull()
      .references(() => clients.clientId),
    sid: text('sid').notNull(),
    subject: text('subject').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Null once it was delivered or given up. */
    nextAttemptAt: instant('next_attempt_at'),
    deliveredAt: instant('delivered_at'),
    lastError: text('last_error'),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [index('logout_deliveries_due').on(table.nextAttemptAt)],
)
