// What changes at the sample homeserver: messages sent, devices and sessions that ended. One append-only file, read at start.
import { EventEmitter } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod'
import type { SampleEvent } from './content.ts'

const entrySchema = z.union([
  z.object({ kind: z.literal('event'), event: z.any(), transaction: z.string() }),
  z.object({ kind: z.literal('ended-sid'), sid: z.string() }),
  z.object({ kind: z.literal('ended-device'), user: z.string(), device: z.string(), before: z.number() }),
])

type Entry = z.infer<typeof entrySchema>

/** The sample's own log of what happened since it was first started. */
export class SampleState {
  /** Everything sent, in order: the stream position is the number of entries. */
  readonly sent: SampleEvent[] = []
  readonly #path: string | null
  readonly #transactions = new Map<string, SampleEvent>()
  readonly #endedSids = new Set<string>()
  readonly #endedDevices = new Map<string, number>()
  readonly #news = new EventEmitter().setMaxListeners(0)

  /** `path` null keeps everything in memory. */
  constructor(path: string | null) {
    this.#path = path
    if (path === null || !existsSync(path)) return
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const parsed = entrySchema.safeParse(tryParse(line))
      if (parsed.success) this.#apply(parsed.data)
    }
  }

  send(event: SampleEvent, transaction: string): SampleEvent {
    const known = this.#transactions.get(transaction)
    if (known !== undefined) return known
    this.#record({ kind: 'event', event, transaction })
    this.#news.emit('news')
    return event
  }

  endSid(sid: string): void {
    this.#record({ kind: 'ended-sid', sid })
  }

  endDevice(user: string, device: string, nowMs: number): void {
    this.#record({ kind: 'ended-device', user, device, before: nowMs })
  }

  /** Whether a token made at `madeAt` for this device and session still holds. */
  holds(user: string, device: string, sid: string, madeAt: number): boolean {
    const endedAt = this.#endedDevices.get(`${user} ${device}`)
    return !this.#endedSids.has(sid) && (endedAt === undefined || madeAt > endedAt)
  }

  /** Resolves at the next message, after `timeoutMs`, or when the signal aborts. */
  news(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#news.off('news', done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#news.once('news', done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #record(entry: Entry): void {
    this.#apply(entry)
    if (this.#path === null) return
    mkdirSync(dirname(this.#path), { recursive: true })
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`)
  }

  #apply(entry: Entry): void {
    if (entry.kind === 'ended-sid') this.#endedSids.add(entry.sid)
    else if (entry.kind === 'ended-device') this.#endedDevices.set(`${entry.user} ${entry.device}`, entry.before)
    else {
      this.sent.push(entry.event as SampleEvent)
      this.#transactions.set(entry.transaction, entry.event as SampleEvent)
    }
  }
}

function tryParse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
