// The meters in Postgres. Every change is the one function `palier_meter` (migrations/*_metering.sql), called with a batch.
import { and, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { gather } from '../../server/metering/gather.ts'
import { policyForDatabase } from '../../server/metering/layout.ts'
import type { Charge, MeterReading, MeterStore, ResumePoints, Spender, SyncStream } from '../../server/metering/port.ts'
import type { MeteringPolicy, RingMeter } from '../../server/policy/defaults.ts'
import type { Database, Transaction } from '../client.ts'
import { allowances, chargedEvents, resumePoints } from '../schema/metering.ts'
import { devicePositions } from '../schema/sessions.ts'

type Operation = Readonly<Record<string, unknown>>

/** Days that a resume point and a position are kept for a client that has not come back yet. */
const KEPT_DAYS = 30

/** The store of meters. `Transaction` handles given to it must come from the same database. */
export function meterStore(db: Database, policy: MeteringPolicy): MeterStore<Transaction> {
  const policyText = policyForDatabase(policy)
  const run = async (handle: Database | Transaction, operations: readonly Operation[]): Promise<readonly unknown[]> => {
    const rows = await handle.execute<{ results: unknown[] }>(
      sql`select palier_meter(${JSON.stringify(operations)}::text::jsonb, ${policyText}::text::jsonb) as results`,
    )
    return (rows[0] as { results: unknown[] }).results
  }
  const gathered = gather<Operation, unknown>((batch) => run(db, batch))
  const submit = async <Result>(operation: Operation) => (await gathered.submit(operation)) as Result
  const within = async <Result>(tx: Transaction, operation: Operation) => (await run(tx, [operation]))[0] as Result

  return {
    reserve: (request) =>
      submit({
        op: 'reserve',
        ...who(request),
        id: request.id,
        network: request.network,
        client: request.client,
        room: request.room,
        direction: request.direction,
        events: request.events,
        idle: request.idle,
        requestHash: request.requestHash,
      }),
    settle: (request) =>
      submit({
        op: 'settle',
        ...who(request),
        id: request.id,
        ...charge(request.history),
        live: request.live,
        state: request.state,
        requestHash: request.requestHash,
        limitUsed: request.limitUsed,
      }),
    async refund(spender, id) {
      await submit({ op: 'refund', ...who(spender), id })
    },
    async spend(request) {
      const streams: Record<string, Operation> = {}
      for (const [stream, due] of Object.entries(request.streams)) streams[stream] = charge(due)
      const spent = await submit<SpentRow>({
        op: 'spend',
        ...who(request),
        streams,
        live: request.live,
        state: request.state,
        idle: request.idle,
        positionHash: request.position?.hash ?? null,
        coversUntilMs: request.position?.coversUntilMs ?? null,
        sinceHash: request.since,
      })
      if (spent.state === 'paid') return { ...spent, source: 'window' }
      if (spent.state !== 'short') return spent
      const free = new Set(spent.free.split(',').filter(Boolean).map(BigInt))
      return { state: 'short', meter: 'archive', left: spent.left, free, held: 0, retryAfterSeconds: 0 }
    },
    position: (request) => submit({ op: 'position', device: request.device, hash: request.hash }),
    async remaining(serverName, personId) {
      const read = await submit<readonly ReadRow[]>({ op: 'read', server: serverName, person: personId })
      return (Object.keys(policy.windows) as RingMeter[]).flatMap((meter) => {
        const row = read.find((candidate) => candidate.meter === meter)
        return policy.windows[meter].map(
          ({ windowSeconds, limit }, index): MeterReading => ({
            meter,
            windowSeconds,
            limit,
            used: row?.used[index] ?? 0,
            held: row?.held ?? 0,
          }),
        )
      })
    },
    async allowances(serverName, personId) {
      const rows = await db
        .select()
        .from(allowances)
        .where(
          and(
            eq(allowances.serverName, serverName),
            eq(allowances.personId, personId),
            gt(allowances.expiresAt, sql`clock_timestamp()`),
            gt(allowances.granted, allowances.used),
          ),
        )
        .orderBy(allowances.expiresAt)
      return rows.map(({ deviceId, ...row }) => ({ ...row, meter: 'archive', device: deviceId }))
    },
    async grantAllowance(tx, grant) {
      const granted = await within<GrantedRow>(tx, {
        op: 'grant',
        ...who(grant),
        id: grant.id,
        approvalHash: grant.approvalHash,
        network: grant.network,
        client: grant.client,
        rooms: grant.rooms,
        direction: grant.direction,
        events: grant.amounts.archive ?? 0,
        ttlSeconds: grant.ttlSeconds,
      })
      return granted.state === 'granted' ? { state: 'granted', expiresAt: new Date(granted.expiresAtMs) } : granted
    },
    async giveBack(request, tx) {
      const operation = { op: 'give-back', ...who(request), incident: request.incident, reason: request.reason }
      const done = await (tx ? within<{ state: string }>(tx, operation) : submit<{ state: string }>(operation))
      return done.state === 'given-back'
    },
    async sweep() {
      await db
        .delete(chargedEvents)
        .where(
          lt(chargedEvents.chargedAt, sql`clock_timestamp() - make_interval(secs => ${policy.chargedAgainSeconds})`),
        )
      await db
        .delete(resumePoints)
        .where(lt(resumePoints.createdAt, sql`clock_timestamp() - make_interval(days => ${KEPT_DAYS})`))
      await db
        .delete(devicePositions)
        .where(lt(devicePositions.deliveredAt, sql`clock_timestamp() - make_interval(days => ${KEPT_DAYS})`))
    },
  }
}

/** Where trimmed timelines resume. Not part of any budget: plain statements. */
export function resumePointStore(db: Database): ResumePoints {
  return {
    async find(device, eventIds) {
      if (eventIds.length === 0) return new Map()
      const rows = await db
        .select({ id: resumePoints.withheldEventId, token: resumePoints.token })
        .from(resumePoints)
        .where(and(eq(resumePoints.deviceId, device), inArray(resumePoints.withheldEventId, [...eventIds])))
      return new Map(rows.map(({ id, token }) => [id, token]))
    },
    async remember(points) {
      if (points.length === 0) return
      await db
        .insert(resumePoints)
        .values(
          points.map(({ device, roomId, withheldEventId, token }) => ({
            deviceId: device,
            roomId,
            withheldEventId,
            token,
            createdAt: sql`clock_timestamp()`,
          })),
        )
        .onConflictDoNothing()
    },
  }
}

type SpentRow =
  | { state: 'paid'; cost: Partial<Record<SyncStream, number>>; alarms: RingMeter[] }
  | { state: 'short'; left: Record<SyncStream, number>; free: string }
  | { state: 'device-ended' }
type GrantedRow =
  | { state: 'granted'; expiresAtMs: number }
  | { state: 'ceiling-reached'; left: number }
  | { state: 'already-granted' }
interface ReadRow {
  readonly meter: RingMeter
  readonly used: readonly number[]
  readonly held: number
}

function who(spender: Spender): Operation {
  return { server: spender.serverName, person: spender.personId, device: spender.device }
}

function charge(due: Charge): Operation {
  return { hashes: `{${due.hashes.join(',')}}`, bare: due.bare }
}
