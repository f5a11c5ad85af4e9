// The policy document's versions. See server/policy/port.ts.
import { desc, eq, inArray, lt, lte, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { Outage, PolicyStore, PolicyVersion } from '../../server/policy/port.ts'
import type { Database, Transaction } from '../client.ts'
import { people } from '../schema/people.ts'
import { policyVersions } from '../schema/policy.ts'

const VERSION = {
  number: policyVersions.number,
  document: policyVersions.document,
  sha256: policyVersions.sha256,
  appliedBy: policyVersions.appliedBy,
  appliedAt: policyVersions.appliedAt,
  reason: policyVersions.reason,
}

interface NowRow extends Record<string, unknown> {
  readonly number: number
  readonly outage: { id: string; until: number; first: string; second: string; intent: string } | null
}

export function policyStore(db: Database, audit: Audit): PolicyStore {
  const get = async (number: number): Promise<PolicyVersion | null> => {
    const [row] = await db.select(VERSION).from(policyVersions).where(eq(policyVersions.number, number))
    return row ?? null
  }
  return {
    get,

    async now(known, serverName) {
      const rows = await db.execute<NowRow>(sql`
        SELECT coalesce((SELECT max(number) FROM policy_versions), 0) AS number,
          (SELECT json_build_object('id', id, 'until', extract(epoch FROM granted_until) * 1000, 'first', first_person,
              'second', second_person, 'intent', intent)
            FROM releases
            WHERE typ = 'enforcement-off' AND state = 'granted' AND server_name = ${serverName}
              AND granted_until > clock_timestamp()
            ORDER BY granted_until DESC LIMIT 1) AS outage`)
      const { number, outage } = rows[0] as NowRow
      return {
        number,
        version: number === known || number === 0 ? null : await get(number),
        outage: outage && outageOf(outage),
      }
    },

    latest: () => latestPolicy(db),

    history: (limit, before) =>
      db
        .select(VERSION)
        .from(policyVersions)
        .where(before === undefined ? undefined : lt(policyVersions.number, before))
        .orderBy(desc(policyVersions.number))
        .limit(limit),

    async add(version, groups, event) {
      return db.transaction(async (tx) => {
        // Groups are not taken away meanwhile: whoever removes one takes the same lock.
        await takePolicyLock(tx)
        const rows = await tx.execute<{ state: string }>(sql`
          WITH missing AS (
            SELECT 1 FROM jsonb_array_elements_text(${JSON.stringify(groups)}::text::jsonb) AS named(id)
            WHERE NOT EXISTS (SELECT 1 FROM groups WHERE groups.id = named.id)),
          added AS (
            INSERT INTO policy_versions (number, document, sha256, applied_by, applied_at, reason)
            SELECT ${version.number}, ${JSON.stringify(version.document)}::text::jsonb, ${version.sha256}, ${version.appliedBy},
              ${version.appliedAt.toISOString()}::timestamptz, ${version.reason}
            WHERE ${version.number} = 1 + coalesce((SELECT max(number) FROM policy_versions), 0)
              AND NOT EXISTS (SELECT 1 FROM missing)
            ON CONFLICT DO NOTHING RETURNING 1)
          SELECT CASE WHEN EXISTS (SELECT 1 FROM added) THEN 'added'
            WHEN EXISTS (SELECT 1 FROM missing) THEN 'unknown-group' ELSE 'conflict' END AS state`)
        const state = (rows[0] as { state: 'added' | 'conflict' | 'unknown-group' }).state
        if (state === 'added') await audit.append(event, tx)
        return state
      })
    },
  }
}

/** The newest version, also from inside a transaction. */
export async function latestPolicy(from: Database | Transaction): Promise<PolicyVersion | null> {
  const [row] = await from.select(VERSION).from(policyVersions).orderBy(desc(policyVersions.number)).limit(1)
  return row ?? null
}

/** The version that was in force at a moment; null: none yet. */
export async function policyAt(from: Database | Transaction, at: Date): Promise<PolicyVersion | null> {
  const [row] = await from
    .select(VERSION)
    .from(policyVersions)
    .where(lte(policyVersions.appliedAt, at))
    .orderBy(desc(policyVersions.number))
    .limit(1)
  return row ?? null
}

/** Usernames of those who applied versions, by id; whoever is no person has none. */
export async function appliersOf(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const found = await db
    .select({ id: people.id, username: people.username })
    .from(people)
    .where(inArray(people.id, [...ids]))
  return new Map(found.map(({ id, username }) => [id, username]))
}

// 'policy' read as a number.
const POLICY_LOCK = 0x706f6c696379

/** Held by whoever changes the policy or takes away what it names, until the transaction ends. */
export async function takePolicyLock(tx: Transaction): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(${POLICY_LOCK}::bigint)`)
}

function outageOf({ id, until, first, second, intent }: NonNullable<NowRow['outage']>): Outage {
  const { reason } = JSON.parse(intent) as { reason: string }
  return { release: id, untilMs: Number(until), by: [first, second], reason }
}
