// Every device that was ended for a reason leaves an incident: what it consumed, exactly.
import { sql } from 'drizzle-orm'
import type { MeterStore } from '../../server/metering/port.ts'
import type { Random } from '../../server/platform/random.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import type { Database } from '../client.ts'
import { incidents } from '../schema/metering.ts'
import { devices, revocations } from '../schema/sessions.ts'

/** At a time; the rest follows. */
const TOGETHER = 50
/** Ends that give the person's windows back write their incident themselves: only if that did not come about. */
const GIVING_BACK_SECONDS = 60

/**
 * Writes the incidents of devices that were ended within the last day and have none: not of those that signed out, were
 * replaced by their own next login, or came to their day. Their windows are not given back. Any number of processes; resolves
 * with how many were written.
 */
export async function recordEnds(
  db: Database,
  { meters, random }: { readonly meters: Pick<MeterStore, 'giveBack'>; readonly random: Random },
): Promise<number> {
  let written = 0
  for (;;) {
    const ended = await db.execute<{ id: string; server: string; person: string; reason: string }>(sql`
      SELECT d.id, d.server_name AS server, d.person_id AS person, coalesce((
        SELECT r.reason FROM ${revocations} r WHERE r.at BETWEEN d.ended_at - interval '1 second' AND d.ended_at + interval '10 seconds'
          AND r.kind = 'device' AND r.subject = d.id ORDER BY r.id LIMIT 1), d.ended_reason, 'revoked') AS reason
      FROM ${devices} d
      WHERE d.ended_at > now() - interval '1 day' AND coalesce(d.ended_reason, 'revoked') NOT IN ('logout', 'replaced', 'expired')
        AND (d.ended_reason NOT IN ('not-me', 'three-denials') OR d.ended_at < now() - make_interval(secs => ${GIVING_BACK_SECONDS}))
        AND NOT EXISTS (SELECT 1 FROM ${incidents} i WHERE i.device_id = d.id)
      ORDER BY d.ended_at LIMIT ${TOGETHER}`)
    const done = await Promise.all(
      ended.map(({ id, server, person, reason }) =>
        meters.giveBack({
          incident: newToken('incident', random),
          serverName: server,
          personId: person,
          device: id,
          reason,
          policy: { ...defaultPolicy, giveBacksPer30Days: 0 },
        }),
      ),
    )
    written += done.filter(Boolean).length
    if (ended.length < TOGETHER) return written
  }
}
