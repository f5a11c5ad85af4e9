// Proofs of who redeems a link: kept while they may be used.
import { and, eq, gt, isNotNull, isNull, lt } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { ProofStore } from '../../server/people/proof-port.ts'
import type { Database } from '../client.ts'
import { enrolmentProofs } from '../schema/enrolment.ts'
import { people } from '../schema/people.ts'

/** See server/people/proof-port.ts. */
export function proofStore(db: Database, audit: Pick<Audit, 'append'>): ProofStore {
  return {
    async begin(proof) {
      await db.delete(enrolmentProofs).where(lt(enrolmentProofs.expiresAt, proof.createdAt))
      await db.insert(enrolmentProofs).values(proof)
    },

    async answer(stateHash, browserHash, now) {
      const [taken] = await db
        .update(enrolmentProofs)
        .set({ answeredAt: now })
        .where(
          and(
            eq(enrolmentProofs.stateHash, stateHash),
            eq(enrolmentProofs.browserHash, browserHash),
            isNull(enrolmentProofs.answeredAt),
            gt(enrolmentProofs.expiresAt, now),
          ),
        )
        .returning({ ticketHash: enrolmentProofs.ticketHash })
      return taken ?? null
    },

    decide: (stateHash, provedAt, event) =>
      db.transaction(async (tx) => {
        if (provedAt !== null)
          await tx.update(enrolmentProofs).set({ provedAt }).where(eq(enrolmentProofs.stateHash, stateHash))
        await audit.append(event, tx)
      }),

    async isProved(ticketHash, browserHash, now) {
      const [proved] = await db
        .select({ at: enrolmentProofs.provedAt })
        .from(enrolmentProofs)
        .where(
          and(
            eq(enrolmentProofs.ticketHash, ticketHash),
            eq(enrolmentProofs.browserHash, browserHash),
            isNotNull(enrolmentProofs.provedAt),
            gt(enrolmentProofs.expiresAt, now),
          ),
        )
        .limit(1)
      return proved !== undefined
    },

    async known(personId) {
      const [person] = await db
        .select({ email: people.email, preferred_username: people.username, sub: people.externalId })
        .from(people)
        .where(eq(people.id, personId))
      return person ?? null
    },
  }
}
