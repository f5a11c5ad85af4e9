// What a person's own page reads and does.
import type { AuditEvent } from '../audit/port.ts'
import type { Locale } from '../platform/locale.ts'

export interface OwnKey {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  /** Where and with what it was used last; null where that was not seen. */
  readonly lastUsedNetwork: string | null
  readonly lastUsedClient: string | null
  readonly acr: string
  /** Goes up when its name changes. */
  readonly version: number
}

/** A key that no longer works. */
export interface OwnRevokedKey {
  readonly id: string
  readonly name: string
  readonly revokedAt: Date
}

export interface OwnDevice {
  /** `dev_…` */
  readonly id: string
  readonly deviceId: string
  readonly displayName: string | null
  readonly client: string
  readonly network: string
  readonly signedInAt: Date
  readonly lastActiveAt: Date
  readonly expiresAt: Date
}

export interface OwnApproval {
  readonly hash: string
  readonly personId: string
  readonly sealedToken: string
  readonly state: 'pending' | 'approved' | 'denied' | 'expired'
  readonly intent: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly decidedAt: Date | null
}

export interface AccountStore {
  keys(personId: string): Promise<readonly OwnKey[]>
  /** Keys that were revoked since, by whomever, the latest first. */
  revokedKeys(personId: string, since: Date, limit: number): Promise<readonly OwnRevokedKey[]>
  /** Devices that are signed in now. */
  devices(personId: string, now: Date): Promise<readonly OwnDevice[]>
  /** The latest approvals, newest first. */
  approvals(personId: string, limit: number): Promise<readonly OwnApproval[]>
  /** What can still be decided at `now`, of any of these people. */
  pending(personIds: readonly string[], now: Date): Promise<readonly OwnApproval[]>
  /** Those of the id sessions, by hash, that hold at `now`: not ended, not expired, person and key in good standing. */
  liveSessions(hashes: readonly string[], now: Date): Promise<ReadonlySet<string>>
  /** The receipt of one of the person's own approvals. */
  receipt(personId: string, approvalHash: string): Promise<unknown>
  ownsDevice(personId: string, device: string): Promise<boolean>
  /**
   * Gives a key of the person's, not revoked, another name, with its audit entry; `moved` when it is not at that version any more. One
   * transaction.
   */
  renameKey(
    of: { readonly personId: string; readonly key: string; readonly version: number },
    name: string,
    audit: AuditEvent,
  ): Promise<'renamed' | 'moved' | 'unknown'>
}

export interface KeyEnder {
  /** Revokes a key of the person's and ends all that hangs on it, at once; false when it is not theirs, or was revoked already. */
  reportLost(personId: string, key: string): Promise<boolean>
}

export interface OwnMeters {
  readings(personId: string): Promise<readonly { meter: string; used: number; limit: number; windowSeconds: number }[]>
}

export interface OwnData {
  /** Everything that is kept of the person, as JSON in pieces; that it was taken out is audited. Null: there is nobody. */
  take(personId: string): Promise<AsyncIterable<string> | null>
}

export interface DeviceEnder {
  endOwn(device: string): Promise<void>
}

export interface Languages {
  /** Notes the language in which a person wants to be written to. */
  speaks(personId: string, locale: Locale): Promise<void>
}

export interface SelfEnrolment {
  /** A one-time link that adds a key to this person. */
  link(personId: string): Promise<string>
}
