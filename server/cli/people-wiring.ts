// Puts the people commands' stores together on an opened context.
import { auditStore } from '../../db/stores/audit.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { enqueueLogout } from '../../db/stores/logout-deliveries.ts'
import { metadataStore } from '../../db/stores/metadata.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { auditLog } from '../audit/log.ts'
import type { CliContext } from './context.ts'
import type { PeopleTools } from './people-tools.ts'

/** The tools. The running processes hear of a revocation through the feed, and end the devices at the homeserver. */
export function peopleTools({ db, clock }: CliContext): PeopleTools {
  const audit = auditLog({ store: auditStore(db), clock })
  const revocations = revocationsStore(db)
  return {
    people: peopleStore(db, audit),
    enrolment: enrolmentStore(db, audit),
    metadata: metadataStore(db),
    revoker: {
      revoke: (kind, subject, reason) =>
        revocations.revoke(kind, subject, reason, async (tx, { sids }) => {
          for (const sid of sids) await enqueueLogout(tx, sid)
        }),
    },
  }
}
