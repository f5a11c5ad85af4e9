// What a directory takes away, taken away as the console does: one piece deletes, one ends what somebody is signed in to.
import type { DirectoryStore } from '../../people/directory.ts'
import type { Revoker } from '../../people/port.ts'
import type { By, ScimEnds, Versions } from './port.ts'

export interface EndsDeps {
  readonly directory: Pick<DirectoryStore, 'find' | 'remove'>
  readonly revoker: Revoker
}

/** How often a deletion is tried again when the person was changed meanwhile and the directory named no version. */
const ATTEMPTS = 5

/** Implements `ScimEnds` of port.ts. */
export function scimEnds({ directory, revoker }: EndsDeps): ScimEnds {
  return {
    suspended: async (personId) => void (await revoker.revoke('person', personId, 'person-suspended')),

    async deleted(personId, versions, by) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const outcome = await once(personId, versions, by)
        if (outcome === 'moved' && versions === null) continue
        if (outcome === 'deleted') await revoker.revoke('person', personId, 'person-deleted')
        return outcome
      }
      return 'moved'
    },
  }

  async function once(personId: string, versions: Versions, { actor, now }: By) {
    const person = await directory.find(personId)
    if (person === null || person.deletedAt !== null) return 'unknown' as const
    if (versions !== null && !versions.includes(person.version)) return 'moved' as const
    if (person.role !== 'person') return 'administrator' as const
    const detail = { username: person.username, reason: 'scim' }
    const event = { action: 'person.deleted', actor, subject: personId, detail }
    return (await directory.remove(personId, person.version, now, event)) ? ('deleted' as const) : ('moved' as const)
  }
}
