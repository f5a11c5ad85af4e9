// Delivers what is owed on one channel: claims, tries, records. At least once: a process that is killed after a receiver took
// something and before that was recorded leaves it to be tried again, under the same id.
import { inTime } from '../platform/in-time.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Random } from '../platform/random.ts'
import type { Channel, Deliver, Delivery, OutboxStore, Owed } from './port.ts'
import { ATTEMPTS_AT_MOST, retryDelayMs } from './retry.ts'
import { type Worker, worker } from './worker.ts'

/** The first attempt follows within this, whichever process owes it. */
const POLL_MS = 400
/** One attempt, whole. */
const ATTEMPT_MS = 10_000
/** Longer than an attempt: only one that was killed is tried by somebody else. */
const LEASE_MS = 30_000
const AT_ONCE: Readonly<Record<Channel, number>> = { 'server-notice': 8, webhook: 8, mail: 4 }

export interface OutboxWorkerDeps {
  readonly channel: Channel
  /** What this process can deliver: for notices its homeserver, for webhooks the receivers it knows. Null: all. */
  readonly targets: readonly string[] | null
  readonly serverName: string | null
  readonly outbox: OutboxStore
  readonly deliver: Deliver
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
}

/** The worker of one channel. At most one attempt at a time to the same target, so that one that hangs delays no other. */
export function outboxWorker(deps: OutboxWorkerDeps): Worker {
  const { channel, outbox, log } = deps
  const underWay = new Set<string>()

  async function run(owed: Owed): Promise<void> {
    try {
      await record(owed, await attempt(deps.deliver, owed))
    } finally {
      underWay.delete(owed.target)
    }
  }

  async function record(owed: Owed, delivery: Delivery): Promise<void> {
    deps.metrics.count('palier_notifications_total', { channel, outcome: delivery.state })
    if (delivery.state === 'delivered') {
      log.info('notify.delivered', { channel, notification: owed.id, attempts: owed.attempts })
      return outbox.delivered(owed.id)
    }
    if (delivery.state === 'gone') {
      log.info('notify.gone', { channel, notification: owed.id })
      return outbox.delivered(owed.id)
    }
    const final = delivery.final === true || owed.attempts >= ATTEMPTS_AT_MOST[channel]
    const again = final ? null : retryDelayMs(owed.attempts, deps.random)
    const fields = { channel, notification: owed.id, attempts: owed.attempts, error: delivery.error }
    // Nobody else will say so: a receiver that is never reached is an alert of its own.
    if (again === null) log.error('notify.dead', { ...fields, target: shownTarget(owed) })
    else log.warn('notify.failed', { ...fields, again_in_ms: again })
    return outbox.failed(owed.id, delivery.error.slice(0, 300), again)
  }

  return worker(
    {
      failed: 'notify.worker',
      pollMs: POLL_MS,
      atOnce: AT_ONCE[channel],
      run,
      async take(limit) {
        const { targets, serverName } = deps
        const owed = await outbox.take({
          channel,
          targets,
          serverName,
          except: [...underWay],
          limit,
          leaseMs: LEASE_MS,
        })
        for (const { target } of owed) underWay.add(target)
        return owed
      },
    },
    log,
  )
}

/** One attempt, bounded: a channel that hangs or throws has failed. */
export async function attempt(deliver: Deliver, owed: Owed): Promise<Delivery> {
  const over = new AbortController()
  try {
    return await inTime(ATTEMPT_MS, deliver.deliver(owed, over.signal), () => over.abort())
  } catch (error) {
    return { state: 'failed', error: error instanceof Error ? error.message : String(error) }
  }
}

/** A receiver's name is the operator's own; people and addresses stay out of the log. */
function shownTarget(owed: Owed): string {
  return owed.channel === 'webhook' ? owed.target : owed.channel
}
