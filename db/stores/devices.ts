// Matrix devices, their tokens, and what the homeserver still has to be told.
import { and, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import { existingDevice } from '../../server/sessions/existing.ts'
import type { Device, DeviceStore, NewDevice, OwedLogoutStore, RefreshOutcome } from '../../server/sessions/port.ts'
import { FIRST_SYNC_SECONDS, IDLE_SECONDS, REFRESH_GRACE_SECONDS } from '../../server/sessions/port.ts'
import type { Database, Transaction } from '../client.ts'
import { credentials, people } from '../schema/people.ts'
import { devices, deviceTokens, idSessions, revocations, sids } from '../schema/sessions.ts'

const DEVICE = {
  id: devices.id,
  serverName: devices.serverName,
  userId: devices.userId,
  deviceId: devices.deviceId,
  personId: devices.personId,
  groups: sql<string[]>`(SELECT coalesce(json_agg(group_members.group_id ORDER BY group_members.group_id), '[]')
    FROM group_members WHERE group_members.person_id = ${devices.personId})`,
  client: devices.client,
  credentialId: devices.credentialId,
  sid: devices.sid,
  idSessionHash: sids.idSessionHash,
  clientId: sids.clientId,
  acr: devices.acr,
  amr: devices.amr,
  authTime: devices.authTime,
  homeserverToken: devices.homeserverToken,
  displayName: devices.displayName,
  refreshes: devices.refreshes,
  lastActiveAt: devices.lastActiveAt,
  lastTapAt: devices.lastTapAt,
  firstSyncUntil: devices.firstSyncUntil,
  expiresAt: devices.expiresAt,
  endedAt: devices.endedAt,
  endedReason: devices.endedReason,
}

const seconds = (count: number) => sql`make_interval(secs => ${count})`

/** See server/sessions/port.ts. Every time is the database's clock. */
export function devicesStore(db: Database): DeviceStore {
  const one = async (from: Database | Transaction, id: string): Promise<Device | null> => {
    const [row] = await from
      .select(DEVICE)
      .from(devices)
      .innerJoin(sids, eq(sids.id, devices.sid))
      .where(eq(devices.id, id))
    return row ?? null
  }

  return {
    async authorization(sid) {
      const [row] = await liveSid(db, sid)
      return row ? { sid, personId: row.personId, username: row.username, credentialId: row.credentialId } : null
    },

    async insert(device) {
      return db.transaction(async (tx) => {
        // Logins of one Matrix device take turns; a revocation waits for the locked rows, or has ended them already.
        const turn = JSON.stringify([device.serverName, device.userId, device.deviceId])
        await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${turn}, 1))`)
        const [live] = await liveSid(tx, device.sid).for('share', { of: [sids, people, credentials] })
        if (!live) return null
        // LEAST passes NULL over.
        const end = sql`least(now() + ${seconds(device.lifetimeSeconds)}, (SELECT ends_at FROM sids WHERE id = ${device.sid}))`
        await replace(tx, device)
        await endExisting(tx, device)
        await tx.insert(devices).values({
          id: device.id,
          serverName: device.serverName,
          userId: device.userId,
          deviceId: device.deviceId,
          personId: live.personId,
          credentialId: live.credentialId,
          sid: device.sid,
          acr: live.acr,
          amr: live.amr,
          authTime: live.authTime,
          homeserverToken: device.homeserverToken,
          displayName: device.displayName,
          client: device.client,
          network: device.network,
          refreshes: device.refreshes,
          createdAt: sql`now()`,
          lastActiveAt: sql`now()`,
          lastTapAt: live.authTime,
          expiresAt: end,
          firstSyncUntil: sql`now() + ${seconds(FIRST_SYNC_SECONDS)}`,
        })
        await inheritPositions(tx, device, live.personId)
        for (const { hash, kind } of device.tokens) {
          await tx.insert(deviceTokens).values({
            hash,
            kind,
            deviceId: device.id,
            createdAt: sql`now()`,
            expiresAt: end,
          })
        }
        return one(tx, device.id)
      })
    },

    find: (id) => one(db, id),

    async findByAccessToken(hash) {
      const [row] = await db
        .select(DEVICE)
        .from(deviceTokens)
        .innerJoin(devices, eq(devices.id, deviceTokens.deviceId))
        .innerJoin(sids, eq(sids.id, devices.sid))
        .where(and(eq(deviceTokens.hash, hash), eq(deviceTokens.kind, 'access')))
      return row ?? null
    },

    live: (serverName, userId, deviceIds) =>
      db
        .select(DEVICE)
        .from(devices)
        .innerJoin(sids, eq(sids.id, devices.sid))
        .where(
          and(
            eq(devices.serverName, serverName),
            eq(devices.userId, userId),
            isNull(devices.endedAt),
            deviceIds === undefined ? undefined : inArray(devices.deviceId, [...deviceIds]),
          ),
        ),

    rotate: (hash, successorHash) => db.transaction((tx) => rotate(tx, hash, successorHash, (id) => one(tx, id))),

    async touch(id) {
      await db
        .update(devices)
        .set({ lastActiveAt: sql`now()` })
        .where(
          and(
            eq(devices.id, id),
            isNull(devices.endedAt),
            sql`${devices.lastActiveAt} < now() - interval '1 minute'`,
            sql`greatest(${devices.lastActiveAt}, ${devices.lastTapAt}) > now() - ${seconds(IDLE_SECONDS)}`,
          ),
        )
    },

    async expire() {
      const ended = await db
        .update(devices)
        .set({ endedAt: sql`now()`, endedReason: 'expired', homeserverToken: null })
        .where(and(isNull(devices.endedAt), sql`${devices.expiresAt} <= now()`))
        .returning({ id: devices.id })
      return ended.length
    },
  }
}

// What a sid stands for, while neither it, its session at id, its person nor its key has ended.
function liveSid(from: Database | Transaction, sid: string) {
  return from
    .select({
      personId: sids.personId,
      username: people.username,
      credentialId: sids.credentialId,
      acr: sids.acr,
      amr: sids.amr,
      authTime: sids.authTime,
    })
    .from(sids)
    .innerJoin(people, eq(people.id, sids.personId))
    .innerJoin(credentials, eq(credentials.id, sids.credentialId))
    .where(
      and(
        eq(sids.id, sid),
        isNull(sids.endedAt),
        sql`(${sids.endsAt} IS NULL OR ${sids.endsAt} > now())`,
        isNull(people.suspendedAt),
        isNull(credentials.revokedAt),
        sql`NOT EXISTS (SELECT 1 FROM ${idSessions} WHERE ${idSessions.hash} = ${sids.idSessionHash}
          AND ${idSessions.endedAt} IS NOT NULL)`,
      ),
    )
}

// The homeserver is not told: it keeps one device for both logins, and a logout of the old would end the new. For the
// same reason the old sid ends without a back-channel logout.
async function replace(tx: Transaction, device: NewDevice): Promise<void> {
  const old = await tx
    .update(devices)
    .set({ endedAt: sql`now()`, endedReason: 'replaced', homeserverToken: null })
    .where(
      and(
        eq(devices.serverName, device.serverName),
        eq(devices.userId, device.userId),
        eq(devices.deviceId, device.deviceId),
        isNull(devices.endedAt),
      ),
    )
    .returning({ id: devices.id, sid: devices.sid })
  if (old.length === 0) return
  const oldSids = old.map(({ sid }) => sid).filter((sid) => sid !== device.sid)
  await tx.delete(deviceTokens).where(
    inArray(
      deviceTokens.deviceId,
      old.map(({ id }) => id),
    ),
  )
  if (oldSids.length > 0) {
    await tx
      .update(sids)
      .set({ endedAt: sql`now()` })
      .where(and(inArray(sids.id, oldSids), isNull(sids.endedAt)))
  }
  await tx
    .insert(revocations)
    .values(
      old.map(({ id }) => ({ kind: 'device' as const, subject: id, reason: 'replaced', at: sql`clock_timestamp()` })),
    )
}

// What the same Matrix device held of the homeserver's own, from before the gateway, is good for nothing any more, everywhere.
async function endExisting(tx: Transaction, { serverName, userId, deviceId }: NewDevice): Promise<void> {
  const subject = existingDevice(serverName, userId, deviceId)
  await tx.insert(revocations).values({ kind: 'device', subject, reason: 'replaced', at: sql`clock_timestamp()` })
}

// A client that signs in again goes on from where it was: what came meanwhile is catch-up for it, not archive. Only from an end
// that says nothing against the device, and only for the same person.
async function inheritPositions(tx: Transaction, device: NewDevice, personId: string): Promise<void> {
  await tx.execute(sql`
    UPDATE device_positions SET device_id = ${device.id} WHERE device_id = (
      SELECT ${devices.id} FROM ${devices}
      WHERE ${devices.serverName} = ${device.serverName} AND ${devices.userId} = ${device.userId}
        AND ${devices.deviceId} = ${device.deviceId} AND ${devices.personId} = ${personId} AND ${devices.id} <> ${device.id}
      ORDER BY ${devices.createdAt} DESC, ${devices.endedAt} DESC LIMIT 1)
    AND EXISTS (SELECT 1 FROM ${devices} AS before WHERE before.id = device_positions.device_id
      AND before.ended_reason IN ('expired', 'replaced'))`)
}

async function rotate(
  tx: Transaction,
  hash: string,
  successorHash: string,
  find: (id: string) => Promise<Device | null>,
): Promise<RefreshOutcome> {
  const [used] = await tx
    .update(deviceTokens)
    .set({ usedAt: sql`now()`, successorHash })
    .where(
      and(
        eq(deviceTokens.hash, hash),
        eq(deviceTokens.kind, 'refresh'),
        isNull(deviceTokens.usedAt),
        gt(deviceTokens.expiresAt, sql`now()`),
      ),
    )
    .returning({ deviceId: deviceTokens.deviceId, expiresAt: deviceTokens.expiresAt })
  if (used) {
    const device = await find(used.deviceId)
    if (!device || device.endedAt) return { kind: device?.endedReason === 'expired' ? 'expired' : 'unknown' }
    await tx.insert(deviceTokens).values({
      hash: successorHash,
      kind: 'refresh',
      deviceId: used.deviceId,
      createdAt: sql`now()`,
      expiresAt: used.expiresAt,
    })
    return { kind: 'rotated', device }
  }
  return again(tx, hash, successorHash, find)
}

// A refresh token that cannot be used: used already, out of date, or never ours.
async function again(
  tx: Transaction,
  hash: string,
  successorHash: string,
  find: (id: string) => Promise<Device | null>,
): Promise<RefreshOutcome> {
  const [row] = await tx
    .select({ deviceId: deviceTokens.deviceId, usedAt: deviceTokens.usedAt })
    .from(deviceTokens)
    .where(and(eq(deviceTokens.hash, hash), eq(deviceTokens.kind, 'refresh')))
  const device = row ? await find(row.deviceId) : null
  if (!row || !device) return { kind: 'unknown' }
  if (device.endedAt) return { kind: device.endedReason === 'expired' ? 'expired' : 'unknown' }
  if (!row.usedAt) return { kind: 'expired' }
  const [repeated] = await tx
    .update(deviceTokens)
    .set({ repeatedAt: sql`now()` })
    .where(
      and(
        eq(deviceTokens.hash, hash),
        eq(deviceTokens.successorHash, successorHash),
        isNull(deviceTokens.repeatedAt),
        sql`${deviceTokens.usedAt} > now() - ${seconds(REFRESH_GRACE_SECONDS)}`,
        sql`EXISTS (SELECT 1 FROM ${deviceTokens} AS successor WHERE successor.hash = ${successorHash} AND successor.used_at IS NULL)`,
      ),
    )
    .returning({ hash: deviceTokens.hash })
  return { kind: repeated ? 'repeated' : 'reused', device }
}

/** See server/sessions/port.ts: the sealed tokens of ended devices are the outbox. */
export function owedLogoutsStore(db: Database): OwedLogoutStore {
  return {
    async take(limit, only) {
      await db.execute(sql`
        UPDATE ${devices} SET homeserver_token = NULL
        WHERE homeserver_token IS NOT NULL AND ended_at < now() - interval '1 hour'`)
      const named = only === undefined ? sql`true` : inArray(devices.id, [...only])
      return db
        .update(devices)
        .set({
          upstreamLogoutAttempts: sql`${devices.upstreamLogoutAttempts} + 1`,
          upstreamLogoutAt: sql`now() + make_interval(secs => least(600, 5 * power(2, ${devices.upstreamLogoutAttempts})))`,
        })
        .where(
          sql`${devices.id} IN (
            SELECT ${devices.id} FROM ${devices}
            WHERE ${devices.endedAt} IS NOT NULL AND ${devices.homeserverToken} IS NOT NULL AND ${named}
              AND (${devices.upstreamLogoutAt} IS NULL OR ${devices.upstreamLogoutAt} <= now())
            ORDER BY ${devices.endedAt} LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
        )
        .returning({
          device: devices.id,
          personId: devices.personId,
          homeserverToken: sql<string>`${devices.homeserverToken}`,
        })
    },
    async done(device) {
      await db
        .update(devices)
        .set({ homeserverToken: null })
        .where(and(eq(devices.id, device), sql`${devices.endedAt} IS NOT NULL`))
    },
  }
}
