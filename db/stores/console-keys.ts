// The inventory of keys, as the console searches it.
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { AuditOfMany } from '../../server/audit/port.ts'
import type { InventoryKey, InventoryRow, KeysConsole } from '../../server/console/keys/port.ts'
import type { PeopleStore } from '../../server/people/port.ts'
import type { Revoker } from '../../server/sessions/revocation.ts'
import type { GroupKeyPolicy } from '../../server/webauthn/rule.ts'
import type { Database } from '../client.ts'
import { groupKeyPolicies } from '../schema/keys.ts'
import { credentials } from '../schema/people.ts'
import { groupPolicyStore } from './console-key-policies.ts'
import { counted, isActive, isUncertified } from './console-keys-filters.ts'
import { findKeyPlaces } from './console-keys-find.ts'

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
      const policies = ask.filter === 'below' ? await groupPolicies(db) : []
      const places = await findKeyPlaces(db, { ask, today, setting, policies })
      if (places.length === 0) return []
      const rows = await db.execute<Row>(sql`
        WITH page AS (
          SELECT * FROM json_to_recordset(${JSON.stringify(places)}::text::json) AS place (person_id text, username text, key_id text)
        ) ${details} ORDER BY page.username, page.key_id`)
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
      const looking = { today, setting, policies: await groupPolicies(db) }
      const ask = { person: null, before: null }
      // Each is answered from an index of its own, and two processors count at once.
      const [[people], [keys], [neverUsed], [compromised], [below]] = await Promise.all([
        db.execute<{ people: number; none: number; one: number }>(sql`
          SELECT count(*)::int AS people, (count(*) FILTER (WHERE k.n IS NULL))::int AS none, (count(*) FILTER (WHERE k.n = 1))::int AS one
          FROM people p LEFT JOIN (
            SELECT person_id, count(*) AS n FROM credentials WHERE revoked_at IS NULL AND kind <> 'temporary-pass' GROUP BY person_id
          ) k ON k.person_id = p.id WHERE p.deleted_at IS NULL AND p.suspended_at IS NULL`),
        db.execute<{ keys: number; uncertified: number }>(sql`
          SELECT coalesce(sum(n), 0)::int AS keys, coalesce(sum(n) FILTER (WHERE ${isUncertified(today)}), 0)::int AS uncertified
          FROM (SELECT acr, aaguid, count(*) AS n FROM credentials c WHERE ${isActive} GROUP BY acr, aaguid) c`),
        db.execute<{ n: number }>(
          sql`SELECT count(*)::int AS n FROM credentials c WHERE ${isActive} AND c.last_used_at IS NULL`,
        ),
        db.execute<{ n: number }>(counted({ ...looking, ask: { ...ask, filter: 'compromised' } })),
        db.execute<{ n: number }>(counted({ ...looking, ask: { ...ask, filter: 'below' } })),
      ])
      return {
        ...{ people: 0, none: 0, one: 0, ...people },
        ...{ keys: 0, uncertified: 0, ...keys },
        neverUsed: neverUsed?.n ?? 0,
        compromised: compromised?.n ?? 0,
        below: below?.n ?? 0,
      }
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

/** What each group asks of its people's keys; few groups ask for anything. */
const groupPolicies = (db: Database) =>
  db
    .select()
    .from(groupKeyPolicies)
    .then((rows) => rows.map(policyOf))

function policyOf(row: typeof groupKeyPolicies.$inferSelect) {
  const { groupId, policy, aaguids, platformAllowed } = row
  return { groupId, policy, aaguids, platformAllowed, minKeys: row.minKeys === 2 ? (2 as const) : (1 as const) }
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
