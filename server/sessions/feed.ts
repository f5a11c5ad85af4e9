// The revocation feed: polls the database, tells this process what has ended, and knows when it last heard anything.
import type { Clock } from '../platform/clock.ts'
import { inTime } from '../platform/in-time.ts'
import type { Log } from '../platform/log.ts'
import type { Revocation, RevocationStore } from './port.ts'

export interface RevocationFeed {
  /** How long ago, in milliseconds, the feed was last heard; Infinity before the first time. */
  silenceMs(): number
  /** When the feed was last heard, epoch milliseconds; 0 before the first time. */
  lastHeardMs(): number
  /** Resolves once the feed has been heard; rejects when the first poll fails. */
  started: Promise<void>
  stop(): Promise<void>
}

const POLL_MS = 250
/** Rows are read again for that long, by the database's clock: transactions commit later than they insert. */
const OVERLAP_MS = 30_000
/** A poll that takes longer counts as not heard. */
const POLL_TIMEOUT_MS = 5_000
/** The first one is waited for: a machine that has just started is slow, and without it nobody is let through. */
const FIRST_POLL_TIMEOUT_MS = 30_000

/** Starts polling. `onRevoked` is told of each row once, of all that one poll brought at a time, in order. */
export function revocationFeed(deps: {
  readonly revocations: Pick<RevocationStore, 'since'>
  readonly clock: Clock
  readonly log: Log
  readonly onRevoked: (revocations: readonly Revocation[]) => void
  readonly pollMs?: number
}): RevocationFeed {
  const { clock, log, revocations, onRevoked, pollMs = POLL_MS } = deps
  const seen = new Map<number, number>()
  let heardMs = 0
  let databaseMs: number | null = null
  let stopped = false
  let wake: () => void = () => undefined
  let failing = false

  async function poll(patienceMs: number): Promise<void> {
    const askedMs = clock.now()
    const { nowMs, rows } = await inTime(
      patienceMs,
      revocations.since(databaseMs === null ? null : databaseMs - OVERLAP_MS),
    )
    const fresh = rows.filter(({ id }) => !seen.has(id))
    if (fresh.length > 0) onRevoked(fresh)
    for (const { id } of rows) seen.set(id, nowMs)
    // Rows read within the overlap are seen again at every poll, so what was not is out of it.
    for (const [id, lastMs] of seen) if (lastMs < nowMs - 2 * OVERLAP_MS) seen.delete(id)
    databaseMs = Math.max(databaseMs ?? 0, nowMs)
    heardMs = askedMs
    if (failing) log.info('revocations.heard_again')
    failing = false
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      if (stopped) return
      await poll(POLL_TIMEOUT_MS).catch(() => {
        if (!failing) log.error('revocations.not_heard')
        failing = true
      })
    }
  }

  const started = poll(FIRST_POLL_TIMEOUT_MS)
  const running = started.catch(() => undefined).then(run)
  return {
    started,
    lastHeardMs: () => heardMs,
    silenceMs: () => (heardMs === 0 ? Number.POSITIVE_INFINITY : clock.now() - heardMs),
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}
