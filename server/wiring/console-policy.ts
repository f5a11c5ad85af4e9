// What the console's verbs about the policy stand on.

import { inArray } from 'drizzle-orm'
import { people } from '../../db/schema/people.ts'
import { groupStore } from '../../db/stores/groups.ts'
import { policyStore } from '../../db/stores/policy.ts'
import type { Audit } from '../audit/port.ts'
import type { PolicyConsole } from '../console/policy/port.ts'
import type { Ground } from './ground.ts'

export function policyConsole({ db }: Pick<Ground, 'db'>, audit: Audit): PolicyConsole {
  const groups = groupStore(db, audit)
  let simulates = false
  return {
    store: policyStore(db, audit),
    groups: async () => (await groups.list()).map(({ id, displayName }) => ({ id, name: displayName })),
    usernames: async (ids) => {
      if (ids.length === 0) return new Map()
      const found = await db
        .select({ id: people.id, username: people.username })
        .from(people)
        .where(inArray(people.id, [...ids]))
      return new Map(found.map(({ id, username }) => [id, username]))
    },
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
