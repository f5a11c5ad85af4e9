// What detection remembers: a person's ordinary ways, what was raised lately, and which devices wait for an early tap.
import { date, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** A row for each hour of the day, network, client and use of the directory that a person was seen with. */
export const personHabits = pgTable(
  'person_habits',
  {
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    kind: text('kind', { enum: ['day', 'hour', 'network', 'client', 'directory'] }).notNull(),
    /** The hour (UTC, `00` to `23`), the network, SHA-256 of the client without its version; empty for `day`, `directory`. */
    value: text('value').notNull(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
    /** Days (UTC) on which it was seen; `last_day` is the newest of them. */
    days: integer('days').notNull(),
    lastDay: date('last_day', { mode: 'string' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.serverName, table.personId, table.kind, table.value] }),
    index('person_habits_last').on(table.lastAt),
  ],
)

/** When a signal was last raised for a device: once an hour. */
export const raisedSignals = pgTable(
  'raised_signals',
  {
    deviceId: text('device_id').notNull(),
    signal: text('signal').notNull(),
    raisedAt: instant('raised_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.deviceId, table.signal] }), index('raised_signals_at').on(table.raisedAt)],
)

/** Devices that detection gave no history budget until a tap: a tap after `since` ends it. */
export const earlyTaps = pgTable('early_taps', {
  deviceId: text('device_id').primaryKey(),
  since: instant('since').notNull(),
})
