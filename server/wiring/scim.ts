// Puts SCIM together on a database.
import { groupRules } from '../../db/stores/group-rules.ts'
import { scimGroups } from '../../db/stores/scim-groups.ts'
import { scimUsers } from '../../db/stores/scim-users.ts'
import type { AuditOfMany } from '../audit/port.ts'
import type { ApiTokenStore } from '../console/port.ts'
import { type EndsDeps, scimEnds } from '../console/scim/ends.ts'
import type { ScimDeps } from '../console/scim/routes.ts'
import type { Ground } from './ground.ts'

/** What SCIM's routes stand on: the console's tokens and people. */
export function scimParts(
  ground: Ground,
  { audit, tokens, people }: { audit: AuditOfMany; tokens: ApiTokenStore; people: EndsDeps },
): ScimDeps {
  return {
    ...ground,
    tokens,
    scim: { ...scimUsers(ground.db, audit), ...scimGroups(ground.db, audit, groupRules(ground.config.keyPolicy)) },
    ends: scimEnds(people),
  }
}
