// What has been read, what is being read, what a tap allows. Changed only by the statements in db/stores/metering*.ts.
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { instant, sealed } from './columns.ts'

const counted = (name: string) => bigint(name, { mode: 'number' })

/**
 * The heads: a row a person and meter, and one for what each of its devices consumed of it, which is given back when the
 * device is ended. Up to three windows; of each the newest sub-bucket's absolute index, what was counted in it (tail) and
 * the sum of the whole ring (total). The person's row of `archive` is the person's lock.
 */
export const meters = pgTable(
  'meters',
  {
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    /** Empty: the person's own. */
    deviceId: text('device_id').notNull().default(''),
    /** `RingMeter` in server/policy/defaults.ts. */
    meter: text('meter').notNull(),
    /** Width in seconds and number of sub-buckets of each window: `60:61,900:97`. */
    layout: text('layout').notNull().default(''),
    /** Reserved and not yet settled. */
    held: counted('held').notNull().default(0),
    width1: counted('width1'),
    width2: counted('width2'),
    width3: counted('width3'),
    size1: counted('size1'),
    size2: counted('size2'),
    size3: counted('size3'),
    newest1: counted('newest1'),
    newest2: counted('newest2'),
    newest3: counted('newest3'),
    tail1: counted('tail1').notNull().default(0),
    tail2: counted('tail2').notNull().default(0),
    tail3: counted('tail3').notNull().default(0),
    total1: counted('total1').notNull().default(0),
    total2: counted('total2').notNull().default(0),
    total3: counted('total3').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.serverName, table.personId, table.deviceId, table.meter] })],
)

/** The sub-buckets before the newest in which anything was counted. */
export const meterBuckets = pgTable(
  'meter_buckets',
  {
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    deviceId: text('device_id').notNull(),
    meter: text('meter').notNull(),
    /** Which window: 1 to 3. */
    place: integer('place').notNull(),
    /** Seconds since the epoch divided by the window's width. */
    bucket: counted('bucket').notNull(),
    used: counted('used').notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.serverName, table.personId, table.deviceId, table.meter, table.place, table.bucket],
    }),
  ],
)

/** Rooms whose history a person read lately, by `roomHash`, and with which device: written at most once a minute. */
export const roomReads = pgTable(
  'room_reads',
  {
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    room: bigint('room', { mode: 'bigint' }).notNull(),
    deviceId: text('device_id').notNull(),
    readAt: instant('read_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.serverName, table.personId, table.room, table.deviceId] })],
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
    events: counted('events').notNull(),
    /** Past it, the reservation counts as consumed. */
    deadline: instant('deadline').notNull(),
  },
  (table) => [
    index('reservations_person').on(table.serverName, table.personId, table.deadline),
    index('reservations_deadline').on(table.deadline),
  ],
)

/**
 * Event ids charged to a device within the last ten minutes, a row an answer: asking again is free. A row of a user id instead of a
 * device: that account changed whom it ignores (`ignoredChanges`).
 */
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
    index('approvals_pending').on(table.expiresAt).where(sql`state = 'pending'`),
    index('approvals_decided').on(table.decidedAt),
  ],
)

export const allowances = pgTable(
  'allowances',
  {
    /** One a tap; a row for each meter it released. */
    id: text('id').notNull(),
    /** `AllowanceMeter` in server/policy/defaults.ts. */
    meter: text('meter').notNull().default('archive'),
    approvalHash: text('approval_hash').notNull(),
    serverName: text('server_name').notNull(),
    personId: text('person_id').notNull(),
    deviceId: text('device_id').notNull(),
    network: text('network').notNull(),
    client: text('client').notNull(),
    /** Room ids. */
    rooms: jsonb('rooms').$type<string[]>().notNull(),
    direction: text('direction').notNull(),
    granted: counted('granted').notNull(),
    used: counted('used').notNull().default(0),
    held: counted('held').notNull().default(0),
    /** Of a release: it pays only for events whose origin_server_ts lies from here, milliseconds, … */
    datesFromMs: bigint('dates_from_ms', { mode: 'number' }),
    /** … to before here. Null in what a person's own tap released: any date. */
    datesUntilMs: bigint('dates_until_ms', { mode: 'number' }),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.meter] }),
    // What an approval releases it releases once, ever.
    unique('allowances_once').on(table.approvalHash, table.meter),
    index('allowances_device').on(table.deviceId),
  ],
)

export const incidents = pgTable(
  'incidents',
  {
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
  },
  (table) => [index('incidents_created').on(table.createdAt, table.id), index('incidents_person').on(table.personId)],
)

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
