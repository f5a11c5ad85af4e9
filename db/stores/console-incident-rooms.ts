// Rooms that were within reach of a device or a person, as far as the store tells: those read, those asked for and withheld, and those
// that prompts named. Memberships are the homeserver's, and live traffic leaves no line by room: such rooms are not in it.
import { and, eq, gte, lt, sql } from 'drizzle-orm'
import type { Report } from '../../server/console/incidents/port.ts'
import type { Database } from '../client.ts'
import { approvals } from '../schema/metering.ts'
import { readings } from '../schema/readings.ts'
import { type LinesScope, whereOf } from './console-incident-lines.ts'

/** In one report; the number of all is beside them. */
const ROOMS = 200

type Reachable = NonNullable<Report['reachable']>
type Room = Reachable['rooms'][number]

/** Of a person or a device. `pseudonym`: a room's other name, as the lines have it. */
export async function roomsWithin(
  db: Pick<Database, 'select' | 'execute'>,
  scope: LinesScope & { readonly personId: string },
  pseudonym: (roomId: string) => string,
): Promise<Reachable> {
  const where = whereOf(scope)
  // Bytes of files would drown the rest.
  const read = await db.execute<{ room: string; units: number; answers: number }>(sql`
    SELECT p ->> 'r' AS room, sum(r.answers)::float8 AS answers, sum(coalesce((SELECT sum(m.value::bigint)
      FROM jsonb_each_text(p -> 'u') m WHERE m.key <> 'media-bytes'), 0))::float8 AS units
    FROM ${readings} r, jsonb_array_elements(r.parts) p WHERE ${where} AND p ? 'r' GROUP BY 1`)
  const refused = await db.execute<{ room: string; answers: number }>(sql`
    SELECT asked.room, sum(r.answers)::float8 AS answers FROM ${readings} r, unnest(r.asked_rooms) asked (room)
    WHERE ${where} GROUP BY 1`)
  const prompts = await db
    .select({ intent: approvals.intent, state: approvals.state })
    .from(approvals)
    .where(
      and(
        eq(approvals.personId, scope.personId),
        scope.deviceId === null ? undefined : eq(approvals.deviceId, scope.deviceId),
        gte(approvals.createdAt, scope.from),
        lt(approvals.createdAt, scope.to),
      ),
    )
  const rooms = new Map<string, { -readonly [Name in keyof Room]: Room[Name] }>()
  const at = (room: string) => {
    const known = rooms.get(room) ?? { room, units: 0, answers: 0, withheld: 0, asked: 0, approved: 0 }
    rooms.set(room, known)
    return known
  }
  for (const { room, units, answers } of read) Object.assign(at(room), { units, answers })
  for (const { room, answers } of refused) at(room).withheld = answers
  for (const { intent, state } of prompts) {
    for (const id of new Set(roomIdsOf(intent))) {
      const named = at(pseudonym(id))
      named.asked += 1
      if (state === 'approved') named.approved += 1
    }
  }
  const all = [...rooms.values()].sort(
    (a, b) => b.units - a.units || b.approved - a.approved || b.withheld - a.withheld || (a.room < b.room ? -1 : 1),
  )
  return { rooms: all.slice(0, ROOMS), total: all.length }
}

/** The rooms that a prompt named, by their ids. One of a form not known here names none. */
function roomIdsOf(intent: string): readonly string[] {
  try {
    const { rooms } = JSON.parse(intent) as { rooms?: unknown }
    if (!Array.isArray(rooms)) return []
    return rooms.flatMap((room: { id?: unknown } | null) => (typeof room?.id === 'string' ? [room.id] : []))
  } catch {
    return []
  }
}
