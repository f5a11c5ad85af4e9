// What the stored lines say of a device, a person or a time: by meter, by room, by person.
import { type SQL, sql } from 'drizzle-orm'
import type { Report } from '../../server/console/incidents/port.ts'
import type { Database } from '../client.ts'
import { people } from '../schema/people.ts'
import { readings } from '../schema/readings.ts'

const ROOMS = 100
const PEOPLE = 100

export interface LinesScope {
  readonly personId: string | null
  readonly deviceId: string | null
  readonly from: Date
  readonly to: Date
}

export type LinesFound = Pick<Report, 'withheld' | 'rooms' | 'roomsTotal' | 'people' | 'firstByteAt' | 'lastByteAt'> & {
  readonly received: ReadonlyMap<
    string,
    { readonly units: number; readonly undelivered: number; readonly uncharged: number }
  >
}

/** Everything that a report takes from stored lines. */
export async function linesWithin(db: Pick<Database, 'execute'>, scope: LinesScope): Promise<LinesFound> {
  const where = whereOf(scope)
  const received = await db.execute<{ meter: string; units: number; undelivered: number; uncharged: number }>(sql`
    SELECT m.key AS meter, sum(m.value::bigint)::float8 AS units,
      coalesce(sum(m.value::bigint) FILTER (WHERE r.reason = 'client-gone'), 0)::float8 AS undelivered,
      coalesce(sum(m.value::bigint) FILTER (WHERE r.reason IN ('observed', 'exempt')), 0)::float8 AS uncharged
    FROM ${readings} r, jsonb_array_elements(r.parts) p, jsonb_each_text(p -> 'u') m WHERE ${where} GROUP BY 1`)
  const withheld = await db.execute<{ meter: string; answers: number; units: number }>(sql`
    SELECT coalesce(r.meter, 'archive') AS meter, sum(r.answers)::float8 AS answers, sum(r.withheld)::float8 AS units
    FROM ${readings} r WHERE ${where} AND r.withheld > 0 AND r.decision IN ('withheld', 'trimmed') GROUP BY 1 ORDER BY 1`)
  const rooms = await db.execute<RoomRow>(sql`
    SELECT p ->> 'r' AS room, m.key AS meter, sum(m.value::bigint)::float8 AS units, sum(r.answers)::float8 AS answers,
      min(r.at) AS first_at, max(r.at) AS last_at, min(r.from_at) AS dates_from, max(r.to_at) AS dates_to
    FROM ${readings} r, jsonb_array_elements(r.parts) p, jsonb_each_text(p -> 'u') m
    WHERE ${where} AND p ? 'r' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${ROOMS}`)
  const [ends] = await db.execute<{ rooms: number; first: string | null; last: string | null }>(sql`
    SELECT count(DISTINCT p ->> 'r')::float8 AS rooms, min(r.at) FILTER (WHERE r.reason <> 'client-gone') AS first,
      max(r.at) FILTER (WHERE r.reason <> 'client-gone') AS last
    FROM ${readings} r, jsonb_array_elements(r.parts) p WHERE ${where} AND p -> 'u' <> '{}'`)
  return {
    received: new Map(received.map(({ meter, ...rest }) => [meter, rest])),
    withheld,
    rooms: rooms.map((row) => ({
      room: row.room,
      meter: row.meter,
      units: row.units,
      answers: row.answers,
      firstAt: new Date(row.first_at),
      lastAt: new Date(row.last_at),
      datesFrom: instant(row.dates_from),
      datesTo: instant(row.dates_to),
    })),
    roomsTotal: ends?.rooms ?? 0,
    firstByteAt: instant(ends?.first ?? null),
    lastByteAt: instant(ends?.last ?? null),
    people: scope.personId === null ? await peopleWithin(db, where) : [],
  }
}

interface RoomRow extends Record<string, unknown> {
  readonly room: string
  readonly meter: string
  readonly units: number
  readonly answers: number
  readonly first_at: string
  readonly last_at: string
  readonly dates_from: string | null
  readonly dates_to: string | null
}

// Bytes of files would drown the rest: people are ranked by all other meters.
async function peopleWithin(db: Pick<Database, 'execute'>, where: SQL): Promise<Report['people']> {
  const found = await db.execute<{
    id: string
    username: string | null
    display_name: string | null
    units: number
    withheld: number
  }>(sql`
    SELECT r.person_id AS id, o.username, o.display_name, sum(r.units)::float8 AS units, sum(r.withheld)::float8 AS withheld
    FROM (SELECT r.person_id, r.withheld, coalesce((SELECT sum(m.value::bigint) FROM jsonb_array_elements(r.parts) p,
        jsonb_each_text(p -> 'u') m WHERE m.key <> 'media-bytes'), 0) AS units FROM ${readings} r WHERE ${where}) r
      LEFT JOIN ${people} o ON o.id = r.person_id
    GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1 LIMIT ${PEOPLE}`)
  return found.map(({ id, username, display_name: name, units, withheld }) => ({
    id,
    username: username ?? id,
    displayName: name ?? '',
    units,
    withheld,
  }))
}

/** Which lines, of the table under the name `r`. */
export function whereOf({ personId, deviceId, from, to }: LinesScope): SQL {
  const whose = personId === null ? sql`true` : sql`r.person_id = ${personId}`
  const which = deviceId === null ? sql`true` : sql`r.device_id = ${deviceId}`
  return sql`${whose} AND ${which} AND r.at >= ${from.toISOString()} AND r.at < ${to.toISOString()}`
}

function instant(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
