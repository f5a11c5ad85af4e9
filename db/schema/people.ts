// People, their security keys, and the tickets and ceremonies that add keys.
import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'

export const people = pgTable(
  'people',
  {
    /** `per_…`; the OIDC `sub`. */
    id: text('id').primaryKey(),
    /** The localpart of the Matrix user id. Lower case. */
    username: text('username').notNull().unique(),
    displayName: text('display_name').notNull(),
    role: text('role', { enum: ['person', 'owner', 'enroller', 'supervisor', 'auditor'] })
      .notNull()
      .default('person'),
    /** Where enrolment links are sent. */
    email: text('email'),
    /** The id of a directory that keeps this person (SCIM `externalId`). */
    externalId: text('external_id').unique(),
    createdAt: instant('created_at').notNull(),
    suspendedAt: instant('suspended_at'),
    /** Set once for all: the name is kept for what the audit log says of it, everything else is gone. */
    deletedAt: instant('deleted_at'),
    /** Goes up with every change: an edit names the version that it was made of. */
    version: integer('version').notNull().default(1),
    /** Of the last change. A trigger keeps it, and moves `version` where a change did not. */
    modifiedAt: instant('modified_at').notNull().defaultNow(),
    /** What a search looks through, as `palier_fold` makes it. */
    search: text('search').generatedAlwaysAs(
      sql`palier_fold(username || ' ' || display_name || ' ' || coalesce(email, ''))`,
    ),
  },
  (table) => [
    index('people_administrators').on(table.role, table.username).where(sql`${table.role} <> 'person'`),
    // What a directory asks for: whoever changed since it last looked.
    index('people_modified').on(table.modifiedAt),
    // A search looks through all names: here they lie close together, with what lists ask besides.
    index('people_search')
      .on(table.username, table.search, table.suspendedAt, table.role, table.id)
      .where(sql`deleted_at IS NULL`),
    index('people_active').on(table.id).where(sql`deleted_at IS NULL AND suspended_at IS NULL`),
    index('people_suspended').on(table.username).where(sql`suspended_at IS NOT NULL AND deleted_at IS NULL`),
    index('people_deleted').on(table.username).where(sql`deleted_at IS NOT NULL`),
    // Whose names begin so; text_pattern_ops, whatever the database's collation.
    index('people_username_begins').on(table.username.op('text_pattern_ops')),
    index('people_name_begins').on(sql`lower(${table.displayName}) text_pattern_ops`),
  ],
)

export const credentials = pgTable(
  'credentials',
  {
    /** `key_…` */
    id: text('id').primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    /** The WebAuthn credential id, base64url. Unique over all people. */
    webauthnId: text('webauthn_id').notNull().unique(),
    /** A temporary pass stands where a key would: what it opened hangs on it and ends with it. */
    kind: text('kind', { enum: ['security-key', 'platform', 'temporary-pass'] })
      .notNull()
      .default('security-key'),
    name: text('name').notNull(),
    /** The serial number that its attestation gives, or that was matched; null where none is known. */
    serial: text('serial'),
    /** COSE public key. */
    publicKey: bytes('public_key').notNull(),
    signCount: bigint('sign_count', { mode: 'number' }).notNull(),
    transports: jsonb('transports').$type<string[]>().notNull(),
    aaguid: text('aaguid').notNull(),
    attestationFormat: text('attestation_format').notNull(),
    backupEligible: boolean('backup_eligible').notNull(),
    /** The policy that admitted it. */
    policy: text('policy', { enum: ['any', 'device-bound', 'attested'] }).notNull(),
    /** `phrh` only for keys that passed the attested gate, `temporary` only for passes. */
    acr: text('acr', { enum: ['phr', 'phrh', 'temporary'] }).notNull(),
    discoverable: boolean('discoverable').notNull(),
    /** Kept for receipts: the registration as the key gave it. */
    attestationObject: bytes('attestation_object').notNull(),
    registrationClientData: bytes('registration_client_data').notNull(),
    createdAt: instant('created_at').notNull(),
    /** Of a temporary pass: what it opened ends with it. Null: a key. */
    expiresAt: instant('expires_at'),
    lastUsedAt: instant('last_used_at'),
    /** Network and client of the last use; null where they were not seen. */
    lastUsedNetwork: text('last_used_network'),
    lastUsedClient: text('last_used_client'),
    revokedAt: instant('revoked_at'),
    revokedReason: text('revoked_reason'),
    /** Goes up with every change of its name. */
    version: integer('version').notNull().default(1),
  },
  (table) => [
    index('credentials_person').on(table.personId),
    index('credentials_active')
      .on(table.personId)
      .where(sql`${table.revokedAt} IS NULL AND ${table.kind} <> 'temporary-pass'`),
    // A few values each: counted in no time, and a key of a model is found.
    index('credentials_model').on(table.aaguid, table.acr).where(sql`revoked_at IS NULL AND kind <> 'temporary-pass'`),
    index('credentials_serial').on(table.serial).where(sql`serial IS NOT NULL`),
    index('credentials_used')
      .on(table.lastUsedAt, table.createdAt)
      .where(sql`revoked_at IS NULL AND kind <> 'temporary-pass'`),
    index('credentials_revoked').on(table.personId).where(sql`revoked_at IS NOT NULL AND kind <> 'temporary-pass'`),
    // Counting and judging keys never reads their rows, wide with attestations.
    index('credentials_standing')
      .on(table.personId, table.kind, table.acr, table.aaguid, table.backupEligible, table.id)
      .where(sql`revoked_at IS NULL`),
    index('credentials_revoked_reason').on(table.revokedReason).where(sql`revoked_reason IS NOT NULL`),
  ],
)

export const enrolmentTickets = pgTable('enrolment_tickets', {
  /** SHA-256 of the ticket in the link. */
  hash: text('hash').primaryKey(),
  /** Null for the set-up link, whose person is made when it is redeemed. */
  personId: text('person_id').references(() => people.id),
  kind: text('kind', { enum: ['setup', 'enrol', 'self', 'second', 'desk'] }).notNull(),
  createdBy: text('created_by').notNull(),
  /** Hash of the one browser that may use it: an administrator's own, at the desk. Null: whoever has the link. */
  browserHash: text('browser_hash'),
  /** The least that the key must be, where that is more than the person's groups ask for. */
  policy: text('policy', { enum: ['any', 'device-bound', 'attested'] }),
  /** Keys that may still be added with it. `redeemed_at` is set with the last. */
  usesLeft: integer('uses_left').notNull().default(1),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  redeemedAt: instant('redeemed_at'),
})

export const ceremonies = pgTable(
  'ceremonies',
  {
    /** `cer_…` */
    id: text('id').primaryKey(),
    kind: text('kind', { enum: ['registration', 'authentication', 'approval'] }).notNull(),
    challenge: bytes('challenge').notNull(),
    /** Hash of the page's cookie: the ceremony can be finished only by the browser that began it. */
    browserHash: text('browser_hash').notNull(),
    personId: text('person_id').references(() => people.id),
    /** What the ceremony is for: the ticket's hash, the transaction's hash, the approval's hash. */
    subject: text('subject').notNull(),
    /** For approvals: the 32-byte nonce of the challenge. */
    nonce: bytes('nonce'),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('ceremonies_expiry').on(table.expiresAt), index('ceremonies_subject').on(table.subject)],
)

export const authenticatorModels = pgTable('authenticator_models', {
  aaguid: text('aaguid').primaryKey(),
  description: text('description').notNull(),
  /** The entry of the metadata BLOB, whole. */
  entry: jsonb('entry').notNull(),
  /** Whether policy allows this model (`attested`). */
  allowed: boolean('allowed').notNull().default(true),
})

export const metadataImports = pgTable(
  'metadata_imports',
  {
    number: integer('number').primaryKey(),
    nextUpdate: text('next_update').notNull(),
    importedAt: instant('imported_at').notNull(),
    entries: integer('entries').notNull(),
    /** Whether a model that no import had before is allowed. Null, of old imports: yes, unless some model was not. */
    newAllowed: boolean('new_allowed'),
  },
  (table) => [uniqueIndex('metadata_imports_number').on(table.number)],
)
