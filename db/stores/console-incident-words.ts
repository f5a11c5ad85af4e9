// Why a device was ended, in the words of whoever ended it: they are in the audit log, beside the end itself.
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { auditEntries } from '../schema/audit.ts'
import { groupMembers } from '../schema/groups.ts'
import { devices, sids } from '../schema/sessions.ts'

/** Not anybody's words: what a page or a directory writes by itself. */
const STABLE = ['lost', 'scim', 'credential-revoked']

/**
 * By device, for those of whose end somebody gave a reason: the entry of the end says which devices ended with it. A suspension, a
 * deletion and a revocation have their reason in an entry of their own, before it; ending many at once names no device, only whose.
 */
export async function wordsOfEnds(
  db: Pick<Database, 'execute'>,
  ended: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ended.length === 0) return new Map()
  const found = await db.execute<{ device: string; said: string }>(sql`
    SELECT * FROM (
      SELECT d.id AS device, coalesce(e.detail ->> 'why', own.detail ->> 'reason', many.detail ->> 'why') AS said
      FROM ${devices} d LEFT JOIN ${sids} s ON s.id = d.sid
        LEFT JOIN LATERAL (SELECT a.sequence, a.subject, a.detail FROM ${auditEntries} a
          WHERE a.subject IN (d.id, d.sid, d.person_id, d.credential_id, s.id_session_hash) AND a.action = 'session.ended'
            AND a.detail -> 'devices' ? d.id ORDER BY a.sequence DESC LIMIT 1) e ON true
        LEFT JOIN LATERAL (SELECT a.detail FROM ${auditEntries} a
          WHERE a.subject = e.subject AND a.sequence < e.sequence AND a.action = CASE e.detail ->> 'reason'
            WHEN 'person-suspended' THEN 'person.suspended' WHEN 'person-deleted' THEN 'person.deleted'
            WHEN 'credential-revoked' THEN 'key.revoked' END
          ORDER BY a.sequence DESC LIMIT 1) own ON true
        LEFT JOIN LATERAL (SELECT a.detail FROM ${auditEntries} a
          WHERE e.sequence IS NULL AND a.action = 'sessions.ended-many' AND NOT a.detail -> 'spared' ? d.person_id
            AND a.at BETWEEN d.ended_at - interval '5 seconds' AND d.ended_at + interval '3 minutes'
            AND (a.subject = 'everyone' OR EXISTS (
              SELECT 1 FROM ${groupMembers} m WHERE m.group_id = a.subject AND m.person_id = d.person_id))
          ORDER BY a.sequence LIMIT 1) many ON true
      WHERE d.id IN (${listed(ended)})
    ) told WHERE said NOT IN (${listed(STABLE)})`)
  return new Map(found.map(({ device, said }) => [device, said]))
}

function listed(texts: readonly string[]): SQL {
  return sql.join(
    texts.map((text) => sql`${text}`),
    sql`, `,
  )
}
