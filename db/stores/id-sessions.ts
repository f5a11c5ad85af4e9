// Sessions at id: hashes only, checked whole at every use.
import { and, eq, gt, isNull } from 'drizzle-orm'
import type { IdSessionStore } from '../../server/sessions/id-session.ts'
import type { Database } from '../client.ts'
import { credentials, people } from '../schema/people.ts'
import { idSessions, sids } from '../schema/sessions.ts'

/** Implements the id-session port. */
export function idSessionStore(db: Database): IdSessionStore {
  return {
    async insert(session) {
      await db.insert(idSessions).values({ ...session, amr: [...session.amr] })
    },

    async findLive(hash, now) {
      const [row] = await db
        .select({
          session: idSessions,
          person: { id: people.id, username: people.username, displayName: people.displayName, role: people.role },
        })
        .from(idSessions)
        .innerJoin(people, eq(people.id, idSessions.personId))
        .innerJoin(credentials, eq(credentials.id, idSessions.credentialId))
        .where(
          and(
            eq(idSessions.hash, hash),
            isNull(idSessions.endedAt),
            gt(idSessions.expiresAt, now),
            isNull(people.suspendedAt),
            isNull(credentials.revokedAt),
          ),
        )
      return row === undefined ? null : { ...row.session, person: row.person }
    },

    async succeed(oldHash, newHash, now) {
      await db.transaction(async (tx) => {
        // Sids before sessions, as everything that ends them takes them.
        await tx
          .update(sids)
          .set({ idSessionHash: newHash })
          .where(and(eq(sids.idSessionHash, oldHash), isNull(sids.endedAt)))
        await tx
          .update(idSessions)
          .set({ endedAt: now })
          .where(and(eq(idSessions.hash, oldHash), isNull(idSessions.endedAt)))
      })
    },

    async end(hash, now) {
      const rows = await db
        .update(idSessions)
        .set({ endedAt: now })
        .where(and(eq(idSessions.hash, hash), isNull(idSessions.endedAt)))
        .returning({ hash: idSessions.hash })
      return rows.length === 1
    },
  }
}
