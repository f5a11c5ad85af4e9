// What is stored of reading waits here for its batch: never in an answer's way, within bounds, and written once.
import type { Clock } from '../platform/clock.ts'
import { lastUsed } from '../platform/last-used.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { DecisionLine, ReadingSink } from './decision-line.ts'
import type { MeteredRequest } from './metered-port.ts'
import { type ReadingRow, readingRow, readUnits, roomsNamed, withheldUnits } from './reading-row.ts'

/** Counts of one meter by one kind of decision, from one moment. */
export interface TotalsShare {
  /** Within the minute that it counts for. */
  readonly at: string
  readonly meter: string
  readonly decision: string
  answers: number
  units: number
  withheld: number
}

export interface ReadingBatch {
  /** From 1, one more each. */
  readonly number: number
  readonly rows: readonly ReadingRow[]
  readonly totals: readonly TotalsShare[]
  /** Room ids by pseudonym, of rooms not yet known to be kept today. */
  readonly rooms: ReadonlyMap<string, string>
  /** The day (UTC) on which they were named. */
  readonly day: string
}

export interface ReadingWriter {
  /**
   * Writes a batch whole, once: a repetition of the same number by the same writer changes nothing. `unusable`: no repetition
   * would help. Rejects when it may or may not have been written.
   */
  write(writer: string, batch: ReadingBatch): Promise<'written' | 'unusable'>
}

export interface ReadingBuffer extends ReadingSink {
  /** Writes what waits. False: the store could not be reached, and it goes on waiting. */
  flush(): Promise<boolean>
}

/** Rows that are written early. */
const EARLY_ROWS = 500
/** Rows in one batch at most. */
const BATCH_ROWS = 2_000
/** Rows that wait at most, when the database is away. */
const WAITING_ROWS = 20_000
/** Rows that a device's refusals may take in one batch, however often it asks. */
const REFUSALS_A_DEVICE = 50
const MINUTE_MS = 60_000
/** Rooms that are remembered to be kept today. */
const ROOMS_REMEMBERED = 20_000

export interface ReadingBufferDeps {
  readonly store: ReadingWriter
  /** Names this process among all that write. */
  readonly writer: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

export function readingBuffer(deps: ReadingBufferDeps): ReadingBuffer {
  return new Buffered(deps)
}

class Buffered implements ReadingBuffer {
  readonly #deps: ReadingBufferDeps
  #rows: ReadingRow[] = []
  #rooms = new Map<string, string>()
  #totals = new Map<string, TotalsShare>()
  /** Where a refusal's row is, by what makes it alike. */
  #refusals = new Map<string, number>()
  #refusalsOf = new Map<string, number>()
  readonly #kept = lastUsed<string, string>(ROOMS_REMEMBERED)
  #number = 0
  /** What was sent and not yet known to be written: sent again as it is. */
  #sent: ReadingBatch | null = null
  #writing: Promise<boolean> | null = null
  #isAway = false
  #lost = 0

  constructor(deps: ReadingBufferDeps) {
    this.#deps = deps
  }

  take(request: MeteredRequest, line: DecisionLine, pseudonym: (roomId: string) => string): void {
    const at = new Date(this.#deps.clock.now())
    this.#count(line, at)
    const row = readingRow(request, line, at, pseudonym)
    if (row === null || this.#merged(row)) return
    if (this.#rows.length >= WAITING_ROWS) {
      this.#lost++
      return
    }
    this.#rows.push(row)
    const day = row.at.slice(0, 10)
    for (const room of roomsNamed(line)) {
      if (room === '*') continue
      const name = pseudonym(room)
      if (this.#kept.get(name) !== day) this.#rooms.set(name, room)
    }
    if (this.#rows.length >= EARLY_ROWS && this.#writing === null && !this.#isAway) void this.flush()
  }

  flush(): Promise<boolean> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  async #write(): Promise<boolean> {
    const { store, writer, log, metrics } = this.#deps
    for (let batch = this.#next(); batch !== null; batch = this.#next()) {
      try {
        const outcome = await store.write(writer, batch)
        if (outcome === 'unusable') this.#lost += batch.rows.length
        else for (const name of batch.rooms.keys()) this.#kept.set(name, batch.day)
        this.#sent = null
        this.#isAway = false
      } catch (error) {
        if (!this.#isAway) {
          const detail = String(error instanceof Error ? error.message : error).slice(0, 200)
          log.warn('readings.write_failed', { detail, waiting: this.#rows.length + batch.rows.length })
        }
        this.#isAway = true
        return false
      }
    }
    if (this.#lost > 0) {
      log.error('readings.lost', { lines: this.#lost })
      metrics.count('palier_readings_lost_total', {}, this.#lost)
      this.#lost = 0
    }
    return true
  }

  #next(): ReadingBatch | null {
    if (this.#sent !== null) return this.#sent
    if (this.#rows.length === 0 && this.#totals.size === 0) return null
    const rows = this.#rows.splice(0, BATCH_ROWS)
    this.#refusals.clear()
    this.#refusalsOf.clear()
    const day = new Date(this.#deps.clock.now()).toISOString().slice(0, 10)
    this.#sent = { number: ++this.#number, rows, totals: [...this.#totals.values()], rooms: this.#rooms, day }
    this.#totals = new Map()
    this.#rooms = new Map()
    return this.#sent
  }

  #count(line: DecisionLine, at: Date): void {
    const { decision } = line
    const minute = Math.floor(at.getTime() / MINUTE_MS)
    const add = (meter: string, units: number, withheld: number) => {
      const key = `${minute} ${meter} ${decision}`
      let share = this.#totals.get(key)
      if (share === undefined) {
        share = { at: at.toISOString(), meter, decision, answers: 0, units: 0, withheld: 0 }
        this.#totals.set(key, share)
      }
      share.answers++
      share.units += units
      share.withheld += withheld
    }
    let counted = false
    for (const [meter, units] of Object.entries(readUnits(line))) {
      if (units === 0) continue
      add(meter, units, 0)
      counted = true
    }
    if ((decision === 'released' || decision === 'trimmed') && line.live) {
      add('live', line.live, 0)
      counted = true
    }
    const withheld = withheldUnits(line)
    if (withheld > 0) add(line.meter ?? 'archive', 0, withheld)
    else if (!counted) add('none', 0, 0)
  }

  // Clients ask again and again for what they were refused: alike within a batch is one row, and no device fills the rest.
  #merged(row: ReadingRow): boolean {
    if (row.parts.length > 0) return false
    const { device_id: device, route, decision, reason, meter, asked_rooms: rooms } = row
    const key = [device, route, decision, reason, meter, rooms?.[0] ?? ''].join(' ')
    const others = this.#refusalsOf.get(device) ?? 0
    const place = this.#refusals.get(key) ?? (others >= REFUSALS_A_DEVICE ? this.#refusals.get(device) : undefined)
    const before = place === undefined ? undefined : this.#rows[place]
    if (before !== undefined && place !== undefined) {
      const withheld = Math.max(before.withheld, row.withheld)
      this.#rows[place] = { ...before, answers: before.answers + 1, withheld }
      return true
    }
    if (this.#rows.length < WAITING_ROWS) {
      this.#refusals.set(key, this.#rows.length)
      // The last of them stands for all that would be too many.
      this.#refusals.set(device, this.#rows.length)
      this.#refusalsOf.set(device, others + 1)
    }
    return false
  }
}
