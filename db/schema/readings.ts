// What is stored of reading: lines by day, totals without anybody's name, and which room a pseudonym stands for.
import { bigint, bigserial, date, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'

const counted = (name: string) => bigint(name, { mode: 'number' })

/** What one answer carried of one room, or of no one room. */
export interface ReadingPart {
  /** Pseudonym; absent: no one room. */
  readonly r?: string
  /** Keyed hashes of the first and the last event, decimal: the answer's own order. */
  readonly f?: string
  readonly l?: string
  /** Units by meter. */
  readonly u: Readonly<Record<string, number>>
}

/**
 * A row an answer that carried something counted, or that was withheld: never a row an event, and none for live traffic alone.
 * Partitioned by day of `at` (UTC), `readings_20261123`; lines of a day without a partition are in `readings_default`.
 */
export const readings = pgTable(
  'readings',
  {
    id: bigserial('id', { mode: 'number' }).notNull(),
    at: instant('at').notNull(),
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    deviceId: text('device_id').notNull(),
    network: text('network').notNull(),
    client: text('client').notNull(),
    groups: text('groups').array(),
    route: text('route').notNull(),
    /** As in a decision line, and so are the five after it. */
    decision: text('decision').notNull(),
    reason: text('reason').notNull(),
    wouldBe: text('would_be'),
    source: text('source'),
    meter: text('meter'),
    policyVersion: integer('policy_version').notNull(),
    /** How many alike within a second this row stands for. */
    answers: integer('answers').notNull(),
    /** What was read. Empty where nothing was. */
    parts: jsonb('parts').$type<readonly ReadingPart[]>().notNull(),
    /** Units that releasing all of it would have cost, where that is not what was read. */
    asked: jsonb('asked').$type<Readonly<Record<string, number>>>(),
    /** Pseudonyms of the rooms that were asked for, where nothing was read. */
    askedRooms: text('asked_rooms').array(),
    roomsTotal: integer('rooms_total').notNull(),
    live: integer('live').notNull(),
    state: integer('state').notNull(),
    withheld: counted('withheld').notNull(),
    allowanceId: text('allowance_id'),
    /** Dates of the history read, where they are known. */
    fromAt: instant('from_at'),
    toAt: instant('to_at'),
  },
  (table) => [index('readings_person').on(table.personId, table.at), index('readings_at').on(table.at, table.id)],
)

/** All gateways together, a row a minute (`width` 60) and an hour (3600), meter and decision. Names nobody. */
export const readingTotals = pgTable(
  'reading_totals',
  {
    width: integer('width').notNull(),
    at: instant('at').notNull(),
    meter: text('meter').notNull(),
    decision: text('decision').notNull(),
    answers: counted('answers').notNull(),
    units: counted('units').notNull(),
    withheld: counted('withheld').notNull(),
  },
  (table) => [primaryKey({ columns: [table.width, table.at, table.meter, table.decision] })],
)

/** The last batch that each gateway process has written: a batch whose fate was unknown is not written twice. */
export const readingWriters = pgTable('reading_writers', {
  id: text('id').primaryKey(),
  batch: counted('batch').notNull(),
  writtenAt: instant('written_at').notNull(),
})

/** Which room a pseudonym stands for, sealed: opened by two administrators together. */
export const readingRooms = pgTable('reading_rooms', {
  pseudonym: text('pseudonym').primaryKey(),
  room: sealed('room').notNull(),
  /** The last day on which a line named it: it goes when those lines have gone. */
  lastOn: date('last_on', { mode: 'string' }).notNull(),
})

/** Rooms that two administrators had revealed to them. */
export const readingReveals = pgTable(
  'reading_reveals',
  {
    id: text('id').primaryKey(),
    pseudonym: text('pseudonym').notNull(),
    firstId: text('first_id').notNull(),
    secondId: text('second_id').notNull(),
    reason: text('reason').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [index('reading_reveals_at').on(table.at)],
)
