// What an administrator may not do to whom, beyond the permission that a verb needs. Pure but for what it throws.
import { Refusal } from '../../errors/failure.ts'
import type { DirectoryPerson } from '../../people/directory.ts'
import { holds } from '../permissions.ts'
import type { Caller } from '../verb.ts'

/** Whether the caller may give roles: their role holds it, and it is no API token that calls. */
export function givesRoles({ role, permissions }: Pick<Caller, 'role' | 'permissions'>): boolean {
  return holds(role, 'roles.write') && (permissions?.includes('roles.write') ?? true)
}

/**
 * Refuses 403 `administrators-by-owners`: who has a role is changed only by those who may give roles. Otherwise an enroller could put
 * their own address in an owner's place, or suspend whoever watches them.
 */
export function mayChange(
  by: Pick<Caller, 'role' | 'permissions'>,
  person: Pick<DirectoryPerson, 'role' | 'username'>,
): void {
  if (person.role === 'person' || givesRoles(by)) return
  throw new Refusal(403, 'administrators-by-owners', `${person.username} is ${person.role}`)
}

/** Refuses as `mayChange`, whose keys are taken away: without them nobody signs in. One's own are one's own to take. */
export function mayDisarm(
  by: Pick<Caller, 'role' | 'permissions' | 'personId' | 'tokenId'>,
  person: Pick<DirectoryPerson, 'id' | 'username'> & { readonly role: string },
): void {
  if (person.id === by.personId && by.tokenId === null) return
  if (person.role !== 'person' && !givesRoles(by))
    throw new Refusal(403, 'administrators-by-owners', `${person.username} is ${person.role}`)
}

/**
 * Refuses 403 `administrators-by-owners`: nobody who has a role is signed out by an API token, which could so keep everybody out who might
 * revoke it. With a tap of their own anybody may who holds the permission: a thief in an owner's session is cut off by whoever sees it.
 */
export function mayCutOff(
  by: Pick<Caller, 'tokenId'>,
  person: Pick<DirectoryPerson, 'username'> & { readonly role: string },
): void {
  if (by.tokenId !== null && person.role !== 'person')
    throw new Refusal(403, 'administrators-by-owners', `${person.username} is ${person.role}`)
}

/**
 * Refuses 403 `administrators-by-owners`, as `mayChange`: an owner comes and goes by two who may both give roles, whoever else holds the
 * verb's permission; and 409 `edited-meanwhile` where somebody has become one since it was decided that one person is enough.
 */
export function ownersByTwo({ tokenId, browserHash }: Caller, second: Pick<DirectoryPerson, 'role'> | null): void {
  const isAct = tokenId === null && browserHash === null
  if (!isAct) throw new Refusal(409, 'edited-meanwhile', 'an owner, since')
  if (second !== null && !holds(second.role, 'roles.write'))
    throw new Refusal(403, 'administrators-by-owners', `the second is ${second.role}`)
}

/** Refuses 409 `not-yourself`: nobody locks themselves out by mistake. */
export function notYourself(by: Pick<Caller, 'personId'>, person: Pick<DirectoryPerson, 'id'>): void {
  if (person.id === by.personId) throw new Refusal(409, 'not-yourself')
}

/** Refuses 410 `person-deleted`. */
export function notDeleted(person: Pick<DirectoryPerson, 'deletedAt'>): void {
  if (person.deletedAt !== null) throw new Refusal(410, 'person-deleted')
}
