// Puts the console's verbs together on a database: a store a noun.

import type { ConsoleRouteDeps } from '../console/serve.ts'
import { Refusal } from '../errors/failure.ts'
import type { Ground } from './ground.ts'

/** What the console's routes stand on. */
export function consoleParts(ground: Ground): ConsoleRouteDeps {
  return {
    ...ground,
    tokens: { findLive: async () => null },
    acts: {
      request: async () => {
        throw new Refusal(503, 'unavailable')
      },
    },
  }
}
