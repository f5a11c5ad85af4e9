// Beside the tickets: keys that are expected, proofs of who redeems a link, and temporary passes.
import { index, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { credentials, enrolmentTickets, people } from './people.ts'

/** A key that was sent to a person: while any of theirs is open, a link of theirs takes no other key. */
export const expectedKeys = pgTable(
  'expected_keys',
  {
    /** `exp_…` */
    id: text('id').primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    /** As printed on the key, without leading zeros. Null where the model and its batch are named instead. */
    serial: text('serial'),
    aaguid: text('aaguid'),
    /** SHA-256, hex, of the attestation certificate (DER) that keys of the batch share. */
    batch: text('batch'),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    matchedAt: instant('matched_at'),
    matchedCredentialId: text('matched_credential_id').references(() => credentials.id),
    withdrawnAt: instant('withdrawn_at'),
  },
  (table) => [index('expected_keys_person').on(table.personId)],
)

/** Somebody proving at another provider that a link is theirs. */
export const enrolmentProofs = pgTable(
  'enrolment_proofs',
  {
    /** SHA-256 of the `state` sent to the provider. */
    stateHash: text('state_hash').primaryKey(),
    ticketHash: text('ticket_hash')
      .notNull()
      .references(() => enrolmentTickets.hash),
    /** Hash of the browser's cookie: proved there, good there. */
    browserHash: text('browser_hash').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** When the provider's answer was taken, whatever it said. */
    answeredAt: instant('answered_at'),
    provedAt: instant('proved_at'),
  },
  (table) => [
    index('enrolment_proofs_ticket').on(table.ticketHash),
    index('enrolment_proofs_expiry').on(table.expiresAt),
  ],
)

/** The code of a temporary pass. What it opens hangs on its row in credentials. */
export const temporaryPasses = pgTable(
  'temporary_passes',
  {
    /** SHA-256 of the code. */
    hash: text('hash').primaryKey(),
    credentialId: text('credential_id')
      .notNull()
      .references(() => credentials.id),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    issuedBy: text('issued_by').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (table) => [
    index('temporary_passes_person').on(table.personId),
    index('temporary_passes_expiry').on(table.expiresAt),
  ],
)
