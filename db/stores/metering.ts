// The meters in Postgres. Every change is the one function `palier_meter` (db/migrations/*_metering_functions.sql), called
// with a batch; answers of very many units go by themselves, one after another.
import { and, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { gather } from '../../server/metering/gather.ts'
import { policyForDatabase } from '../../server/metering/layout.ts'
import type {
  IgnoredChanges,
  Left,
  MeterReading,
  MeterStore,
  ResumePoints,
  Spender,
  Spent,
} from '../../server/metering/port.ts'
import type { AllowanceMeter, MeteringPolicy, RingMeter } from '../../server/policy/defaults.ts'
import type { Database, Transaction } from '../client.ts'
import { allowances, chargedEvents, meterBuckets, meters, resumePoints, roomReads } from '../schema/metering.ts'
import { devicePositions } from '../schema/sessions.ts'
import { type Applied, apart, batchOf, type Operation, resultsOf } from './metering-batch.ts'
import { comparedFor, type Due, doLarge, hashesIn, isLarge } from './metering-large.ts'

/**
 * Days that a resume point and a position are kept for a client that has not come back yet, and a room's reading: the longest
 * window of rooms that a policy can have.
 */
const KEPT_DAYS = 30
/** Hashes that one statement is given, of all who travel in it. */
const HEAVIEST = 16_384
/** Answers of one device in a statement: each is compared with all that was charged to that device lately. */
const OF_ONE_DEVICE = 16
/** A large answer is written in parts: as a whole it may take longer than a statement. */
const LARGE_GIVE_UP_MS = 30_000

/**
 * The store of meters; `base` where a caller brings no policy. `Transaction` handles must come from the same database. `others`:
 * connections for what takes long, where those of `db` are kept for what everybody waits for.
 */
export function meterStore(db: Database, base: MeteringPolicy, others: Database = db): MeterStore<Transaction> {
  const { layouts } = policyForDatabase(base)
  const run = async (handle: Database | Transaction, operations: readonly Operation[]): Promise<readonly unknown[]> => {
    const { batch, hashes, servers, persons } = batchOf(operations, layouts)
    const ask = async () => {
      const [row] = await handle.execute<{ results: string | null }>(
        sql`select palier_meter(${batch}::text::jsonb, ${hashes}::text::bigint[]) as results`,
      )
      return row?.results ?? null
    }
    let results = await ask()
    if (results === null) {
      await handle.execute(sql`select palier_meter_people(${servers}::text::text[], ${persons}::text::text[])`)
      results = await ask()
    }
    if (results === null) throw new Error('a person of the batch has no meters')
    return resultsOf(operations, results)
  }
  const gathered = gather<Operation, unknown>(
    async (batch) => {
      const results = new Map<Operation, unknown>()
      for (const part of apart(batch)) {
        const found = await run(db, part)
        for (const [place, operation] of part.entries()) results.set(operation, found[place])
      }
      return batch.map((operation) => results.get(operation))
    },
    { weigh: hashesIn, heaviest: HEAVIEST, whose: comparedFor, ofOne: OF_ONE_DEVICE },
  )
  const alone = async (handle: Database | Transaction, operation: Operation) => (await run(handle, [operation]))[0]
  const large = gather<Due, unknown>(
    (batch) => Promise.all(batch.map((operation) => doLarge(others, alone, operation))),
    {
      largest: 1,
      giveUpMs: LARGE_GIVE_UP_MS,
    },
  )
  const submit = async <Result>(operation: Operation) =>
    (await (isLarge(operation) ? large.submit(operation) : gathered.submit(operation))) as Result
  const within = async <Result>(tx: Transaction, operation: Operation) => (await alone(tx, operation)) as Result
  const known = new WeakMap<MeteringPolicy, Applied>()
  const applied = ({ policy = base }: { readonly policy?: MeteringPolicy }): Applied => {
    const found = known.get(policy) ?? { policy, caps: policyForDatabase(policy).caps }
    known.set(policy, found)
    return found
  }

  return {
    reserve: async (request) => submit({ op: 'reserve', request, applied: applied(request) }),
    settle: async (request) => submit({ op: 'settle', request, applied: applied(request) }),
    async refund(spender, id) {
      await submit({ op: 'refund', person: spender, fields: { ...who(spender), id }, meters: [] })
    },
    async spend(request) {
      const spent = await submit<SpentRow>({ op: 'spend', request, applied: applied(request) })
      if (spent.state !== 'short') return spent
      return { ...spent, free: new Set(spent.free.split(',').filter(Boolean).map(BigInt)) }
    },
    position: ({ device, hash }) => submit({ op: 'position', person: null, fields: { device, hash }, meters: [] }),
    async remaining(serverName, personId, policy = base) {
      const read = await submit<ReadRow>({
        op: 'read',
        person: { serverName, personId },
        fields: { server: serverName, person: personId, roomsSeconds: policy.rooms.windowSeconds },
        meters: [],
      })
      const rings = (Object.keys(policy.windows) as RingMeter[]).flatMap((meter) => {
        const row = read.meters.find((candidate) => candidate.meter === meter)
        return policy.windows[meter].map(
          ({ windowSeconds, limit }, index): MeterReading => ({
            meter,
            windowSeconds,
            limit,
            used: row?.used?.[index] ?? 0,
            held: row?.held ?? 0,
          }),
        )
      })
      return [...rings, { meter: 'rooms', ...policy.rooms, used: read.rooms, held: 0 }]
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
        .orderBy(allowances.expiresAt, allowances.id, allowances.meter)
      return rows.map(({ deviceId, meter, ...row }) => ({ ...row, meter: meter as AllowanceMeter, device: deviceId }))
    },
    async grantAllowance(tx, grant) {
      const { id, approvalHash, network, client, rooms, direction, amounts, ttlSeconds } = grant
      const granted = await within<GrantedRow>(tx, {
        op: 'grant',
        person: grant,
        fields: {
          ...who(grant),
          ...{ id, approvalHash, network, client, rooms, direction, amounts, ttlSeconds },
          caps: applied(grant).caps,
        },
        meters: ['tap-release'],
      })
      return granted.state === 'granted' ? { state: 'granted', expiresAt: new Date(granted.expiresAtMs) } : granted
    },
    async giveBack(request, tx) {
      const { incident, reason, policy = base } = request
      const operation: Operation = {
        op: 'give-back',
        person: request,
        fields: { ...who(request), incident, reason, layouts, giveBacksPer30Days: policy.giveBacksPer30Days },
        meters: [],
      }
      const done = await (tx ? within<{ state: string }>(tx, operation) : submit<{ state: string }>(operation))
      return done.state === 'given-back'
    },
    async sweep() {
      const ago = (seconds: number) => sql`clock_timestamp() - make_interval(secs => ${seconds})`
      await db.delete(chargedEvents).where(lt(chargedEvents.chargedAt, ago(base.chargedAgainSeconds)))
      await db.delete(resumePoints).where(lt(resumePoints.createdAt, ago(KEPT_DAYS * 86_400)))
      await db.delete(devicePositions).where(lt(devicePositions.deliveredAt, ago(KEPT_DAYS * 86_400)))
      // An hour late, so that no statement under way still counts what goes.
      await db.delete(roomReads).where(lt(roomReads.readAt, ago(KEPT_DAYS * 86_400 + LATE_SECONDS)))
      await db.execute(sql`
        delete from ${meterBuckets} b using ${meters} m
        where m.server_name = b.server_name and m.person_id = b.person_id and m.device_id = b.device_id and m.meter = b.meter
          and b.bucket <= case b.place
            when 1 then (extract(epoch from clock_timestamp())::bigint - ${LATE_SECONDS}) / m.width1 - m.size1
            when 2 then (extract(epoch from clock_timestamp())::bigint - ${LATE_SECONDS}) / m.width2 - m.size2
            else (extract(epoch from clock_timestamp())::bigint - ${LATE_SECONDS}) / m.width3 - m.size3 end`)
    },
  }
}

const LATE_SECONDS = 3_600

/** Why a row of charged events has no hashes: its device is a user id, who then changed whom to ignore. */
const IGNORED_USERS = 'ignored-users'
/** Longer than an answer is on its way; the sweep leaves charged events no longer. */
const LATELY_SECONDS = 600
/** Changes within this time are noted once. */
const AT_ONCE_SECONDS = 5

/** When accounts changed whom they ignore: kept, and swept, with what was charged lately. */
export function ignoredChanges(db: Database): IgnoredChanges {
  const since = (userId: string, seconds: number) => sql`
    select 1 from charged_events where device_id = ${userId} and request_hash = ${IGNORED_USERS}
      and charged_at > clock_timestamp() - make_interval(secs => ${seconds}::integer)`
  return {
    async note(userId) {
      await db.execute(sql`
        insert into charged_events (device_id, request_hash, event_hashes, charged_at)
          select ${userId}, ${IGNORED_USERS}, '{}', clock_timestamp() where not exists (${since(userId, AT_ONCE_SECONDS)})`)
    },
    lately: async (userId) => (await db.execute(sql`${since(userId, LATELY_SECONDS)} limit 1`)).length > 0,
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
  | Exclude<Spent, { readonly state: 'short' }>
  | (Omit<Extract<Spent, { readonly state: 'short' }>, 'free'> & { readonly left: Left; readonly free: string })
type GrantedRow =
  | { state: 'granted'; expiresAtMs: number }
  | { state: 'ceiling-reached'; left: number }
  | { state: 'already-granted' }
interface ReadRow {
  readonly rooms: number
  readonly meters: readonly {
    readonly meter: RingMeter
    readonly used: readonly number[] | null
    readonly held: number
  }[]
}

function who(spender: Spender) {
  return { server: spender.serverName, person: spender.personId, device: spender.device }
}
