// Whose tap is next, of what two administrators sign. Pure.

/** What waits for a tap. */
export interface Awaiting {
  readonly state: 'requested' | 'awaiting-second'
  readonly firstPerson: string | null
  /** Who may make neither tap, since it is about them. */
  readonly barredPerson: string | null
}

export type Turn =
  | { readonly ok: true; readonly tap: 'first' | 'second' }
  | { readonly ok: false; readonly reason: 'same-person' | 'subject-person' }

/** Which of the two taps a person may make, or why none. One person makes one of them, whatever key they hold. */
export function turnOf({ state, firstPerson, barredPerson }: Awaiting, personId: string): Turn {
  if (barredPerson === personId) return { ok: false, reason: 'subject-person' }
  if (state === 'requested') return { ok: true, tap: 'first' }
  return firstPerson === personId ? { ok: false, reason: 'same-person' } : { ok: true, tap: 'second' }
}
