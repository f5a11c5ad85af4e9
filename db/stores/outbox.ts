// The outbox: what is owed, enqueued with what it tells about, claimed by whoever delivers it. The database's clock decides.
import { and, desc, eq, gt, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { AlertAddresses, OutboxStore, Owed, PersonAddresses } from '../../server/notify/port.ts'
import type { Locale } from '../../server/platform/locale.ts'
import type { Database, Transaction } from '../client.ts'
import { approvals } from '../schema/metering.ts'
import { alertAddresses, outbox, personLanguages } from '../schema/notify.ts'
import { enrolmentTickets, people } from '../schema/people.ts'
import { devices } from '../schema/sessions.ts'
import { LINK_VOID } from './not-coming.ts'
import { isRoomLeft } from './room-left.ts'

const KEPT = sql`interval '30 days'`

type Row = Pick<Owed, 'id' | 'channel' | 'target' | 'payload' | 'attempts'> & {
  sealed_link: string | null
  created_at: string | Date
}

/** Implements the outbox; see server/notify/port.ts for what each call promises. */
export function outboxStore(db: Database): OutboxStore {
  return {
    async enqueue(owed, tx, atMostAnHour) {
      if (atMostAnHour !== undefined) {
        const alike = and(
          eq(outbox.channel, owed.channel),
          eq(outbox.target, owed.target),
          sql`${outbox.createdAt} > clock_timestamp() - interval '1 hour'`,
        )
        const lately = { table: outbox, alike, atMost: atMostAnHour }
        if (!(await isRoomLeft(tx, `outbox of ${owed.target}`, lately))) return false
      }
      await tx
        .insert(outbox)
        .values({ ...owed, createdAt: sql`clock_timestamp()`, nextAttemptAt: sql`clock_timestamp()` })
        .onConflictDoNothing()
      return true
    },

    async take(claim) {
      if (claim.channel === 'mail') await dropVoidLinks(db)
      const rows = await db.execute<Row>(sql`
        WITH first AS (
          SELECT DISTINCT ON (target) id, next_attempt_at FROM ${outbox}
          WHERE channel = ${claim.channel} AND next_attempt_at <= clock_timestamp()
            AND target <> ALL (${textArray(claim.except)})
            ${claim.targets === null ? sql`` : sql`AND target = ANY (${textArray(claim.targets)})`}
            ${claim.serverName === null ? sql`` : sql`AND server_name = ${claim.serverName}`}
          ORDER BY target, next_attempt_at
        ), due AS (
          SELECT o.id FROM ${outbox} o JOIN first USING (id)
          WHERE o.next_attempt_at <= clock_timestamp()
          ORDER BY o.next_attempt_at LIMIT ${claim.limit} FOR UPDATE OF o SKIP LOCKED
        )
        UPDATE ${outbox} o
        SET attempts = o.attempts + 1, next_attempt_at = clock_timestamp() + make_interval(secs => ${claim.leaseMs / 1000}::float8)
        FROM due WHERE o.id = due.id
        RETURNING o.id, o.channel, o.target, o.payload, o.sealed_link, o.attempts, o.created_at`)
      return rows.map(({ created_at, sealed_link, ...row }) => ({
        ...row,
        sealedLink: sealed_link,
        createdAt: new Date(created_at),
      }))
    },

    async delivered(id) {
      await db
        .update(outbox)
        .set({ deliveredAt: sql`clock_timestamp()`, nextAttemptAt: null, lastError: null, sealedLink: null })
        .where(eq(outbox.id, id))
    },

    async failed(id, error, againInMs) {
      await db
        .update(outbox)
        .set(
          againInMs === null
            ? { lastError: error, nextAttemptAt: null, deadAt: sql`clock_timestamp()`, sealedLink: null }
            : {
                lastError: error,
                nextAttemptAt: sql`clock_timestamp() + make_interval(secs => ${againInMs / 1000}::float8)`,
              },
        )
        // Delivered meanwhile by whoever took over the lease, or no longer wanted: it stays so.
        .where(and(eq(outbox.id, id), isNull(outbox.deliveredAt), isNull(outbox.deadAt)))
    },

    async sweep() {
      await db.execute(sql`
        DELETE FROM ${outbox} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${outbox} WHERE created_at < clock_timestamp() - ${KEPT} LIMIT 1000 FOR UPDATE SKIP LOCKED
        ))`)
    },
  }
}

/** Whoever voids a link drops its letter; one that ran out meanwhile is not sent either. */
async function dropVoidLinks(db: Database): Promise<void> {
  await db.execute(sql`
    UPDATE ${outbox} o SET next_attempt_at = NULL, dead_at = clock_timestamp(), last_error = ${LINK_VOID}, sealed_link = NULL
    FROM ${enrolmentTickets} t
    WHERE o.channel = 'mail' AND o.next_attempt_at <= clock_timestamp() AND t.hash = o.about
      AND (t.redeemed_at IS NOT NULL OR t.expires_at <= clock_timestamp())`)
}

/** The latest notifications, newest first, for the operator: what is still owed, and what was given up. */
export function recentNotifications(db: Database, limit: number) {
  const { id, channel, target, attempts, createdAt, deliveredAt, deadAt, lastError } = outbox
  return db
    .select({ id, channel, target, attempts, createdAt, deliveredAt, deadAt, lastError })
    .from(outbox)
    .orderBy(desc(outbox.createdAt), desc(outbox.id))
    .limit(limit)
}

/** Owners' addresses for alerts. */
export function alertAddressStore(db: Database) {
  const list = async (handle: Pick<Database, 'select'>) =>
    (
      await handle
        .select({ address: alertAddresses.address })
        .from(alertAddresses)
        .innerJoin(people, eq(people.id, alertAddresses.personId))
        .where(and(eq(people.role, 'owner'), isNull(people.suspendedAt)))
    ).map(({ address }) => address)
  return {
    list,
    /** Sets or, with null, takes away where somebody is written to. */
    async set(personId: string, address: string | null, now: Date) {
      if (address === null) await db.delete(alertAddresses).where(eq(alertAddresses.personId, personId))
      else {
        await db
          .insert(alertAddresses)
          .values({ personId, address, createdAt: now })
          .onConflictDoUpdate({ target: alertAddresses.personId, set: { address, createdAt: now } })
      }
    },
  } satisfies AlertAddresses & Record<string, unknown>
}

/** People's addresses. `serverName`: whose user is somebody who has no device yet. */
export function personAddressStore(serverName: string): PersonAddresses {
  return {
    async of(personId, tx) {
      const [person] = await tx
        .select({ username: people.username, email: people.email, locale: personLanguages.locale })
        .from(people)
        .leftJoin(personLanguages, eq(personLanguages.personId, people.id))
        .where(eq(people.id, personId))
      if (person === undefined) return { email: null, locale: null, users: [] }
      const users = await tx
        .selectDistinct({ serverName: devices.serverName, userId: devices.userId })
        .from(devices)
        .where(eq(devices.personId, personId))
        .limit(10)
      const { email, locale, username } = person
      return { email, locale, users: users.length > 0 ? users : [{ serverName, userId: `@${username}:${serverName}` }] }
    },
  }
}

/** Whose these devices are. */
export async function ownersOf(tx: Transaction, ids: readonly string[]) {
  return tx
    .select({ device: devices.id, personId: devices.personId, serverName: devices.serverName })
    .from(devices)
    .where(inArray(devices.id, [...ids]))
}

/** Notes the language that a person uses id in: that of the notices to them. */
export async function noteLanguage(db: Database, personId: string, locale: Locale, now: Date): Promise<void> {
  await db
    .insert(personLanguages)
    .values({ personId, locale, usedAt: now })
    .onConflictDoUpdate({ target: personLanguages.personId, set: { locale, usedAt: now } })
}

/** Prompts as a notice tells of them. */
export function promptStore(db: Database) {
  return {
    /** One that can still be decided, and its person's language when one is known. */
    async pending(hash: string) {
      const [row] = await db
        .select({
          hash: approvals.hash,
          personId: approvals.personId,
          sealedToken: approvals.sealedToken,
          intent: approvals.intent,
          expiresAt: approvals.expiresAt,
          locale: personLanguages.locale,
        })
        .from(approvals)
        .leftJoin(personLanguages, eq(personLanguages.personId, approvals.personId))
        .where(
          and(
            eq(approvals.hash, hash),
            eq(approvals.state, 'pending'),
            gt(approvals.expiresAt, sql`clock_timestamp()`),
          ),
        )
      return row ?? null
    },
  }
}

function textArray(values: readonly string[]): SQL {
  return sql`${`{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`}::text[]`
}
