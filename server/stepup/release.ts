// A release as a state machine: requested → awaiting-second → granted; denied, withdrawn or expired on the way. Pure.

import { turnOf } from './turn.ts'

export type ReleaseState = 'requested' | 'awaiting-second' | 'granted' | 'denied' | 'withdrawn' | 'expired'

/** As much of a release as decides what may happen to it. */
export interface Releasing {
  readonly state: ReleaseState
  /** Epoch milliseconds until which both must have tapped. */
  readonly expiresAtMs: number
  readonly firstPerson: string | null
  /** Who would read; null where nobody in particular does. */
  readonly subjectPerson: string | null
}

export type TapRefusal = 'already-decided' | 'release-expired' | 'same-person' | 'subject-person'

/** The state at `nowMs`: an undecided one past its time is expired, whether or not that was written down. */
export function releaseStateAt(release: Pick<Releasing, 'state' | 'expiresAtMs'>, nowMs: number): ReleaseState {
  const undecided = release.state === 'requested' || release.state === 'awaiting-second'
  return undecided && release.expiresAtMs <= nowMs ? 'expired' : release.state
}

/**
 * Which of the two taps a person may make now, or why none. One person makes one of them, whatever key they hold; who would
 * read makes neither: what is released to somebody is not that person's to release.
 */
export function tapFor(
  release: Releasing,
  personId: string,
  nowMs: number,
): { readonly ok: true; readonly tap: 'first' | 'second' } | { readonly ok: false; readonly reason: TapRefusal } {
  const state = releaseStateAt(release, nowMs)
  if (state === 'expired') return { ok: false, reason: 'release-expired' }
  if (state !== 'requested' && state !== 'awaiting-second') return { ok: false, reason: 'already-decided' }
  return turnOf({ state, firstPerson: release.firstPerson, barredPerson: release.subjectPerson }, personId)
}

/** Whether it can still be taken back: while it waits, and while what it granted lives. */
export function withdrawable(
  release: Pick<Releasing, 'state' | 'expiresAtMs'> & { readonly grantedUntilMs: number | null },
  nowMs: number,
): boolean {
  const state = releaseStateAt(release, nowMs)
  if (state === 'granted') return release.grantedUntilMs !== null && release.grantedUntilMs > nowMs
  return state === 'requested' || state === 'awaiting-second'
}
