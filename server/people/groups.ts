// Groups of people: what policy rules name. Ids stay; names and members change.
import type { AuditEvent } from '../audit/port.ts'

export interface Group {
  /** `grp_…` */
  readonly id: string
  /** Unique. */
  readonly displayName: string
  /** The id of a directory that keeps it. */
  readonly externalId: string | null
  readonly createdAt: Date
}

export interface GroupMember {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly addedAt: Date
}

export interface GroupStore {
  /** By name. */
  list(): Promise<readonly (Group & { readonly members: number })[]>
  /** The group of that id, or of exactly that name. */
  find(nameOrId: string): Promise<Group | null>
  members(groupId: string): Promise<readonly GroupMember[]>
  /** False when the name is taken. Each change writes its audit entry in the same transaction. */
  create(group: Group, audit: AuditEvent): Promise<boolean>
  /** `in-policy`: the policy in force names it, or it has a rule for keys, which would go with it; nothing was changed. */
  remove(groupId: string, audit: AuditEvent): Promise<'removed' | 'unknown' | 'in-policy'>
  /** False when the person was a member already. */
  addMember(groupId: string, personId: string, at: Date, audit: AuditEvent): Promise<boolean>
  /** False when the person was none. */
  removeMember(groupId: string, personId: string, audit: AuditEvent): Promise<boolean>
}

/** A group's name as it is kept, or null: 1 to 100 characters of one line, none that looks like an id or means everybody. */
export function groupNameFrom(text: string): string | null {
  const name = text.trim().normalize('NFC')
  const isGood = name.length >= 1 && name.length <= 100 && !/\p{C}/u.test(name)
  return isGood && !name.startsWith('grp_') && name !== 'everyone' ? name : null
}
