// Temporary passes: a code's hash, and the row of credentials that what it opens hangs on.
import { and, desc, eq, gt, inArray, isNull, lte, type SQL } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { NewPass, PassStore } from '../../server/people/pass-port.ts'
import { TEMPORARY_ACR } from '../../server/sessions/port.ts'
import type { Database, Transaction } from '../client.ts'
import { temporaryPasses } from '../schema/enrolment.ts'
import { credentials, people } from '../schema/people.ts'

const PASS = {
  id: temporaryPasses.credentialId,
  personId: temporaryPasses.personId,
  issuedBy: temporaryPasses.issuedBy,
  createdAt: temporaryPasses.createdAt,
  expiresAt: temporaryPasses.expiresAt,
  usedAt: temporaryPasses.usedAt,
}

/** See server/people/pass-port.ts. */
export function passStore(db: Database, audit: Pick<Audit, 'append'>): PassStore {
  const held = (which: SQL, now: Date) =>
    db
      .select(PASS)
      .from(temporaryPasses)
      .innerJoin(credentials, eq(credentials.id, temporaryPasses.credentialId))
      .where(and(which, isNull(credentials.revokedAt), gt(temporaryPasses.expiresAt, now)))
      .orderBy(desc(temporaryPasses.createdAt))

  return {
    issue: (pass, event) =>
      db.transaction(async (tx) => {
        const [person] = await tx.select().from(people).where(eq(people.id, pass.personId)).for('update')
        if (!person || person.suspendedAt !== null || person.deletedAt !== null) return false
        await voidUnused(tx, pass.personId, pass.createdAt)
        await tx.insert(credentials).values(credentialOf(pass))
        const { id: credentialId, hash, personId, issuedBy, createdAt, expiresAt } = pass
        await tx.insert(temporaryPasses).values({ hash, credentialId, personId, issuedBy, createdAt, expiresAt })
        await audit.append(event, tx)
        return true
      }),

    use: (hash, expectedPersonId, now) =>
      db.transaction(async (tx) => {
        const [used] = await tx
          .update(temporaryPasses)
          .set({ usedAt: now })
          .from(credentials)
          .innerJoin(people, eq(people.id, credentials.personId))
          .where(
            and(
              eq(temporaryPasses.hash, hash),
              isNull(temporaryPasses.usedAt),
              gt(temporaryPasses.expiresAt, now),
              eq(credentials.id, temporaryPasses.credentialId),
              isNull(credentials.revokedAt),
              isNull(people.suspendedAt),
              isNull(people.deletedAt),
              expectedPersonId === null ? undefined : eq(temporaryPasses.personId, expectedPersonId),
            ),
          )
          .returning({
            id: temporaryPasses.credentialId,
            personId: temporaryPasses.personId,
            expiresAt: temporaryPasses.expiresAt,
            issuedBy: temporaryPasses.issuedBy,
          })
        if (!used) return null
        const { issuedBy, ...pass } = used
        await tx.update(credentials).set({ lastUsedAt: now }).where(eq(credentials.id, pass.id))
        await audit.append(
          {
            action: 'pass.used',
            actor: pass.personId,
            subject: pass.personId,
            detail: { pass: pass.id, issued_by: issuedBy, expires_at: pass.expiresAt.toISOString() },
          },
          tx,
        )
        return pass
      }),

    live: (personId, now) => held(eq(temporaryPasses.personId, personId), now),

    async personOf(id) {
      const which = eq(temporaryPasses.credentialId, id)
      const [found] = await db.select({ personId: temporaryPasses.personId }).from(temporaryPasses).where(which)
      return found?.personId ?? null
    },

    end: (id, now, event) =>
      db.transaction(async (tx) => {
        const [ended] = await tx
          .update(credentials)
          .set({ revokedAt: now, revokedReason: 'revoked' })
          .where(
            and(
              eq(credentials.id, id),
              eq(credentials.kind, 'temporary-pass'),
              isNull(credentials.revokedAt),
              gt(credentials.expiresAt, now),
            ),
          )
          .returning({ personId: credentials.personId })
        if (!ended) return false
        await audit.append(event(ended.personId), tx)
        return true
      }),

    async takeExpired(now) {
      const over = db
        .select({ id: temporaryPasses.credentialId })
        .from(temporaryPasses)
        .innerJoin(credentials, eq(credentials.id, temporaryPasses.credentialId))
        .where(and(lte(temporaryPasses.expiresAt, now), isNull(credentials.revokedAt)))
        .limit(100)
      const taken = await db
        .update(credentials)
        .set({ revokedAt: now, revokedReason: 'pass-expired' })
        .where(and(inArray(credentials.id, over), isNull(credentials.revokedAt)))
        .returning({ id: credentials.id })
      return taken.map(({ id }) => id)
    },
  }
}

/** A person holds one code at a time. */
async function voidUnused(tx: Transaction, personId: string, now: Date): Promise<void> {
  const unused = tx
    .select({ id: temporaryPasses.credentialId })
    .from(temporaryPasses)
    .where(and(eq(temporaryPasses.personId, personId), isNull(temporaryPasses.usedAt)))
  await tx
    .update(credentials)
    .set({ revokedAt: now, revokedReason: 'replaced' })
    .where(and(inArray(credentials.id, unused), isNull(credentials.revokedAt)))
}

const NOTHING = new Uint8Array()

/** No assertion fits it: no id of WebAuthn has a colon, and there is no public key. */
function credentialOf({ id, personId, createdAt, expiresAt }: NewPass): typeof credentials.$inferInsert {
  return {
    id,
    personId,
    webauthnId: `temporary-pass:${id}`,
    kind: 'temporary-pass',
    name: '',
    publicKey: NOTHING,
    signCount: 0,
    transports: [],
    aaguid: '',
    attestationFormat: 'none',
    backupEligible: false,
    policy: 'any',
    acr: TEMPORARY_ACR,
    discoverable: false,
    attestationObject: NOTHING,
    registrationClientData: NOTHING,
    createdAt,
    expiresAt,
  }
}
