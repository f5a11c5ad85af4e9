// The approval as a state machine: pending → approved | denied | expired, and nothing else, ever.

export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired'
export type ApprovalEvent = 'approve' | 'deny' | 'expire'

export interface Deciding {
  readonly state: ApprovalState
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

export type ApprovalStep =
  | { readonly ok: true; readonly state: ApprovalState }
  | { readonly ok: false; readonly reason: 'already-approved' | 'already-denied' | 'approval-expired' }

/** The state an approval is in at `nowMs`: a pending one past its time is expired, whether or not that was written down. */
export function stateAt(approval: Deciding, nowMs: number): ApprovalState {
  return approval.state === 'pending' && approval.expiresAtMs <= nowMs ? 'expired' : approval.state
}

/** What an event does to an approval; a decided one never moves again. */
export function step(approval: Deciding, event: ApprovalEvent, nowMs: number): ApprovalStep {
  const state = stateAt(approval, nowMs)
  switch (state) {
    case 'approved':
      return { ok: false, reason: 'already-approved' }
    case 'denied':
      return { ok: false, reason: 'already-denied' }
    case 'expired':
      return { ok: false, reason: 'approval-expired' }
    case 'pending':
      return { ok: true, state: event === 'approve' ? 'approved' : event === 'deny' ? 'denied' : 'expired' }
  }
}
