// Binding a login: from the client's redirect to the code, the callback and the login token, each hop by a hash.
import { index, pgTable, text } from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'
import { devices } from './sessions.ts'

export const bindings = pgTable(
  'bindings',
  {
    /** SHA-256 of the nonce in `{gateway}/palier/sso/<nonce>` (login) or of the UIA's session id. */
    hash: text('hash').primaryKey(),
    serverName: text('server_name').notNull(),
    purpose: text('purpose', { enum: ['login', 'uia'] }).notNull(),
    /** For a UIA: what the tap would do, such as `delete-devices`, `cross-signing-reset`. */
    action: text('action'),
    /** For a UIA: what it acts on, such as the device ids, in plain words for the page. */
    actionSubject: text('action_subject'),
    /** For a UIA: hash of the method, action and target that the tap is for; nothing else is forwarded under it. */
    targetHash: text('target_hash'),
    /** For a UIA: the device that asked. */
    deviceId: text('device_id').references(() => devices.id),
    /** For a login: where the client asked to be sent, allow-listed. */
    redirectUrl: text('redirect_url'),
    network: text('network').notNull(),
    client: text('client').notNull(),
    /** Hash of the browser's cookie at the gateway. Null for a UIA whose page no browser has opened yet. */
    browserHash: text('browser_hash'),
    /** Hash of the homeserver's `state`, seen in its redirect to id. */
    stateHash: text('state_hash').unique(),
    /** Hash of the code that id minted for that state. */
    codeHash: text('code_hash').unique(),
    sid: text('sid'),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** The callback of the one browser arrived. */
    completedAt: instant('completed_at'),
    /** For a UIA: the confirmed request was forwarded. */
    usedAt: instant('used_at'),
  },
  (table) => [index('bindings_expiry').on(table.expiresAt)],
)

export const loginTokens = pgTable('login_tokens', {
  /** SHA-256 of Palier's own login token. */
  hash: text('hash').primaryKey(),
  serverName: text('server_name').notNull(),
  sid: text('sid').notNull(),
  /** The homeserver's login token, sealed. */
  homeserverLoginToken: sealed('homeserver_login_token').notNull(),
  network: text('network').notNull(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
})
