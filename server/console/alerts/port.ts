// Alerts as the console lists, shows and handles them.
import type { Letter } from '../../notify/letter.ts'
import type { Place } from '../keyset.ts'
import type { EndedCounts } from '../sessions/port.ts'

export type AlertState = 'open' | 'handled'
/** `noted`: looked at, nothing was ended. */
export type HandledHow = 'noted' | 'device-ended' | 'person-ended'

export interface AlertRow {
  /** `alr_…` */
  readonly id: string
  readonly kind: string
  readonly action: 'alert' | 'tap' | 'end'
  readonly serverName: string
  readonly person: { readonly id: string; readonly username: string; readonly displayName: string } | null
  /** `live`: it can be ended still. Names are what clients said. */
  readonly device: {
    readonly id: string
    readonly name: string | null
    readonly client: string
    readonly network: string
    readonly live: boolean
  } | null
  readonly explanation: { readonly fr: string; readonly en: string }
  readonly evidence: Readonly<Record<string, number>>
  readonly raisedAt: Date
  readonly state: AlertState
  readonly handledAt: Date | null
  /** A username. */
  readonly handledBy: string | null
  readonly handledHow: HandledHow | null
  readonly note: string | null
  readonly told: readonly string[] | null
}

export interface AlertAsk {
  readonly state: AlertState | null
  readonly kind: string | undefined
  readonly person: string | undefined
  readonly device: string | undefined
  readonly after: Place | null
  readonly limit: number
}

/** Who handles it, and what they wrote. */
export interface Handling {
  readonly actor: string
  readonly personId: string
  readonly note: string | null
}

/** `changed`: false when somebody had handled it before: nothing was done then. */
export interface Handled {
  readonly changed: boolean
  readonly alert: AlertRow
}

export interface AlertConsole {
  /** Newest first. */
  list(ask: AlertAsk): Promise<readonly AlertRow[]>
  open(): Promise<number>
  show(id: string): Promise<AlertRow | null>
  /** One statement that matches only what is open, and its audit entry. Null for an unknown one. */
  handle(id: string, by: Handling): Promise<Handled | null>
  /**
   * Ends the device (or all of the person's), tells the person and marks the alert handled, in one transaction with the audit
   * entries: after a crash all of it happened or none, and it can be asked again. Null for an unknown one.
   */
  endAndNotify(
    alert: AlertRow,
    scope: 'device' | 'person',
    by: Handling & { readonly letter: Letter },
  ): Promise<Handled & EndedCounts>
}
