// What people, their keys and the tickets that add keys need kept.
import type { Transaction } from '../../db/client.ts'
import type { AuditEvent } from '../audit/port.ts'
import type { KeyPolicy } from '../config/config.ts'
import type { KeyIdentity } from '../webauthn/identity.ts'
import type { Acr } from '../webauthn/port.ts'

export type PersonRole = 'person' | 'owner' | 'enroller' | 'supervisor' | 'auditor'

export interface Person {
  /** `per_…`; the OIDC `sub`. */
  readonly id: string
  /** The localpart of the Matrix user id. */
  readonly username: string
  readonly displayName: string
  readonly role: PersonRole
  readonly createdAt: Date
  readonly suspendedAt: Date | null
}

/** A security key, as shown to people and administrators. */
export interface Key {
  /** `key_…` */
  readonly id: string
  readonly personId: string
  readonly name: string
  readonly aaguid: string
  readonly acr: Acr
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
  readonly revokedReason: string | null
}

/** Keys of one person that were taken out of use together. */
export interface RevokedKeys {
  readonly personId: string
  readonly keys: readonly { readonly id: string; readonly name: string }[]
  /** Who did it, as the audit log names them. */
  readonly actor: string
}

/** Owes the person word of it, in the transaction that revokes. */
export type ToldOfRevokedKeys = (revoked: RevokedKeys, tx: Transaction) => Promise<void>

export interface People {
  byId(id: string): Promise<Person | null>
  byUsername(username: string): Promise<Person | null>
}

export interface PeopleStore extends People {
  list(): Promise<readonly (Person & { readonly keys: number })[]>
  /** False when the username is taken. The audit entry is written in the same transaction. */
  create(person: Person, audit: AuditEvent): Promise<boolean>
  /** Whether it changed: false for an unknown person, or one already so. Keys that are awaited of who is suspended are awaited no more. */
  setSuspended(id: string, suspendedAt: Date | null, audit: AuditEvent): Promise<boolean>
  /** Marks a key revoked, so that it signs nobody in from now on. Whether it changed. Its sessions are the `Revoker`'s. */
  revokeKey(id: string, reason: string, at: Date, audit: AuditEvent): Promise<boolean>
  keysOf(personId: string): Promise<readonly Key[]>
  keyById(id: string): Promise<Key | null>
}

/** `desk`: in an administrator's own browser, the person beside them. `second`: left by a first registration in the browser's cookie. */
export type TicketKind = 'setup' | 'enrol' | 'self' | 'second' | 'desk'

/** A right to add a key, once or as often as it says. */
export interface EnrolmentTicket {
  readonly hash: string
  /** Null for a set-up ticket: its person is made when it is redeemed. */
  readonly personId: string | null
  readonly kind: TicketKind
  /** Who issued it: a person's id, `cli`, `start`; for `second`, `ticket:` and the hash of the first ticket. */
  readonly createdBy: string
  /** Hash of the one browser that may use it; null: whoever has the link. */
  readonly browserHash: string | null
  /** The least that the key must be, where that is more than the person's groups ask for. */
  readonly policy: KeyPolicy | null
  /** Keys that may still be added with it. */
  readonly usesLeft: number
  readonly createdAt: Date
  readonly expiresAt: Date
  /** Set with the last use. */
  readonly redeemedAt: Date | null
}

/** A key to be stored: everything that the registration said and how it was judged. */
export interface NewCredential {
  readonly id: string
  readonly personId: string
  readonly webauthnId: string
  readonly kind: 'security-key' | 'platform'
  readonly name: string
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly transports: readonly string[]
  readonly aaguid: string
  readonly attestationFormat: string
  readonly backupEligible: boolean
  readonly policy: KeyPolicy
  readonly acr: Acr
  readonly discoverable: boolean
  readonly attestationObject: Uint8Array
  readonly registrationClientData: Uint8Array
  readonly createdAt: Date
}

export interface Redemption {
  /** Where the browser is, for whom the key is added to; null where that was not seen. */
  readonly network: string | null
  readonly ticketHash: string
  readonly credential: NewCredential
  /** Set for a set-up ticket: the first administrator. */
  readonly newPerson: Person | null
  /** The ticket left for a second key, where this was the last use of the first and the person has one key only; or null. */
  readonly followUp: EnrolmentTicket | null
  /** Which key it is, for those that are awaited. */
  readonly identity: KeyIdentity
  /** Whether it has to be one that is awaited, while any is. */
  readonly onlyExpected: boolean
  readonly now: Date
  readonly audit: AuditEvent
}

export type RedemptionFailure =
  | 'ticket-used'
  | 'setup-closed'
  | 'username-taken'
  | 'person-suspended'
  | 'key-already-enrolled'
  | 'key-not-expected'
  /** The person has a role by now, and whoever gave the link may not give such people one. */
  | 'link-not-by-owner'

export interface EnrolmentStore {
  ticket(hash: string): Promise<EnrolmentTicket | null>
  /**
   * Keeps a ticket, and what `within` does, in one transaction with the audit entry. False, and nothing is kept, where twenty of its
   * kind work for its person, unless whoever runs the server gives it: however many ask at once.
   */
  issue(ticket: EnrolmentTicket, audit: AuditEvent, within?: (tx: Transaction) => Promise<void>): Promise<boolean>
  /** Voids every unredeemed set-up ticket and issues this one, unless a key was ever enrolled: false then. One transaction under a lock. */
  issueSetup(ticket: EnrolmentTicket, audit: AuditEvent): Promise<boolean>
  /** Whether any key was ever enrolled. */
  anyoneEnrolled(): Promise<boolean>
  /** WebAuthn ids of the person's active keys, for `excludeCredentials`. */
  activeKeys(personId: string): Promise<readonly { webauthnId: string; transports: readonly string[] }[]>
  /**
   * Redeems a ticket and stores the key, and for set-up the person, in one transaction: the ticket's row is taken by an UPDATE that
   * matches only while a use is left and it is unexpired, so that of parallel calls as many succeed as it has uses; set-up holds a lock and requires that no
   * key was ever enrolled, so that there is one first administrator. On a failure nothing is changed and the ticket stays good.
   * Returns how many active keys the person then has.
   */
  redeem(
    redemption: Redemption,
  ): Promise<
    { ok: true; keys: number; followedUp: boolean; usesLeft: number } | { ok: false; reason: RedemptionFailure }
  >
  /** Binds a desk ticket to the browser that opens it first; whether it is that browser's. One UPDATE. */
  bind(hash: string, browserHash: string): Promise<boolean>
  /** How the person's awaited keys are told: `serial` when one is by its number. Null: none is awaited. */
  awaits(personId: string): Promise<'serial' | 'batch' | null>
}

/** Ends everything that hangs on a person or a key, within a second, everywhere. Implemented by sessions/revocation.ts. */
export interface Revoker {
  revoke(kind: 'person' | 'credential', subject: string, reason: string): Promise<unknown>
}
