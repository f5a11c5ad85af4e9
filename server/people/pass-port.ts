// What temporary passes need kept.
import type { AuditEvent } from '../audit/port.ts'

/** A pass as administrators see it. Its code is kept nowhere. */
export interface Pass {
  /** `key_…`: its row among the credentials, on which everything hangs that it opened. */
  readonly id: string
  readonly personId: string
  /** `per_…` */
  readonly issuedBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly usedAt: Date | null
}

export interface NewPass extends Omit<Pass, 'usedAt'> {
  /** SHA-256 of the code. */
  readonly hash: string
}

/** What a code opened. */
export type UsedPass = Pick<Pass, 'id' | 'personId' | 'expiresAt'>

export interface PassStore {
  /**
   * Keeps a pass, unless its person is gone or suspended: false then. Those of the person that nobody used stop working. The audit
   * entry is written in the same transaction.
   */
  issue(pass: NewPass, audit: AuditEvent): Promise<boolean>
  /**
   * Uses a pass up: one UPDATE that matches only while it is unused, unexpired, not revoked and its person neither suspended nor
   * another than `expectedPersonId`; of parallel calls one gets it. Its use is audited in the same transaction.
   */
  use(hash: string, expectedPersonId: string | null, now: Date): Promise<UsedPass | null>
  /** Those of a person that hold, newest first. */
  live(personId: string, now: Date): Promise<readonly Pass[]>
  /** Whose it is, holding or not; null where there is none. */
  personOf(id: string): Promise<string | null>
  /** Ends one that holds; false when it does not. What it opened is the `Revoker`'s. The audit entry is written in the same transaction. */
  end(id: string, now: Date, audit: (personId: string) => AuditEvent): Promise<boolean>
  /** Marks up to 100 passes that are over, and returns their ids: each to one caller. What they opened is the `Revoker`'s. */
  takeExpired(now: Date): Promise<readonly string[]>
}
