// Who the audit log says did it, when it was done through the console's API.
import type { Caller } from './verb.ts'

/** `per_…`; with an API token `per_…/tok_…`, so that what a script did is told apart from what its maker did. */
export function actorOf(by: Pick<Caller, 'personId' | 'tokenId'>): string {
  return by.tokenId === null ? by.personId : `${by.personId}/${by.tokenId}`
}

/** Whether an act runs that was signed for: neither a session nor a token calls. */
export function isAct({ tokenId, browserHash }: Pick<Caller, 'tokenId' | 'browserHash'>): boolean {
  return tokenId === null && browserHash === null
}

/** Of an act, the second administrator; null where its only owner signed alone. */
export function secondOf({ second }: Pick<Caller, 'second'>): string | null {
  return second?.personId ?? null
}
