// Incidents, and the report of one: what the meters say exactly, and what the stored lines say beside it.
import { and, asc, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type {
  IncidentConsole,
  IncidentRow,
  Report,
  ReportAsk,
  ReportedIncident,
} from '../../server/console/incidents/port.ts'
import type { MeterReading } from '../../server/metering/port.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import type { Database } from '../client.ts'
import { allowances, approvals, firstSyncs, incidents } from '../schema/metering.ts'
import { people } from '../schema/people.ts'
import { devices } from '../schema/sessions.ts'
import { alerts } from '../schema/watch.ts'
import { linesWithin } from './console-incident-lines.ts'
import { roomsWithin } from './console-incident-rooms.ts'
import { wordsOfEnds } from './console-incident-words.ts'

const LISTED = 100
/** Prompts and alerts in one report. */
const TOLD = 200
/** Meters that count no reading: live traffic, and what taps released. */
const NOT_READ = ['live', 'tap-release']

export interface ConsoleIncidentsDeps {
  readonly remaining: (serverName: string, personId: string, at: Date) => Promise<readonly MeterReading[]>
  readonly serverName: string
  /** A room's other name, as the lines have it. */
  readonly pseudonym: (roomId: string) => string
}

/** See server/console/incidents/port.ts. */
export function consoleIncidents(db: Database, deps: ConsoleIncidentsDeps): IncidentConsole {
  return {
    list: ({ personId, reason, after, limit }) =>
      rows(
        db,
        and(
          personId === undefined ? undefined : eq(incidents.personId, personId),
          reason === undefined ? undefined : eq(incidents.reason, reason),
          after === null
            ? undefined
            : sql`(${incidents.createdAt}, ${incidents.id}) < (${after.at.toISOString()}::timestamptz, ${after.id})`,
        ),
        limit,
      ),
    report: (ask) =>
      db.transaction(
        async (tx) => {
          await tx.execute(sql`SET LOCAL statement_timeout = '30s'`)
          return report(tx, ask, deps.pseudonym)
        },
        { isolationLevel: 'repeatable read', accessMode: 'read only' },
      ),
    async reach(personId, at) {
      const readings = await deps.remaining(deps.serverName, personId, at)
      return readings.map(({ meter, windowSeconds, limit, used }) => ({ meter, windowSeconds, limit, used }))
    },
  }
}

type From = Pick<Database, 'select' | 'execute'>

async function rows(db: From, where: SQL | undefined, limit: number): Promise<IncidentRow[]> {
  const found = await db
    .select({
      id: incidents.id,
      at: incidents.createdAt,
      reason: incidents.reason,
      consumed: incidents.consumed,
      givenBack: incidents.givenBack,
      person: { id: people.id, username: people.username, displayName: people.displayName },
      device: {
        id: devices.id,
        name: devices.displayName,
        client: devices.client,
        network: devices.network,
        signedInAt: devices.createdAt,
        endedAt: devices.endedAt,
      },
    })
    .from(incidents)
    .leftJoin(people, eq(people.id, incidents.personId))
    .leftJoin(devices, eq(devices.id, incidents.deviceId))
    .where(where)
    .orderBy(desc(incidents.createdAt), desc(incidents.id))
    .limit(limit)
  return found
}

async function reported(db: From, where: SQL | undefined, limit: number): Promise<ReportedIncident[]> {
  const found = await rows(db, where, limit)
  const said = await wordsOfEnds(
    db,
    found.flatMap(({ device }) => (device === null ? [] : [device.id])),
  )
  return found.map((row) => ({ ...row, said: said.get(row.device?.id ?? '') ?? null }))
}

type Pseudonym = ConsoleIncidentsDeps['pseudonym']

async function report(db: From, ask: ReportAsk, pseudonym: Pseudonym): Promise<Report | null> {
  if (!('incident' in ask)) return reportWithin(db, ask, pseudonym)
  const [incident] = await reported(db, eq(incidents.id, ask.incident), 1)
  if (incident === undefined || incident.person === null || incident.device === null) return null
  const { person, device } = incident
  const from = device.signedInAt
  // What was under way when it ended may have been written down a moment later.
  const to = new Date(incident.at.getTime() + 60_000)
  const scope = { personId: person.id, deviceId: device.id, from, to }
  const lines = await linesWithin(db, scope)
  const paid = await paidBy(db, device.id)
  const meters = new Set([...Object.keys(incident.consumed), ...paid.approvals.keys(), ...lines.received.keys()])
  for (const meter of NOT_READ) meters.delete(meter)
  if (paid.firstSync > 0) meters.add('first-sync')
  return {
    ...(await around(db, scope)),
    ...lines,
    kind: 'device',
    incident,
    person,
    from,
    to: incident.at,
    received: [...meters].sort().map((meter) => ({
      meter,
      byMeters: {
        windows: incident.consumed[meter] ?? 0,
        approvals: paid.approvals.get(meter) ?? 0,
        firstSync: meter === 'first-sync' ? paid.firstSync : 0,
        uncharged: lines.received.get(meter)?.uncharged ?? 0,
        whole: meter !== 'state' && incident.at.getTime() - from.getTime() < longestWindowMs(meter),
      },
      byLines: meter === 'rooms' ? lines.roomsTotal : (lines.received.get(meter)?.units ?? 0),
      undelivered: lines.received.get(meter)?.undelivered ?? 0,
    })),
    liveLately: incident.consumed['live'] ?? 0,
    reachable: await roomsWithin(db, scope, pseudonym),
    people: [],
    incidents: [],
  }
}

async function reportWithin(
  db: From,
  ask: Extract<ReportAsk, { from: Date }>,
  pseudonym: Pseudonym,
): Promise<Report | null> {
  const { personId, from, to } = ask
  const [person] =
    personId === null
      ? []
      : await db
          .select({ id: people.id, username: people.username, displayName: people.displayName })
          .from(people)
          .where(eq(people.id, personId))
  if (personId !== null && person === undefined) return null
  const scope = { personId, deviceId: null, from, to }
  const lines = await linesWithin(db, scope)
  const within = and(
    personId === null ? undefined : eq(incidents.personId, personId),
    gte(incidents.createdAt, from),
    lt(incidents.createdAt, to),
  )
  return {
    ...(await around(db, scope)),
    ...lines,
    kind: personId === null ? 'period' : 'person',
    incident: null,
    person: person ?? null,
    from,
    to,
    received: [...lines.received]
      .sort()
      .map(([meter, { units, undelivered }]) => ({ meter, byMeters: null, byLines: units, undelivered })),
    liveLately: null,
    reachable: personId === null ? null : await roomsWithin(db, { ...scope, personId }, pseudonym),
    incidents: await reported(db, within, LISTED),
  }
}

interface Scope {
  readonly personId: string | null
  readonly deviceId: string | null
  readonly from: Date
  readonly to: Date
}

async function around(
  db: From,
  { personId, deviceId, from, to }: Scope,
): Promise<Pick<Report, 'approvals' | 'alerts'>> {
  const prompts = await db
    .select()
    .from(approvals)
    .where(
      and(
        personId === null ? undefined : eq(approvals.personId, personId),
        deviceId === null ? undefined : eq(approvals.deviceId, deviceId),
        gte(approvals.createdAt, from),
        lt(approvals.createdAt, to),
      ),
    )
    .orderBy(asc(approvals.createdAt))
    .limit(TOLD)
  const released =
    prompts.length === 0
      ? []
      : await db
          .select()
          .from(allowances)
          .where(
            inArray(
              allowances.approvalHash,
              prompts.map(({ hash }) => hash),
            ),
          )
          .orderBy(asc(allowances.meter))
  const raised = await db
    .select({ id: alerts.id, at: alerts.raisedAt, kind: alerts.kind, device: alerts.deviceId })
    .from(alerts)
    .where(
      and(
        personId === null ? undefined : eq(alerts.personId, personId),
        deviceId === null ? undefined : eq(alerts.deviceId, deviceId),
        gte(alerts.raisedAt, from),
        lt(alerts.raisedAt, to),
      ),
    )
    .orderBy(asc(alerts.raisedAt))
    .limit(TOLD)
  return {
    alerts: raised,
    approvals: prompts.map((prompt) => ({
      id: prompt.hash,
      device: prompt.deviceId,
      askedAt: prompt.createdAt,
      decidedAt: prompt.decidedAt,
      state: prompt.state,
      decidedBy: prompt.decidedBy,
      intent: prompt.intent,
      hasReceipt: prompt.receipt !== null,
      released: released
        .filter(({ approvalHash }) => approvalHash === prompt.hash)
        .map(({ meter, granted, used }) => ({ meter, granted, used })),
    })),
  }
}

async function paidBy(db: From, deviceId: string) {
  const used = await db
    .select({ meter: allowances.meter, used: sql<number>`sum(${allowances.used})::float8` })
    .from(allowances)
    .where(eq(allowances.deviceId, deviceId))
    .groupBy(allowances.meter)
  const [first] = await db.select({ used: firstSyncs.used }).from(firstSyncs).where(eq(firstSyncs.deviceId, deviceId))
  return {
    approvals: new Map(used.filter(({ used: units }) => units > 0).map(({ meter, used: units }) => [meter, units])),
    firstSync: first?.used ?? 0,
  }
}

// State that passes with live traffic is in its window too, and in no line: there the two never compare.
// The windows of a meter as they are laid out: not a matter of limits. What has none was never in a window.
function longestWindowMs(meter: string): number {
  if (meter === 'rooms') return defaultPolicy.rooms.windowSeconds * 1000
  const windows: Readonly<Record<string, readonly { readonly windowSeconds: number }[]>> = defaultPolicy.windows
  const own = windows[meter]
  return own === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(...own.map(({ windowSeconds }) => windowSeconds)) * 1000
}
