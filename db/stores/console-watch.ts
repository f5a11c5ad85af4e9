// What the live page reads, and what gateways say of themselves. The database's clock says when.
import { and, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { AlertConsole } from '../../server/console/alerts/port.ts'
import { tightest } from '../../server/console/watch/near.ts'
import type { NearThreshold, Tap, WatchConsole } from '../../server/console/watch/port.ts'
import type { MeterReading } from '../../server/metering/port.ts'
import type { Clock } from '../../server/platform/clock.ts'
import type { MeteringPolicy } from '../../server/policy/defaults.ts'
import type { Database } from '../client.ts'
import { approvals, meters } from '../schema/metering.ts'
import { people } from '../schema/people.ts'
import { readings } from '../schema/readings.ts'
import { devices } from '../schema/sessions.ts'
import { gatewaysHeard } from '../schema/watch.ts'

/** Answers looked through for who read lately: the newest of the last hour. However much is read, this is read along an index. */
const ANSWERS_LOOKED_THROUGH = 20_000
/**
 * Of those, the people who read last. No index orders heads by how full they are: they change with every charge, which then writes to no
 * index at all, and an index on their sums would cost every reader what one page saves.
 */
const PEOPLE_LOOKED_AT = 2_000
/** Of those who read lately, whose meters are read exactly. */
const READ_EXACTLY = 60
const LISTED = 8
/** How long it is good enough who is near. */
const NEAR_KNOWN_MS = 5_000
/** A gateway that was not heard of for longer is no longer shown. */
const GATEWAYS_SHOWN = sql`interval '10 minutes'`
const HOUR = sql`interval '1 hour'`

export interface ConsoleWatchDeps {
  readonly alerts: Pick<AlertConsole, 'list' | 'open'>
  readonly remaining: (serverName: string, personId: string, limits: MeteringPolicy) => Promise<readonly MeterReading[]>
  /** The policy in force: the limits for everybody, and of somebody in these groups. */
  readonly limits: () => Promise<{
    readonly base: MeteringPolicy
    of(personId: string, groups: readonly string[]): MeteringPolicy
  }>
  readonly totals: WatchConsole['totals']
  readonly clock: Clock
  readonly requestsShare: boolean
}

/** See server/console/watch/port.ts. */
export function consoleWatch(db: Database, deps: ConsoleWatchDeps): WatchConsole {
  const taps = (where: SQL | undefined, order: readonly SQL[], limit: number): Promise<Tap[]> =>
    db
      .select({ approval: approvals, person: PERSON, name: devices.displayName, now: sql<string>`now()` })
      .from(approvals)
      .leftJoin(people, eq(people.id, approvals.personId))
      .leftJoin(devices, eq(devices.id, approvals.deviceId))
      .where(where)
      .orderBy(...order)
      .limit(limit)
      .then((rows) => rows.map(tapOf))
  const pending = and(eq(approvals.state, 'pending'), gt(approvals.expiresAt, sql`now()`))
  const decidedLately = gt(approvals.decidedAt, sql`now() - ${HOUR}`)

  let nearest: { readonly atMs: number; readonly found: readonly NearThreshold[] } | null = null
  async function findNear(): Promise<NearThreshold[]> {
    const limits = await deps.limits()
    const candidates = await db.execute<Candidate>(candidatesQuery(limits.base))
    const found = await Promise.all(
      candidates.map(
        async ({ server_name: serverName, person_id: id, username, display_name: displayName, groups }) => {
          const most = tightest(await deps.remaining(serverName, id, limits.of(id, groups)))
          return most === null ? [] : [{ person: { id, username, displayName }, serverName, ...most }]
        },
      ),
    )
    return found.flat().sort((a, b) => b.share - a.share)
  }

  return {
    requestsShare: deps.requestsShare,
    totals: deps.totals,

    async now() {
      const [gateways, waiting, newestWaiting, states, overdue, newestDecided, open, newestAlerts] = await Promise.all([
        db
          .select()
          .from(gatewaysHeard)
          .where(gt(gatewaysHeard.heardAt, sql`now() - ${GATEWAYS_SHOWN}`))
          .orderBy(gatewaysHeard.serverName, gatewaysHeard.startedAt),
        db.$count(approvals, pending),
        taps(pending, [desc(approvals.expiresAt)], LISTED),
        db
          .select({ state: approvals.state, count: sql<number>`count(*)::int` })
          .from(approvals)
          .where(decidedLately)
          .groupBy(approvals.state),
        // Past its time, whether or not anybody wrote that down.
        db.$count(
          approvals,
          and(eq(approvals.state, 'pending'), sql`${approvals.expiresAt} BETWEEN now() - ${HOUR} AND now()`),
        ),
        taps(and(decidedLately, inArray(approvals.state, ['approved', 'denied'])), [desc(approvals.decidedAt)], LISTED),
        deps.alerts.open(),
        deps.alerts.list({
          state: 'open',
          kind: undefined,
          person: undefined,
          device: undefined,
          after: null,
          limit: LISTED,
        }),
      ])
      const of = (state: string) => states.find((row) => row.state === state)?.count ?? 0
      return {
        gateways,
        pending: { count: waiting, newest: newestWaiting },
        decided: {
          approved: of('approved'),
          denied: of('denied'),
          expired: of('expired') + overdue,
          newest: newestDecided,
        },
        alerts: { open, newest: newestAlerts },
      }
    },

    async near(limit) {
      if (nearest === null || deps.clock.now() - nearest.atMs >= NEAR_KNOWN_MS)
        nearest = { atMs: deps.clock.now(), found: await findNear() }
      return nearest.found.slice(0, limit)
    },

    taps: (personId, after, limit) =>
      taps(
        and(
          eq(approvals.personId, personId),
          after === null
            ? undefined
            : sql`(${approvals.createdAt}, ${approvals.hash}) < (${after.at.toISOString()}::timestamptz, ${after.id})`,
        ),
        [desc(approvals.createdAt), desc(approvals.hash)],
        limit,
      ),
  }
}

const PERSON = { id: people.id, username: people.username, displayName: people.displayName }

interface Candidate extends Record<string, unknown> {
  readonly server_name: string
  readonly person_id: string
  readonly username: string
  readonly display_name: string
  readonly groups: readonly string[]
}

/**
 * Those who read lately, fullest first by the limits for everybody. The heads hold each window's sum as of the last time that it
 * moved: never less than what counts now, so nobody who is near is left out for it.
 */
function candidatesQuery(policy: MeteringPolicy): SQL {
  const caps = Object.entries(policy.windows)
    .filter(([meter]) => meter !== 'live' && meter !== 'tap-release')
    .map(([meter, windows]) => {
      const [one, two, three] = windows.map(({ limit }) => Math.max(1, limit))
      return sql`(${meter}::text, ${one ?? null}::float8, ${two ?? null}::float8, ${three ?? null}::float8)`
    })
  return sql`
    WITH lately AS (
      SELECT server_name, person_id FROM (
        SELECT at, server_name, person_id FROM ${readings} WHERE at > now() - ${HOUR} ORDER BY at DESC, id DESC LIMIT ${ANSWERS_LOOKED_THROUGH}
      ) newest GROUP BY server_name, person_id ORDER BY max(at) DESC LIMIT ${PEOPLE_LOOKED_AT}
    ), caps (meter, one, two, three) AS (VALUES ${sql.join(caps, sql`, `)}), fullest AS (
      SELECT l.server_name, l.person_id, own.share FROM lately l CROSS JOIN LATERAL (
        SELECT max(greatest(m.total1 / c.one, m.total2 / c.two, m.total3 / c.three)) AS share
        FROM ${meters} m JOIN caps c ON c.meter = m.meter
        WHERE m.server_name = l.server_name AND m.person_id = l.person_id AND m.device_id = ''
      ) own
      ORDER BY own.share DESC NULLS LAST LIMIT ${READ_EXACTLY}
    )
    SELECT f.server_name, f.person_id, p.username, p.display_name,
      (SELECT coalesce(json_agg(g.group_id ORDER BY g.group_id), '[]') FROM group_members g WHERE g.person_id = f.person_id) AS groups
    FROM fullest f JOIN ${people} p ON p.id = f.person_id
    ORDER BY f.share DESC NULLS LAST`
}

interface TapRow {
  readonly approval: typeof approvals.$inferSelect
  readonly person: Tap['person']
  readonly name: string | null
  readonly now: string
}

function tapOf({ approval, person, name, now }: TapRow): Tap {
  const overdue = approval.state === 'pending' && approval.expiresAt.getTime() <= Date.parse(now)
  const { amounts, rooms } = askedIn(approval.intent)
  return {
    id: approval.hash,
    state: overdue ? 'expired' : approval.state,
    person,
    device: { id: approval.deviceId, name },
    client: approval.client,
    network: approval.network,
    amounts,
    rooms,
    askedAt: approval.createdAt,
    expiresAt: approval.expiresAt,
    decidedAt: approval.decidedAt,
  }
}

/** What an intent asks for; rooms are counted only. An intent of before there was more than one meter says `max_events`. */
function askedIn(intent: string): Pick<Tap, 'amounts' | 'rooms'> {
  const read = JSON.parse(intent) as {
    amounts?: Tap['amounts']
    max_events?: number
    rooms?: readonly { readonly id: string }[]
  }
  const rooms = read.rooms ?? []
  return {
    amounts: read.amounts ?? [{ meter: 'archive', units: read.max_events ?? 0 }],
    rooms: rooms.length === 0 || rooms.some(({ id }) => id === '*') ? null : rooms.length,
  }
}

/** Says that a gateway is there, and how many requests it holds. */
export async function sayThere(
  db: Database,
  gateway: { readonly id: string; readonly serverName: string; readonly held: number },
): Promise<void> {
  await db
    .insert(gatewaysHeard)
    .values({ ...gateway, startedAt: sql`now()`, heardAt: sql`now()` })
    .onConflictDoUpdate({ target: gatewaysHeard.id, set: { heardAt: sql`now()`, held: gateway.held } })
}

/** Takes a gateway that stops off the list, and those that were not heard of for a day. */
export async function forgetGateway(db: Database, id: string): Promise<void> {
  await db.delete(gatewaysHeard).where(eq(gatewaysHeard.id, id))
}

export async function sweepGateways(db: Database): Promise<void> {
  await db.delete(gatewaysHeard).where(lt(gatewaysHeard.heardAt, sql`now() - interval '1 day'`))
}
