// Telling people: what features call, the outbox between them and the world, and what a channel has to do.
import type { Transaction } from '../../db/client.ts'
import type { Signal } from '../detection/port.ts'
import type { Locale } from '../platform/locale.ts'
import type { Letter } from './letter.ts'

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
  readonly kind:
    | Signal
    | 'device-ended'
    | 'service-budget'
    | 'lone-act'
    | 'keys-cut-off'
    | 'owner-recovered'
    | 'administrator-key'
    | 'test'
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
  /** Owes every receiver of alerts word of this one, and keeps it for the console. */
  alert(alert: Alert, tx: Transaction): Promise<void>
  /**
   * Owes a person a letter, by every channel that reaches them: server notices, mail. `about`: the same thing is owed once, however
   * often it is told. Returns the channels; none when nothing reaches them.
   */
  tell(
    told: { readonly personId: string; readonly about: string; readonly letter: Letter },
    tx: Transaction,
  ): Promise<readonly Channel[]>
}

/** Keeps alerts for the console, in the transaction of what they tell about. */
export interface AlertLog {
  keep(alert: Alert & { readonly id: string }, tx: Transaction): Promise<void>
}

/** How one person is reached. */
export interface Reachable {
  readonly email: string | null
  /** The language in which they last used id. */
  readonly locale: Locale | null
  /** Their Matrix users: where their devices are, or the one that their name makes. */
  readonly users: readonly { readonly serverName: string; readonly userId: string }[]
}

export interface PersonAddresses {
  of(personId: string, tx: Transaction): Promise<Reachable>
}

/** Something owed to one target. */
export interface Owed {
  /** `ntf_…`; the `webhook-id`, so that a receiver can tell a repetition. */
  readonly id: string
  readonly channel: Channel
  /** The receiver's name, the mail address, or the Matrix user id. */
  readonly target: string
  /** JSON of the channel's own. */
  readonly payload: string
  /** A link that goes into the text where it says `{link}`: sealed, and gone once it is sent or given up. */
  readonly sealedLink?: string | null
  /** This attempt included. */
  readonly attempts: number
  readonly createdAt: Date
}

/** `about`: the same thing is owed to the same target once, however often it is enqueued. */
export interface NewOwed {
  /** `ntf_…` */
  readonly id: string
  readonly channel: Channel
  readonly target: string
  readonly about: string
  readonly payload: string
  /** As in `Owed`, sealed for its place in the outbox. */
  readonly sealedLink?: string
  /** For server notices: whose homeserver has to send it. */
  readonly serverName: string | null
}

export interface Claim {
  readonly channel: Channel
  /** Only what is owed to these; null for anybody. */
  readonly targets: readonly string[] | null
  /** Only what this homeserver has to send; null where that does not matter. */
  readonly serverName: string | null
  /** Targets to leave alone: an attempt is under way. */
  readonly except: readonly string[]
  readonly limit: number
  readonly leaseMs: number
}

export interface OutboxStore {
  /**
   * Owes something, in the caller's transaction. `atMostAnHour` bounds what one target is owed on one channel: false when that is
   * reached (nothing is owed then), exact over all instances.
   */
  enqueue(owed: NewOwed, tx: Transaction, atMostAnHour?: number): Promise<boolean>
  /**
   * Claims what is due, at most one for each target, in one statement that skips what others hold (FOR UPDATE SKIP LOCKED). An
   * attempt is counted when it begins, so that one that ends the process counts too.
   */
  take(claim: Claim): Promise<readonly Owed[]>
  delivered(id: string): Promise<void>
  /** Not delivered: due again after `againInMs`, or given up when null. */
  failed(id: string, error: string, againInMs: number | null): Promise<void>
  /** Takes away what was delivered or given up a month ago. */
  sweep(): Promise<void>
}

/** Where alerts are sent by mail besides the configured addresses: owners who have one. */
export interface AlertAddresses {
  list(tx: Transaction): Promise<readonly string[]>
}

/** What became of an attempt: `gone` is no longer of use (a prompt that was decided), and not tried again. */
export type Delivery =
  | { readonly state: 'delivered' }
  | { readonly state: 'gone' }
  | { readonly state: 'failed'; readonly error: string; readonly final?: boolean }

/** A way to reach somebody. Never throws for what the other side does. */
export interface Deliver {
  deliver(owed: Owed, signal: AbortSignal): Promise<Delivery>
}
