// The inventory of keys, as the console searches it.
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { AuditOfMany } from '../../server/audit/port.ts'
import type {
  InventoryKey,
  InventoryRow,
  KeyFilter,
  KeysAsk,
  KeysConsole,
  ModelsToday,
} from '../../server/console/keys/port.ts'
import type { PeopleStore } from '../../server/people/port.ts'
import type { Revoker } from '../../server/sessions/revocation.ts'
import { CUT_OFF_REASONS } from '../../server/webauthn/port.ts'
import type { GroupKeyPolicy } from '../../server/webauthn/rule.ts'
import type { Database } from '../client.ts'
import { credentials } from '../schema/people.ts'
import { groupPolicyStore } from './console-key-policies.ts'
import { foldedLike } from './directory.ts'

export interface ConsoleKeysDeps {
  readonly audit: AuditOfMany
  readonly people: Pick<PeopleStore, 'revokeKey'>
  readonly revoker: Revoker
}

/** Implements the port of keys. */
export function consoleKeys(db: Database, { audit, people, revoker }: ConsoleKeysDeps): KeysConsole {
  return {
    ...groupPolicyStore(db, audit),

    async list(ask, today, setting) {
      const rows = await db.execute<Row>(sql`
        WITH page AS (
          SELECT p.id AS person_id, p.username AS at_username, ${ask.filter === 'none' ? sql`NULL::text` : sql`c.id`} AS key_id
          FROM people p ${ask.filter === 'none' ? sql`` : sql`JOIN credentials c ON c.person_id = p.id AND c.kind <> 'temporary-pass'`}
          WHERE p.deleted_at IS NULL AND ${and(...conditions(ask, today, setting))}
          ORDER BY at_username${ask.filter === 'none' ? sql`` : sql`, key_id`} LIMIT ${ask.limit}
        ) ${details} ORDER BY page.at_username, page.key_id`)
      return rows.map(fromRow)
    },

    async find(keyId) {
      const [row] = await db.execute<Row>(sql`
        WITH page AS (SELECT c.person_id, c.id AS key_id FROM credentials c WHERE c.id = ${keyId} AND c.kind <> 'temporary-pass')
        ${details}`)
      const found = row === undefined ? null : fromRow(row)
      return found?.key ? { person: found.person, key: found.key } : null
    },

    async opened(keyId) {
      const [row] = await db.execute<{ sessions: number; devices: number }>(sql`
        SELECT (SELECT count(*)::int FROM id_sessions WHERE credential_id = ${keyId} AND ended_at IS NULL AND expires_at > now()) AS sessions,
          (SELECT count(*)::int FROM devices WHERE credential_id = ${keyId} AND ended_at IS NULL) AS devices`)
      return row ?? { sessions: 0, devices: 0 }
    },

    async counts(today, setting) {
      const [[people], [compromised], [below]] = await Promise.all([
        db.execute<Counted>(sql`
          WITH k AS MATERIALIZED (
            SELECT c.person_id, count(*) AS n, count(*) FILTER (WHERE NOT ${isCertified(today)}) AS uncertified
            FROM credentials c WHERE c.revoked_at IS NULL AND c.kind <> 'temporary-pass' GROUP BY c.person_id
          )
          SELECT count(*)::int AS people, (count(*) FILTER (WHERE k.n IS NULL))::int AS none, (count(*) FILTER (WHERE k.n = 1))::int AS one,
            (SELECT coalesce(sum(n), 0)::int FROM k) AS keys, (SELECT coalesce(sum(uncertified), 0)::int FROM k) AS uncertified,
            (SELECT count(*)::int FROM credentials c
              WHERE c.revoked_at IS NULL AND c.kind <> 'temporary-pass' AND c.last_used_at IS NULL) AS never_used
          FROM people p LEFT JOIN k ON k.person_id = p.id WHERE p.deleted_at IS NULL AND p.suspended_at IS NULL`),
        db.execute<{ n: number }>(counted(BY_FILTER.compromised(today, setting, null))),
        db.execute<{ n: number }>(counted(BY_FILTER.below(today, setting, null))),
      ])
      const { never_used: neverUsed, ...rest } = people as Counted
      return { ...rest, neverUsed, compromised: compromised?.n ?? 0, below: below?.n ?? 0 }
    },

    rename: (keyId, version, name, event) =>
      db.transaction(async (tx) => {
        const changed = await tx
          .update(credentials)
          .set({ name, version: version + 1 })
          .where(and(eq(credentials.id, keyId), eq(credentials.version, version), isNull(credentials.revokedAt)))
          .returning({ id: credentials.id })
        if (changed.length === 0) return false
        await audit.append(event, tx)
        return true
      }),

    async revoke(keyId, reason, at, event) {
      const changed = await people.revokeKey(keyId, reason, at, event)
      await revoker.revoke('credential', keyId, 'credential-revoked', { actor: event.actor })
      return changed
    },
  }
}

interface Counted extends Record<string, unknown> {
  people: number
  none: number
  one: number
  keys: number
  uncertified: number
  never_used: number
}

/** How many keys match. */
const counted = (which: readonly SQL[]) => sql`
  SELECT count(*)::int AS n FROM people p JOIN credentials c ON c.person_id = p.id AND c.kind <> 'temporary-pass'
  WHERE p.deleted_at IS NULL AND ${and(...which)}`

const isActive = sql`c.revoked_at IS NULL`
const isCertified = ({ certified }: ModelsToday) => sql`(c.acr = 'phrh' AND c.aaguid = ANY (${textArray(certified)}))`
/** Cut off with its model; or about to be. */
const isCompromised = ({ unsafe }: ModelsToday) =>
  sql`(c.revoked_reason = ANY (${textArray(CUT_OFF_REASONS)}) OR (c.revoked_at IS NULL AND c.aaguid = ANY (${textArray(unsafe)})))`

/**
 * belowRule (server/webauthn/rule.ts) for each of the person's groups; a key below one of them is below the strictest of all. Asked as sets,
 * each made once, and not person by person.
 */
function isBelow(today: ModelsToday, setting: GroupKeyPolicy['policy']): SQL {
  const belowGroup = sql`c.id IN (
    SELECT c.id FROM group_key_policies g JOIN group_members m USING (group_id) JOIN credentials c ON c.person_id = m.person_id
    WHERE c.revoked_at IS NULL AND (
      (g.policy = 'attested' AND NOT ${isCertified(today)}) OR (g.policy <> 'any' AND c.backup_eligible)
      OR (g.aaguids IS NOT NULL AND NOT jsonb_exists(g.aaguids, c.aaguid)) OR (c.kind = 'platform' AND NOT g.platform_allowed)))`
  const tooFew = sql`p.id IN (
    SELECT c.person_id FROM credentials c WHERE c.revoked_at IS NULL AND c.kind <> 'temporary-pass'
      AND c.person_id IN (SELECT m.person_id FROM group_key_policies g JOIN group_members m USING (group_id) WHERE g.min_keys > 1)
    GROUP BY c.person_id HAVING count(*) < 2)`
  if (setting === 'any') return sql`(${belowGroup} OR ${tooFew})`
  const bySetting =
    setting === 'device-bound'
      ? sql`c.backup_eligible`
      : sql`(c.backup_eligible OR c.kind = 'platform' OR NOT ${isCertified(today)})`
  return sql`(${belowGroup} OR ${tooFew} OR (${bySetting} AND p.id NOT IN (
    SELECT m.person_id FROM group_key_policies g JOIN group_members m USING (group_id))))`
}

const BY_FILTER: Readonly<
  Record<KeyFilter, (today: ModelsToday, setting: GroupKeyPolicy['policy'], before: Date | null) => readonly SQL[]>
> = {
  all: () => [isActive],
  none: () => [
    sql`p.suspended_at IS NULL`,
    sql`NOT EXISTS (SELECT 1 FROM credentials k WHERE k.person_id = p.id AND k.revoked_at IS NULL AND k.kind <> 'temporary-pass')`,
  ],
  one: () => [
    isActive,
    sql`p.suspended_at IS NULL`,
    sql`p.id IN (SELECT k.person_id FROM credentials k WHERE k.revoked_at IS NULL AND k.kind <> 'temporary-pass'
      GROUP BY k.person_id HAVING count(*) = 1)`,
  ],
  uncertified: (today) => [isActive, sql`NOT ${isCertified(today)}`],
  compromised: (today) => [isCompromised(today)],
  below: (today, setting) => [isActive, sql`p.suspended_at IS NULL`, isBelow(today, setting)],
  'never-used': () => [isActive, sql`c.last_used_at IS NULL`],
  unused: (_today, _setting, before) => [
    isActive,
    sql`coalesce(c.last_used_at, c.created_at) < ${(before ?? new Date(0)).toISOString()}::timestamptz`,
  ],
  revoked: () => [sql`c.revoked_at IS NOT NULL`],
}

function conditions(ask: KeysAsk, today: ModelsToday, setting: GroupKeyPolicy['policy']): SQL[] {
  const { q, person, group, model, after } = ask
  const hasKey = ask.filter !== 'none'
  const found = person !== null && ask.filter === 'all' ? [] : [...BY_FILTER[ask.filter](today, setting, ask.before)]
  if (q !== null) {
    const named = sql`p.search LIKE '%' || ${foldedLike(q)} || '%'`
    found.push(hasKey ? sql`(${named} OR c.id = ${q} OR c.serial = ${q})` : named)
  }
  if (person !== null) found.push(sql`p.id = ${person}`)
  if (group !== null)
    found.push(sql`EXISTS (SELECT 1 FROM group_members m WHERE m.person_id = p.id AND m.group_id = ${group})`)
  if (model !== null && hasKey) found.push(sql`c.aaguid = ${model}`)
  if (after !== null)
    found.push(
      hasKey
        ? // The first part says no more than the second, and an index answers it.
          sql`p.username >= ${after.username} AND (p.username, c.id) > (${after.username}, ${after.key})`
        : sql`p.username > ${after.username}`,
    )
  return found.length === 0 ? [sql`true`] : found
}

const details = sql`
  SELECT p.id AS person_id, p.username, p.display_name, p.role, p.suspended_at,
    (SELECT count(*)::int FROM credentials k WHERE k.person_id = p.id AND k.revoked_at IS NULL AND k.kind <> 'temporary-pass') AS keys,
    (SELECT coalesce(json_agg(json_build_object('policy', g.policy, 'aaguids', g.aaguids, 'platformAllowed', g.platform_allowed, 'minKeys', g.min_keys)), '[]')
      FROM group_members m JOIN group_key_policies g USING (group_id) WHERE m.person_id = p.id) AS groups,
    c.id AS key_id, c.name, c.kind, c.serial, c.aaguid, c.acr, c.policy, c.backup_eligible, c.created_at, c.last_used_at, c.last_used_network,
    c.last_used_client, c.revoked_at, c.revoked_reason, c.version
  FROM page JOIN people p ON p.id = page.person_id LEFT JOIN credentials c ON c.id = page.key_id`

interface Row extends Record<string, unknown> {
  person_id: string
  username: string
  display_name: string
  role: string
  suspended_at: string | null
  keys: number
  groups: GroupKeyPolicy[]
  key_id: string | null
  name: string
  kind: InventoryKey['kind']
  serial: string | null
  aaguid: string
  acr: InventoryKey['acr']
  policy: InventoryKey['policy']
  backup_eligible: boolean
  created_at: string
  last_used_at: string | null
  last_used_network: string | null
  last_used_client: string | null
  revoked_at: string | null
  revoked_reason: string | null
  version: number
}

function fromRow(row: Row): InventoryRow {
  const instant = (text: string | null) => (text === null ? null : new Date(text))
  return {
    person: {
      id: row.person_id,
      username: row.username,
      displayName: row.display_name,
      role: row.role,
      suspendedAt: instant(row.suspended_at),
      keys: row.keys,
      groups: row.groups,
    },
    key:
      row.key_id === null
        ? null
        : {
            id: row.key_id,
            name: row.name,
            kind: row.kind,
            serial: row.serial,
            aaguid: row.aaguid,
            acr: row.acr,
            policy: row.policy,
            backupEligible: row.backup_eligible,
            createdAt: new Date(row.created_at),
            lastUsedAt: instant(row.last_used_at),
            lastNetwork: row.last_used_network,
            lastClient: row.last_used_client,
            revokedAt: instant(row.revoked_at),
            revokedReason: row.revoked_reason,
            version: row.version,
          },
  }
}

function textArray(values: readonly string[]): SQL {
  return sql`${`{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`}::text[]`
}
