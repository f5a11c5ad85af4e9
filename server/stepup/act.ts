// A grave act as a state machine: requested → awaiting-second → granted → running → done or failed; denied, withdrawn or expired on
// the way. With one owner only: requested → delayed → running. Pure.

import { turnOf } from './turn.ts'

export type ActState =
  | 'requested'
  | 'awaiting-second'
  | 'delayed'
  | 'granted'
  | 'running'
  | 'done'
  | 'failed'
  | 'denied'
  | 'withdrawn'
  | 'expired'

/** As much of an act as decides what may happen to it. */
export interface Acting {
  readonly state: ActState
  /** Epoch milliseconds until which both must have tapped. */
  readonly expiresAtMs: number
  readonly firstPerson: string | null
  /** Whom it concerns. */
  readonly concerns: string | null
}

export type ActTapRefusal = 'already-decided' | 'act-expired' | 'same-person' | 'subject-person' | 'act-waits'

/** The state at `nowMs`: one that still waits for a tap past its time is expired, whether or not that was written down. */
export function actStateAt(act: Pick<Acting, 'state' | 'expiresAtMs'>, nowMs: number): ActState {
  const untapped = act.state === 'requested' || act.state === 'awaiting-second'
  return untapped && act.expiresAtMs <= nowMs ? 'expired' : act.state
}

/**
 * Which of the two taps a person may make now, or why none. One person makes one of them, whatever key they hold; whom it concerns
 * makes neither. An act that waits its day out takes no tap any more, whoever has become an administrator meanwhile.
 */
export function actTapFor(
  act: Acting,
  personId: string,
  nowMs: number,
): { readonly ok: true; readonly tap: 'first' | 'second' } | { readonly ok: false; readonly reason: ActTapRefusal } {
  const state = actStateAt(act, nowMs)
  if (state === 'expired') return { ok: false, reason: 'act-expired' }
  if (state === 'delayed') return { ok: false, reason: 'act-waits' }
  if (state !== 'requested' && state !== 'awaiting-second') return { ok: false, reason: 'already-decided' }
  return turnOf({ state, firstPerson: act.firstPerson, barredPerson: act.concerns }, personId)
}

/** Whether it can be taken back: until it runs, by anybody who may ask for it but whom it concerns. */
export function actWithdrawable(act: Acting, personId: string, nowMs: number): boolean {
  const state = actStateAt(act, nowMs)
  return (state === 'requested' || state === 'awaiting-second' || state === 'delayed') && act.concerns !== personId
}
