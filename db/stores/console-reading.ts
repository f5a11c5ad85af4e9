// Stored reading as charts, a person's page and the policy simulator read it.
import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { PersonReading, ReadingStore, ReadingTotal } from '../../server/console/reading/port.ts'
import type { TrafficRecord } from '../../server/policy/simulation/record.ts'
import type { Database } from '../client.ts'
import { type ReadingPart, readings, readingTotals } from '../schema/readings.ts'
import { devices } from '../schema/sessions.ts'

const WIDTHS = { minute: 60, hour: 3600 } as const
const HOUR_MS = 3_600_000
/** Lines in memory at a time when all of them are read. */
const PAGE_LINES = 5_000
/** Rooms of a line, as in the log. */
const ROOMS_IN_LINE = 5

/** See server/console/reading/port.ts. */
export function consoleReading(db: Database): ReadingStore {
  return {
    async totals({ from, to, width }) {
      const { meter, decision, answers, units, withheld, at } = readingTotals
      if (width === 'day') return totalsByDay(db, from, to)
      return db
        .select({ at, meter, decision, answers, units, withheld })
        .from(readingTotals)
        .where(and(eq(readingTotals.width, WIDTHS[width]), gte(at, from), lt(at, to)))
        .orderBy(asc(at), asc(meter), asc(decision))
    },

    async person({ personId, from, to, by }) {
      const rows = await db.execute<Raw<PersonReading>>(sql`
        SELECT date_trunc(${by}, at, 'UTC') AS at, room, meter, sum(answers)::float8 AS answers, sum(units)::float8 AS units,
          sum(withheld)::float8 AS withheld
        FROM (
          SELECT r.at, p ->> 'r' AS room, m.key AS meter, r.answers, m.value::bigint AS units, 0 AS withheld
          FROM ${readings} r, jsonb_array_elements(r.parts) p, jsonb_each_text(p -> 'u') m
          WHERE r.person_id = ${personId} AND r.at >= ${from.toISOString()} AND r.at < ${to.toISOString()}
          UNION ALL
          SELECT r.at, CASE WHEN cardinality(r.asked_rooms) = 1 THEN r.asked_rooms[1] END, coalesce(r.meter, 'archive'),
            CASE WHEN r.parts = '[]' THEN r.answers ELSE 0 END, 0, r.withheld
          FROM ${readings} r
          WHERE r.person_id = ${personId} AND r.at >= ${from.toISOString()} AND r.at < ${to.toISOString()} AND r.withheld > 0
        ) line GROUP BY 1, 2, 3 ORDER BY 1, 2 NULLS LAST, 3`)
      return rows.map((row) => ({ ...row, at: new Date(row.at) }))
    },

    async *lines({ from, to }) {
      const hours = Math.ceil((to.getTime() - from.getTime()) / HOUR_MS)
      for (let hour = 0; hour < hours; hour++) {
        const start = new Date(from.getTime() + hour * HOUR_MS)
        const end = new Date(Math.min(to.getTime(), start.getTime() + HOUR_MS))
        const signedIn = await signIns(db, start, end)
        for await (const read of linesOf(db, start, end)) {
          while (signedIn[0] && signedIn[0].atMs <= read.atMs) yield signedIn.shift() as TrafficRecord
          yield read
        }
        yield* signedIn
      }
    },
  }
}

/** Years of hours are added up where they are: half a million rows are not sent for a chart of days. */
async function totalsByDay(db: Database, from: Date, to: Date): Promise<ReadingTotal[]> {
  const rows = await db.execute<Raw<ReadingTotal>>(sql`
    SELECT date_trunc('day', at, 'UTC') AS at, meter, decision, sum(answers)::float8 AS answers, sum(units)::float8 AS units,
      sum(withheld)::float8 AS withheld
    FROM ${readingTotals} WHERE width = ${WIDTHS.hour} AND at >= ${from.toISOString()} AND at < ${to.toISOString()}
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`)
  return rows.map((row) => ({ ...row, at: new Date(row.at) }))
}

/** A row as the driver gives it: instants are text. */
type Raw<Row> = Omit<Row, 'at'> & { readonly at: string } & Record<string, unknown>

async function signIns(db: Database, from: Date, to: Date): Promise<TrafficRecord[]> {
  const rows = await db
    .select({ at: devices.createdAt, person: devices.personId, device: devices.id, network: devices.network })
    .from(devices)
    .where(and(gte(devices.createdAt, from), lt(devices.createdAt, to)))
    .orderBy(asc(devices.createdAt), asc(devices.id))
  return rows.map(({ at, ...who }) => ({
    ...who,
    atMs: at.getTime(),
    kind: 'sign-in',
    groups: [],
    route: '',
    rooms: [],
    units: {},
    withheld: false,
  }))
}

async function* linesOf(db: Database, from: Date, to: Date): AsyncIterable<TrafficRecord> {
  let after: { readonly at: Date; readonly id: number } | null = null
  for (;;) {
    const page: Line[] = await db
      .select({
        id: readings.id,
        at: readings.at,
        personId: readings.personId,
        deviceId: readings.deviceId,
        network: readings.network,
        groups: readings.groups,
        route: readings.route,
        decision: readings.decision,
        parts: readings.parts,
        asked: readings.asked,
        askedRooms: readings.askedRooms,
      })
      .from(readings)
      .where(
        and(
          gte(readings.at, from),
          lt(readings.at, to),
          after === null
            ? undefined
            : sql`(${readings.at}, ${readings.id}) > (${after.at.toISOString()}::timestamptz, ${after.id})`,
        ),
      )
      .orderBy(asc(readings.at), asc(readings.id))
      .limit(PAGE_LINES)
    for (const line of page) yield recordOf(line)
    const last = page.at(-1)
    if (page.length < PAGE_LINES || last === undefined) return
    after = last
  }
}

type Line = Pick<
  typeof readings.$inferSelect,
  'id' | 'at' | 'personId' | 'deviceId' | 'network' | 'groups' | 'route' | 'decision' | 'parts' | 'asked' | 'askedRooms'
>

function recordOf(line: Line): TrafficRecord {
  const named = line.parts.flatMap(({ r }) => r ?? [])
  return {
    atMs: line.at.getTime(),
    kind: 'read',
    person: line.personId,
    device: line.deviceId,
    network: line.network,
    groups: line.groups ?? [],
    route: line.route,
    rooms: (named.length > 0 ? named : (line.askedRooms ?? [])).slice(0, ROOMS_IN_LINE),
    units: line.asked ?? unitsOf(line.parts),
    withheld: line.decision === 'withheld',
  }
}

function unitsOf(parts: readonly ReadingPart[]): Record<string, number> {
  const units: Record<string, number> = {}
  for (const { u } of parts) for (const [meter, count] of Object.entries(u)) units[meter] = (units[meter] ?? 0) + count
  return units
}
