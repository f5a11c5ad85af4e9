// How people are shown by the API.
import * as z from 'zod'
import { type DirectoryPerson, PERSON_STATES, stateOf } from '../../people/directory.ts'
import type { Group } from '../../people/groups.ts'

export const ROLES = ['person', 'owner', 'enroller', 'supervisor', 'auditor'] as const

export const personShown = z.object({
  id: z.string(),
  username: z.string(),
  display_name: z.string(),
  role: z.enum(ROLES),
  state: z.enum(PERSON_STATES),
  email: z.string().nullable(),
  external_id: z.string().nullable(),
  created_at: z.string(),
  suspended_at: z.string().nullable(),
  deleted_at: z.string().nullable(),
  /** To be sent back with an edit. */
  version: z.number(),
})

export const groupNamed = z.object({ id: z.string(), name: z.string() })

export function shownPerson(person: DirectoryPerson): z.input<typeof personShown> {
  return {
    id: person.id,
    username: person.username,
    display_name: person.displayName,
    role: person.role,
    state: stateOf(person),
    email: person.email,
    external_id: person.externalId,
    created_at: person.createdAt.toISOString(),
    suspended_at: person.suspendedAt?.toISOString() ?? null,
    deleted_at: person.deletedAt?.toISOString() ?? null,
    version: person.version,
  }
}

export function shownGroup({ id, displayName }: Group): z.input<typeof groupNamed> {
  return { id, name: displayName }
}
