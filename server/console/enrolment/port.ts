// What the console's verbs about getting people in stand on: links, the desk, keys sent by post, lost keys, temporary passes.
import type { Transaction } from '../../../db/client.ts'
import type { AuditEvent } from '../../audit/port.ts'
import type { KeyPolicy } from '../../config/config.ts'
import type { Letter } from '../../notify/letter.ts'
import type { ExpectedKeyStore } from '../../people/expected.ts'
import type { PassStore } from '../../people/pass-port.ts'
import type { EnrolmentStore, Key, People, Person } from '../../people/port.ts'
import type { RevocationKind } from '../../sessions/port.ts'

/** A link that adds keys, as administrators see it: the link itself is kept nowhere. */
export interface OpenLink {
  /** SHA-256 of its ticket: names it, opens nothing. */
  readonly id: string
  readonly kind: 'enrol' | 'self' | 'desk'
  readonly createdBy: string
  readonly policy: KeyPolicy | null
  readonly usesLeft: number
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface LinkStore {
  /** Those of a person that still work, newest first. */
  open(personId: string, now: Date): Promise<readonly OpenLink[]>
  /** Whose it is, working or not; null for none of these. */
  personOf(id: string): Promise<string | null>
  /** Voids one; false when it no longer worked. The audit entry is written in the same transaction. */
  withdraw(id: string, now: Date, audit: (personId: string) => AuditEvent): Promise<boolean>
}

/** A key that a person has now. */
export type LiveKey = Pick<Key, 'id' | 'name' | 'aaguid' | 'acr' | 'createdAt' | 'lastUsedAt'> & {
  readonly serial: string | null
}

export interface LostKeyStore {
  keys(personId: string): Promise<readonly LiveKey[]>
  /**
   * Revokes these keys of a person (null: all of them), with one audit entry each, in one transaction: all of them or none. Returns
   * those that it revoked. Throws what the database throws when no owner would be left.
   */
  revoke(
    personId: string,
    ids: readonly string[] | null,
    reason: string,
    now: Date,
    audit: (key: { readonly id: string; readonly name: string }) => AuditEvent,
  ): Promise<readonly string[]>
}

export interface EnrolmentConsole {
  readonly people: Pick<People, 'byId'>
  readonly tickets: EnrolmentStore
  readonly links: LinkStore
  readonly expected: ExpectedKeyStore
  /** Ids by username, of people who are there. */
  readonly idsOf: (usernames: readonly string[]) => Promise<ReadonlyMap<string, string>>
  /** Somebody among these who has a role; null: nobody. */
  readonly administratorAmong: (ids: readonly string[]) => Promise<Pick<Person, 'username' | 'role'> | null>
  readonly passes: PassStore
  readonly lost: LostKeyStore
  readonly revoker: {
    revoke(
      kind: RevocationKind,
      subject: string,
      reason: string,
    ): Promise<{ devices: readonly string[]; sids: readonly string[] }>
  }
  /** Where a person is written to; null where they have no address, or there is no mail server. */
  readonly addressOf: (person: Person) => Promise<string | null>
  readonly sendsMail: boolean
  /** Owes a person a letter whose text says `{link}` where the link goes. In the caller's transaction; false: enough of them this hour. */
  readonly mailLink: (
    mail: {
      readonly to: string
      readonly personId: string
      readonly about: string
      readonly letter: Letter
      readonly link: string
    },
    tx: Transaction,
  ) => Promise<boolean>
}
