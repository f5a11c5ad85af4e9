// A gateway says every few seconds that it is there, and how many requests it holds: what the console's live page shows of it.
import { forgetGateway, sayThere } from '../../db/stores/console-watch.ts'
import type { StepUp } from '../gateway/ports.ts'
import { inTime } from '../platform/in-time.ts'
import { newToken } from '../platform/tokens.ts'
import type { Ground } from './ground.ts'
import { everyPeriod } from './periodic.ts'

/** How often a gateway is heard of. */
const PERIOD_MS = 5_000
/** A database that does not answer keeps no process from ending. */
const LAST_WORD_MS = 1_000

/** The heartbeat of this process, started. `stepUp` counts what waits for a tap. */
export function startHeartbeat({ config, db, log, random }: Pick<Ground, 'config' | 'db' | 'log' | 'random'>) {
  const id = newToken('gatewayProcess', random)
  let held = 0
  const stopSaying = everyPeriod(PERIOD_MS, log, 'gateway.heartbeat_failed', () =>
    sayThere(db, { id, serverName: config.serverName, held }),
  )
  return {
    stepUp(stepUp: StepUp): StepUp {
      return {
        ...stepUp,
        async decided(approvalHash, timeoutMs, signal) {
          held += 1
          try {
            return await stepUp.decided(approvalHash, timeoutMs, signal)
          } finally {
            held -= 1
          }
        },
      }
    },
    /** The last word: it is gone, not late. */
    async stop() {
      const signedOff = stopSaying().then(() => forgetGateway(db, id))
      await inTime(LAST_WORD_MS, signedOff).catch(() =>
        log.warn('gateway.heartbeat_failed', { detail: 'not signed off' }),
      )
    },
  }
}
