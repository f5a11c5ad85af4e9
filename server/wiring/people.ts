// Puts the console's people together on a database.
import { directoryStore } from '../../db/stores/directory.ts'
import { directoryGroupStore } from '../../db/stores/directory-groups.ts'
import { groupRules } from '../../db/stores/group-rules.ts'
import { groupStore } from '../../db/stores/groups.ts'
import { importStore } from '../../db/stores/imports.ts'
import { peopleStore } from '../../db/stores/people.ts'
import type { AuditOfMany } from '../audit/port.ts'
import type { Config } from '../config/config.ts'
import type { PeopleConsole } from '../console/people/port.ts'
import type { Revoker } from '../people/port.ts'
import type { Ground } from './ground.ts'

/** What the verbs about people and groups stand on. */
export function peopleConsole(
  { db, random, config }: Pick<Ground, 'db' | 'random'> & { readonly config: Pick<Config, 'keyPolicy'> },
  audit: AuditOfMany,
  revoker: Revoker,
): PeopleConsole {
  const { create, remove } = groupStore(db, audit)
  const rules = groupRules(config.keyPolicy)
  return {
    directory: directoryStore(db, audit, rules),
    people: peopleStore(db, audit),
    groups: { ...directoryGroupStore(db, audit, rules), changes: { create, remove } },
    imports: importStore(db, audit, random, rules),
    revoker,
    audit,
  }
}
