// What the console watches: alerts as they are shown and handled, and the gateways that were heard of.
import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** A row for each alert that was owed to the operators, written with what it tells about. Kept half a year. */
export const alerts = pgTable(
  'alerts',
  {
    /** `alr_…`: the id that receivers of webhooks and mail get. */
    id: text('id').primaryKey(),
    kind: text('kind').notNull(),
    /** What was done beside saying so. */
    action: text('action', { enum: ['alert', 'tap', 'end'] }).notNull(),
    serverName: text('server_name').notNull(),
    personId: text('person_id'),
    /** `dev_…`, `svc_…` */
    deviceId: text('device_id'),
    explanation: jsonb('explanation').$type<{ fr: string; en: string }>().notNull(),
    evidence: jsonb('evidence').$type<Record<string, number>>().notNull(),
    raisedAt: instant('raised_at').notNull(),
    state: text('state', { enum: ['open', 'handled'] })
      .notNull()
      .default('open'),
    handledAt: instant('handled_at'),
    /** The administrator. */
    handledBy: text('handled_by'),
    /** What was done: it was looked at, its device was ended, all of the person's were. */
    handledHow: text('handled_how', { enum: ['noted', 'device-ended', 'person-ended'] }),
    note: text('note'),
    /** Ways in which the person was owed word of it. */
    told: jsonb('told').$type<string[]>(),
  },
  (table) => [
    index('alerts_raised').on(table.raisedAt, table.id),
    index('alerts_open').on(table.raisedAt, table.id).where(sql`state = 'open'`),
    index('alerts_person').on(table.personId, table.raisedAt),
    index('alerts_device').on(table.deviceId),
  ],
)

/** A row for each gateway process: it says every few seconds that it is there, and how many requests it holds. */
export const gatewaysHeard = pgTable('gateways_heard', {
  /** `gwp_…`: new at each start. */
  id: text('id').primaryKey(),
  serverName: text('server_name').notNull(),
  startedAt: instant('started_at').notNull(),
  heardAt: instant('heard_at').notNull(),
  /** Requests that wait for a tap. */
  held: integer('held').notNull(),
})
