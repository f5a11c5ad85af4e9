// Refresh tokens of relying parties, and access tokens revoked before their end.
import { and, eq, gt, isNull } from 'drizzle-orm'
import type { TokenStore } from '../../server/oidc/port.ts'
import type { Database } from '../client.ts'
import { oidcRefreshTokens, revokedAccessTokens } from '../schema/oidc.ts'

/** Implements the provider's token port. */
export function oidcTokenStore(db: Database): TokenStore {
  return {
    async insertRefreshToken(token) {
      await db.insert(oidcRefreshTokens).values(token)
    },

    async findRefreshToken(hash) {
      const [row] = await db.select().from(oidcRefreshTokens).where(eq(oidcRefreshTokens.hash, hash))
      return row ?? null
    },

    async rotate(oldHash, usedBy, successor, now) {
      return db.transaction(async (tx) => {
        const used = await tx
          .update(oidcRefreshTokens)
          .set({ usedAt: now, usedBy })
          .where(
            and(
              eq(oidcRefreshTokens.hash, oldHash),
              isNull(oidcRefreshTokens.usedAt),
              isNull(oidcRefreshTokens.revokedAt),
              gt(oidcRefreshTokens.expiresAt, now),
            ),
          )
          .returning({ hash: oidcRefreshTokens.hash })
        if (used.length === 0) return false
        await tx.insert(oidcRefreshTokens).values(successor)
        return true
      })
    },

    async revokeFamily(family, now) {
      await db
        .update(oidcRefreshTokens)
        .set({ revokedAt: now })
        .where(and(eq(oidcRefreshTokens.family, family), isNull(oidcRefreshTokens.revokedAt)))
    },

    async revokeAccessToken(jti, expiresAt) {
      await db.insert(revokedAccessTokens).values({ jti, expiresAt }).onConflictDoNothing()
    },

    async isAccessTokenRevoked(jti) {
      const rows = await db.select().from(revokedAccessTokens).where(eq(revokedAccessTokens.jti, jti))
      return rows.length > 0
    },
  }
}
