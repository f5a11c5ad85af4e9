// A worker for what is owed: polls, runs a bounded number at once, and is drained when the process is told to go. What it
// works on lies in the database, claimed with a lease, so any number of workers may run and any of them may be killed.
import type { Log } from '../platform/log.ts'

export interface Work<Job> {
  /** The log event of a round that could not even ask what is due. */
  readonly failed: string
  readonly pollMs: number
  /** Jobs under way at once. */
  readonly atOnce: number
  /** Claims up to `limit` jobs that are due, each for longer than `run` may take. */
  take(limit: number): Promise<readonly Job[]>
  /** Does one and records what became of it. */
  run(job: Job): Promise<void>
}

export interface Worker {
  start(): void
  /** Looks for work now instead of at the next poll. */
  nudge(): void
  /** Takes nothing more; resolves when nothing is under way. */
  stop(): Promise<void>
  /** Does what is due now, one batch, for a runtime without timers. Resolves with how many were tried. */
  runDue(): Promise<number>
}

/** A worker that is not started yet. */
export function worker<Job>(work: Work<Job>, log: Log): Worker {
  const running = new Set<Promise<void>>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let taking: Promise<void> = Promise.resolve()
  let busy = false
  let again = false
  let stopped = true
  let away = false

  const complain = (error: unknown) =>
    log.error(work.failed, { detail: error instanceof Error ? error.message : String(error) })

  async function round(): Promise<void> {
    const free = work.atOnce - running.size
    if (free <= 0) return
    const jobs = await work.take(free)
    away = false
    for (const job of jobs) {
      const done = work
        .run(job)
        .catch(complain)
        .finally(() => {
          running.delete(done)
          // A place is free, and the next job of the same target may be due.
          look()
        })
      running.add(done)
    }
  }

  function look(): void {
    if (stopped) return
    if (busy) {
      again = true
      return
    }
    if (timer !== null) clearTimeout(timer)
    timer = null
    busy = true
    again = false
    taking = round()
      .catch((error: unknown) => {
        // Once for an outage, not for each of its rounds.
        if (!away) complain(error)
        away = true
      })
      .finally(() => {
        busy = false
        if (again) look()
        else if (!stopped) timer = setTimeout(look, work.pollMs)
      })
  }

  return {
    start() {
      if (!stopped) return
      stopped = false
      look()
    },
    nudge: look,
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      timer = null
      await taking
      await Promise.all(running)
    },
    async runDue() {
      const jobs = await work.take(work.atOnce)
      await Promise.all(jobs.map((job) => work.run(job).catch(complain)))
      return jobs.length
    },
  }
}
