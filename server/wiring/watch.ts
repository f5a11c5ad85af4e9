// Puts the console's watch together: the meters and limits of those who are near a threshold, beside what the database knows.
import { consoleReading } from '../../db/stores/console-reading.ts'
import { consoleWatch } from '../../db/stores/console-watch.ts'
import { meterStore } from '../../db/stores/metering.ts'
import { latestPolicy } from '../../db/stores/policy.ts'
import type { AlertConsole } from '../console/alerts/port.ts'
import type { WatchConsole } from '../console/watch/port.ts'
import { defaultPolicy } from '../policy/defaults.ts'
import { resolver } from '../policy/resolve.ts'
import { policyNow } from '../policy/versions.ts'
import type { Ground } from './ground.ts'

/** The watch of the console's pages. */
export function watchConsole(
  ground: Ground,
  input: { readonly alerts: Pick<AlertConsole, 'list' | 'open'>; readonly requestsShare: boolean },
): WatchConsole {
  const { db, clock } = ground
  const meters = meterStore(db, defaultPolicy)
  return consoleWatch(db, {
    ...input,
    totals: consoleReading(db).totals,
    clock,
    remaining: (serverName, personId, limits) => meters.remaining(serverName, personId, limits),
    limits: async () => {
      const { document, number } = await policyNow({ latest: () => latestPolicy(db) })
      const policy = resolver(document, { version: number })
      const of = (personId: string, groups: readonly string[]) =>
        policy.for({ personId, groups, userId: '', client: '' }, clock.now()).metering
      return { base: policy.base(), of }
    },
  })
}
