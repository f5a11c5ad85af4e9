// Approvals: one pending prompt per asking, one decision ever, and what a decision does, in one transaction.
import { and, desc, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { MeterStore } from '../../server/metering/port.ts'
import type { ApprovalStore, Approve, ApproveResult, NewApproval, StoredApproval } from '../../server/stepup/port.ts'
import type { Database, Transaction } from '../client.ts'
import { approvals } from '../schema/metering.ts'
import { devices } from '../schema/sessions.ts'

export interface ApprovalStoreDeps {
  readonly audit: Pick<Audit, 'append'>
  readonly meters: Pick<MeterStore<Transaction>, 'grantAllowance'>
}

type Row = typeof approvals.$inferSelect

/** The store of approvals; see server/stepup/port.ts for what each call promises. */
export function approvalStore(db: Database, deps: ApprovalStoreDeps): ApprovalStore {
  return {
    findOrCreate: (approval, deniedSince) => findOrCreate(db, deps, approval, deniedSince),

    async get(hash) {
      const [row] = await db.select().from(approvals).where(eq(approvals.hash, hash))
      return row ? stored(row) : null
    },

    async states(hashes) {
      if (hashes.length === 0) return new Map()
      const rows = await db
        .select({ hash: approvals.hash, state: approvals.state, expiresAt: approvals.expiresAt })
        .from(approvals)
        .where(inArray(approvals.hash, [...hashes]))
      return new Map(rows.map((row) => [row.hash, row]))
    },

    approve: (input) => approve(db, deps, input),

    async deny(hash, by, action, at) {
      return db.transaction(async (tx) => {
        const [row] = await tx
          .update(approvals)
          .set({ state: 'denied', decidedAt: at, decidedBy: by })
          .where(and(eq(approvals.hash, hash), eq(approvals.state, 'pending')))
          .returning({ deviceId: approvals.deviceId })
        if (!row) return false
        await deps.audit.append({ action, actor: by, subject: row.deviceId, detail: { approval: hash } }, tx)
        return true
      })
    },
  }
}

async function findOrCreate(db: Database, deps: ApprovalStoreDeps, approval: NewApproval, deniedSince: Date) {
  return db.transaction(async (tx) => {
    await tx
      .update(approvals)
      .set({ state: 'expired', decidedAt: approval.createdAt })
      .where(
        and(
          eq(approvals.mergeKey, approval.mergeKey),
          eq(approvals.state, 'pending'),
          lte(approvals.expiresAt, approval.createdAt),
        ),
      )
    const denied = await recentDenial(tx, approval.mergeKey, deniedSince)
    if (denied) return { approval: stored(denied), created: false }
    const [inserted] = await tx
      .insert(approvals)
      .values({ ...approval, state: 'pending' })
      .onConflictDoNothing({ target: approvals.mergeKey, where: sql`state = 'pending'` })
      .returning()
    if (inserted) {
      await deps.audit.append(
        {
          action: 'approval.asked',
          actor: 'system',
          subject: approval.deviceId,
          detail: { approval: approval.hash, person: approval.personId },
        },
        tx,
      )
      return { approval: stored(inserted), created: true }
    }
    const [pending] = await tx
      .select()
      .from(approvals)
      .where(and(eq(approvals.mergeKey, approval.mergeKey), eq(approvals.state, 'pending')))
    // Decided between the two statements: the caller asks again and finds the decision.
    if (!pending) throw new Error('the pending approval was decided meanwhile')
    return { approval: stored(pending), created: false }
  })
}

async function recentDenial(tx: Transaction, mergeKey: string, since: Date): Promise<Row | undefined> {
  const [row] = await tx
    .select()
    .from(approvals)
    .where(and(eq(approvals.mergeKey, mergeKey), eq(approvals.state, 'denied'), gt(approvals.decidedAt, since)))
    .orderBy(desc(approvals.decidedAt))
    .limit(1)
  return row
}

/** Thrown inside the transaction to undo it; never leaves this file. */
class CeilingReached extends Error {}

async function approve(db: Database, deps: ApprovalStoreDeps, input: Approve): Promise<ApproveResult> {
  try {
    return await db.transaction(async (tx) => {
      const [row] = await tx
        .update(approvals)
        .set({
          state: 'approved',
          decidedAt: input.at,
          decidedBy: input.personId,
          credentialId: input.credentialId,
          receipt: input.receipt,
        })
        .where(
          and(
            eq(approvals.hash, input.hash),
            eq(approvals.personId, input.personId),
            eq(approvals.state, 'pending'),
            gt(approvals.expiresAt, input.at),
          ),
        )
        .returning()
      if (!row) return { ok: false, reason: 'not-pending' } as const
      const expiresAt = await release(tx, deps, row, input)
      await tx.update(devices).set({ lastTapAt: input.at, lastActiveAt: input.at }).where(eq(devices.id, row.deviceId))
      await deps.audit.append(
        {
          action: 'approval.approved',
          actor: input.personId,
          subject: row.deviceId,
          detail: {
            approval: row.hash,
            credential: input.credentialId,
            events: input.allowance.events,
            rooms: input.allowance.rooms.length,
          },
        },
        tx,
      )
      return { ok: true, expiresAt } as const
    })
  } catch (error) {
    if (error instanceof CeilingReached) return { ok: false, reason: 'ceiling-reached' }
    throw error
  }
}

async function release(tx: Transaction, deps: ApprovalStoreDeps, row: Row, input: Approve): Promise<Date> {
  const granted = await deps.meters.grantAllowance(tx, {
    id: input.allowance.id,
    approvalHash: row.hash,
    serverName: row.serverName,
    personId: row.personId,
    device: row.deviceId,
    network: row.network,
    client: row.client,
    rooms: input.allowance.rooms,
    direction: input.allowance.direction,
    events: input.allowance.events,
    ttlSeconds: input.allowance.livesSeconds,
  })
  if (granted.state !== 'granted') throw new CeilingReached()
  return granted.expiresAt
}

function stored(row: Row): StoredApproval {
  return { ...row, receipt: (row.receipt as StoredApproval['receipt']) ?? null }
}
