// Puts the console's verbs together on a database: a store a noun.

import { consoleAlerts } from '../../db/stores/console-alerts.ts'
import { consoleKeys } from '../../db/stores/console-keys.ts'
import { consoleMetadata } from '../../db/stores/console-metadata.ts'
import { consoleSessions } from '../../db/stores/console-sessions.ts'
import { apiTokenStore } from '../../db/stores/console-tokens.ts'
import { peopleStore } from '../../db/stores/people.ts'
import type { AuditOfMany } from '../audit/port.ts'
import type { ConsoleRouteDeps } from '../console/serve.ts'
import type { Keyring } from '../oidc/keys.ts'
import type { Revoker } from '../sessions/revocation.ts'
import type { AssertionService } from '../webauthn/assertion.ts'
import { type ActsParts, actsParts } from './acts.ts'
import { auditConsole } from './console-audit.ts'
import { signedAtConsole } from './console-origin.ts'
import { policyConsole } from './console-policy.ts'
import { readingConsole } from './console-reading.ts'
import { metadataDeps } from './cut-off.ts'
import { enrolmentConsole } from './enrolment.ts'
import type { Ground } from './ground.ts'
import { notifierOf, toldOfRevokedKeys } from './notify.ts'
import { peopleConsole } from './people.ts'
import { watchConsole } from './watch.ts'

/** What id has opened already. */
export interface ConsoleInput {
  readonly audit: AuditOfMany
  readonly keys: Keyring
  readonly assertions: AssertionService
  readonly revoker: Revoker
  /** Whether a timer and a connection may serve several requests, as on Node. */
  readonly requestsShare: boolean
}

/** What the console's routes stand on. */
export function consoleParts(ground: Ground, input: ConsoleInput): ConsoleRouteDeps & Pick<ActsParts, 'runDue'> {
  const { audit, keys } = input
  const apiTokens = apiTokenStore(ground.db, audit)
  const alerts = consoleAlerts(ground.db, { ...input, notifier: notifierOf(ground) })
  const parts: ReturnType<typeof consoleParts> = {
    ...ground,
    ...readingConsole(ground, audit),
    ...actsParts(signedAtConsole(ground), { ...input, console: () => parts }),
    policy: policyConsole(ground, audit),
    audit: auditConsole(ground, keys, audit),
    enrolment: enrolmentConsole(ground, audit, input.revoker),
    keys: consoleKeys(ground.db, {
      audit,
      revoker: input.revoker,
      people: peopleStore(ground.db, audit, toldOfRevokedKeys(ground)),
    }),
    metadata: consoleMetadata(ground.db, metadataDeps(ground, audit)),
    people: peopleConsole(ground, audit, input.revoker),
    sessions: consoleSessions(ground.db, input.revoker),
    alerts,
    watch: watchConsole(ground, { alerts, requestsShare: input.requestsShare }),
    apiTokens,
    tokens: apiTokens,
  }
  return parts
}
