// Revocation over a real database, with no homeserver to tell.
import type { Database } from '../../db/client.ts'
import { owedLogoutsStore } from '../../db/stores/devices.ts'
import { enqueueLogout } from '../../db/stores/logout-deliveries.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import type { Audit } from '../../server/audit/port.ts'
import type { Log } from '../../server/platform/log.ts'
import type { Sealer } from '../../server/platform/seal.ts'
import { revocationService } from '../../server/sessions/revocation.ts'
import { quietLog } from './enrolment.ts'

export function testRevoker(
  db: Database,
  { audit, sealer, log = quietLog }: { audit: Audit; sealer: Sealer; log?: Log },
) {
  return revocationService({
    audit,
    enqueueLogout,
    log,
    sealer,
    revocations: revocationsStore(db),
    owedLogouts: owedLogoutsStore(db),
    homeserver: null,
  })
}
