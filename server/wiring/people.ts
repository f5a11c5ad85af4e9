// Puts the console's people together on a database.
import { directoryStore } from '../../db/stores/directory.ts'
import { directoryGroupStore } from '../../db/stores/directory-groups.ts'
import { groupStore } from '../../db/stores/groups.ts'
import { importStore } from '../../db/stores/imports.ts'
import { peopleStore } from '../../db/stores/people.ts'
import type { AuditOfMany } from '../audit/port.ts'
import type { PeopleConsole } from '../console/people/port.ts'
import type { Revoker } from '../people/port.ts'
import type { Ground } from './ground.ts'

/** What the verbs about people and groups stand on. */
export function peopleConsole(
  { db, random }: Pick<Ground, 'db' | 'random'>,
  audit: AuditOfMany,
  revoker: Revoker,
): PeopleConsole {
  const { create, remove } = groupStore(db, audit)
  return {
    directory: directoryStore(db, audit),
    people: peopleStore(db, audit),
    groups: { ...directoryGroupStore(db, audit), changes: { create, remove } },
    imports: importStore(db, audit, random),
    revoker,
    audit,
  }
}
