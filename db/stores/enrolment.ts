// Enrolment tickets, and the one transaction that turns a ticket into a key.
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Audit } from '../../server/audit/port.ts'
import { isExpected } from '../../server/people/expected.ts'
import type { EnrolmentStore, EnrolmentTicket, Redemption, RedemptionFailure } from '../../server/people/port.ts'
import type { Database, Transaction } from '../client.ts'
import { expectedKeys } from '../schema/enrolment.ts'
import { credentials, enrolmentTickets, people } from '../schema/people.ts'
import { isKey } from './keys-only.ts'
import { dropLetters } from './not-coming.ts'
import { isRoomLeft } from './room-left.ts'

/** Thrown inside the transaction so that all of it is undone. */
class Undone extends Error {
  readonly reason: RedemptionFailure

  constructor(reason: RedemptionFailure) {
    super(reason)
    this.reason = reason
  }
}

/** A key that a person has beside others or after them, and the way it came. */
export interface GivenKey {
  readonly personId: string
  readonly username: string
  readonly isAdministrator: boolean
  readonly credentialId: string
  readonly keyName: string
  /** `self`: from their own page, with a key they had. `desk` and `link` were given by somebody. */
  readonly way: 'self' | 'desk' | 'link'
  /** Where it was added; null where that was not seen. */
  readonly network: string | null
  /** The username of whoever gave it; null: whoever runs the server, and for people without a role. */
  readonly by: string | null
}

/** Of one kind, for one person: each opens the account's door, and nobody keeps more of them in mind. */
const WORKING_AT_MOST = 20

/** Tickets of the same kind and person that work when this one is made. */
const alike = ({ kind, personId, createdAt }: EnrolmentTicket) =>
  and(
    eq(enrolmentTickets.personId, personId ?? ''),
    eq(enrolmentTickets.kind, kind),
    isNull(enrolmentTickets.redeemedAt),
    gt(enrolmentTickets.expiresAt, createdAt),
  )

/** Implements the enrolment port. `told`: owes word of a key that is not its person's first, in the same transaction. */
export function enrolmentStore(
  db: Database,
  audit: Audit,
  told: (key: GivenKey, tx: Transaction) => Promise<void> = async () => {},
): EnrolmentStore {
  return {
    async ticket(hash) {
      const [ticket] = await db.select().from(enrolmentTickets).where(eq(enrolmentTickets.hash, hash))
      return ticket ?? null
    },

    async issue(ticket, event, within) {
      return db.transaction(async (tx) => {
        const working = { table: enrolmentTickets, alike: alike(ticket), atMost: WORKING_AT_MOST }
        const isFull = !(await isRoomLeft(tx, `links of ${ticket.personId}`, working))
        if (isFull && ticket.createdBy !== 'cli') return false
        await tx.insert(enrolmentTickets).values(ticket)
        await within?.(tx)
        await audit.append(event, tx)
        return true
      })
    },

    async issueSetup(ticket, event) {
      return db.transaction(async (tx) => {
        await lockSetup(tx)
        if (await anyKey(tx)) return false
        await tx
          .delete(enrolmentTickets)
          .where(and(eq(enrolmentTickets.kind, 'setup'), isNull(enrolmentTickets.redeemedAt)))
        await tx.insert(enrolmentTickets).values(ticket)
        await audit.append(event, tx)
        return true
      })
    },

    anyoneEnrolled: () => anyKey(db),

    async activeKeys(personId) {
      return db
        .select({ webauthnId: credentials.webauthnId, transports: credentials.transports })
        .from(credentials)
        .where(and(eq(credentials.personId, personId), isNull(credentials.revokedAt), isKey))
    },

    async bind(hash, browserHash) {
      const bound = await db
        .update(enrolmentTickets)
        .set({ browserHash })
        .where(
          and(
            eq(enrolmentTickets.hash, hash),
            or(isNull(enrolmentTickets.browserHash), eq(enrolmentTickets.browserHash, browserHash)),
          ),
        )
        .returning({ hash: enrolmentTickets.hash })
      return bound.length === 1
    },

    async awaits(personId) {
      const open = await db.select({ serial: expectedKeys.serial }).from(expectedKeys).where(awaited(personId))
      if (open.length === 0) return null
      return open.some(({ serial }) => serial !== null) ? 'serial' : 'batch'
    },

    async redeem(redemption) {
      try {
        return await db.transaction(async (tx) => ({
          ok: true as const,
          ...(await redeemIn(tx, redemption, audit, told)),
        }))
      } catch (error) {
        if (error instanceof Undone) return { ok: false, reason: error.reason }
        throw error
      }
    },
  }
}

async function redeemIn(
  tx: Transaction,
  redemption: Redemption,
  audit: Audit,
  told: (key: GivenKey, tx: Transaction) => Promise<void>,
): Promise<{ keys: number; followedUp: boolean; usesLeft: number }> {
  const { ticketHash, credential, newPerson, followUp, now } = redemption
  if (newPerson !== null) {
    await lockSetup(tx)
    if (await anyKey(tx)) throw new Undone('setup-closed')
  }
  const [taken] = await tx
    .update(enrolmentTickets)
    .set({
      usesLeft: sql`${enrolmentTickets.usesLeft} - 1`,
      redeemedAt: sql`CASE WHEN ${enrolmentTickets.usesLeft} = 1 THEN ${now.toISOString()}::timestamptz END`,
    })
    .where(
      and(
        eq(enrolmentTickets.hash, ticketHash),
        isNull(enrolmentTickets.redeemedAt),
        gt(enrolmentTickets.usesLeft, 0),
        gt(enrolmentTickets.expiresAt, now),
      ),
    )
    .returning({ usesLeft: enrolmentTickets.usesLeft })
  if (taken === undefined) throw new Undone('ticket-used')
  if (newPerson !== null) {
    const made = await tx.insert(people).values(newPerson).onConflictDoNothing().returning({ id: people.id })
    if (made.length === 0) throw new Undone('username-taken')
  }
  // Locked, so that a suspension under way is either seen here or sees the new key.
  const [person] = await tx.select().from(people).where(eq(people.id, credential.personId)).for('update')
  if (person === undefined || person.suspendedAt !== null) throw new Undone('person-suspended')
  const given = await givenTicket(tx, ticketHash)
  const isAdministrator = person.role !== 'person'
  const giver = isAdministrator ? await giverOf(tx, given) : null
  if (giver === 'nobody') throw new Undone('link-not-by-owner')
  const hadKey = (await tx.$count(credentials, and(eq(credentials.personId, person.id), isKey))) > 0
  const { serial } = redemption.identity
  const row = { ...credential, serial, transports: [...credential.transports] }
  const stored = await tx.insert(credentials).values(row).onConflictDoNothing().returning({ id: credentials.id })
  if (stored.length === 0) throw new Undone('key-already-enrolled')
  const matched = await matchExpected(tx, redemption)
  const keys = await tx.$count(
    credentials,
    and(eq(credentials.personId, credential.personId), isNull(credentials.revokedAt), isKey),
  )
  if (taken.usesLeft === 0) await dropLetters(tx, { ticket: ticketHash })
  const followedUp = followUp !== null && taken.usesLeft === 0 && keys < 2
  if (followedUp) await tx.insert(enrolmentTickets).values(followUp)
  // A first key is no news to them: without it they do not get in.
  if (hadKey) {
    const { id: personId, username } = person
    const { id: credentialId, name: keyName } = credential
    const way = given.kind === 'self' || given.kind === 'desk' ? given.kind : 'link'
    const by = giver?.username ?? null
    const { network } = redemption
    await told({ personId, username, isAdministrator, credentialId, keyName, way, network, by }, tx)
  }
  const { audit: event } = redemption
  await audit.append(matched === null ? event : { ...event, detail: { ...event.detail, expected: matched } }, tx)
  return { keys, followedUp, usesLeft: taken.usesLeft }
}

/** A ticket, and who gave it: `per_…`, an API token's `per_…/tok_…`, `cli`, `start`. */
interface Given {
  readonly kind: string
  readonly by: string
}

async function givenTicket(tx: Transaction, hash: string): Promise<Given> {
  const giver = alias(enrolmentTickets, 'giver')
  const [ticket] = await tx
    .select({
      kind: enrolmentTickets.kind,
      // What the browser adds a second key with is given by whoever gave the first.
      by: sql<string>`coalesce(${giver.createdBy}, ${enrolmentTickets.createdBy})`,
    })
    .from(enrolmentTickets)
    .leftJoin(giver, sql`${enrolmentTickets.createdBy} = 'ticket:' || ${giver.hash}`)
    .where(eq(enrolmentTickets.hash, hash))
  if (ticket === undefined) throw new Undone('ticket-used')
  return ticket
}

/**
 * Who gave an administrator a ticket that they may enrol with: an owner by themselves, the server (no username), or themselves. `nobody`:
 * somebody else. Whoever may give links to people only would otherwise become one of those who get a role while such a link is open.
 */
async function giverOf(tx: Transaction, { kind, by }: Given): Promise<{ readonly username: string | null } | 'nobody'> {
  if (!by.startsWith('per_')) return { username: null }
  // Of an API token, `per_…/tok_…`, there is nobody.
  const [giver] = await tx
    .select({ username: people.username, role: people.role })
    .from(people)
    .where(eq(people.id, by))
  return giver !== undefined && (giver.role === 'owner' || kind === 'self') ? giver : 'nobody'
}

/** The awaited key that this one is, marked so; null when none was awaited. The person's row is locked. */
async function matchExpected(tx: Transaction, redemption: Redemption): Promise<string | null> {
  const { credential, identity, onlyExpected, now } = redemption
  const open = await tx.select().from(expectedKeys).where(awaited(credential.personId))
  const found = open.find((expected) => isExpected(expected, identity))
  if (found === undefined) {
    if (onlyExpected && open.length > 0) throw new Undone('key-not-expected')
    return null
  }
  await tx
    .update(expectedKeys)
    .set({ matchedAt: now, matchedCredentialId: credential.id })
    .where(eq(expectedKeys.id, found.id))
  return found.id
}

const awaited = (personId: string) =>
  and(eq(expectedKeys.personId, personId), isNull(expectedKeys.matchedAt), isNull(expectedKeys.withdrawnAt))

/** One set-up at a time, over all processes. */
async function lockSetup(tx: Transaction): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended('palier set-up', 0))`)
}

async function anyKey(db: Database | Transaction): Promise<boolean> {
  const rows = await db.select({ id: credentials.id }).from(credentials).where(isKey).limit(1)
  return rows.length > 0
}
