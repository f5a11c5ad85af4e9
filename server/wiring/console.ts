// Puts the console's verbs together on a database: a store a noun.

import { apiTokenStore } from '../../db/stores/console-tokens.ts'
import type { Audit } from '../audit/port.ts'
import type { ConsoleRouteDeps } from '../console/serve.ts'
import { Refusal } from '../errors/failure.ts'
import type { Keyring } from '../oidc/keys.ts'
import { auditConsole } from './console-audit.ts'
import type { Ground } from './ground.ts'

/** What id has opened already. */
export interface ConsoleInput {
  readonly audit: Audit
  readonly keys: Keyring
}

/** What the console's routes stand on. */
export function consoleParts(ground: Ground, { audit, keys }: ConsoleInput): ConsoleRouteDeps {
  const apiTokens = apiTokenStore(ground.db, audit)
  return {
    ...ground,
    audit: auditConsole(ground, keys, audit),
    apiTokens,
    tokens: apiTokens,
    acts: {
      request: async () => {
        throw new Refusal(503, 'unavailable')
      },
    },
  }
}
