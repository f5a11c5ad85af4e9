// The companion page's live feed: the person's pending approvals, at once and at each change, as server-sent events.
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Clock } from '../platform/clock.ts'
import { type ApprovalLinks, listed } from './approvals.ts'
import type { AccountStore } from './port.ts'

const POLL_MS = 500
const HEARTBEAT_MS = 15_000
/** Pages of one person that may listen at once; the oldest makes room. */
const STREAMS_PER_PERSON = 8

type Listener = (data: string) => void

/** Watches the pending approvals of everyone whose page is open: one query a tick serves them all. */
export class CompanionWatch {
  readonly #account: Pick<AccountStore, 'pending'>
  readonly #links: ApprovalLinks
  readonly #clock: Clock
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #last = new Map<string, string>()
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(deps: { account: Pick<AccountStore, 'pending'>; links: ApprovalLinks; clock: Clock }) {
    this.#account = deps.account
    this.#links = deps.links
    this.#clock = deps.clock
  }

  /** Calls back with the JSON list of pending approvals, soon and at each change. Returns the way to stop. */
  listen(personId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(personId) ?? new Set()
    const [oldest] = listeners
    if (oldest !== undefined && listeners.size >= STREAMS_PER_PERSON) listeners.delete(oldest)
    listeners.add(listener)
    this.#listeners.set(personId, listeners)
    const known = this.#last.get(personId)
    if (known !== undefined) listener(known)
    this.#schedule(0)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(personId) === listeners) {
        this.#listeners.delete(personId)
        this.#last.delete(personId)
      }
    }
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#listeners.size === 0) return
    this.#timer = setTimeout(() => void this.#tick(), delayMs)
  }

  async #tick(): Promise<void> {
    try {
      const now = new Date(this.#clock.now())
      const people = [...this.#listeners.keys()]
      const pending = await this.#account.pending(people, now)
      for (const personId of people) {
        const own = pending.filter((approval) => approval.personId === personId)
        this.#tell(personId, JSON.stringify(own.map((approval) => listed(approval, this.#links, now))))
      }
    } catch {
      // A database out of reach: the list stays as it was, the next tick asks again.
    } finally {
      this.#timer = null
      this.#schedule(POLL_MS)
    }
  }

  #tell(personId: string, data: string): void {
    if (this.#last.get(personId) === data) return
    this.#last.set(personId, data)
    for (const listener of this.#listeners.get(personId) ?? []) listener(data)
  }
}

/** The stream of one page: event `approvals`, a heartbeat comment every 15 seconds. */
export function companionStream(c: Context, watch: Pick<CompanionWatch, 'listen'>, personId: string): Response {
  c.header('Cache-Control', 'no-store')
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    await new Promise<void>((resolve) => {
      const stop = watch.listen(personId, (data) => void stream.writeSSE({ event: 'approvals', data }))
      const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS)
      stream.onAbort(() => {
        clearInterval(heartbeat)
        stop()
        resolve()
      })
    })
  })
}
