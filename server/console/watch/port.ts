// What the live page stands on. Figures are read together every few seconds, however many pages are open.
import type { MeterReading } from '../../metering/port.ts'
import type { AlertRow } from '../alerts/port.ts'
import type { Place } from '../keyset.ts'
import type { ReadingStore } from '../reading/port.ts'

/** A gateway process, as it last said that it is there. */
export interface GatewayHeard {
  /** `gwp_…` */
  readonly id: string
  readonly serverName: string
  readonly startedAt: Date
  readonly heardAt: Date
  /** Requests that wait for a tap. */
  readonly held: number
}

/** An approval: what is asked of somebody now, or what they decided. No room is named. */
export interface Tap {
  /** SHA-256 of the token in its link: names it without opening it. */
  readonly id: string
  readonly state: 'pending' | 'approved' | 'denied' | 'expired'
  readonly person: { readonly id: string; readonly username: string; readonly displayName: string } | null
  /** Names as clients gave them. */
  readonly device: { readonly id: string; readonly name: string | null }
  readonly client: string
  readonly network: string
  readonly amounts: readonly { readonly meter: string; readonly units: number }[]
  /** Null: no one room, or all of them. */
  readonly rooms: number | null
  readonly askedAt: Date
  readonly expiresAt: Date
  readonly decidedAt: Date | null
}

/** How near a person is to the tightest of their limits. */
export interface NearThreshold {
  readonly person: { readonly id: string; readonly username: string; readonly displayName: string }
  readonly serverName: string
  readonly reading: MeterReading
  /** What was used and is held, over the limit. */
  readonly share: number
}

export interface WatchedNow {
  readonly gateways: readonly GatewayHeard[]
  /** What people are asked now: all of them counted, the newest listed. */
  readonly pending: { readonly count: number; readonly newest: readonly Tap[] }
  /** Of the last hour. */
  readonly decided: {
    readonly approved: number
    readonly denied: number
    readonly expired: number
    readonly newest: readonly Tap[]
  }
  readonly alerts: { readonly open: number; readonly newest: readonly AlertRow[] }
}

export interface WatchConsole {
  /** What all gateways released and withheld, by minute or hour. */
  readonly totals: ReadingStore['totals']
  now(): Promise<WatchedNow>
  /** Those who read within the last hour, nearest first: what is used is exact, the limits are those in force for each. */
  near(limit: number): Promise<readonly NearThreshold[]>
  /** A person's approvals, newest first. */
  taps(personId: string, after: Place | null, limit: number): Promise<readonly Tap[]>
  /** Whether a timer and a connection may serve several requests, as on Node. On Workers each ends with its request. */
  readonly requestsShare: boolean
}
