// Ending people's sessions and devices, and the feed that tells every process.
import { and, eq, inArray, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { DeviceEnd, EndedMany, Revocation, RevocationKind, RevocationStore } from '../../server/sessions/port.ts'
import type { Database, Transaction } from '../client.ts'
import { groupMembers } from '../schema/groups.ts'
import { credentials, enrolmentTickets } from '../schema/people.ts'
import { services } from '../schema/services.ts'
import { devices, deviceTokens, idSessions, revocations, sids } from '../schema/sessions.ts'
import { dropLetters } from './not-coming.ts'

const DEVICE_ENDS: readonly string[] = [
  'logout',
  'not-me',
  'three-denials',
  'person-suspended',
  'credential-revoked',
] satisfies DeviceEnd[]

/** See server/sessions/port.ts. */
export function revocationsStore(db: Database): RevocationStore {
  return {
    revoke: (kind, subject, reason, within) =>
      db.transaction(async (tx) => {
        // Rows become visible long before the feed's overlap (30 s) is over, whatever this process is doing.
        await tx.execute(sql`SET LOCAL statement_timeout = '5s'`)
        await tx.execute(sql`SET LOCAL idle_in_transaction_session_timeout = '5s'`)
        const endedSids = await endSids(tx, kind, subject)
        await endSessions(tx, kind, subject, reason)
        const ended = await endDevices(tx, kind, subject, reason, endedSids)
        if (kind === 'device') await endService(tx, subject, reason)
        const rows = [
          { kind, subject },
          ...ended.filter((id) => id !== subject).map((id) => ({ kind: 'device' as const, subject: id })),
        ]
        await tx.insert(revocations).values(rows.map((row) => ({ ...row, reason, at: sql`clock_timestamp()` })))
        await within(tx, { devices: ended, sids: endedSids })
        return { devices: ended, sids: endedSids }
      }),

    revokeMany: ({ group, sparing }, reason, within) =>
      db.transaction(async (tx) => {
        // A hundred thousand people are some seconds' work; the feed's rows are written when it is done.
        await tx.execute(sql`SET LOCAL statement_timeout = '120s'`)
        await tx.execute(sql`SET LOCAL idle_in_transaction_session_timeout = '30s'`)
        const ended = await endMany(tx, group, sparing)
        await tellOfMany(tx, group, sparing, reason, ended.devices)
        await within(tx, ended)
        return ended
      }),

    async since(sinceMs) {
      const from =
        sinceMs === null
          ? sql`statement_timestamp() - interval '30 seconds'`
          : sql`to_timestamp(${sinceMs / 1000}::float8)`
      const [answer] = await db.execute<{ now: string; rows: Revocation[] }>(sql`
        SELECT floor(extract(epoch FROM statement_timestamp()) * 1000)::text AS now,
          coalesce((SELECT json_agg(json_build_object('id', id, 'kind', kind, 'subject', subject, 'reason', reason) ORDER BY id)
            FROM ${revocations} WHERE ${revocations.at} >= ${from}), '[]') AS rows`)
      return { nowMs: Number(answer?.now), rows: answer?.rows ?? [] }
    },
  }
}

// Sids first, always: a login that is being finished holds its sid, and waits here or sees it ended.
async function endSids(tx: Transaction, kind: RevocationKind, subject: string): Promise<readonly string[]> {
  const which: Record<RevocationKind, SQL> = {
    person: eq(sids.personId, subject),
    credential: eq(sids.credentialId, subject),
    'id-session': eq(sids.idSessionHash, subject),
    sid: eq(sids.id, subject),
    device: sql`${sids.id} IN (SELECT ${devices.sid} FROM ${devices} WHERE ${devices.id} = ${subject} AND ${devices.endedAt} IS NULL)`,
  }
  const ended = await tx
    .update(sids)
    .set({ endedAt: sql`now()` })
    .where(and(which[kind], isNull(sids.endedAt)))
    .returning({ id: sids.id })
  return ended.map(({ id }) => id)
}

async function endSessions(tx: Transaction, kind: RevocationKind, subject: string, reason: string): Promise<void> {
  const which =
    kind === 'person'
      ? eq(idSessions.personId, subject)
      : kind === 'credential'
        ? eq(idSessions.credentialId, subject)
        : kind === 'id-session'
          ? eq(idSessions.hash, subject)
          : null
  if (which)
    await tx
      .update(idSessions)
      .set({ endedAt: sql`now()` })
      .where(and(which, isNull(idSessions.endedAt)))
  if (kind === 'person') await endInvitations(tx, subject, reason)
  if (kind === 'credential') {
    await tx
      .update(credentials)
      .set({ revokedAt: sql`now()`, revokedReason: reason })
      .where(and(eq(credentials.id, subject), isNull(credentials.revokedAt)))
  }
}

/** Reasons for which a person is not to come back by a link of before. Who is only signed out, or recovered with a new link, is. */
const VOIDS_LINKS: ReadonlySet<string> = new Set(['person-suspended', 'person-deleted', 'credential-revoked'])

/** What could still let a person in: links that add a key, and temporary passes, used or not. */
async function endInvitations(tx: Transaction, personId: string, reason: string): Promise<void> {
  if (VOIDS_LINKS.has(reason)) {
    await tx
      .update(enrolmentTickets)
      .set({ expiresAt: sql`least(${enrolmentTickets.expiresAt}, now())` })
      .where(and(eq(enrolmentTickets.personId, personId), isNull(enrolmentTickets.redeemedAt)))
    await dropLetters(tx, { personId })
  }
  await tx
    .update(credentials)
    .set({ revokedAt: sql`now()`, revokedReason: reason })
    .where(
      and(eq(credentials.personId, personId), eq(credentials.kind, 'temporary-pass'), isNull(credentials.revokedAt)),
    )
}

// Sids, sessions, devices: in the order in which everything that ends them takes them.
async function endMany(tx: Transaction, group: string | null, sparing: readonly string[]): Promise<EndedMany> {
  const whose = peopleOf(group, sparing)
  const endedSids = await tx.execute<{ id: string; person_id: string }>(sql`
    UPDATE ${sids} SET ended_at = now() WHERE ended_at IS NULL AND ${whose} RETURNING id, person_id`)
  const sessions = await tx.execute<{ person_id: string }>(sql`
    UPDATE ${idSessions} SET ended_at = now() WHERE ended_at IS NULL AND ${whose} RETURNING person_id`)
  const endedDevices = await tx.execute<{ id: string; person_id: string }>(sql`
    WITH ended AS (
      UPDATE ${devices} SET ended_at = now(), ended_reason = 'revoked' WHERE ended_at IS NULL AND ${whose} RETURNING id, person_id
    ), gone AS (DELETE FROM ${deviceTokens} t USING ended WHERE t.device_id = ended.id)
    SELECT id, person_id FROM ended`)
  const people = new Set([...endedSids, ...sessions, ...endedDevices].map(({ person_id }) => person_id)).size
  return { people, devices: endedDevices.map(({ id }) => id), sids: endedSids.map(({ id }) => id) }
}

async function tellOfMany(
  tx: Transaction,
  group: string | null,
  sparing: readonly string[],
  reason: string,
  ended: readonly string[],
): Promise<void> {
  if (group === null) {
    const row = { kind: 'everyone' as const, subject: sparing.join(' '), reason, at: sql`clock_timestamp()` }
    await tx.insert(revocations).values(row)
    return
  }
  await tx.execute(sql`
    INSERT INTO ${revocations} (kind, subject, reason, at)
    SELECT 'person', person_id, ${reason}, clock_timestamp() FROM ${groupMembers} WHERE group_id = ${group} AND person_id <> ALL (${idArray(sparing)})
    UNION ALL SELECT 'device', id, ${reason}, clock_timestamp() FROM unnest(${idArray(ended)}) AS id`)
}

/** A condition on `person_id`. */
function peopleOf(group: string | null, sparing: readonly string[]): SQL {
  const members =
    group === null
      ? sql``
      : sql`person_id IN (SELECT m.person_id FROM ${groupMembers} m WHERE m.group_id = ${group}) AND `
  return sql`${members}person_id <> ALL (${idArray(sparing)})`
}

/** Ids are letters, digits, `-` and `_`. */
function idArray(ids: readonly string[]): SQL {
  return sql`${`{${ids.join(',')}}`}::text[]`
}

/** A service is its own device: ended as one, it does not come back at the next start. */
async function endService(tx: Transaction, subject: string, reason: string): Promise<void> {
  await tx
    .update(services)
    .set({ endedAt: sql`now()`, endedReason: reason, homeserverToken: null })
    .where(and(eq(services.id, subject), isNull(services.endedAt)))
}

async function endDevices(
  tx: Transaction,
  kind: RevocationKind,
  subject: string,
  reason: string,
  endedSids: readonly string[],
): Promise<readonly string[]> {
  const own: Record<RevocationKind, SQL> = {
    person: eq(devices.personId, subject),
    credential: eq(devices.credentialId, subject),
    'id-session': sql`${devices.sid} IN (SELECT ${sids.id} FROM ${sids} WHERE ${sids.idSessionHash} = ${subject})`,
    sid: eq(devices.sid, subject),
    device: eq(devices.id, subject),
  }
  const which = endedSids.length === 0 ? own[kind] : or(own[kind], inArray(devices.sid, [...endedSids]))
  const endedReason = (DEVICE_ENDS.includes(reason) ? reason : 'revoked') as DeviceEnd
  // The sealed token stays for the one purpose of telling the homeserver; the outbox wipes it.
  const ended = await tx
    .update(devices)
    .set({ endedAt: sql`now()`, endedReason })
    .where(and(which, isNull(devices.endedAt)))
    .returning({ id: devices.id })
  const ids = ended.map(({ id }) => id)
  if (ids.length > 0) await tx.delete(deviceTokens).where(inArray(deviceTokens.deviceId, ids))
  return ids
}
