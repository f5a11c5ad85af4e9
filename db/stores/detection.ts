// What detection reads of the meters and remembers of its own. The database's clock decides.
import { and, eq, gt, lte, sql } from 'drizzle-orm'
import type { DetectionStore, Habits, Signal, Subject } from '../../server/detection/port.ts'
import { minutesOf, type RingRow, windowUsed } from '../../server/detection/rings.ts'
import { sha256Base64Url } from '../../server/platform/crypto.ts'
import type { MeteringPolicy, WindowPolicy } from '../../server/policy/defaults.ts'
import type { Database } from '../client.ts'
import { earlyTaps, personHabits, raisedSignals } from '../schema/detection.ts'
import { approvals, roomReads } from '../schema/metering.ts'
import { devices } from '../schema/sessions.ts'

/** Networks, or clients, that are remembered of a person: whoever varies theirs fills no table. */
const REMEMBERED_OF_A_KIND = 60
const DAY_SECONDS = 86_400

interface HabitRow {
  readonly kind: 'day' | 'hour' | 'network' | 'client' | 'directory'
  readonly value: string
  readonly before: number
}

interface FactsRow extends Record<string, unknown> {
  readonly now_ms: string
  readonly hour: number
  readonly archive: RingRow | null
  readonly directory: RingRow | null
  readonly live: RingRow | null
  readonly rooms: number
  readonly denied: number
  readonly habits: readonly HabitRow[]
}

/** Implements detection's store; see server/detection/port.ts for what each call promises. */
export function detectionStore(db: Database): DetectionStore {
  return {
    async facts(subject, policy) {
      const [row] = await db.execute<FactsRow>(factsQuery(subject))
      if (row === undefined) throw new Error('the facts have no row')
      const nowMs = Number(row.now_ms)
      return {
        nowMs,
        hour: row.hour,
        archiveMinutes: minutesOf(row.archive, policy.windows.archive, nowMs),
        roomsLastHour: row.rooms,
        directoryLastDay: ofLastDay(row.directory, policy.windows.directory, nowMs),
        live: liveOf(row.live, policy, nowMs),
        deniedLastDay: row.denied,
        habits: habitsOf(row.habits, subject),
      }
    },

    async learn(subject, directory) {
      const { serverName, personId } = subject
      const hour = sql`to_char(clock_timestamp() AT TIME ZONE 'UTC', 'HH24')`
      await db.execute(sql`
        INSERT INTO ${personHabits} AS h (server_name, person_id, kind, value, first_at, last_at, days, last_day)
        SELECT ${serverName}, ${personId}, seen.kind, seen.value, clock_timestamp(), clock_timestamp(), 1,
          (clock_timestamp() AT TIME ZONE 'UTC')::date
        FROM (VALUES ('day', ''), ('hour', ${hour}), ('network', ${subject.network}::text), ('client', ${clientValue(subject)}::text)
          ${directory ? sql`, ('directory', '')` : sql``}) AS seen (kind, value)
        WHERE (SELECT count(*) FROM ${personHabits} k
          WHERE k.server_name = ${serverName} AND k.person_id = ${personId} AND k.kind = seen.kind) < ${REMEMBERED_OF_A_KIND}
          OR EXISTS (SELECT 1 FROM ${personHabits} k WHERE k.server_name = ${serverName} AND k.person_id = ${personId}
            AND k.kind = seen.kind AND k.value = seen.value)
        ORDER BY seen.kind, seen.value
        ON CONFLICT (server_name, person_id, kind, value) DO UPDATE SET
          last_at = excluded.last_at,
          days = h.days + CASE WHEN excluded.last_day > h.last_day THEN 1 ELSE 0 END,
          last_day = greatest(h.last_day, excluded.last_day)`)
    },

    async raiseOnce({ device }, { signal }, raise) {
      return db.transaction(async (tx) => {
        const raised = await tx
          .insert(raisedSignals)
          .values({ deviceId: device, signal, raisedAt: sql`clock_timestamp()` })
          .onConflictDoUpdate({
            target: [raisedSignals.deviceId, raisedSignals.signal],
            set: { raisedAt: sql`clock_timestamp()` },
            setWhere: lte(raisedSignals.raisedAt, sql`clock_timestamp() - interval '1 hour'`),
          })
          .returning({ signal: raisedSignals.signal })
        if (raised.length === 0) return false
        await raise(tx)
        return true
      })
    },

    async recent(device) {
      const rows = await db
        .select({ signal: raisedSignals.signal })
        .from(raisedSignals)
        .where(
          and(
            eq(raisedSignals.deviceId, device),
            gt(raisedSignals.raisedAt, sql`clock_timestamp() - interval '1 hour'`),
          ),
        )
      return rows.map(({ signal }) => signal as Signal)
    },

    async askForTap(device, tx) {
      await tx
        .insert(earlyTaps)
        .values({ deviceId: device, since: sql`clock_timestamp()` })
        .onConflictDoUpdate({ target: earlyTaps.deviceId, set: { since: sql`clock_timestamp()` } })
    },

    async waitingForTap() {
      const rows = await db
        .select({ device: earlyTaps.deviceId })
        .from(earlyTaps)
        .innerJoin(devices, eq(devices.id, earlyTaps.deviceId))
        .where(and(sql`${devices.endedAt} IS NULL`, lte(devices.lastTapAt, earlyTaps.since)))
      return new Set(rows.map(({ device }) => device))
    },

    async sweep() {
      await db.execute(sql`DELETE FROM ${personHabits} WHERE last_at < clock_timestamp() - interval '90 days'`)
      await db.execute(sql`DELETE FROM ${raisedSignals} WHERE raised_at < clock_timestamp() - interval '1 day'`)
      await db.execute(sql`
        DELETE FROM ${earlyTaps} e WHERE NOT EXISTS (
          SELECT 1 FROM ${devices} d WHERE d.id = e.device_id AND d.ended_at IS NULL AND d.last_tap_at <= e.since)`)
    },
  }
}

function factsQuery({ serverName, personId, device }: Subject) {
  // What the device itself was given: another device of the person is not to answer for it.
  const ring = (meter: string) =>
    sql`(SELECT jsonb_build_object('newest', m.newest, 'used', m.used) FROM meter_rings m WHERE m.server_name = ${serverName}
      AND m.person_id = ${personId} AND m.device_id = ${device} AND m.meter = ${meter})`
  return sql`
    SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms,
      extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC')::int AS hour,
      ${ring('archive')} AS archive,
      ${ring('directory')} AS directory,
      ${ring('live')} AS live,
      (SELECT count(*)::int FROM ${roomReads} r WHERE r.server_name = ${serverName} AND r.person_id = ${personId}
        AND r.device_id = ${device} AND r.read_at > clock_timestamp() - interval '1 hour') AS rooms,
      (SELECT count(*)::int FROM ${approvals} a WHERE a.person_id = ${personId} AND a.state = 'denied'
        AND a.device_id = ${device} AND a.decided_at > clock_timestamp() - interval '1 day') AS denied,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', h.kind, 'value', h.value, 'before',
          h.days - CASE WHEN h.last_at > clock_timestamp() - interval '1 day' THEN 1 ELSE 0 END)), '[]'::jsonb)
        FROM ${personHabits} h WHERE h.server_name = ${serverName} AND h.person_id = ${personId}
        AND h.first_at <= clock_timestamp() - interval '1 day') AS habits`
}

/** The window of a day, or the longest one below it. */
function ofLastDay(row: RingRow | null, windows: readonly WindowPolicy[], nowMs: number): number {
  const lengths = windows.map(({ windowSeconds }) => windowSeconds)
  const index = lengths.indexOf(Math.max(...lengths.filter((seconds) => seconds <= DAY_SECONDS), 0))
  return index === -1 ? 0 : windowUsed(row, windows, index, nowMs)
}

/** The window that is nearest to its ceiling, or furthest past it. */
function liveOf(row: RingRow | null, policy: MeteringPolicy, nowMs: number): { events: number; ceiling: number } {
  const all = policy.windows.live.map(({ limit }, index) => ({
    events: windowUsed(row, policy.windows.live, index, nowMs),
    ceiling: limit,
  }))
  return all.sort((a, b) => b.events * a.ceiling - a.events * b.ceiling)[0] ?? { events: 0, ceiling: 0 }
}

function habitsOf(rows: readonly HabitRow[], subject: Subject): Habits {
  const hours = new Array<number>(24).fill(0)
  let days = 0
  const known = new Set<string>()
  for (const { kind, value, before } of rows) {
    if (kind === 'hour') hours[Number(value)] = before
    else if (kind === 'day') days = before
    else known.add(`${kind} ${value}`)
  }
  return {
    days,
    hours,
    networkKnown: known.has(`network ${subject.network}`),
    clientKnown: known.has(`client ${clientValue(subject)}`),
    directoryKnown: known.has('directory '),
  }
}

/** A client without its version numbers: an update is not a new client. Only its hash is kept. */
function clientValue({ client }: Subject): string {
  return sha256Base64Url(client.replaceAll(/\d+(?:[._]\d+)*/g, ''))
}
