// Stored reading: batches written by gateways, and its partitions, made ahead and dropped whole.
import { lt, sql } from 'drizzle-orm'
import type { ReadingBatch, ReadingWriter } from '../../server/gateway/reading-buffer.ts'
import type { Sealer } from '../../server/platform/seal.ts'
import { sealPlace } from '../../server/platform/seal-columns.ts'
import type { Database } from '../client.ts'
import { readingReveals, readingRooms, readingTotals, readingWriters } from '../schema/readings.ts'

const DAY_MS = 86_400_000
/** Days whose partitions are there before they begin. */
const AHEAD_DAYS = 7
/** What charts of minutes and of hours reach back. */
export const MINUTES_KEPT_MS = 31 * DAY_MS
export const HOURS_KEPT_MS = 3 * 366 * DAY_MS
/** What a writer wrote last matters for moments only. */
const WRITERS_KEPT_MS = 7 * DAY_MS

/** SQLSTATE classes of what no repetition mends: data, constraints. */
const UNUSABLE = /^2[23]/

export interface ReadingsSwept {
  /** Partitions made and dropped; null when another process was at it. */
  readonly made: number | null
  readonly dropped: number | null
}

export interface ReadingsStore extends ReadingWriter {
  /** Makes the partitions to come, drops those older than `keptDays`, and what hangs on them. Any number of processes. */
  sweep(now: Date, keptDays: number): Promise<ReadingsSwept>
}

export function readingsStore(db: Database, sealer: Pick<Sealer, 'seal'>): ReadingsStore {
  return {
    async write(writer, batch) {
      try {
        await db.transaction(async (tx) => {
          await tx.execute(sql`SET LOCAL statement_timeout = '10s'`)
          await tx.execute(sql`SELECT palier_readings_write(${writer}, ${batch.number}, ${JSON.stringify(batch.rows)}::text::jsonb,
            ${JSON.stringify(batch.totals)}::text::jsonb, ${JSON.stringify(roomsOf(batch, sealer))}::text::jsonb)`)
        })
        return 'written'
      } catch (error) {
        if (UNUSABLE.test(codeOf(error))) return 'unusable'
        throw error
      }
    },

    async sweep(now, keptDays) {
      const today = dayOf(now)
      const oldest = dayOf(new Date(now.getTime() - keptDays * DAY_MS))
      const dropped = await ddl(db, sql`palier_readings_drop(${oldest}::date)`)
      const made = await ddl(db, sql`palier_readings_make(${today}::date, ${AHEAD_DAYS})`)
      const before = (keptMs: number) => new Date(now.getTime() - keptMs)
      const old = (width: number, keptMs: number) =>
        sql`${readingTotals.width} = ${width} AND ${lt(readingTotals.at, before(keptMs))}`
      await db.delete(readingTotals).where(old(60, MINUTES_KEPT_MS))
      await db.delete(readingTotals).where(old(3600, HOURS_KEPT_MS))
      await db.delete(readingRooms).where(lt(readingRooms.lastOn, oldest))
      await db.delete(readingReveals).where(lt(readingReveals.at, before(DAY_MS)))
      await db.delete(readingWriters).where(lt(readingWriters.writtenAt, before(WRITERS_KEPT_MS)))
      return { made, dropped }
    },
  }
}

// Waits for its locks a moment only: writers behind it would wait as well. What it could not do, the next round does.
async function ddl(db: Database, call: ReturnType<typeof sql>): Promise<number | null> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`SET LOCAL lock_timeout = '2s'`)
    const [row] = await tx.execute<{ done: number | null }>(sql`SELECT ${call} AS done`)
    return row?.done ?? null
  })
}

function roomsOf({ rooms, day }: ReadingBatch, sealer: Pick<Sealer, 'seal'>) {
  return [...rooms].map(([pseudonym, room]) => ({
    pseudonym,
    room: sealer.seal('room', sealPlace('reading_rooms', pseudonym), room),
    last_on: day,
  }))
}

function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as Error & { code?: unknown }
    if (typeof code === 'string') return code
  }
  return ''
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10)
}
