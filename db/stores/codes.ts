// Authorization codes: hashes only, redeemed once.
import { and, eq, gt, isNull } from 'drizzle-orm'
import type { CodeStore } from '../../server/oidc/port.ts'
import type { Database } from '../client.ts'
import { authorizationCodes } from '../schema/oidc.ts'
import { sids } from '../schema/sessions.ts'

/** Implements the provider's code port. */
export function codeStore(db: Database): CodeStore {
  return {
    async issue(sid, code) {
      await db.transaction(async (tx) => {
        await tx.insert(sids).values({ ...sid, amr: [...sid.amr] })
        await tx.insert(authorizationCodes).values(code)
      })
    },

    async find(hash) {
      const [row] = await db.select().from(authorizationCodes).where(eq(authorizationCodes.hash, hash))
      return row ?? null
    },

    async redeem(hash, now) {
      const rows = await db
        .update(authorizationCodes)
        .set({ redeemedAt: now })
        .where(
          and(
            eq(authorizationCodes.hash, hash),
            isNull(authorizationCodes.redeemedAt),
            gt(authorizationCodes.expiresAt, now),
          ),
        )
        .returning({ hash: authorizationCodes.hash })
      return rows.length === 1
    },
  }
}
