// Who would be exempted by name: they sign nothing of it.
import { Refusal } from '../../errors/failure.ts'
import type { PolicyDocument } from '../../policy/document.ts'
import { isAct } from '../actor.ts'
import type { Caller } from '../verb.ts'

type Exemption = PolicyDocument['exemptions'][number]

/** Matrix user ids that a document exempts and the one in force does not, or not as long, or for less. In order. */
export function newlyExempted(now: PolicyDocument, next: PolicyDocument): readonly string[] {
  const isKept = (one: Exemption) =>
    now.exemptions.some(
      (old) => old.user === one.user && old.group === one.group && old.client === one.client && old.until >= one.until,
    )
  const users = next.exemptions.flatMap((one) => (one.user === undefined || isKept(one) ? [] : [one.user]))
  return [...new Set(users)].toSorted()
}

/** The username in a Matrix user id of this server; null of another one. */
export function usernameIn(userId: string, serverName: string): string | null {
  return userId.startsWith('@') && userId.endsWith(`:${serverName}`) ? userId.slice(1, -(serverName.length + 1)) : null
}

/** Refuses 403 `subject-person` an act that exempts whoever signed it: one of several people whom it names. */
export function notSignedByExempted(by: Caller, exempted: readonly string[], serverName: string): void {
  if (!isAct(by)) return
  const usernames = exempted.map((userId) => usernameIn(userId, serverName))
  if ([by.username, by.second?.username].some((name) => name !== undefined && usernames.includes(name)))
    throw new Refusal(403, 'subject-person', 'signed their own exemption')
}
