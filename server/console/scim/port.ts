// What SCIM needs kept: people and groups as a directory sees them.
import type { AuditEvent } from '../../audit/port.ts'
import type { Effect } from '../../people/moves.ts'
import type { GroupAttribute, Sortable, UserAttribute } from './attributes.ts'
import type { Filter } from './filter.ts'

/** A person as a directory sees them. Deleted ones are nowhere in here. */
export interface ScimUser {
  /** `per_…` */
  readonly id: string
  readonly userName: string
  readonly displayName: string
  readonly externalId: string | null
  readonly email: string | null
  /** False: suspended. */
  readonly active: boolean
  /** Whether they have a role in the console. SCIM neither gives nor takes one. */
  readonly isAdministrator: boolean
  readonly createdAt: Date
  readonly modifiedAt: Date
  readonly version: number
}

export interface ScimGroup {
  /** `grp_…` */
  readonly id: string
  readonly displayName: string
  readonly externalId: string | null
  readonly createdAt: Date
  readonly modifiedAt: Date
  readonly version: number
}

export interface Named {
  readonly id: string
  readonly displayName: string
}

export interface Query<Attribute extends string> {
  readonly filter: Filter<Attribute> | null
  readonly sortBy: Sortable
  readonly descending: boolean
  /** How many to pass over. */
  readonly skip: number
  readonly limit: number
}

export interface Found<Item> {
  readonly total: number
  readonly items: readonly Item[]
}

/** What a directory says of a person; their id, username and versions are not its to change. */
export type UserDraft = Pick<ScimUser, 'displayName' | 'externalId' | 'email' | 'active'>

export interface NewUser extends UserDraft {
  readonly id: string
  readonly userName: string
  readonly createdAt: Date
}

/** What is to happen to a group, in this order. */
export interface GroupChange {
  readonly displayName: string
  readonly externalId: string | null
  readonly members: readonly MemberChange[]
}

/** `all`: removes every member. */
export type MemberChange =
  | { readonly kind: 'add' | 'remove' | 'replace'; readonly ids: readonly string[] }
  | { readonly kind: 'remove-all' }

export interface NewGroup {
  readonly id: string
  readonly displayName: string
  readonly externalId: string | null
  readonly members: readonly string[]
  readonly createdAt: Date
}

/** Who it is done by, and when. */
export interface By {
  /** Of the audit entries. */
  readonly actor: string
  readonly now: Date
}

/** The username, or the external id, is somebody's. */
export type Taken = 'name-taken' | 'external-id-taken'

/** Why a group was not made. */
export type NotMade = { readonly kind: Taken } | { readonly kind: 'no-such-member'; readonly id: string }

export type Changed<Item> =
  | { readonly kind: 'changed'; readonly before: Item; readonly after: Item }
  /** It was so already. */
  | { readonly kind: 'same'; readonly after: Item }
  | { readonly kind: 'unknown' }
  /** Not the version that was named. */
  | { readonly kind: 'moved' }
  | { readonly kind: Taken }
  /** An administrator suspended them: a directory does not resume them. */
  | { readonly kind: 'suspended-here' }
  /** No owner who can sign in would be left. */
  | { readonly kind: 'last-owner' }
  /** A member that is nobody. */
  | { readonly kind: 'no-such-member'; readonly id: string }
  /** Somebody would be let read more, or enrol other keys: that takes two administrators. */
  | { readonly kind: 'needs-two'; readonly loosened: readonly Effect[] }

/** The versions that `If-Match` names; null: whichever. */
export type Versions = readonly number[] | null

/** Each change writes its audit entries in the same transaction. */
export interface ScimStore {
  users(query: Query<UserAttribute>): Promise<Found<ScimUser>>
  user(id: string): Promise<ScimUser | null>
  /** Person id → their groups, by name. */
  groupsOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly Named[]>>
  createUser(user: NewUser, audit: AuditEvent): Promise<ScimUser | Taken>
  /** Locks the person, and changes what `decide` changes of them; what that throws undoes all. */
  changeUser(id: string, versions: Versions, decide: (now: ScimUser) => UserDraft, by: By): Promise<Changed<ScimUser>>

  groups(query: Query<GroupAttribute>): Promise<Found<ScimGroup>>
  group(id: string): Promise<ScimGroup | null>
  /** Group id → the ids of its members, by username. */
  membersOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  createGroup(group: NewGroup, by: By): Promise<{ readonly kind: 'created' } | NotMade>
  changeGroup(
    id: string,
    versions: Versions,
    decide: (now: ScimGroup) => GroupChange,
    by: By,
  ): Promise<Changed<ScimGroup>>
  /** `in-policy`: the policy in force names it; nothing was changed. */
  removeGroup(id: string, versions: Versions, by: By): Promise<'removed' | 'unknown' | 'moved' | 'in-policy'>
}

/** Deletes people and ends what they hold; the same piece that the console's own verb uses. */
export interface ScimEnds {
  /** Ends the sessions, devices and tokens of a person who was suspended. */
  suspended(personId: string): Promise<void>
  /** `administrator`: they have a role, and nothing was done. */
  deleted(personId: string, versions: Versions, by: By): Promise<'deleted' | 'unknown' | 'moved' | 'administrator'>
}
