// What releases by two administrators need from storage.
import type { ReleaseState } from './release.ts'
import type { ReleaseTyp } from './release-intent.ts'
import type { AdministratorTap, ReleaseReceipt } from './release-receipt.ts'

/** Somebody as a release names them. */
export interface Named {
  readonly id: string
  readonly username: string
  readonly displayName: string
}

export interface StoredRelease {
  /** `rel_…` */
  readonly id: string
  readonly typ: ReleaseTyp
  readonly state: ReleaseState
  readonly serverName: string
  /** Canonical JSON. */
  readonly intent: string
  readonly requestedBy: Named
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly first: (Named & { readonly at: Date }) | null
  readonly firstTap: AdministratorTap | null
  readonly second: Named | null
  readonly grantedAt: Date | null
  readonly grantedUntil: Date | null
  readonly endedBy: string | null
  readonly endedAt: Date | null
  /** Of an export: events read so far under it. */
  readonly used: number | null
}

export interface NewRelease {
  readonly id: string
  readonly typ: ReleaseTyp
  readonly serverName: string
  readonly intent: string
  readonly requestedBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly events: number | null
}

/** Who taps, with which of their keys. */
export interface Tapper {
  readonly personId: string
  /** `key_…` */
  readonly credentialId: string
}

/** The allowance that an export makes. */
export interface ReleasedAllowance {
  /** `alw_…` */
  readonly id: string
  readonly personId: string
  readonly device: string
  /** Null: from any network. */
  readonly network: string | null
  readonly rooms: readonly string[]
  readonly fromMs: number
  readonly untilMs: number
  readonly events: number
}

export interface Grant extends Tapper {
  readonly id: string
  /** The first tap that the receipt holds: it must be the stored one still. */
  readonly firstCredentialId: string
  readonly receipt: ReleaseReceipt
  readonly receiptDigest: string
  readonly at: Date
  readonly livesSeconds: number
  readonly allowance: ReleasedAllowance | null
}

export type StoreRefusal =
  /** Decided, expired or tapped by somebody meanwhile. */
  | 'already-decided'
  | 'same-person'
  | 'owners-only'
  | 'person-suspended'
  | 'credential-revoked'
  /** The first administrator, or the key they tapped with, is no longer good. */
  | 'first-tap-void'
  /** One of the two gave the other the way to the key they tap with, within the last day. */
  | 'key-given-by-the-other'
  | 'device-ended'

export interface ReleaseStore {
  /** False, and nothing is kept, where as many that the same person asked for wait as may, however many are asked for at once. */
  create(release: NewRelease): Promise<boolean>
  get(id: string): Promise<StoredRelease | null>
  /** The newest first. */
  list(limit: number): Promise<readonly StoredRelease[]>
  receipt(id: string): Promise<unknown>
  /**
   * requested → awaiting-second, once (UPDATE … WHERE state RETURNING), with its audit entry; the person is an administrator in
   * good standing with that key, locked against a suspension or revocation under way.
   */
  firstTap(
    input: Tapper & { readonly id: string; readonly tap: AdministratorTap; readonly at: Date },
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: StoreRefusal }>
  /**
   * awaiting-second → granted in one transaction: the state, both administrators and their keys in good standing, the device
   * alive, the allowance past the day's ceiling, the audit entry. Nothing of it happens when any part is refused, and of any
   * number of calls at once one succeeds.
   */
  grant(
    input: Grant,
  ): Promise<{ readonly ok: true; readonly until: Date } | { readonly ok: false; readonly reason: StoreRefusal }>
  /** awaiting-second → denied by a second administrator; false when it was decided or had expired. */
  deny(id: string, by: string, at: Date): Promise<boolean>
  /**
   * Takes it back: what waits is no longer tapped; what was granted pays nothing more, and what is being read under it is not
   * released. One transaction. False when there was nothing to take back.
   */
  withdraw(id: string, by: string, at: Date): Promise<boolean>
  /** Writes down which have expired, each with its audit entry. */
  expire(at: Date): Promise<number>
  /** Notes a refused attempt in the audit log. */
  refused(id: string, by: string, reason: string): Promise<void>
}

/** A person to whom something may be released, and the devices they are signed in on. */
export interface ReleaseSubject extends Named {
  readonly devices: readonly {
    readonly id: string
    readonly deviceId: string
    readonly userId: string
    readonly displayName: string | null
    readonly client: string
    readonly network: string
    readonly signedInAt: Date
    readonly expiresAt: Date
  }[]
}

export interface ReleaseSubjects {
  /** Null for an unknown or a suspended person. */
  find(username: string, serverName: string, now: Date): Promise<ReleaseSubject | null>
}
