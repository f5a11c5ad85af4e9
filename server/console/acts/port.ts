// What the verbs about acts need: reading them, and the taps over them.
import type { Caller } from '../verb.ts'

export const ACT_STATES = [
  'requested',
  'awaiting-second',
  'delayed',
  'granted',
  'running',
  'done',
  'failed',
  'denied',
  'withdrawn',
  'expired',
] as const
export type ActStateName = (typeof ACT_STATES)[number]

/** Somebody as an act names them. */
export interface ActPerson {
  readonly id: string
  readonly username: string
  readonly display_name: string
}

export interface ActSummary {
  readonly id: string
  readonly verb: string
  readonly state: ActStateName
  readonly reason: string
  readonly asked_by: ActPerson
  readonly created_at: string
  readonly expires_at: string
  readonly first: (ActPerson & { readonly at: string }) | null
  readonly second: (ActPerson & { readonly at: string }) | null
  /** Of one that its only owner signed alone: when it runs. */
  readonly not_before: string | null
  readonly ended_at: string | null
  readonly failure: string | null
  /** What the caller may do. `why`: why they may not sign. */
  readonly you: {
    readonly tap: 'first' | 'second' | null
    readonly why: string | null
    readonly can_withdraw: boolean
  }
}

export interface ActDetail extends ActSummary {
  /** Canonical JSON: the very bytes that are signed. */
  readonly intent: string
  readonly input: Readonly<Record<string, unknown>>
  readonly has_receipt: boolean
  readonly answer: Readonly<Record<string, unknown>> | null
}

export interface ActDesk {
  list(
    by: Caller,
    query: { readonly open: boolean | null; readonly after: string | null; readonly limit: number },
  ): Promise<{ readonly items: readonly ActSummary[]; readonly next: string | null; readonly waiting: number }>
  /** Throws `Refusal` 404 `unknown-act`, 403 `not-permitted`; so do the others. */
  show(by: Caller, id: string): Promise<ActDetail>
  receipt(by: Caller, id: string): Promise<object>
  /** A challenge over the intent as the page shows it. */
  begin(by: Caller, id: string, intent: string): Promise<{ readonly ceremony: string; readonly options: object }>
  finish(
    by: Caller,
    answer: { readonly id: string; readonly intent: string; readonly ceremony: string; readonly response: unknown },
  ): Promise<void>
  deny(by: Caller, id: string): Promise<void>
  withdraw(by: Caller, id: string): Promise<void>
}
