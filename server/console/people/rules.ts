// What an administrator may not do to whom, beyond the permission that a verb needs. Pure but for what it throws.
import { Refusal } from '../../errors/failure.ts'
import type { DirectoryPerson } from '../../people/directory.ts'
import { holds } from '../permissions.ts'
import type { Caller } from '../verb.ts'

/**
 * Refuses 403 `administrators-by-owners`: who has a role is changed only by those who may give roles. Otherwise an enroller could put
 * their own address in an owner's place, or suspend whoever watches them.
 */
export function mayChange(by: Pick<Caller, 'role'>, person: Pick<DirectoryPerson, 'role' | 'username'>): void {
  if (person.role === 'person' || holds(by.role, 'roles.write')) return
  throw new Refusal(403, 'administrators-by-owners', `${person.username} is ${person.role}`)
}

/** Refuses 409 `not-yourself`: nobody locks themselves out by mistake. */
export function notYourself(by: Pick<Caller, 'personId'>, person: Pick<DirectoryPerson, 'id'>): void {
  if (person.id === by.personId) throw new Refusal(409, 'not-yourself')
}

/** Refuses 410 `person-deleted`. */
export function notDeleted(person: Pick<DirectoryPerson, 'deletedAt'>): void {
  if (person.deletedAt !== null) throw new Refusal(410, 'person-deleted')
}
