// Approvals: one pending prompt per asking, one decision ever, and what a decision does, in one transaction.
import { and, desc, eq, gt, inArray, isNull, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { MeterStore } from '../../server/metering/port.ts'
import { TEMPORARY_ACR } from '../../server/sessions/port.ts'
import type {
  Alike,
  ApprovalStore,
  Approve,
  ApproveResult,
  AskingLimits,
  NewApproval,
  StoredApproval,
} from '../../server/stepup/port.ts'
import type { Database, Transaction } from '../client.ts'
import { approvals } from '../schema/metering.ts'
import { devices } from '../schema/sessions.ts'

export interface ApprovalStoreDeps {
  readonly audit: Pick<Audit, 'append'>
  readonly meters: Pick<MeterStore<Transaction>, 'grantAllowance'>
  /** Owes the person word of a new prompt, in the transaction that makes it. */
  readonly prompted?: (approval: NewApproval, tx: Transaction) => Promise<void>
}

type Row = typeof approvals.$inferSelect

const DAY_MS = 86_400_000

/** The store of approvals; see server/stepup/port.ts for what each call promises. */
export function approvalStore(db: Database, deps: ApprovalStoreDeps): ApprovalStore {
  return {
    find: (alike) => find(db, alike),

    findOrCreate: (approval, limits) => findOrCreate(db, deps, approval, limits),

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
        const [asked] = await tx
          .select({ deviceId: approvals.deviceId })
          .from(approvals)
          .where(eq(approvals.hash, hash))
        if (!asked) return null
        await inTurn(tx, asked.deviceId)
        const [row] = await tx
          .update(approvals)
          .set({ state: 'denied', decidedAt: at, decidedBy: by })
          .where(and(eq(approvals.hash, hash), eq(approvals.state, 'pending'), gt(approvals.expiresAt, at)))
          .returning({ deviceId: approvals.deviceId, personId: approvals.personId })
        if (!row) return null
        await deps.audit.append({ action, actor: by, subject: row.deviceId, detail: { approval: hash } }, tx)
        return denialsOf(tx, row, at)
      })
    },
  }
}

/** One statement, so that a decision made meanwhile shows as pending or as denied, never as neither. */
async function find(db: Database | Transaction, alike: Alike): Promise<StoredApproval | null> {
  const [row] = await db
    .select()
    .from(approvals)
    .where(
      and(
        eq(approvals.personId, alike.personId),
        eq(approvals.mergeKey, alike.mergeKey),
        or(
          and(eq(approvals.state, 'denied'), gt(approvals.decidedAt, alike.deniedSince)),
          and(eq(approvals.state, 'pending'), gt(approvals.expiresAt, alike.now)),
        ),
      ),
    )
    .orderBy(sql`${approvals.state} = 'denied' DESC`, desc(approvals.decidedAt))
    .limit(1)
  return row ? stored(row) : null
}

async function findOrCreate(
  db: Database,
  deps: ApprovalStoreDeps,
  approval: NewApproval,
  limits: AskingLimits,
): Promise<{ approval: StoredApproval; created: boolean }> {
  return db.transaction(async (tx) => {
    const now = approval.createdAt
    await inTurn(tx, approval.deviceId)
    const asked = and(eq(approvals.personId, approval.personId), eq(approvals.deviceId, approval.deviceId))
    const ofDevice = and(asked, eq(approvals.state, 'pending'))
    await tx
      .update(approvals)
      .set({ state: 'expired', decidedAt: now })
      .where(and(ofDevice, lte(approvals.expiresAt, now)))
    const alike = await find(tx, { ...approval, now, deniedSince: limits.deniedSince })
    if (alike) return { approval: alike, created: false }
    const side = await sameSide(tx, approval)
    const newest = (which: SQL | undefined, atMost: number) =>
      tx
        .select()
        .from(approvals)
        .where(and(which, side))
        .orderBy(desc(approvals.createdAt), desc(approvals.hash))
        .limit(atMost)
    const pending = await newest(ofDevice, limits.pendingAtMost)
    if (pending[0] && pending.length >= limits.pendingAtMost) return { approval: stored(pending[0]), created: false }
    const lately = await newest(and(asked, gt(approvals.createdAt, limits.newSince)), limits.newAtMost)
    if (lately[0] && lately.length >= limits.newAtMost) {
      return { approval: stored(pending[0] ?? lately[0]), created: false }
    }
    await tx.insert(approvals).values({ ...approval, state: 'pending' })
    await deps.prompted?.(approval, tx)
    await deps.audit.append(
      {
        action: 'approval.asked',
        actor: 'system',
        subject: approval.deviceId,
        detail: { approval: approval.hash, person: approval.personId },
      },
      tx,
    )
    return { approval: { ...approval, state: 'pending', decidedAt: null, receipt: null }, created: true }
  })
}

/** Askings and denials of one device take turns: the statements that follow see all that the one before committed. */
async function inTurn(tx: Transaction, device: string): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`approvals of ${device}`}, 0))`)
}

/** How many of the device's approvals its own person denied within the day before `at`. */
async function denialsOf(tx: Transaction, row: { deviceId: string; personId: string }, at: Date): Promise<number> {
  return tx.$count(
    approvals,
    and(
      eq(approvals.deviceId, row.deviceId),
      eq(approvals.personId, row.personId),
      eq(approvals.decidedBy, row.personId),
      eq(approvals.state, 'denied'),
      gt(approvals.decidedAt, new Date(at.getTime() - DAY_MS)),
    ),
  )
}

/**
 * Prompts asked for from the network where the device signed in are counted apart from those asked for elsewhere: a thief
 * elsewhere fills only the latter, and the owner is never shown a thief's prompt in the place of their own.
 */
async function sameSide(tx: Transaction, approval: NewApproval) {
  const [device] = await tx.select({ network: devices.network }).from(devices).where(eq(devices.id, approval.deviceId))
  if (!device) return undefined
  return approval.network === device.network
    ? eq(approvals.network, device.network)
    : ne(approvals.network, device.network)
}

/** Thrown inside the transaction to undo it; never leaves this file. */
class Undone extends Error {
  readonly reason: 'not-pending' | 'ceiling-reached' | 'device-ended'

  constructor(reason: Undone['reason']) {
    super(reason)
    this.reason = reason
  }
}

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
      await touchDevice(tx, row.deviceId, input.at)
      await deps.audit.append(
        {
          action: 'approval.approved',
          actor: input.personId,
          subject: row.deviceId,
          detail: {
            approval: row.hash,
            credential: input.credentialId,
            receipt: input.receiptDigest,
            amounts: input.allowance.amounts,
            rooms: input.allowance.rooms.length,
          },
        },
        tx,
      )
      return { ok: true, expiresAt } as const
    })
  } catch (error) {
    if (error instanceof Undone) return { ok: false, reason: error.reason }
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
    amounts: input.allowance.amounts,
    ttlSeconds: input.allowance.livesSeconds,
  })
  if (granted.state === 'granted') return granted.expiresAt
  throw new Undone(granted.state === 'ceiling-reached' ? 'ceiling-reached' : 'not-pending')
}

/** The tap ends a device's idleness. One that has ended stays so: nothing is released to it. */
async function touchDevice(tx: Transaction, device: string, at: Date): Promise<void> {
  const touched = await tx
    .update(devices)
    .set({ lastTapAt: at, lastActiveAt: at })
    .where(
      and(
        eq(devices.id, device),
        isNull(devices.endedAt),
        gt(devices.expiresAt, at),
        // No tap gives a temporary pass what it was not made for.
        ne(devices.acr, TEMPORARY_ACR),
      ),
    )
    .returning({ id: devices.id })
  if (touched.length === 0) throw new Undone('device-ended')
}

function stored(row: Row): StoredApproval {
  return { ...row, receipt: (row.receipt as StoredApproval['receipt']) ?? null }
}
