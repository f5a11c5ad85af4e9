// Seconds in which everybody's sessions and devices are ended, all of them in one transaction.
import type { Database, Sql } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { owedLogoutsStore } from '../../db/stores/devices.ts'
import { enqueueLogout } from '../../db/stores/logout-deliveries.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { auditLog } from '../../server/audit/log.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { revocationService } from '../../server/sessions/revocation.ts'
import { SECRET } from '../devices.ts'
import { type Figure, figureOf } from '../figure.ts'
import { personId } from './fill.ts'

/** The console's request and Postgres's own limit on the statements wait longer. */
const AT_MOST_SECONDS = 30

/** Once: nobody is signed in afterwards. */
export async function endEverybody(db: Database, sql: Sql): Promise<Record<string, Figure>> {
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
  const revoker = revocationService({
    revocations: revocationsStore(db),
    owedLogouts: owedLogoutsStore(db),
    homeserver: null,
    enqueueLogout,
    audit: auditLog({ store: auditStore(db), clock: systemClock }),
    sealer: openSealer({ secrets: [SECRET] }),
    log: quiet,
  })
  const sparing = [personId(1), personId(2)]
  const from = performance.now()
  const ended = await revoker.revokeMany({ group: null, sparing }, 'revoked', { actor: 'bench' })
  const seconds = (performance.now() - from) / 1000
  const [left] = await sql<{ devices: number }[]>`SELECT count(*)::int AS devices FROM devices WHERE ended_at IS NULL`
  if (ended.devices.length < 100_000 || (left?.devices ?? 0) > 10) throw new Error('not everybody was ended')
  const what = `${ended.devices.length} devices of ${ended.people} people ended, with their tokens and ${ended.sids.length} logouts owed`
  return { end_everybody_s: figureOf([seconds], AT_MOST_SECONDS, what) }
}
