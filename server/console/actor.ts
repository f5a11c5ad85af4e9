// Who the audit log says did it, when it was done through the console's API.
import type { Caller } from './verb.ts'

/** `per_…`; with an API token `per_…/tok_…`, so that what a script did is told apart from what its maker did. */
export function actorOf(by: Pick<Caller, 'personId' | 'tokenId'>): string {
  return by.tokenId === null ? by.personId : `${by.personId}/${by.tokenId}`
}
