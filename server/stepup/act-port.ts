// What grave acts need from storage.
import type { ActState } from './act.ts'
import type { LoneReceipt } from './act-receipt.ts'
import type { Named, Tapper } from './release-port.ts'
import type { AdministratorTap, ReleaseReceipt } from './release-receipt.ts'

export interface StoredAct {
  /** `act_…` */
  readonly id: string
  readonly verb: string
  readonly state: ActState
  /** Canonical JSON. */
  readonly intent: string
  readonly concerns: string | null
  readonly requestedBy: Named
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly first: (Named & { readonly at: Date }) | null
  readonly firstTap: AdministratorTap | null
  readonly second: (Named & { readonly at: Date }) | null
  readonly notBefore: Date | null
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly answer: Readonly<Record<string, unknown>> | null
  readonly failure: string | null
}

export interface NewAct {
  readonly id: string
  readonly verb: string
  readonly intent: string
  readonly concerns: string | null
  readonly requestedBy: string
  /** Who the audit log names, where that says more than `requestedBy`: an API token. */
  readonly actor?: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export type ActStoreRefusal =
  /** Decided, expired or tapped by somebody meanwhile. */
  | 'already-decided'
  | 'not-permitted'
  | 'person-suspended'
  | 'credential-revoked'
  /** One of the two gave the other the way to the key they tap with, within the last day: that may be one person with two keys. */
  | 'key-given-by-the-other'
  /** The first administrator, or the key they tapped with, is no longer good. */
  | 'first-tap-void'

export interface FirstTap extends Tapper {
  readonly id: string
  readonly tap: AdministratorTap
  /** Kept should it turn out that nobody else can sign. */
  readonly receipt: LoneReceipt
  readonly receiptDigest: string
  /** Roles that hold the verb's permission. */
  readonly roles: readonly string[]
  readonly at: Date
  /** How long an act that one signs alone waits. */
  readonly delayMs: number
}

export interface SecondTap extends Tapper {
  readonly id: string
  /** The first tap that the receipt holds: it must be the stored one still. */
  readonly firstCredentialId: string
  readonly receipt: ReleaseReceipt
  readonly receiptDigest: string
  readonly roles: readonly string[]
  readonly at: Date
}

/** An act that was taken to be run, and by whom it was signed. */
export interface TakenAct {
  readonly id: string
  readonly verb: string
  readonly intent: string
  readonly receipt: unknown
  readonly first: { readonly personId: string; readonly username: string; readonly role: string }
  /** Null: its only owner signed it, and it waited a day. */
  readonly second: { readonly personId: string; readonly username: string } | null
}

export type Taken =
  | { readonly state: 'taken'; readonly act: TakenAct }
  /** Another process has it, or it is not due. */
  | { readonly state: 'not-due' }
  /** Whoever signed may not any more: it failed. */
  | { readonly state: 'void' }

/** What a verb came to. */
export type ActOutcome =
  | { readonly ok: true; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly failure: string }

export interface ActPage {
  /** Verbs whose acts are shown; null: all. */
  readonly verbs: readonly string[] | null
  readonly states: readonly ActState[] | null
  readonly after: { readonly createdAt: Date; readonly id: string } | null
  readonly limit: number
}

export interface ActStore {
  /** False: this person has asked for as many as may wait. */
  create(act: NewAct): Promise<boolean>
  get(id: string): Promise<StoredAct | null>
  /** The newest first. */
  list(page: ActPage): Promise<readonly StoredAct[]>
  receipt(id: string): Promise<unknown>
  /**
   * requested → awaiting-second, once, with its audit entry, the person in good standing with that key. → delayed instead when the
   * one who taps is the only owner and nobody else holds the permission with a key: it then runs at `notBefore`.
   */
  firstTap(
    input: FirstTap,
  ): Promise<
    { readonly ok: true; readonly notBefore: Date | null } | { readonly ok: false; readonly reason: ActStoreRefusal }
  >
  /** awaiting-second → granted in one transaction, both in good standing. Of any number of calls at once one succeeds. */
  secondTap(input: SecondTap): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: ActStoreRefusal }>
  deny(id: string, by: string, at: Date): Promise<boolean>
  /** False when it had been decided, or runs. */
  withdraw(id: string, by: string, at: Date): Promise<boolean>
  /** Writes down which have expired, each with its audit entry. */
  expire(at: Date): Promise<number>
  /** Acts that wait to be run: granted, or their delay is over. */
  due(at: Date, limit: number): Promise<readonly { readonly id: string; readonly verb: string }[]>
  /**
   * granted or due → running in one statement: of any number of processes one takes it, once for all. Whoever signed must hold the
   * permission still, with the key they tapped with: else it fails with `signer-void`.
   */
  take(id: string, roles: readonly string[], at: Date): Promise<Taken>
  /** running → done or failed, with its audit entry. One that was given up as interrupted meanwhile gets its true end. */
  finish(id: string, outcome: ActOutcome, at: Date): Promise<void>
  /** What has been running since before that instant was cut off: it failed with `act-interrupted`, and is never run again. */
  giveUp(startedBefore: Date, at: Date): Promise<number>
  /** Takes away answers of acts that ended before. */
  forgetAnswers(endedBefore: Date): Promise<void>
  /** Notes a refused attempt in the audit log. */
  refused(id: string, by: string, reason: string): Promise<void>
}
