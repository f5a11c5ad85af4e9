// Releases by two administrators: one decision ever, and what it grants, in one transaction.
import { and, desc, eq, gt, inArray, isNull, lte, ne, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Audit } from '../../server/audit/port.ts'
import type {
  Grant,
  ReleasedAllowance,
  ReleaseStore,
  ReleaseSubjects,
  StoredRelease,
  StoreRefusal,
  Tapper,
} from '../../server/stepup/release-port.ts'
import type { AdministratorTap } from '../../server/stepup/release-receipt.ts'
import type { Database, Transaction } from '../client.ts'
import { allowances, meters, reservations } from '../schema/metering.ts'
import { credentials, people } from '../schema/people.ts'
import { releases } from '../schema/releases.ts'
import { devices } from '../schema/sessions.ts'
import { gaveKey } from './given-keys.ts'
import { isRoomLeft } from './room-left.ts'

const UNDECIDED = ['requested', 'awaiting-second'] as const
/** Asked for by one person and signed by too few: a session that was stolen does not bury what others ask for. */
const WAITING_AT_MOST = 20
/** What an allowance of a release is not bound to: any client of the device, any direction, and any network when it says so. */
const ANY = '*'

const requesters = alias(people, 'requesters')
const firsts = alias(people, 'firsts')
const seconds = alias(people, 'seconds')

/** See server/stepup/release-port.ts. */
export function releaseStore(db: Database, deps: { readonly audit: Pick<Audit, 'append'> }): ReleaseStore {
  const { audit } = deps
  return {
    async create(release) {
      return db.transaction(async (tx) => {
        const { id: subject, typ, requestedBy: actor, createdAt: at } = release
        const alike = and(
          eq(releases.requestedBy, actor),
          inArray(releases.state, [...UNDECIDED]),
          gt(releases.expiresAt, at),
        )
        const waiting = { table: releases, alike, atMost: WAITING_AT_MOST }
        if (!(await isRoomLeft(tx, `releases of ${actor}`, waiting))) return false
        await tx.insert(releases).values({ ...release, state: 'requested' })
        await audit.append({ action: 'release.requested', actor, subject, detail: { typ, intent: release.intent } }, tx)
        return true
      })
    },

    async get(id) {
      const [row] = await read(db, eq(releases.id, id), 1)
      return row ? stored(row) : null
    },

    async list(limit) {
      return (await read(db, undefined, limit)).map(stored)
    },

    async receipt(id) {
      const [row] = await db.select({ receipt: releases.receipt }).from(releases).where(eq(releases.id, id))
      return row?.receipt ?? null
    },

    firstTap: (input) =>
      undoing(() =>
        db.transaction(async (tx) => {
          const [row] = await tx
            .update(releases)
            .set({ state: 'awaiting-second', firstPerson: input.personId, firstAt: input.at, firstTap: input.tap })
            .where(and(eq(releases.id, input.id), eq(releases.state, 'requested'), gt(releases.expiresAt, input.at)))
            .returning({ typ: releases.typ })
          if (!row) throw new Undone('already-decided')
          const fault = await notGood(tx, input)
          if (fault !== null) throw new Undone(fault)
          await audit.append(
            {
              action: 'release.first-tap',
              actor: input.personId,
              subject: input.id,
              detail: { typ: row.typ, credential: input.credentialId },
            },
            tx,
          )
          return { ok: true } as const
        }),
      ),

    grant: (input) => undoing(() => db.transaction((tx) => grant(tx, audit, input))),

    deny: (id, by, at) =>
      db.transaction(async (tx) => {
        const [row] = await tx
          .update(releases)
          .set({ state: 'denied', endedBy: by, endedAt: at })
          .where(and(eq(releases.id, id), inArray(releases.state, [...UNDECIDED]), gt(releases.expiresAt, at)))
          .returning({ typ: releases.typ })
        if (!row) return false
        await audit.append({ action: 'release.denied', actor: by, subject: id, detail: { typ: row.typ } }, tx)
        return true
      }),

    withdraw: (id, by, at) => db.transaction((tx) => withdraw(tx, audit, id, by, at)),

    expire: (at) =>
      db.transaction(async (tx) => {
        const expired = await tx
          .update(releases)
          .set({ state: 'expired', endedBy: 'system', endedAt: at })
          .where(and(inArray(releases.state, [...UNDECIDED]), lte(releases.expiresAt, at)))
          .returning({ id: releases.id, typ: releases.typ })
        for (const { id, typ } of expired)
          await audit.append({ action: 'release.expired', actor: 'system', subject: id, detail: { typ } }, tx)
        return expired.length
      }),

    async refused(id, by, reason) {
      await audit.append({ action: 'release.refused', actor: by, subject: id, detail: { reason } })
    },
  }
}

/** Who may be named in a release, and their devices. */
export function releaseSubjects(db: Database): ReleaseSubjects {
  return {
    async find(username, serverName, now) {
      const [person] = await db
        .select({ id: people.id, username: people.username, displayName: people.displayName })
        .from(people)
        .where(and(eq(people.username, username), isNull(people.suspendedAt)))
      if (!person) return null
      const signedIn = await db
        .select({
          id: devices.id,
          deviceId: devices.deviceId,
          userId: devices.userId,
          displayName: devices.displayName,
          client: devices.client,
          network: devices.network,
          signedInAt: devices.createdAt,
          expiresAt: devices.expiresAt,
        })
        .from(devices)
        .where(
          and(
            eq(devices.personId, person.id),
            eq(devices.serverName, serverName),
            isNull(devices.endedAt),
            gt(devices.expiresAt, now),
          ),
        )
        .orderBy(desc(devices.lastActiveAt))
      return { ...person, devices: signedIn }
    },
  }
}

/** Thrown inside a transaction to undo it; never leaves this file. */
class Undone extends Error {
  readonly reason: StoreRefusal

  constructor(reason: StoreRefusal) {
    super(reason)
    this.reason = reason
  }
}

async function undoing<Done>(
  work: () => Promise<Done>,
): Promise<Done | { readonly ok: false; readonly reason: StoreRefusal }> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Undone) return { ok: false, reason: error.reason }
    throw error
  }
}

async function grant(tx: Transaction, audit: Pick<Audit, 'append'>, input: Grant) {
  const until = sql`clock_timestamp() + make_interval(secs => ${input.livesSeconds})`
  const [row] = await tx
    .update(releases)
    .set({
      state: 'granted',
      secondPerson: input.personId,
      grantedAt: input.at,
      grantedUntil: until,
      receipt: input.receipt,
    })
    .where(
      and(
        eq(releases.id, input.id),
        eq(releases.state, 'awaiting-second'),
        gt(releases.expiresAt, input.at),
        ne(releases.firstPerson, input.personId),
        sql`${releases.firstTap} #>> '{credential,id}' = ${input.firstCredentialId}`,
      ),
    )
    .returning({
      serverName: releases.serverName,
      typ: releases.typ,
      first: releases.firstPerson,
      until: releases.grantedUntil,
    })
  if (!row?.first || !row.until) throw new Undone('already-decided')
  const fault = await notGood(tx, input)
  if (fault !== null) throw new Undone(fault)
  if ((await notGood(tx, { personId: row.first, credentialId: input.firstCredentialId })) !== null)
    throw new Undone('first-tap-void')
  const first = { personId: row.first, credentialId: input.firstCredentialId }
  if ((await gaveKey(tx, row.first, input, input.at)) || (await gaveKey(tx, input.personId, first, input.at)))
    throw new Undone('key-given-by-the-other')
  if (input.allowance !== null) await allow(tx, input, row.serverName, input.allowance)
  await audit.append(
    {
      action: 'release.granted',
      actor: input.personId,
      subject: input.id,
      detail: {
        typ: row.typ,
        first: row.first,
        credential: input.credentialId,
        receipt: input.receiptDigest,
        until: row.until.toISOString(),
      },
    },
    tx,
  )
  return { ok: true, until: row.until } as const
}

/** Why a person may not release: the rows are held until this transaction ends, so that no suspension slips in between. */
async function notGood(tx: Transaction, { personId, credentialId }: Tapper): Promise<StoreRefusal | null> {
  const [row] = await tx
    .select({ role: people.role, suspendedAt: people.suspendedAt, revokedAt: credentials.revokedAt })
    .from(people)
    .innerJoin(credentials, eq(credentials.personId, people.id))
    .where(and(eq(people.id, personId), eq(credentials.id, credentialId)))
    .for('share')
  if (!row) return 'credential-revoked'
  if (row.suspendedAt !== null) return 'person-suspended'
  if (row.role !== 'owner') return 'owners-only'
  return row.revokedAt === null ? null : 'credential-revoked'
}

/** Beside the taps' ceiling, not under it: that is what the second administrator is for. */
async function allow(tx: Transaction, input: Grant, serverName: string, allowance: ReleasedAllowance): Promise<void> {
  const [device] = await tx
    .select({ id: devices.id })
    .from(devices)
    .where(
      and(
        eq(devices.id, allowance.device),
        eq(devices.personId, allowance.personId),
        eq(devices.serverName, serverName),
        isNull(devices.endedAt),
        gt(devices.expiresAt, input.at),
      ),
    )
    .for('share')
  if (!device) throw new Undone('device-ended')
  await tx.insert(allowances).values({
    id: allowance.id,
    approvalHash: input.id,
    serverName,
    personId: allowance.personId,
    deviceId: allowance.device,
    network: allowance.network ?? ANY,
    client: ANY,
    rooms: [...allowance.rooms],
    direction: ANY,
    granted: allowance.events,
    datesFromMs: allowance.fromMs,
    datesUntilMs: allowance.untilMs,
    createdAt: sql`clock_timestamp()`,
    expiresAt: sql`clock_timestamp() + make_interval(secs => ${input.livesSeconds})`,
  })
}

async function withdraw(tx: Transaction, audit: Pick<Audit, 'append'>, id: string, by: string, at: Date) {
  const living = sql`(${inArray(releases.state, [...UNDECIDED])} AND ${releases.expiresAt} > ${at.toISOString()}::timestamptz
    OR ${releases.state} = 'granted' AND ${releases.grantedUntil} > clock_timestamp())`
  const [row] = await tx
    .update(releases)
    .set({ state: 'withdrawn', endedBy: by, endedAt: at })
    .where(and(eq(releases.id, id), living))
    .returning({ typ: releases.typ })
  if (!row) return false
  await endAllowances(tx, id)
  await audit.append({ action: 'release.withdrawn', actor: by, subject: id, detail: { typ: row.typ } }, tx)
  return true
}

/** Nothing more is paid, and an answer that is on its way finds its reservation gone: it is not released. */
async function endAllowances(tx: Transaction, release: string): Promise<void> {
  const [of] = await tx
    .select({ serverName: allowances.serverName, personId: allowances.personId })
    .from(allowances)
    .where(eq(allowances.approvalHash, release))
  if (!of) return
  // The same lock, in the same order, as every statement that spends (db/migrations/*_metering.sql).
  await tx
    .select({ person: meters.personId })
    .from(meters)
    .where(
      and(
        eq(meters.serverName, of.serverName),
        eq(meters.personId, of.personId),
        eq(meters.deviceId, ''),
        eq(meters.meter, 'archive'),
      ),
    )
    .for('update')
  const ended = await tx
    .update(allowances)
    .set({ held: 0, expiresAt: sql`least(${allowances.expiresAt}, clock_timestamp())` })
    .where(eq(allowances.approvalHash, release))
    .returning({ id: allowances.id })
  await tx.delete(reservations).where(
    inArray(
      reservations.allowanceId,
      ended.map(({ id }) => id),
    ),
  )
}

async function read(db: Database, which: SQL | undefined, limit: number) {
  return db
    .select({
      release: releases,
      requester: { id: requesters.id, username: requesters.username, displayName: requesters.displayName },
      first: { id: firsts.id, username: firsts.username, displayName: firsts.displayName },
      second: { id: seconds.id, username: seconds.username, displayName: seconds.displayName },
      used: sql<
        number | null
      >`(SELECT sum(allowances.used)::int FROM allowances WHERE allowances.approval_hash = ${releases.id})`,
    })
    .from(releases)
    .innerJoin(requesters, eq(requesters.id, releases.requestedBy))
    .leftJoin(firsts, eq(firsts.id, releases.firstPerson))
    .leftJoin(seconds, eq(seconds.id, releases.secondPerson))
    .where(which)
    .orderBy(desc(releases.createdAt), desc(releases.id))
    .limit(limit)
}

type Row = Awaited<ReturnType<typeof read>>[number]

function stored({ release, requester, first, second, used }: Row): StoredRelease {
  return {
    ...release,
    requestedBy: requester,
    first: first && release.firstAt ? { ...first, at: release.firstAt } : null,
    firstTap: release.firstTap as AdministratorTap | null,
    second,
    used,
  }
}
