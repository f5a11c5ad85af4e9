// What has been read, what is being read, what a tap allows. Changed only by the statements in db/stores/metering.
import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'

/** One row a person and meter: the rings of sub-buckets of every window of that meter. */
export const meters = pgTable(
  'meters',
  {
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    meter: text('meter', { enum: ['archive', 'catch-up', 'live', 'state', 'tap-release'] }).notNull(),
    /** For each window in policy order: the absolute index of its newest sub-bucket. */
    newest: bigint('newest', { mode: 'number' }).array().notNull(),
    /** For each window in policy order: its sub-buckets, concatenated, oldest first. */
    used: integer('used').array().notNull(),
    /** Reserved and not yet settled. */
    held: integer('held').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.serverName, table.personId, table.meter] })],
)

/** What each device consumed of its person's windows, in the same rings: given back when the device is ended. */
export const deviceMeters = pgTable(
  'device_meters',
  {
    deviceId: text('device_id').notNull(),
    meter: text('meter').notNull(),
    newest: bigint('newest', { mode: 'number' }).array().notNull(),
    used: integer('used').array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.deviceId, table.meter] })],
)

/** A new device's first-sync window: a row once it was used or closed. */
export const firstSyncs = pgTable('first_syncs', {
  deviceId: text('device_id').primaryKey(),
  used: integer('used').notNull().default(0),
  /** When the device came back with a position. */
  closedAt: instant('closed_at'),
})

export const reservations = pgTable(
  'reservations',
  {
    id: text('id').primaryKey(),
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    deviceId: text('device_id').notNull(),
    /** `archive`, or `none` for a repetition that may draw on nothing. */
    meter: text('meter').notNull(),
    /** Null when it draws on the person's window. */
    allowanceId: text('allowance_id'),
    events: integer('events').notNull(),
    /** Past it, the reservation counts as consumed. */
    deadline: instant('deadline').notNull(),
  },
  (table) => [
    index('reservations_person').on(table.serverName, table.personId),
    index('reservations_deadline').on(table.deadline),
  ],
)

/** Event ids charged to a device within the last ten minutes, a row an answer: asking again is free. */
export const chargedEvents = pgTable(
  'charged_events',
  {
    deviceId: text('device_id').notNull(),
    /** Keyed hash of the request, so that its repetition is let through with the same clamp. */
    requestHash: text('request_hash').notNull(),
    /** The limit that was sent upstream. */
    limitUsed: integer('limit_used'),
    /** Keyed 64-bit hashes of the event ids. */
    eventHashes: bigint('event_hashes', { mode: 'bigint' }).array().notNull(),
    chargedAt: instant('charged_at').notNull(),
  },
  (table) => [index('charged_events_device').on(table.deviceId, table.chargedAt)],
)

export const approvals = pgTable(
  'approvals',
  {
    /** SHA-256 of the approval's token in the link. */
    hash: text('hash').primaryKey(),
    /** The token, sealed, so that the companion page can link to it. */
    sealedToken: sealed('sealed_token').notNull(),
    state: text('state', { enum: ['pending', 'approved', 'denied', 'expired'] }).notNull(),
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    deviceId: text('device_id').notNull(),
    network: text('network').notNull(),
    client: text('client').notNull(),
    /** The intent as canonical JSON (RFC 8785): exactly the bytes whose hash is signed. */
    intent: text('intent').notNull(),
    /** Prompts merge only when this is equal: device, rooms, direction, network, client. */
    mergeKey: text('merge_key').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    decidedAt: instant('decided_at'),
    decidedBy: text('decided_by'),
    credentialId: text('credential_id'),
    /** The receipt, as JSON. */
    receipt: jsonb('receipt'),
  },
  (table) => [
    index('approvals_person').on(table.personId, table.state),
    // Two gateways asking the same at once get the same prompt.
    uniqueIndex('approvals_one_pending').on(table.mergeKey).where(sql`state = 'pending'`),
  ],
)

export const allowances = pgTable(
  'allowances',
  {
    id: text('id').primaryKey(),
    /** One allowance an approval, ever. */
    approvalHash: text('approval_hash').notNull().unique(),
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    deviceId: text('device_id').notNull(),
    network: text('network').notNull(),
    client: text('client').notNull(),
    /** Room ids. */
    rooms: jsonb('rooms').$type<string[]>().notNull(),
    direction: text('direction').notNull(),
    granted: integer('granted').notNull(),
    used: integer('used').notNull().default(0),
    held: integer('held').notNull().default(0),
    /** Of a release: it pays only for events whose origin_server_ts lies from here, milliseconds, … */
    datesFromMs: bigint('dates_from_ms', { mode: 'number' }),
    /** … to before here. Null in what a person's own tap released: any date. */
    datesUntilMs: bigint('dates_until_ms', { mode: 'number' }),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('allowances_device').on(table.deviceId)],
)

export const incidents = pgTable('incidents', {
  id: text('id').primaryKey(),
  serverName: text('server_name').notNull(),
  personId: text('person_id').notNull(),
  /** A device is given back once. */
  deviceId: text('device_id').notNull().unique(),
  reason: text('reason').notNull(),
  /** Events by meter that the ended device consumed in the windows. */
  consumed: jsonb('consumed').$type<Record<string, number>>().notNull(),
  /** Whether the person's windows were given that back: only so often, or ending devices would be a way around them. */
  givenBack: boolean('given_back').notNull().default(false),
  createdAt: instant('created_at').notNull(),
})

/** Where a trimmed room timeline resumes: the newest withheld event and its exact token. */
export const resumePoints = pgTable(
  'resume_points',
  {
    deviceId: text('device_id').notNull(),
    roomId: text('room_id').notNull(),
    withheldEventId: text('withheld_event_id').notNull(),
    token: text('token').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.deviceId, table.roomId, table.withheldEventId] })],
)

export const sealKeys = pgTable('seal_keys', {
  /** Key ids in use, with a sealed probe each: a wrong PALIER_SECRET is noticed at start. */
  keyId: text('key_id').primaryKey(),
  probe: sealed('probe').notNull(),
  createdAt: instant('created_at').notNull(),
  retiredAt: instant('retired_at'),
})
