// What the gateway, the approval and the end of a device need from the store of meters, and what the store promises.
//
// Promises of every implementation:
// - Atomic: each call is one statement and one durable commit; calls made while another is under way may share the next
//   statement. All of a person's figures change under one lock, always taken in the same order, on every instance.
// - Never more: for each window, used + held never exceeds its limit, by the database's clock, which never runs a window
//   backwards. A reservation past its deadline counts as consumed.
// - Idempotent: the same reservation id reserves once and settles once; an approval is granted once; a device is given
//   back once. A call that fails (rejects) may or may not have happened: the caller withholds.
import type { AllowanceMeter, MeteringPolicy, RingMeter } from '../policy/defaults.ts'

/** Whose meters: the person's, on one homeserver, as used by one device. */
export interface Spender {
  readonly serverName: string
  readonly personId: string
  /** `dev_…`, the row in devices. */
  readonly device: string
  /** The limits in force for this caller; the store's own when absent. Its windows are laid out as the store's. */
  readonly policy?: MeteringPolicy
}

/** Whatever of a person's is counted. `pushers` and `first-sync` have no window: a tap, or a sign-in, releases them. */
export type Stream =
  | 'archive'
  | 'catch-up'
  | 'first-sync'
  | 'rooms'
  | 'state'
  | 'directory'
  | 'media-bytes'
  | 'media-files'
  | 'key-backup'
  | 'joins'
  | 'pushers'

/** What an allowance is bound to beside its device and meter. */
export interface Scope {
  readonly network: string
  readonly client: string
  /** Null: the allowance names no room. `*`: a request over all rooms. */
  readonly room: string | null
  readonly direction: string
}

export interface ReserveRequest extends Spender {
  /** `rsv_…`, made by the caller: reserving again with the same id returns the same reservation. */
  readonly id: string
  readonly network: string
  readonly client: string
  /** The room counts among those read; `*`, a request over all rooms, counts none: say which in `spend`. */
  readonly room: string
  readonly direction: string
  /** Events wanted, at least 1. Granted is between 1 and this, whatever is left. */
  readonly events: number
  /** The device is past its idle limit: only an allowance serves it. */
  readonly idle: boolean
  /** Keyed hash of the request's device, network, path and parameters. */
  readonly requestHash: string
}

export type Reserved =
  | {
      readonly state: 'granted'
      /** Events held for this request. 0 when only a repetition within ten minutes lets it through. */
      readonly events: number
      /** Events that may be asked upstream: `events`, or what the identical request was let through with before. */
      readonly limit: number
      readonly source: 'window' | 'allowance' | 'repeat'
      readonly allowanceId: string | null
      /** Left in the source after this reservation. */
      readonly left: number
    }
  | {
      readonly state: 'refused'
      readonly reason: 'idle' | 'archive-exhausted' | 'rooms-exhausted' | 'device-ended'
      /** Events that the person's unsettled reservations hold: some may come back within moments. */
      readonly held: number
      /** Seconds until the windows alone have room again, 0 when unknown. */
      readonly retryAfterSeconds: number
    }

/**
 * Units by keyed 64-bit hash of network and id, so that none is charged twice within ten minutes to a device on one network.
 * What weighs more than one unit brings as many hashes. Of `rooms`: `roomHash` of each, and never bare.
 */
export interface Charge {
  readonly hashes: readonly bigint[]
  /** Units without a usable id: charged each time. */
  readonly bare: number
}

export interface SettleRequest extends Spender {
  readonly id: string
  /** History carried by the answer. */
  readonly history: Charge
  /** Live events and state rows carried: counted for the alarm, never withheld. */
  readonly live: number
  readonly state: number
  readonly requestHash: string
  /** The number of events that was asked upstream. */
  readonly limitUsed: number
  /**
   * Oldest and newest `origin_server_ts` of the history carried, milliseconds; absent or null when any has none that is an
   * integer. An allowance with dates (a release) pays only where both lie within them.
   */
  readonly span?: Span | null
}

/** From the oldest to the newest, both included, milliseconds. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export type Settled =
  | {
      readonly state: 'released'
      /** Events charged now; those charged before to this device were free. */
      readonly cost: number
      readonly left: number
      /** Meters over their alarm ceiling. */
      readonly alarms: readonly RingMeter[]
    }
  /** More was carried than reserved and the rest cannot be paid: nothing was charged, the reservation is given back. */
  | { readonly state: 'unpaid'; readonly cost: number; readonly left: number }
  /** Settled, refunded or past its deadline: the answer must not be released. */
  | { readonly state: 'gone' }
  | { readonly state: 'device-ended' }

export type SyncStream = Extract<Stream, 'archive' | 'catch-up' | 'first-sync'>

/** What is left by stream: of /sync's always, of the others where asked for. */
export type Left = Readonly<Record<SyncStream, number>> & Readonly<Partial<Record<Stream, number>>>

export interface SpendRequest extends Spender {
  /** All are charged, or none. */
  readonly streams: Readonly<Partial<Record<Stream, Charge>>>
  readonly live: number
  /** Rows of state that are never withheld: counted for the alarm only. Others are the stream `state`. */
  readonly state: number
  /** The position delivered with this answer, when all is paid. */
  readonly position: { readonly hash: string; readonly coversUntilMs: number } | null
  /** Hash of the request's `since`: when it was delivered to this device, the first-sync window closes. */
  readonly since: string | null
  /** The device is past its idle limit: archive, catch-up and key-backup have nothing left. */
  readonly idle: boolean
  /**
   * Where a window is short, one unexpired allowance of that meter, equal in all of this, pays the stream whole. An
   * allowance that pays the archive needs no room. Null: the windows only.
   */
  readonly scope: Scope | null
  /** Windows do not pay: whole key backups, push addresses. */
  readonly tapOnly?: boolean
}

export type Spent =
  | {
      readonly state: 'paid'
      readonly cost: Readonly<Partial<Record<Stream, number>>>
      /** `allowance` when one paid any of it. */
      readonly source: 'window' | 'allowance'
      readonly alarms: readonly RingMeter[]
    }
  /** Nothing was charged. */
  | {
      readonly state: 'short'
      /** The first that cannot pay. */
      readonly meter: Stream
      readonly left: Left
      /** Which of the asked hashes are free: charged before, or rooms read before. */
      readonly free: ReadonlySet<bigint>
      /** Events that the person's unsettled reservations hold: some may come back within moments. */
      readonly held: number
      /** Seconds until the windows of `meter` have room again, 0 when unknown. */
      readonly retryAfterSeconds: number
    }
  | { readonly state: 'device-ended' }

export interface PositionRequest {
  readonly device: string
  /** Hash of `since`, null when the request has none. */
  readonly hash: string | null
}

export interface Position {
  /** Epoch milliseconds: null when this position was not delivered to this device. */
  readonly coversUntilMs: number | null
  /** Whether the device never came back with a position yet. Coming back closes it for good. */
  readonly firstSyncOpen: boolean
}

export interface AllowanceGrant extends Spender {
  /** `alw_…`, made by the caller. */
  readonly id: string
  readonly approvalHash: string
  readonly network: string
  readonly client: string
  readonly rooms: readonly string[]
  readonly direction: string
  readonly amounts: Readonly<Partial<Record<AllowanceMeter, number>>>
  readonly ttlSeconds: number
}

export type Granted =
  | { readonly state: 'granted'; readonly expiresAt: Date }
  /** The day's taps released all the archive they may: two administrators must release more. Nothing was changed. */
  | { readonly state: 'ceiling-reached'; readonly left: number }
  /** This approval was granted before. Nothing was changed. */
  | { readonly state: 'already-granted' }

export interface GiveBack extends Spender {
  /** `inc_…`, made by the caller. */
  readonly incident: string
  readonly reason: string
}

/** One window of one meter as the person's page shows it. */
export interface MeterReading {
  readonly meter: RingMeter | 'rooms'
  readonly windowSeconds: number
  readonly limit: number
  readonly used: number
  readonly held: number
}

export interface AllowanceReading {
  readonly id: string
  readonly meter: AllowanceMeter
  readonly device: string
  readonly network: string
  readonly client: string
  readonly rooms: readonly string[]
  readonly direction: string
  readonly granted: number
  readonly used: number
  readonly held: number
  readonly expiresAt: Date
}

/** `Tx`: the store's transaction handle, so that an approval or a revocation and its effect here commit together. */
export interface MeterStore<Tx = unknown> {
  /**
   * Holds up to `events` for one request: of the person's windows, or, when those are exhausted, of one unexpired
   * allowance equal in device, network, client, room and direction; never of both.
   */
  reserve(request: ReserveRequest): Promise<Reserved>
  /** Ends a reservation (DELETE … RETURNING) and moves what the answer really carried from held to used. */
  settle(request: SettleRequest): Promise<Settled>
  /** Ends a reservation whose answer was never released: nothing is charged. Idempotent. */
  refund(spender: Spender, id: string): Promise<void>
  /** Charges all of the streams or nothing, and records the delivered position with them. */
  spend(request: SpendRequest): Promise<Spent>
  /** Where a device comes back from; a recognised position closes the first-sync window (one statement). */
  position(request: PositionRequest): Promise<Position>
  /** Every window of every meter, by the given policy's limits or the store's own. */
  remaining(serverName: string, personId: string, policy?: MeteringPolicy): Promise<readonly MeterReading[]>
  /** Unexpired allowances of the person with something left. */
  allowances(serverName: string, personId: string): Promise<readonly AllowanceReading[]>
  /**
   * Adds what an approval released, once an approval, within the day's ceiling. The caller's transaction also sets
   * `devices.last_tap_at` and `last_active_at`, which ends idleness.
   */
  grantAllowance(tx: Tx, grant: AllowanceGrant): Promise<Granted>
  /**
   * Moves what an ended device consumed in the windows to an incident and gives it back to the person, as often in 30
   * days as policy says; after that the incident says what it was and the windows keep it. Its reservations and
   * allowances end with it. False when this device had its incident before.
   */
  giveBack(request: GiveBack, tx?: Tx): Promise<boolean>
  /** Deletes what no decision needs any more: old charged events, positions and resume points. */
  sweep(): Promise<void>
}

/**
 * When an account changed whom it ignores. Such a list chooses which event of a room is the newest, as a filter by sender does,
 * and may have been another while an answer was made.
 */
export interface IgnoredChanges {
  /** Written down before the homeserver hears of it. Rejects when it may not have been: the change must wait. */
  note(userId: string): Promise<void>
  /** Whether it changed within ten minutes, through whichever gateway. */
  lately(userId: string): Promise<boolean>
}

/** Where a trimmed room timeline resumes. */
export interface ResumePoint {
  readonly device: string
  readonly roomId: string
  readonly withheldEventId: string
  readonly token: string
}

export interface ResumePoints {
  /** Tokens by event id for the newest withheld event of rooms, as far as remembered. */
  find(device: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  remember(points: readonly ResumePoint[]): Promise<void>
}
