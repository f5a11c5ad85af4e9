// Takes away what id no longer needs, a little at a time: never so much at once that a sign-in waits for it.
import { type SQL, sql } from 'drizzle-orm'
import { LINES_KEPT_DAYS, PLAN_HOURS } from '../../server/people/imports.ts'
import type { Database } from '../client.ts'
import { enrolmentProofs, temporaryPasses } from '../schema/enrolment.ts'
import {
  authorizationCodes,
  logoutDeliveries,
  oidcRefreshTokens,
  revokedAccessTokens,
  transactions,
} from '../schema/oidc.ts'
import { ceremonies, enrolmentTickets } from '../schema/people.ts'
import { serviceRenewals } from '../schema/services.ts'
import { devices, idSessions, sids } from '../schema/sessions.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A redeemed code is known until what it gave has ended: its replay ends that. */
export const CODES_KEPT_MS = DAY_MS
/** A revoked grant is known until the last access token that came of it has ended. */
export const GRANTS_KEPT_MS = HOUR_MS
/** A renewal that was not tapped is known a while longer: who taps too late is told so. */
export const RENEWALS_KEPT_MS = HOUR_MS
/** What an auditor may still ask about beside the audit log: which tap, ticket or logout it was. */
export const EVIDENCE_KEPT_MS = 90 * DAY_MS

/** How many batches of one table a call takes at most; the rest waits for the next call. */
const BATCHES_MAX = 20

export interface SweepOptions {
  /** Rows a statement takes away at most. */
  readonly batch?: number
}

/** Rows that were taken away, by table. */
export type Swept = Readonly<Record<string, number>>

/**
 * Deletes what has expired at `now`, in statements of at most `batch` rows that wait for no lock. Any number of processes
 * may call it at once. Order matters: what refers to a sid goes before the sid, a sid before the session it came from.
 */
export async function sweepId(db: Database, now: Date, { batch = 500 }: SweepOptions = {}): Promise<Swept> {
  const before = (keptMs: number) => sql`${new Date(now.getTime() - keptMs).toISOString()}::timestamptz`
  const work: readonly [name: string, table: SQL, old: SQL][] = [
    ['transactions', sql`${transactions}`, sql`t.expires_at <= ${before(0)}`],
    ['ceremonies', sql`${ceremonies}`, sql`t.expires_at <= ${before(0)}`],
    ['authorization_codes', sql`${authorizationCodes}`, sql`t.expires_at <= ${before(CODES_KEPT_MS)}`],
    ['revoked_access_tokens', sql`${revokedAccessTokens}`, sql`t.expires_at <= ${before(0)}`],
    ['oidc_refresh_tokens', sql`${oidcRefreshTokens}`, sql`t.expires_at <= ${before(GRANTS_KEPT_MS)}`],
    [
      'logout_deliveries',
      sql`${logoutDeliveries}`,
      sql`t.next_attempt_at IS NULL AND t.created_at <= ${before(EVIDENCE_KEPT_MS)}`,
    ],
    ['enrolment_proofs', sql`${enrolmentProofs}`, sql`t.expires_at <= ${before(0)}`],
    ['temporary_passes', sql`${temporaryPasses}`, sql`t.expires_at <= ${before(EVIDENCE_KEPT_MS)}`],
    ['enrolment_tickets', sql`${enrolmentTickets}`, sql`t.expires_at <= ${before(EVIDENCE_KEPT_MS)}`],
    [
      'service_renewals',
      sql`${serviceRenewals}`,
      sql`t.renewed_at IS NULL AND t.expires_at <= ${before(RENEWALS_KEPT_MS)}`,
    ],
    [
      'people_imports',
      sql`people_imports`,
      sql`(t.state = 'planned' AND t.created_at <= ${before(PLAN_HOURS * HOUR_MS)})
        OR t.finished_at <= ${before(LINES_KEPT_DAYS * DAY_MS)}`,
    ],
    [
      'sids',
      sql`${sids}`,
      sql`t.created_at <= ${before(EVIDENCE_KEPT_MS)}
        AND NOT EXISTS (SELECT 1 FROM ${devices} WHERE ${devices.sid} = t.id)
        AND NOT EXISTS (SELECT 1 FROM ${authorizationCodes} WHERE ${authorizationCodes.sid} = t.id)
        AND NOT EXISTS (SELECT 1 FROM ${oidcRefreshTokens} WHERE ${oidcRefreshTokens.sid} = t.id)`,
    ],
    [
      'id_sessions',
      sql`${idSessions}`,
      sql`t.expires_at <= ${before(EVIDENCE_KEPT_MS)}
        AND NOT EXISTS (SELECT 1 FROM ${sids} WHERE ${sids.idSessionHash} = t.hash)`,
    ],
  ]
  const swept: Record<string, number> = {}
  for (const [name, table, old] of work) swept[name] = await sweepTable(db, table, old, batch)
  return swept
}

async function sweepTable(db: Database, table: SQL, old: SQL, batch: number): Promise<number> {
  let total = 0
  for (let taken = batch, round = 0; taken === batch && round < BATCHES_MAX; round++) {
    const rows = await db.execute(sql`
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
        SELECT t.ctid FROM ${table} t WHERE ${old} LIMIT ${batch} FOR UPDATE SKIP LOCKED
      )) RETURNING 1 AS one`)
    taken = rows.length
    total += taken
  }
  return total
}
