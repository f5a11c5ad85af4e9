// Puts the people commands' stores together on an opened context.
import { auditStore } from '../../db/stores/audit.ts'
import { owedLogoutsStore } from '../../db/stores/devices.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { enqueueLogout } from '../../db/stores/logout-deliveries.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { auditLog } from '../audit/log.ts'
import { revocationService } from '../sessions/revocation.ts'
import { metadataDeps } from '../wiring/cut-off.ts'
import type { Ground } from '../wiring/ground.ts'
import { toldOfRevokedKeys } from '../wiring/notify.ts'
import type { PeopleTools } from './people-tools.ts'

/** The tools. The running processes hear of a revocation through the feed, and end the devices at the homeserver. */
export function peopleTools(context: Ground): PeopleTools {
  const { db, clock, log, sealer } = context
  const audit = auditLog({ store: auditStore(db), clock })
  return {
    people: peopleStore(db, audit, toldOfRevokedKeys(context)),
    enrolment: enrolmentStore(db, audit),
    metadata: metadataDeps(context, audit),
    revoker: revocationService({
      audit,
      enqueueLogout,
      log,
      sealer,
      revocations: revocationsStore(db),
      owedLogouts: owedLogoutsStore(db),
      homeserver: null,
    }),
  }
}
