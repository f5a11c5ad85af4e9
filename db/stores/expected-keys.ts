// Keys that are awaited from people. Which of them a key is, is decided where it is stored (db/stores/enrolment.ts).
import { and, desc, eq, inArray, isNull } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { ExpectedKey, ExpectedKeyStore, NewExpectation } from '../../server/people/expected.ts'
import type { Database } from '../client.ts'
import { expectedKeys } from '../schema/enrolment.ts'
import { people } from '../schema/people.ts'

/** See server/people/expected.ts. */
export function expectedKeyStore(db: Database, audit: Pick<Audit, 'append'>): ExpectedKeyStore {
  return {
    expect: (wanted, event) =>
      db.transaction(async (tx) => {
        if (wanted.length === 0) return 0
        const ids = [...new Set(wanted.map(({ personId }) => personId))].sort()
        // People's rows are locked in order: a key that is being enrolled is matched before or after, and two imports take turns.
        await tx.select({ id: people.id }).from(people).where(inArray(people.id, ids)).orderBy(people.id).for('update')
        const open = await tx
          .select()
          .from(expectedKeys)
          .where(
            and(inArray(expectedKeys.personId, ids), isNull(expectedKeys.matchedAt), isNull(expectedKeys.withdrawnAt)),
          )
        const known = new Set(open.map(sameAs))
        const fresh: NewExpectation[] = []
        for (const one of wanted) {
          if (known.has(sameAs(one))) continue
          known.add(sameAs(one))
          fresh.push(one)
        }
        if (fresh.length === 0) return 0
        await tx.insert(expectedKeys).values(fresh)
        await audit.append(event(fresh), tx)
        return fresh.length
      }),

    async ofPerson(personId) {
      const rows = await db
        .select()
        .from(expectedKeys)
        .where(and(eq(expectedKeys.personId, personId), isNull(expectedKeys.withdrawnAt)))
        .orderBy(desc(expectedKeys.createdAt), desc(expectedKeys.id))
        .limit(200)
      return rows satisfies ExpectedKey[]
    },

    async personOf(id) {
      const [row] = await db
        .select({ personId: expectedKeys.personId })
        .from(expectedKeys)
        .where(eq(expectedKeys.id, id))
      return row?.personId ?? null
    },

    withdraw: (id, now, event) =>
      db.transaction(async (tx) => {
        const [gone] = await tx
          .update(expectedKeys)
          .set({ withdrawnAt: now })
          .where(and(eq(expectedKeys.id, id), isNull(expectedKeys.matchedAt), isNull(expectedKeys.withdrawnAt)))
          .returning({ personId: expectedKeys.personId })
        if (!gone) return false
        await audit.append(event(gone.personId), tx)
        return true
      }),
  }
}

const sameAs = ({ personId, serial, aaguid, batch }: Pick<ExpectedKey, 'personId' | 'serial' | 'aaguid' | 'batch'>) =>
  JSON.stringify([personId, serial, aaguid, batch])
