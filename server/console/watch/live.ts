// The live page's stream: a snapshot every two seconds to every page that is open, as server-sent events. One reading of the figures
// serves them all. A page whose session ends, or whose administrator may not watch any more, hears that it is over within seconds.
import { Refusal } from '../../errors/failure.ts'

const PERIOD_MS = 2_000
const HEARTBEAT_MS = 15_000
/** Whether a page may still listen is asked every so many rounds. */
const ROUNDS_BETWEEN_CHECKS = 2
/** Pages of one administrator that may listen at once; the oldest makes room. */
const STREAMS_PER_PERSON = 4
const STREAMS_AT_MOST = 100
/** What a page that does not read may be owed; snapshots that follow are left out for it. */
const QUEUED_AT_MOST = 4
/** How long a page that had to make room waits before it comes back. */
const COME_BACK_MS = 60_000

export type EndedWhy = 'replaced' | 'not-permitted'

/** One open page. */
export interface Watcher {
  readonly personId: string
  /** Whether who opened it may still see it: their session or token holds, and so does their role. */
  mayStay(): Promise<boolean>
  tell(data: string): void
  end(why: EndedWhy): void
}

export interface LiveWatchDeps {
  /** The snapshot as JSON. */
  readonly take: () => Promise<string>
  readonly periodMs?: number
}

/** Takes snapshots while anybody watches. */
export class LiveWatch {
  readonly #take: () => Promise<string>
  readonly #periodMs: number
  /** Oldest first. */
  readonly #watchers = new Set<Watcher>()
  #last: string | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #busy = false
  #round = 0

  constructor({ take, periodMs = PERIOD_MS }: LiveWatchDeps) {
    this.#take = take
    this.#periodMs = periodMs
  }

  /** Tells the watcher at once what was seen last, and from then on what is seen. Returns the way to stop. */
  watch(watcher: Watcher): () => void {
    const own = [...this.#watchers].filter(({ personId }) => personId === watcher.personId)
    const [oldest] = own
    if (oldest !== undefined && own.length >= STREAMS_PER_PERSON) this.#end(oldest, 'replaced')
    if (this.#watchers.size >= STREAMS_AT_MOST) throw new Refusal(503, 'unavailable', 'too many open live pages')
    this.#watchers.add(watcher)
    if (this.#last !== null) watcher.tell(this.#last)
    this.#schedule(0)
    return () => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) this.#rest()
    }
  }

  /** Nobody watches: what was seen is old when somebody comes. */
  #rest(): void {
    this.#last = null
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #end(watcher: Watcher, why: EndedWhy): void {
    this.#watchers.delete(watcher)
    watcher.end(why)
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#busy || this.#watchers.size === 0) return
    this.#timer = setTimeout(() => void this.#tick(), delayMs)
  }

  async #tick(): Promise<void> {
    this.#timer = null
    this.#busy = true
    try {
      if (this.#round++ % ROUNDS_BETWEEN_CHECKS === 0) await this.#check()
      const data = await this.#take()
      if (this.#watchers.size === 0) return
      this.#last = data
      for (const watcher of this.#watchers) watcher.tell(data)
    } catch {
      // A database out of reach: the pages say since when they have heard nothing, the next round asks again.
    } finally {
      this.#busy = false
      this.#schedule(this.#periodMs)
    }
  }

  async #check(): Promise<void> {
    await Promise.all(
      [...this.#watchers].map(async (watcher) => {
        if (!(await watcher.mayStay())) this.#end(watcher, 'not-permitted')
      }),
    )
  }
}

/** The stream of one page: event `snapshot`, a heartbeat comment every `heartbeatMs`, and `end` with the reason when it is over. */
export function liveStream(
  watch: Pick<LiveWatch, 'watch'>,
  who: Pick<Watcher, 'personId' | 'mayStay'>,
  signal: AbortSignal,
  heartbeatMs = HEARTBEAT_MS,
): Response {
  const utf8 = new TextEncoder()
  let stop: () => void = () => undefined
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let open = true
        const write = (text: string) => {
          if (open && (controller.desiredSize ?? 0) > 0) controller.enqueue(utf8.encode(text))
        }
        const close = () => {
          if (!open) return
          stop()
          controller.close()
        }
        const forget = watch.watch({
          ...who,
          tell: (data) => write(`event: snapshot\ndata: ${data}\n\n`),
          end: (why) => {
            if (open) controller.enqueue(utf8.encode(`${retryOf(why)}event: end\ndata: ${why}\n\n`))
            close()
          },
        })
        const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs)
        stop = () => {
          open = false
          clearInterval(heartbeat)
          signal.removeEventListener('abort', close)
          forget()
        }
        signal.addEventListener('abort', close)
        if (signal.aborted) close()
      },
      cancel: () => stop(),
    },
    new CountQueuingStrategy({ highWaterMark: QUEUED_AT_MOST }),
  )
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}

function retryOf(why: EndedWhy): string {
  return why === 'replaced' ? `retry: ${COME_BACK_MS}\n` : ''
}
