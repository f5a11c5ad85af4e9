// People and groups as administrators keep them: found, listed, made, changed, and taken away with what is kept.
import type { AuditEvent } from '../audit/port.ts'
import type { Group, GroupMember } from './groups.ts'
import type { Effect } from './moves.ts'
import type { Person, PersonRole } from './port.ts'

/** A person with all that is kept of them. */
export interface DirectoryPerson extends Person {
  /** Where enrolment links are sent. */
  readonly email: string | null
  /** The id of a directory that keeps them. */
  readonly externalId: string | null
  readonly deletedAt: Date | null
  /** Goes up with every change. */
  readonly version: number
}

export const PERSON_STATES = ['active', 'suspended', 'deleted'] as const
export type PersonState = (typeof PERSON_STATES)[number]

/** Active keys that somebody has. */
export const KEY_COUNTS = ['none', 'one', 'many'] as const
export type KeyCount = (typeof KEY_COUNTS)[number]

export interface PeopleFilter {
  /** Within the username, the display name or the e-mail address; accents and capitals do not matter. */
  readonly q?: string | undefined
  readonly role?: PersonRole | 'administrator' | undefined
  /** `grp_…` */
  readonly group?: string | undefined
  readonly keys?: KeyCount | undefined
  /** Where absent: everybody who was not deleted. */
  readonly state?: PersonState | undefined
}

export interface PeopleAsk extends PeopleFilter {
  /** The username after which to go on. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface ListedPerson extends DirectoryPerson {
  /** Active keys. */
  readonly keys: number
}

/** What an edit may change; what is absent stays. */
export interface PersonPatch {
  readonly displayName?: string
  readonly email?: string | null
  readonly externalId?: string | null
  readonly role?: PersonRole
}

export type NotCreated =
  | 'username-taken'
  | 'username-was-deleted'
  | 'external-id-taken'
  | 'group-unknown'
  | 'groups-need-two'

export interface DirectoryStore {
  find(id: string): Promise<DirectoryPerson | null>
  /** By username, from `after` on. */
  list(ask: PeopleAsk): Promise<readonly ListedPerson[]>
  /** How many match, counted no further than `atMost`. */
  count(filter: PeopleFilter, atMost: number): Promise<number>
  /** By name. */
  groupsOf(personId: string): Promise<readonly Group[]>
  /** A username of these people who has a role; null where none has. */
  administratorAmong(personIds: readonly string[]): Promise<string | null>
  /** Names of the groups of many people, in order, by the person's id. */
  groupNames(personIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  /**
   * Makes a person and puts them into groups. On a reason nothing was done. A username is given once, also when its person was deleted.
   * `groups-need-two`: somebody in no group may read less, or enrol fewer keys.
   */
  create(person: DirectoryPerson, groupIds: readonly string[], audit: AuditEvent): Promise<NotCreated | null>
  /** Changes a person as they were at `version`: `moved` where they are not so any more or were deleted, and nothing was done. */
  change(
    id: string,
    version: number,
    patch: PersonPatch,
    audit: AuditEvent,
  ): Promise<'changed' | 'moved' | 'external-id-taken'>
  /**
   * Deletes a person as they were at `version`; false where they are not so any more. In one transaction: the name, the e-mail address and the
   * directory's id are cleared, keys revoked, tickets voided, groups left; the username stays taken, and what was recorded stays. What
   * they are signed in to is the `Revoker`'s.
   */
  remove(id: string, version: number, at: Date, audit: AuditEvent): Promise<boolean>
}

export interface ListedGroup extends Group {
  readonly members: number
  readonly version: number
}

export interface GroupsAsk {
  readonly q?: string | undefined
  /** The name after which to go on. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface MembersAsk {
  readonly q?: string | undefined
  /** The username after which to go on. */
  readonly after?: string | undefined
  readonly limit: number
}

/** What the console adds to `GroupStore`: lists in pages, and changes of many. */
export interface DirectoryGroupStore {
  list(ask: GroupsAsk): Promise<readonly ListedGroup[]>
  find(id: string): Promise<ListedGroup | null>
  members(groupId: string, ask: MembersAsk): Promise<readonly (GroupMember & { readonly suspendedAt: Date | null })[]>
  /** `moved`: no longer at that version; `name-taken`: nothing was done. */
  rename(
    id: string,
    version: number,
    displayName: string,
    audit: AuditEvent,
  ): Promise<'renamed' | 'moved' | 'name-taken'>
  /** What it would loosen for these people to be put into a group, or taken out of it: as they and the policy are now. */
  loosens(groupId: string, personIds: readonly string[], way: 'add' | 'remove', at: Date): Promise<readonly Effect[]>
  /**
   * Adds those who exist, are not deleted and are not in it yet, with an entry each; how many. Null: there is no such group. `allow` is
   * told what that loosens, with everything held that decides it; what it throws undoes all.
   */
  addMembers(
    groupId: string,
    personIds: readonly string[],
    at: Date,
    audit: (personId: string) => AuditEvent,
    allow: (loosened: readonly Effect[]) => void,
  ): Promise<number | null>
  /** Takes out those who are in it, with an entry each; how many. `allow` as of `addMembers`. */
  removeMembers(
    groupId: string,
    personIds: readonly string[],
    at: Date,
    audit: (personId: string) => AuditEvent,
    allow: (loosened: readonly Effect[]) => void,
  ): Promise<number>
}

/** How a person stands, in one word. */
export function stateOf(person: Pick<DirectoryPerson, 'suspendedAt' | 'deletedAt'>): PersonState {
  if (person.deletedAt !== null) return 'deleted'
  return person.suspendedAt === null ? 'active' : 'suspended'
}

/** An e-mail address as it is kept, or null where the text is none: one `@`, no white space, at most 254 characters (RFC 5321 §4.5.3.1.3). */
export function emailFrom(text: string): string | null {
  const address = text.trim().normalize('NFC')
  const isGood =
    address.length <= 254 &&
    /^[^\s@<>(),;:"\\[\]\p{C}]{1,64}@[^\s@<>(),;:"\\[\]\p{C}]+\.[^\s@<>(),;:"\\[\]\p{C}]+$/u.test(address)
  return isGood ? address : null
}
