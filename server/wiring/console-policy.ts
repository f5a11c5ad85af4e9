// What the console's verbs about the policy stand on.

import { idsByUsername } from '../../db/stores/console-enrolment.ts'
import { groupStore } from '../../db/stores/groups.ts'
import { appliersOf, policyStore } from '../../db/stores/policy.ts'
import type { Audit } from '../audit/port.ts'
import type { PolicyConsole } from '../console/policy/port.ts'
import type { Ground } from './ground.ts'

export function policyConsole({ db }: Pick<Ground, 'db'>, audit: Audit): PolicyConsole {
  const groups = groupStore(db, audit)
  let simulates = false
  return {
    store: policyStore(db, audit),
    groups: async () => (await groups.list()).map(({ id, displayName }) => ({ id, name: displayName })),
    usernames: (ids) => appliersOf(db, ids),
    personOf: async (username) => (await idsByUsername(db, [username])).get(username) ?? null,
    simulate: () => {
      if (simulates) return null
      simulates = true
      return {
        release: () => {
          simulates = false
        },
      }
    },
  }
}
