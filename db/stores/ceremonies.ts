// WebAuthn ceremonies: begun once, taken once.
import { and, eq, gt, sql } from 'drizzle-orm'
import type { CeremonyStore } from '../../server/webauthn/port.ts'
import type { Database } from '../client.ts'
import { ceremonies } from '../schema/people.ts'
import { isRoomLeft } from './room-left.ts'

/** Implements the WebAuthn features' ceremony port. */
export function ceremoniesStore(db: Database): CeremonyStore {
  return {
    async begin(ceremony, limit) {
      return db.transaction(async (tx) => {
        await tx.execute(sql`
          DELETE FROM ${ceremonies} WHERE ${ceremonies.id} IN (
            SELECT id FROM ${ceremonies} WHERE expires_at <= ${ceremony.createdAt.toISOString()}
            ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED
          )`)
        const turn = JSON.stringify([ceremony.kind, ceremony.subject, ceremony.browserHash])
        const alike = and(
          eq(ceremonies.subject, ceremony.subject),
          eq(ceremonies.browserHash, ceremony.browserHash),
          eq(ceremonies.kind, ceremony.kind),
          gt(ceremonies.expiresAt, ceremony.createdAt),
        )
        if (!(await isRoomLeft(tx, turn, { table: ceremonies, alike, atMost: limit }))) return false
        await tx.insert(ceremonies).values(ceremony)
        return true
      })
    },

    async consume(wanted, now) {
      const [taken] = await db
        .delete(ceremonies)
        .where(
          and(
            eq(ceremonies.id, wanted.id),
            eq(ceremonies.kind, wanted.kind),
            eq(ceremonies.subject, wanted.subject),
            eq(ceremonies.browserHash, wanted.browserHash),
            gt(ceremonies.expiresAt, now),
          ),
        )
        .returning()
      return taken ?? null
    },
  }
}
