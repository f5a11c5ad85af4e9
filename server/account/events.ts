// The companion page's live feed: the person's pending approvals, at once and at each change, as server-sent events.
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Clock } from '../platform/clock.ts'
import { type ApprovalLinks, listed } from './approvals.ts'
import type { AccountStore, OwnApproval } from './port.ts'

const POLL_MS = 250
const HEARTBEAT_MS = 15_000
/** Pages of one person that may listen at once; the oldest makes room. */
const STREAMS_PER_PERSON = 8
/** How long a page that had to make room waits before it comes back. */
const COME_BACK_MS = 60_000

/** One open page. */
export interface Listener {
  readonly personId: string
  /** Hash of the session that opened it: the feed ends with the session. */
  readonly sessionHash: string
  /** The JSON list of pending approvals. */
  tell(data: string): void
  /** No more will come: another page took its place, or its session has ended. */
  end(why: 'replaced' | 'session-ended'): void
}

/** Watches the pending approvals of everyone whose page is open: two queries a tick serve them all. */
export class CompanionWatch {
  readonly #account: Pick<AccountStore, 'pending' | 'liveSessions'>
  readonly #links: ApprovalLinks
  readonly #clock: Clock
  /** Oldest first. */
  readonly #listeners = new Set<Listener>()
  readonly #last = new Map<string, string>()
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(deps: { account: Pick<AccountStore, 'pending' | 'liveSessions'>; links: ApprovalLinks; clock: Clock }) {
    this.#account = deps.account
    this.#links = deps.links
    this.#clock = deps.clock
  }

  /** Tells the listener soon and at each change, until its session ends. Returns the way to stop. */
  listen(listener: Listener): () => void {
    const own = this.#of(listener.personId)
    const [oldest] = own
    if (oldest !== undefined && own.length >= STREAMS_PER_PERSON) this.#end(oldest, 'replaced')
    this.#listeners.add(listener)
    const known = this.#last.get(listener.personId)
    if (known !== undefined) listener.tell(known)
    this.#schedule(0)
    return () => this.#forget(listener)
  }

  #of(personId: string): Listener[] {
    return [...this.#listeners].filter((listener) => listener.personId === personId)
  }

  #forget(listener: Listener): void {
    this.#listeners.delete(listener)
    if (this.#of(listener.personId).length === 0) this.#last.delete(listener.personId)
  }

  #end(listener: Listener, why: 'replaced' | 'session-ended'): void {
    this.#forget(listener)
    listener.end(why)
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#listeners.size === 0) return
    this.#timer = setTimeout(() => void this.#tick(), delayMs)
  }

  async #tick(): Promise<void> {
    try {
      const now = new Date(this.#clock.now())
      const asked = [...this.#listeners]
      const live = await this.#account.liveSessions([...new Set(asked.map(({ sessionHash }) => sessionHash))], now)
      for (const listener of asked) if (!live.has(listener.sessionHash)) this.#end(listener, 'session-ended')
      const people = [...new Set([...this.#listeners].map(({ personId }) => personId))]
      const pending = await this.#account.pending(people, now)
      for (const personId of people) {
        this.#tell(
          personId,
          JSON.stringify(pending.filter((own) => own.personId === personId).flatMap((own) => this.#list(own, now))),
        )
      }
    } catch {
      // A database out of reach: the list stays as it was, the next tick asks again.
    } finally {
      this.#timer = null
      this.#schedule(POLL_MS)
    }
  }

  /** One approval whose sealed link does not open must not silence all the others. */
  #list(approval: OwnApproval, now: Date) {
    try {
      return [listed(approval, this.#links, now)]
    } catch {
      return []
    }
  }

  #tell(personId: string, data: string): void {
    const own = this.#of(personId)
    if (own.length === 0 || this.#last.get(personId) === data) return
    this.#last.set(personId, data)
    for (const listener of own) listener.tell(data)
  }
}

/** The stream of one page: event `approvals`, a heartbeat comment every `heartbeatMs`. It ends with its session. */
export function companionStream(
  c: Context,
  watch: Pick<CompanionWatch, 'listen'>,
  session: { readonly personId: string; readonly hash: string },
  heartbeatMs = HEARTBEAT_MS,
): Response {
  c.header('Cache-Control', 'no-store')
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    await new Promise<void>((resolve) => {
      const heartbeat = setInterval(() => void stream.write(': still here\n\n'), heartbeatMs)
      const close = () => {
        clearInterval(heartbeat)
        resolve()
      }
      const stop = watch.listen({
        personId: session.personId,
        sessionHash: session.hash,
        tell: (data) => void stream.writeSSE({ event: 'approvals', data }),
        end: (why) => {
          const retry = why === 'replaced' ? { retry: COME_BACK_MS } : {}
          void stream.writeSSE({ event: 'end', data: why, ...retry }).then(close)
        },
      })
      stream.onAbort(() => {
        stop()
        close()
      })
    })
  })
}
