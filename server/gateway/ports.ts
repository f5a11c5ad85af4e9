// What the gateway's pipeline needs from the rest: who is calling, what may be read, and how to ask for a tap.

import type { AllowanceMeter } from '../policy/defaults.ts'
import type { Caller } from '../sessions/caller.ts'

export type { Caller, Identify, IdentifyFailure } from '../sessions/caller.ts'

/** Where a request came from. */
export interface Origin {
  readonly address: string
  readonly network: string
  /** The User-Agent, shortened to 200 characters. */
  readonly client: string
}

export type Direction =
  | 'backward'
  | 'forward'
  | 'around'
  | 'event'
  | 'catch-up'
  | 'sync'
  | 'search'
  | 'everywhere'
  | 'state'
  | 'directory'
  | 'media'
  | 'key-backup'
  | 'join'
  | 'push'

/** What is withheld and would be asked of the person. */
export interface Ask {
  readonly caller: Caller
  readonly origin: Origin
  readonly meter: AllowanceMeter
  /** What the tap would release: what policy says of this meter when absent. Media bytes and files always go together. */
  readonly amounts?: Readonly<Partial<Record<AllowanceMeter, number>>>
  /** Room ids, whole list; `*` for a request over all rooms. */
  readonly rooms: readonly string[]
  readonly direction: Direction
  /**
   * Reason id: `idle`, a stream's `…-exhausted` (`archive`, `catch-up`, `first-sync`, `rooms`, `state`, `directory`,
   * `media-bytes`, `media-files`, `key-backup`, `joins`), `key-backup-whole`, or `push-address` (then `rooms` is the address).
   */
  readonly reason: string
}

export interface PendingApproval {
  /** `{issuer}/approve/<token>` */
  readonly approvalUri: string
  readonly approvalHash: string
  readonly state: 'pending' | 'denied'
}

export type Decision = 'approved' | 'denied' | 'expired' | 'pending'

export interface StepUp {
  /** The pending approval equal in device, meter, rooms, direction, network and client, or a new one. */
  request(ask: Ask): Promise<PendingApproval>
  /** Waits until it is decided, at most `timeoutMs` or until the signal aborts. */
  decided(approvalHash: string, timeoutMs: number, signal: AbortSignal): Promise<Decision>
}
