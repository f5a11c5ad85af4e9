// What the console needs kept of keys: an inventory that is searched in pages, and what groups ask of their people's keys.
import type { AuditEvent } from '../../audit/port.ts'
import type { GroupKeyPolicy } from '../../webauthn/rule.ts'

/** What is looked for, one click each. */
export const KEY_FILTERS = [
  'all',
  'none',
  'one',
  'uncertified',
  'compromised',
  'below',
  'never-used',
  'unused',
  'revoked',
] as const
export type KeyFilter = (typeof KEY_FILTERS)[number]

/** How models stand today, as far as keys are judged by them. */
export interface ModelsToday {
  /** AAGUIDs of models that `attested` asks for. */
  readonly certified: readonly string[]
  /** Of models whose keys are cut off. */
  readonly unsafe: readonly string[]
}

export interface KeysAsk {
  readonly filter: KeyFilter
  /** Of `unused`: not used since. */
  readonly before: Date | null
  /** Within the person's names, or exactly a key's id or serial number. */
  readonly q: string | null
  /** `per_…`; revoked keys are shown as well then. */
  readonly person: string | null
  /** `grp_…` */
  readonly group: string | null
  /** AAGUID */
  readonly model: string | null
  readonly after: { readonly username: string; readonly key: string } | null
  readonly limit: number
}

export interface InventoryKey {
  /** `key_…` */
  readonly id: string
  readonly name: string
  readonly kind: 'security-key' | 'platform'
  readonly serial: string | null
  readonly aaguid: string
  readonly acr: 'phr' | 'phrh'
  readonly policy: GroupKeyPolicy['policy']
  readonly backupEligible: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  /** Of the last sign-in with it. */
  readonly lastNetwork: string | null
  readonly lastClient: string | null
  readonly revokedAt: Date | null
  readonly revokedReason: string | null
  readonly version: number
}

/** A person, and a key of theirs; null where the list is of people without one. */
export interface InventoryRow {
  readonly person: {
    readonly id: string
    readonly username: string
    readonly displayName: string
    readonly role: string
    readonly suspendedAt: Date | null
    /** Active keys. */
    readonly keys: number
    /** What their groups ask for, of those that ask for anything. */
    readonly groups: readonly GroupKeyPolicy[]
  }
  readonly key: InventoryKey | null
}

export interface KeyCounts {
  /** Neither suspended nor deleted. */
  readonly people: number
  readonly none: number
  readonly one: number
  readonly keys: number
  readonly uncertified: number
  readonly compromised: number
  readonly below: number
  readonly neverUsed: number
}

/** What is open by a key. */
export interface OpenedByKey {
  readonly sessions: number
  readonly devices: number
}

export interface GroupPolicyRow extends GroupKeyPolicy {
  readonly group: { readonly id: string; readonly name: string; readonly members: number }
  readonly updatedAt: Date
  readonly version: number
}

/** A group's policy as somebody saw it. One that was taken away and set again starts at version 1 again: what it says is compared too. */
export interface PolicyFrom extends GroupKeyPolicy {
  readonly version: number
}

export interface KeysConsole {
  /** By username, then by the key's id. */
  list(ask: KeysAsk, today: ModelsToday, setting: GroupKeyPolicy['policy']): Promise<readonly InventoryRow[]>
  find(keyId: string): Promise<(InventoryRow & { readonly key: InventoryKey }) | null>
  opened(keyId: string): Promise<OpenedByKey>
  counts(today: ModelsToday, setting: GroupKeyPolicy['policy']): Promise<KeyCounts>
  /** False when it is no longer at that version, or was revoked. */
  rename(keyId: string, version: number, name: string, audit: AuditEvent): Promise<boolean>
  /**
   * Marks the key revoked and ends everything that was opened with it. False when it was revoked before; what a revocation cut short left
   * open is ended then. The last owner's last key is refused by the database (409 `last-owner`).
   */
  revoke(keyId: string, reason: string, at: Date, audit: AuditEvent): Promise<boolean>
  /** By the group's name. */
  policies(): Promise<readonly GroupPolicyRow[]>
  policyOf(groupId: string): Promise<GroupPolicyRow | null>
  /** Whether there is such a group. */
  groupName(groupId: string): Promise<string | null>
  /** Sets a group's policy while it is `from`, at that version (null: it has none). False when it moved meanwhile. */
  setPolicy(
    groupId: string,
    from: PolicyFrom | null,
    policy: GroupKeyPolicy,
    at: Date,
    audit: AuditEvent,
  ): Promise<boolean>
  removePolicy(groupId: string, from: PolicyFrom, audit: AuditEvent): Promise<boolean>
}
