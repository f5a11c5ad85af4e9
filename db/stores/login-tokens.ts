// Palier's own login tokens.
import { and, eq, gt, lte, sql } from 'drizzle-orm'
import { LOGIN_TOKEN_SECONDS, type LoginTokenStore } from '../../server/gateway/binding-port.ts'
import type { Database } from '../client.ts'
import { loginTokens } from '../schema/bindings.ts'

/** See server/gateway/binding-port.ts. */
export function loginTokensStore(db: Database): LoginTokenStore {
  return {
    async insert(token) {
      await db.delete(loginTokens).where(lte(loginTokens.expiresAt, sql`now()`))
      await db.insert(loginTokens).values({
        ...token,
        createdAt: sql`now()`,
        expiresAt: sql`now() + make_interval(secs => ${LOGIN_TOKEN_SECONDS})`,
      })
    },
    async take(hash, serverName) {
      const [taken] = await db
        .delete(loginTokens)
        .where(
          and(
            eq(loginTokens.hash, hash),
            eq(loginTokens.serverName, serverName),
            gt(loginTokens.expiresAt, sql`now()`),
          ),
        )
        .returning()
      return taken ?? null
    },
  }
}
