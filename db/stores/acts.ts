// Grave acts of the console: one decision ever, one run ever, each step with its audit entry.
import { and, desc, eq, gt, inArray, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Audit } from '../../server/audit/port.ts'
import type {
  ActOutcome,
  ActStore,
  ActStoreRefusal,
  FirstTap,
  SecondTap,
  StoredAct,
  Taken,
} from '../../server/stepup/act-port.ts'
import type { Tapper } from '../../server/stepup/release-port.ts'
import type { AdministratorTap } from '../../server/stepup/release-receipt.ts'
import type { Database, Transaction } from '../client.ts'
import { acts } from '../schema/acts.ts'
import { credentials, people } from '../schema/people.ts'
import { alerts } from '../schema/watch.ts'
import { isAlone } from './act-alone.ts'
import { gaveKey } from './given-keys.ts'
import { isRoomLeft } from './room-left.ts'

const UNTAPPED = ['requested', 'awaiting-second'] as const
/** Asked for by one person and signed by too few: a token that was stolen does not bury what others ask for. */
const WAITING_AT_MOST = 50

const requesters = alias(people, 'requesters')
const firsts = alias(people, 'firsts')
const seconds = alias(people, 'seconds')

/** What operators are told of an act that one person signed alone. */
export interface LoneAct {
  readonly id: string
  readonly verb: string
  readonly personId: string
  readonly step: 'signed' | 'runs'
  readonly notBefore: Date
}

export interface ActStoreDeps {
  readonly audit: Pick<Audit, 'append'>
  /** Owes operators word of a lone act, in the same transaction. */
  readonly alone: (act: LoneAct, tx: Transaction) => Promise<void>
}

/** Writing acts down, for whoever asks for one elsewhere than in the console. */
export function newActs(db: Database, audit: Pick<Audit, 'append'>): Pick<ActStore, 'create'> {
  return {
    create: ({ actor, ...act }) =>
      db.transaction(async (tx) => {
        const alike = and(eq(acts.requestedBy, act.requestedBy), living(act.createdAt))
        const waiting = { table: acts, alike, atMost: WAITING_AT_MOST }
        if (!(await isRoomLeft(tx, `acts of ${act.requestedBy}`, waiting))) return false
        await tx.insert(acts).values({ ...act, state: 'requested' })
        const { id: subject, verb, requestedBy, intent } = act
        await audit.append(
          { action: 'act.requested', actor: actor ?? requestedBy, subject, detail: { verb, intent } },
          tx,
        )
        return true
      }),
  }
}

/** See server/stepup/act-port.ts. */
export function actStore(db: Database, deps: ActStoreDeps): ActStore {
  const { audit } = deps
  return {
    ...newActs(db, audit),

    async get(id) {
      const [row] = await read(db, eq(acts.id, id), 1)
      return row ? stored(row) : null
    },

    async list({ verbs, states, after, limit }) {
      const which = and(
        verbs === null ? undefined : inArray(acts.verb, [...verbs]),
        states === null ? undefined : inArray(acts.state, [...states]),
        after === null
          ? undefined
          : sql`(${acts.createdAt}, ${acts.id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id})`,
      )
      return (await read(db, which, limit)).map(stored)
    },

    async receipt(id) {
      const [row] = await db.select({ receipt: acts.receipt }).from(acts).where(eq(acts.id, id))
      return row?.receipt ?? null
    },

    firstTap: (input) => undoing(() => db.transaction((tx) => firstTap(tx, deps, input))),

    secondTap: (input) => undoing(() => db.transaction((tx) => secondTap(tx, audit, input))),

    deny: (id, by, at) => end(db, audit, { id, state: 'denied', by, at, which: living(at) }),

    withdraw: (id, by, at) =>
      end(db, audit, { id, state: 'withdrawn', by, at, which: or(living(at), eq(acts.state, 'delayed')) }),

    expire: (at) =>
      db.transaction(async (tx) => {
        const expired = await tx
          .update(acts)
          .set({ state: 'expired', endedBy: 'system', endedAt: at })
          .where(and(inArray(acts.state, [...UNTAPPED]), lte(acts.expiresAt, at)))
          .returning({ id: acts.id, verb: acts.verb })
        for (const { id, verb } of expired)
          await audit.append({ action: 'act.expired', actor: 'system', subject: id, detail: { verb } }, tx)
        return expired.length
      }),

    due: (at, limit) =>
      db.select({ id: acts.id, verb: acts.verb }).from(acts).where(isDue(at)).orderBy(acts.createdAt).limit(limit),

    take: (id, roles, at) => db.transaction((tx) => take(tx, deps, id, roles, at)),

    finish: (id, outcome, at) => db.transaction((tx) => finish(tx, audit, id, outcome, at)),

    giveUp: (startedBefore, at) =>
      db.transaction(async (tx) => {
        const cut = await tx
          .update(acts)
          .set({ state: 'failed', failure: 'act-interrupted', endedBy: 'system', endedAt: at })
          .where(and(eq(acts.state, 'running'), lt(acts.startedAt, startedBefore)))
          .returning({ id: acts.id, verb: acts.verb })
        for (const { id, verb } of cut) await failed(tx, audit, id, verb, 'act-interrupted')
        return cut.length
      }),

    async forgetAnswers(endedBefore) {
      await db
        .update(acts)
        .set({ answer: null })
        .where(and(lt(acts.endedAt, endedBefore), sql`${acts.answer} IS NOT NULL`))
    },

    async refused(id, by, reason) {
      await audit.append({ action: 'act.refused', actor: by, subject: id, detail: { reason } })
    },
  }
}

/** Thrown inside a transaction to undo it; never leaves this file. */
class Undone extends Error {
  readonly reason: ActStoreRefusal

  constructor(reason: ActStoreRefusal) {
    super(reason)
    this.reason = reason
  }
}

async function undoing<Done>(
  work: () => Promise<Done>,
): Promise<Done | { readonly ok: false; readonly reason: ActStoreRefusal }> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Undone) return { ok: false, reason: error.reason }
    throw error
  }
}

const living = (at: Date) => and(inArray(acts.state, [...UNTAPPED]), gt(acts.expiresAt, at))

const isDue = (at: Date) => or(eq(acts.state, 'granted'), and(eq(acts.state, 'delayed'), lte(acts.notBefore, at)))

async function firstTap(tx: Transaction, { audit, alone }: ActStoreDeps, input: FirstTap) {
  const [row] = await tx
    .update(acts)
    .set({ state: 'awaiting-second', firstPerson: input.personId, firstAt: input.at, firstTap: input.tap })
    .where(and(eq(acts.id, input.id), eq(acts.state, 'requested'), gt(acts.expiresAt, input.at)))
    .returning({ verb: acts.verb, concerns: acts.concerns })
  if (!row) throw new Undone('already-decided')
  const fault = await notGood(tx, input, input.roles)
  if (fault !== null) throw new Undone(fault)
  const subject = input.id
  const actor = input.personId
  const detail = { verb: row.verb, credential: input.credentialId }
  if (!(await isAlone(tx, input, row.concerns))) {
    await audit.append({ action: 'act.first-tap', actor, subject, detail }, tx)
    return { ok: true, notBefore: null } as const
  }
  const notBefore = new Date(input.at.getTime() + input.delayMs)
  await tx.update(acts).set({ state: 'delayed', notBefore, receipt: input.receipt }).where(eq(acts.id, input.id))
  await alone({ id: input.id, verb: row.verb, personId: actor, step: 'signed', notBefore }, tx)
  const lone = { ...detail, receipt: input.receiptDigest, notBefore: notBefore.toISOString() }
  await audit.append({ action: 'act.delayed', actor, subject, detail: lone }, tx)
  return { ok: true, notBefore } as const
}

async function secondTap(tx: Transaction, audit: ActStoreDeps['audit'], input: SecondTap) {
  const [row] = await tx
    .update(acts)
    .set({ state: 'granted', secondPerson: input.personId, secondAt: input.at, receipt: input.receipt })
    .where(
      and(
        eq(acts.id, input.id),
        eq(acts.state, 'awaiting-second'),
        gt(acts.expiresAt, input.at),
        ne(acts.firstPerson, input.personId),
        sql`${acts.firstTap} #>> '{credential,id}' = ${input.firstCredentialId}`,
      ),
    )
    .returning({ verb: acts.verb, first: acts.firstPerson })
  if (!row?.first) throw new Undone('already-decided')
  const fault = await notGood(tx, input, input.roles)
  if (fault !== null) throw new Undone(fault)
  const first = { personId: row.first, credentialId: input.firstCredentialId }
  if ((await notGood(tx, first, input.roles)) !== null) throw new Undone('first-tap-void')
  const second = { personId: input.personId, credentialId: input.credentialId }
  if ((await gaveKey(tx, first.personId, second, input.at)) || (await gaveKey(tx, second.personId, first, input.at)))
    throw new Undone('key-given-by-the-other')
  const detail = {
    verb: row.verb,
    first: row.first,
    credential: input.credentialId,
    receipt: input.receiptDigest,
  }
  await audit.append({ action: 'act.granted', actor: input.personId, subject: input.id, detail }, tx)
  return { ok: true } as const
}

/** Why a person may not sign: the rows are held until this transaction ends, so that no suspension slips in between. */
async function notGood(
  tx: Transaction,
  { personId, credentialId }: Tapper,
  roles: readonly string[],
): Promise<ActStoreRefusal | null> {
  const [row] = await tx
    .select({
      role: people.role,
      suspendedAt: people.suspendedAt,
      deletedAt: people.deletedAt,
      revokedAt: credentials.revokedAt,
    })
    .from(people)
    .innerJoin(credentials, eq(credentials.personId, people.id))
    .where(and(eq(people.id, personId), eq(credentials.id, credentialId)))
    .for('share')
  if (!row) return 'credential-revoked'
  if (row.suspendedAt !== null || row.deletedAt !== null) return 'person-suspended'
  if (!roles.includes(row.role)) return 'not-permitted'
  return row.revokedAt === null ? null : 'credential-revoked'
}

async function end(
  db: Database,
  audit: ActStoreDeps['audit'],
  to: {
    readonly id: string
    readonly state: 'denied' | 'withdrawn'
    readonly by: string
    readonly at: Date
    readonly which: SQL | undefined
  },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(acts)
      .set({ state: to.state, endedBy: to.by, endedAt: to.at })
      .where(and(eq(acts.id, to.id), to.which))
      .returning({ verb: acts.verb })
    if (!row) return false
    const settled = to.state === 'withdrawn' ? await settleAlerts(tx, to) : []
    await audit.append({ action: `act.${to.state}`, actor: to.by, subject: to.id, detail: { verb: row.verb } }, tx)
    for (const { id: subject } of settled)
      await audit.append(
        { action: 'alert.handled', actor: to.by, subject, detail: { how: 'noted', note: null, act: to.id } },
        tx,
      )
    return true
  })
}

/** Marks as handled what told of an act that its only owner signed alone: withdrawn, there is nothing left to do about it. */
function settleAlerts(
  tx: Transaction,
  { id, by, at }: { readonly id: string; readonly by: string; readonly at: Date },
) {
  // An act's id stands in the words of its alert, and nowhere else.
  const isAbout = sql`strpos(${alerts.explanation} ->> 'en', ${id}) > 0`
  return tx
    .update(alerts)
    .set({ state: 'handled', handledAt: at, handledBy: by, handledHow: 'noted' })
    .where(and(eq(alerts.kind, 'lone-act'), eq(alerts.state, 'open'), isAbout))
    .returning({ id: alerts.id })
}

async function take(
  tx: Transaction,
  { audit, alone }: ActStoreDeps,
  id: string,
  roles: readonly string[],
  at: Date,
): Promise<Taken> {
  const [row] = await tx
    .update(acts)
    .set({ state: 'running', startedAt: at })
    .where(and(eq(acts.id, id), isDue(at)))
    .returning()
  if (!row) return { state: 'not-due' }
  const taps = tapsOf(row.receipt)
  const signers = [row.firstPerson, row.secondPerson].filter((person) => person !== null)
  for (const [index, personId] of signers.entries()) {
    const credentialId = taps[index]?.credential.id ?? ''
    if (taps[index]?.person === personId && (await notGood(tx, { personId, credentialId }, roles)) === null) continue
    await tx
      .update(acts)
      .set({ state: 'failed', failure: 'signer-void', endedBy: 'system', endedAt: at })
      .where(eq(acts.id, id))
    await failed(tx, audit, id, row.verb, 'signer-void')
    return { state: 'void' }
  }
  const named = await tx
    .select({ personId: people.id, username: people.username, role: people.role })
    .from(people)
    .where(inArray(people.id, signers))
  const first = named.find(({ personId }) => personId === row.firstPerson)
  const second = named.find(({ personId }) => personId === row.secondPerson) ?? null
  if (first === undefined) throw new Error('an act that is due has been signed')
  if (second === null)
    await alone({ id, verb: row.verb, personId: first.personId, step: 'runs', notBefore: row.notBefore ?? at }, tx)
  const detail = { verb: row.verb, first: first.personId, second: second?.personId ?? null, alone: second === null }
  await audit.append({ action: 'act.started', actor: second?.personId ?? first.personId, subject: id, detail }, tx)
  return {
    state: 'taken',
    act: {
      id,
      verb: row.verb,
      intent: row.intent,
      receipt: row.receipt,
      first,
      second: second && { personId: second.personId, username: second.username },
    },
  }
}

function tapsOf(receipt: Readonly<Record<string, unknown>> | null): readonly AdministratorTap[] {
  const taps = receipt?.['taps']
  return Array.isArray(taps) ? (taps as readonly AdministratorTap[]) : []
}

async function finish(tx: Transaction, audit: ActStoreDeps['audit'], id: string, outcome: ActOutcome, at: Date) {
  const end = outcome.ok
    ? ({ state: 'done', answer: outcome.answer, failure: null } as const)
    : ({ state: 'failed', answer: null, failure: outcome.failure } as const)
  const [row] = await tx
    .update(acts)
    .set({ ...end, endedBy: 'system', endedAt: at })
    .where(
      and(
        eq(acts.id, id),
        or(eq(acts.state, 'running'), and(eq(acts.state, 'failed'), eq(acts.failure, 'act-interrupted'))),
      ),
    )
    .returning({ verb: acts.verb })
  if (!row) return
  if (outcome.ok)
    await audit.append({ action: 'act.done', actor: 'system', subject: id, detail: { verb: row.verb } }, tx)
  else await failed(tx, audit, id, row.verb, outcome.failure)
}

async function failed(tx: Transaction, audit: ActStoreDeps['audit'], id: string, verb: string, reason: string) {
  await audit.append({ action: 'act.failed', actor: 'system', subject: id, detail: { verb, reason } }, tx)
}

async function read(db: Database, which: SQL | undefined, limit: number) {
  return db
    .select({
      act: acts,
      requester: { id: requesters.id, username: requesters.username, displayName: requesters.displayName },
      first: { id: firsts.id, username: firsts.username, displayName: firsts.displayName },
      second: { id: seconds.id, username: seconds.username, displayName: seconds.displayName },
    })
    .from(acts)
    .innerJoin(requesters, eq(requesters.id, acts.requestedBy))
    .leftJoin(firsts, eq(firsts.id, acts.firstPerson))
    .leftJoin(seconds, eq(seconds.id, acts.secondPerson))
    .where(which)
    .orderBy(desc(acts.createdAt), desc(acts.id))
    .limit(limit)
}

type Row = Awaited<ReturnType<typeof read>>[number]

function stored({ act, requester, first, second }: Row): StoredAct {
  return {
    ...act,
    requestedBy: requester,
    first: first && act.firstAt ? { ...first, at: act.firstAt } : null,
    firstTap: act.firstTap as AdministratorTap | null,
    second: second && act.secondAt ? { ...second, at: act.secondAt } : null,
  }
}
