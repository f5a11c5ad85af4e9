// Sessions and devices as the console looks for them: newest first, page by page, along an index.
import { and, desc, eq, gt, inArray, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { SessionAsk, SessionConsole, SessionKind, SessionRow } from '../../server/console/sessions/port.ts'
import type { Revoker } from '../../server/sessions/revocation.ts'
import type { Database } from '../client.ts'
import { groupMembers, groups } from '../schema/groups.ts'
import { credentials, people } from '../schema/people.ts'
import { devices, idSessions, sids } from '../schema/sessions.ts'

/** People whose names begin with what was asked for; whoever wants more of them asks more closely. */
const PEOPLE_AT_MOST = 500

const PERSON = { id: people.id, username: people.username, displayName: people.displayName }

const DEVICE = {
  kind: sql<'device'>`'device'`,
  id: devices.id,
  person: PERSON,
  serverName: devices.serverName,
  userId: devices.userId,
  deviceId: devices.deviceId,
  name: devices.displayName,
  sid: devices.sid,
  lastActiveAt: devices.lastActiveAt,
  lastTapAt: devices.lastTapAt,
  client: devices.client,
  network: devices.network,
  acr: devices.acr,
  key: credentials.name,
  createdAt: devices.createdAt,
  expiresAt: devices.expiresAt,
  endedAt: devices.endedAt,
  endedReason: sql<string | null>`${devices.endedReason}`,
}

const SIGN_IN = {
  kind: sql<'sign-in'>`'sign-in'`,
  id: idSessions.hash,
  person: PERSON,
  serverName: sql<null>`NULL`,
  userId: sql<null>`NULL`,
  deviceId: sql<null>`NULL`,
  name: sql<null>`NULL`,
  sid: sql<null>`NULL`,
  lastActiveAt: sql<null>`NULL`,
  lastTapAt: idSessions.authTime,
  client: idSessions.userAgent,
  network: idSessions.network,
  acr: idSessions.acr,
  key: credentials.name,
  createdAt: idSessions.createdAt,
  expiresAt: idSessions.expiresAt,
  endedAt: idSessions.endedAt,
  endedReason: sql<null>`NULL`,
}

/** See server/console/sessions/port.ts. Everything is ended by the revoker. */
export function consoleSessions(db: Database, revoker: Revoker): SessionConsole {
  const devicesBy = (where: SQL | undefined, limit: number): Promise<SessionRow[]> =>
    db
      .select(DEVICE)
      .from(devices)
      .innerJoin(people, eq(people.id, devices.personId))
      .innerJoin(credentials, eq(credentials.id, devices.credentialId))
      .where(where)
      .orderBy(desc(devices.createdAt), desc(devices.id))
      .limit(limit)
  const signInsBy = (where: SQL | undefined, limit: number): Promise<SessionRow[]> =>
    db
      .select(SIGN_IN)
      .from(idSessions)
      .innerJoin(people, eq(people.id, idSessions.personId))
      .innerJoin(credentials, eq(credentials.id, idSessions.credentialId))
      .where(where)
      .orderBy(desc(idSessions.createdAt), desc(idSessions.hash))
      .limit(limit)
  const one = async (kind: SessionKind, id: string) =>
    kind === 'device' ? (await devicesBy(eq(devices.id, id), 1))[0] : (await signInsBy(eq(idSessions.hash, id), 1))[0]

  async function isGroup(group: string | null): Promise<boolean> {
    return group === null || (await db.$count(groups, eq(groups.id, group))) > 0
  }

  return {
    async search(ask) {
      const { q, client } = ask
      const column = ask.kind === 'device' ? devices.client : idSessions.userAgent
      const [named, clients] = await Promise.all([
        q === undefined ? [] : peopleNamed(db, q),
        client === undefined ? null : clientsWith(db, column, client),
      ])
      if (clients?.length === 0) return []
      return ask.kind === 'device'
        ? devicesBy(deviceFilter(ask, named, clients), ask.limit)
        : signInsBy(signInFilter(ask, named, clients), ask.limit)
    },

    async show(kind, id) {
      const session = await one(kind, id)
      if (session === undefined) return null
      const which = kind === 'device' ? eq(sids.id, session.sid ?? '') : eq(sids.idSessionHash, id)
      const own = await db
        .select({
          id: sids.id,
          clientId: sids.clientId,
          createdAt: sids.createdAt,
          endedAt: sids.endedAt,
          hash: sids.idSessionHash,
        })
        .from(sids)
        .where(which)
        .orderBy(desc(sids.createdAt))
        .limit(50)
      const [first] = own
      const signIn = kind === 'device' && first !== undefined ? ((await one('sign-in', first.hash)) ?? null) : null
      const ofSids =
        own.length === 0
          ? []
          : await devicesBy(
              inArray(
                devices.sid,
                own.map(({ id: sid }) => sid),
              ),
              50,
            )
      return { session, signIn, sids: own, devices: ofSids.filter((device) => device.id !== id) }
    },

    async reach(group) {
      if (!(await isGroup(group))) return null
      const within = (column: SQL) =>
        group === null ? sql`` : sql`AND ${column} IN (SELECT person_id FROM ${groupMembers} WHERE group_id = ${group})`
      const liveDevices = sql`FROM ${devices} WHERE ended_at IS NULL ${within(sql`person_id`)}`
      const liveSignIns = sql`FROM ${idSessions} WHERE ended_at IS NULL AND expires_at > now() ${within(sql`person_id`)}`
      const [row] = await db.execute<{ people: number; devices: number; sign_ins: number }>(sql`
        SELECT (SELECT count(*)::int ${liveDevices}) AS devices, (SELECT count(*)::int ${liveSignIns}) AS sign_ins,
          (SELECT count(*)::int FROM (SELECT DISTINCT person_id ${liveDevices}) d
            FULL JOIN (SELECT DISTINCT person_id ${liveSignIns}) s USING (person_id)) AS people`)
      return { people: row?.people ?? 0, devices: row?.devices ?? 0, signIns: row?.sign_ins ?? 0 }
    },

    async whose(kind, id) {
      const which = kind === 'person' ? and(eq(people.id, id), isNull(people.deletedAt)) : inArray(people.id, ownerOf())
      const [found] = await db.select({ username: people.username, role: people.role }).from(people).where(which)
      return found ?? null

      function ownerOf() {
        if (kind === 'device') return db.select({ id: devices.personId }).from(devices).where(eq(devices.id, id))
        if (kind === 'sid') return db.select({ id: sids.personId }).from(sids).where(eq(sids.id, id))
        return db.select({ id: idSessions.personId }).from(idSessions).where(eq(idSessions.hash, id))
      }
    },

    async end(kind, id, by) {
      const ended = await revoker.revoke(kind === 'sign-in' ? 'id-session' : kind, id, 'revoked', by)
      return { devices: ended.devices.length, sids: ended.sids.length }
    },

    async endMany(group, sparing, by) {
      if (!(await isGroup(group))) return null
      const ended = await revoker.revokeMany({ group, sparing }, 'revoked', by)
      return { people: ended.people, devices: ended.devices.length, sids: ended.sids.length }
    },
  }
}

function deviceFilter(ask: SessionAsk, named: readonly string[], clients: Clients): SQL | undefined {
  const { q, person, server, network, live, after } = ask
  return and(
    live ? isNull(devices.endedAt) : undefined,
    live ? gt(devices.expiresAt, sql`now()`) : undefined,
    person === undefined ? undefined : eq(devices.personId, person),
    server === undefined ? undefined : eq(devices.serverName, server),
    network === undefined ? undefined : eq(devices.network, network),
    clients === null ? undefined : inArray(devices.client, [...clients]),
    q === undefined ? undefined : deviceNamed(q, named),
    after === null
      ? undefined
      : sql`(${devices.createdAt}, ${devices.id}) < (${after.at.toISOString()}::timestamptz, ${after.id})`,
  )
}

/** One of Palier's own ids is looked up; anything else is a name's beginning, or a device id. */
function deviceNamed(q: string, named: readonly string[]): SQL | undefined {
  if (q.startsWith('dev_')) return eq(devices.id, q)
  if (q.startsWith('sid_')) return eq(devices.sid, q)
  return or(eq(devices.deviceId, q), inArray(devices.personId, [...named]))
}

function signInFilter(ask: SessionAsk, named: readonly string[], clients: Clients): SQL | undefined {
  const { q, person, network, live, after } = ask
  return and(
    live ? isNull(idSessions.endedAt) : undefined,
    live ? gt(idSessions.expiresAt, sql`now()`) : undefined,
    // A sign-in at id is of no homeserver.
    ask.server === undefined ? undefined : sql`false`,
    person === undefined ? undefined : eq(idSessions.personId, person),
    network === undefined ? undefined : eq(idSessions.network, network),
    clients === null ? undefined : inArray(idSessions.userAgent, [...clients]),
    q === undefined ? undefined : or(eq(idSessions.hash, q), inArray(idSessions.personId, [...named])),
    after === null
      ? undefined
      : sql`(${idSessions.createdAt}, ${idSessions.hash}) < (${after.at.toISOString()}::timestamptz, ${after.id})`,
  )
}

/** Ids of the people whose username or displayed name begins so. A Matrix user id is cut down to its local part. */
async function peopleNamed(db: Database, q: string): Promise<readonly string[]> {
  const begins = `${escaped(q.replace(/^@/, '').replace(/:.*$/, '').toLowerCase())}%`
  const rows = await db
    .select({ id: people.id })
    .from(people)
    .where(sql`${people.username} LIKE ${begins} OR lower(${people.displayName}) LIKE ${begins}`)
    .limit(PEOPLE_AT_MOST)
  return rows.map(({ id }) => id)
}

/** Null: any. */
type Clients = readonly string[] | null

/**
 * The clients in whose names the part is. A hundred thousand people use some hundred: they are gone through along the index, from one to
 * the next, where looking into each device's name would take a second.
 */
async function clientsWith(
  db: Database,
  column: typeof devices.client | typeof idSessions.userAgent,
  part: string,
): Promise<readonly string[]> {
  const rows = await db.execute<{ client: string }>(sql`
    WITH RECURSIVE found (client) AS (
      (SELECT ${column} FROM ${column.table} ORDER BY ${column} LIMIT 1)
      UNION ALL SELECT (SELECT ${column} FROM ${column.table} WHERE ${column} > found.client ORDER BY ${column} LIMIT 1)
      FROM found WHERE found.client IS NOT NULL
    ) SELECT client FROM found WHERE client ILIKE ${`%${escaped(part)}%`}`)
  return rows.map(({ client }) => client)
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&')
}
