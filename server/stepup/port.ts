// What step-up needs from storage and from its neighbours.
import type { AllowanceMeter } from '../policy/defaults.ts'
import type { ApprovalState } from './approval.ts'
import type { Receipt } from './receipt.ts'

export interface ApprovalRecord {
  readonly hash: string
  readonly state: ApprovalState
  readonly serverName: string
  readonly personId: string
  /** `dev_…` */
  readonly deviceId: string
  readonly network: string
  readonly client: string
  /** Canonical JSON. */
  readonly intent: string
  readonly mergeKey: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly decidedAt: Date | null
}

export interface NewApproval extends Omit<ApprovalRecord, 'state' | 'decidedAt'> {
  readonly sealedToken: string
}

export interface StoredApproval extends ApprovalRecord {
  readonly sealedToken: string
  readonly receipt: Receipt | null
}

export interface Approve {
  readonly hash: string
  readonly personId: string
  readonly credentialId: string
  readonly receipt: Receipt
  /** `receiptDigest` of it, for the audit log: what no signature covers is bound there. */
  readonly receiptDigest: string
  readonly at: Date
  readonly allowance: {
    /** `alw_…` */
    readonly id: string
    readonly rooms: readonly string[]
    readonly direction: string
    readonly amounts: Readonly<Partial<Record<AllowanceMeter, number>>>
    readonly livesSeconds: number
  }
}

export type ApproveResult =
  | { readonly ok: true; readonly expiresAt: Date }
  | { readonly ok: false; readonly reason: 'not-pending' | 'ceiling-reached' | 'device-ended' }

/** Which askings are the same, and how long an answer to one stands. */
export interface Alike {
  readonly mergeKey: string
  readonly personId: string
  readonly now: Date
  /** A denial after this is the answer still. */
  readonly deniedSince: Date
}

/** What bounds new approvals of one device. */
export interface AskingLimits {
  readonly deniedSince: Date
  readonly pendingAtMost: number
  readonly newSince: Date
  readonly newAtMost: number
}

export interface ApprovalStore {
  /** The recent denial of the same asking, or the pending approval of it, or null. */
  find(alike: Alike): Promise<StoredApproval | null>
  /**
   * What `find` finds, or the given approval inserted, with its audit entry. A device with `pendingAtMost` pending
   * approvals, or `newAtMost` made since `newSince`, gets no more: its newest pending one is returned, or its newest of all;
   * those asked for from the network where it signed in and those from elsewhere are counted apart. Atomic: askings of one
   * device take turns, on every instance.
   */
  findOrCreate(approval: NewApproval, limits: AskingLimits): Promise<{ approval: StoredApproval; created: boolean }>
  get(hash: string): Promise<StoredApproval | null>
  /** States of the given approvals; unknown ones are left out. */
  states(hashes: readonly string[]): Promise<ReadonlyMap<string, { state: ApprovalState; expiresAt: Date }>>
  /**
   * One transaction: pending → approved (UPDATE … WHERE state = 'pending' RETURNING), the allowance once, the audit entry,
   * the device's last tap. Nothing of it happens when any part is refused: past the day's ceiling, or for a device that
   * has ended.
   */
  approve(input: Approve): Promise<ApproveResult>
  /**
   * pending → denied, once, with its audit entry; null when it was decided or had expired at `at`. Otherwise how many of
   * the device's approvals its person denied within the day, this one included: no two calls are told the same number.
   */
  deny(hash: string, by: string, action: 'approval.denied' | 'approval.not-me', at: Date): Promise<number | null>
}

/** What the approval routes ask of sessions when the person says "this was not me", or denies once too often. */
export interface EndDevice {
  /** Ends the device within a second on every instance and moves what it consumed to an incident, once. */
  end(
    device: { device: string; personId: string; serverName: string },
    reason: 'not-me' | 'three-denials',
  ): Promise<void>
}

export interface RoomNames {
  /** A room's name as the homeserver tells it to this device, or null; must answer within about a second. */
  nameOf(homeserverToken: string, roomId: string): Promise<string | null>
}

export interface DeviceFacts {
  /** How a device looked when it signed in. */
  describe(device: string): Promise<{ name: string | null; client: string; network: string; signedInAt: Date } | null>
}

export interface ReceiptCredentials {
  /** The enrolment record of a key, in the receipt's form. Throws when there is no such key. */
  forReceipt(credentialId: string): Promise<Receipt['credential']>
}
