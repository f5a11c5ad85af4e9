// Telling people: what features call, the outbox between them and the world, and what a channel has to do.
import type { Transaction } from '../../db/client.ts'
import type { Signal } from '../detection/port.ts'

/** Ways to reach somebody; also the `kind` of a row in the outbox. */
export const CHANNELS = ['server-notice', 'webhook', 'mail'] as const
export type Channel = (typeof CHANNELS)[number]

/** A prompt that a person can decide. Its link stays sealed with the approval until it is sent. */
export interface Prompted {
  readonly approvalHash: string
  readonly personId: string
  readonly serverName: string
  /** Full Matrix user id of the person. */
  readonly userId: string
}

/** What the operator is told. It holds ids and figures, never a secret nor a link that approves. */
export interface Alert {
  readonly kind: Signal | 'device-ended' | 'test'
  /** `alert`, or what was done beside it. */
  readonly action: 'alert' | 'tap' | 'end'
  readonly serverName: string
  readonly personId: string | null
  /** `dev_…` */
  readonly device: string | null
  readonly explanation: { readonly fr: string; readonly en: string }
  readonly evidence: Readonly<Record<string, number>>
}

/**
 * What features call, inside the transaction of what they tell about: it is told if and only if that commits, at least once.
 */
export interface Notifier {
  /** Owes the person word of a new prompt; nothing when no channel can carry it or the person had enough of them this hour. */
  prompted(prompt: Prompted, tx: Transaction): Promise<void>
  /** Owes every receiver of alerts word of this one. */
  alert(alert: Alert, tx: Transaction): Promise<void>
}

/** Something owed to one target. */
export interface Owed {
  /** `ntf_…`; the `webhook-id`, so that a receiver can tell a repetition. */
  readonly id: string
  readonly channel: Channel
  /** The receiver's name, the mail address, or the Matrix user id. */
  readonly target: string
  /** What it is about, as JSON of the channel's own. */
  readonly payload: string
  /** This attempt included. */
  readonly attempts: number
  readonly createdAt: Date
}

/** `about`: the same thing is owed to the same target once, however often it is enqueued. */
export type NewOwed = Omit<Owed, 'attempts' | 'createdAt'> & { readonly about: string }

export interface OutboxStore {
  /** In the caller's transaction. `atMostAnHour` bounds what one target is owed on one channel; false when it is reached. */
  enqueue(owed: NewOwed, tx: Transaction, atMostAnHour?: number): Promise<boolean>
  /**
   * Claims up to `limit` due ones for `leaseMs`, in one statement that skips what others hold (FOR UPDATE SKIP LOCKED); an
   * attempt is counted when it begins, so that one that ends the process counts too.
   */
  take(limit: number, leaseMs: number): Promise<readonly Owed[]>
  delivered(id: string): Promise<void>
  /** Not delivered: due again after `againInMs`, or never (dead) when null. */
  failed(id: string, error: string, againInMs: number | null): Promise<void>
}

/** What became of an attempt: `gone` is no longer of use (a prompt that was decided), and not tried again. */
export type Delivery =
  | { readonly state: 'delivered' | 'gone' }
  | { readonly state: 'failed'; readonly error: string; readonly final?: boolean }

/** A way to reach somebody. Never throws for what the other side does. */
export interface Deliver {
  deliver(owed: Owed, signal: AbortSignal): Promise<Delivery>
}
