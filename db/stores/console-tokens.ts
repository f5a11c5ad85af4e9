// API tokens: hashes only, checked whole at every use.
import { and, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import { ADMINISTRATOR_ROLES, PERMISSIONS, permissionsOf } from '../../server/console/permissions.ts'
import type { ApiToken, ApiTokens } from '../../server/console/tokens/port.ts'
import type { Database } from '../client.ts'
import { apiTokens } from '../schema/api-tokens.ts'
import { people } from '../schema/people.ts'

/** How old the note of a token's last use may become. */
const USE_NOTED_MS = 60_000

/** Implements server/console/tokens/port.ts. */
export function apiTokenStore(db: Database, audit: Audit): ApiTokens {
  const rows = () =>
    db
      .select({ token: apiTokens, username: people.username, role: people.role })
      .from(apiTokens)
      .innerJoin(people, eq(people.id, apiTokens.personId))

  return {
    async findLive(hash, now) {
      const holds = and(
        eq(apiTokens.hash, hash),
        isNull(apiTokens.revokedAt),
        gt(apiTokens.expiresAt, now),
        isNull(people.suspendedAt),
        isNull(people.deletedAt),
      )
      const [row] = await rows().where(holds)
      const role = ADMINISTRATOR_ROLES.find((one) => one === row?.role)
      if (row === undefined || role === undefined) return null
      const { id, personId, permissions, lastUsedAt } = row.token
      if (lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= USE_NOTED_MS) {
        const before = new Date(now.getTime() - USE_NOTED_MS)
        await db
          .update(apiTokens)
          .set({ lastUsedAt: now })
          .where(
            and(
              eq(apiTokens.id, id),
              or(isNull(apiTokens.lastUsedAt), sql`${apiTokens.lastUsedAt} <= ${before.toISOString()}`),
            ),
          )
      }
      const held = permissionsOf(role)
      return {
        id,
        personId,
        username: row.username,
        role,
        permissions: held.filter((one) => permissions.includes(one)),
      }
    },

    async list({ after, limit }) {
      const [last] = after === null ? [] : await db.select().from(apiTokens).where(eq(apiTokens.id, after))
      if (after !== null && last === undefined) return []
      const older =
        last === undefined
          ? undefined
          : or(
              lt(apiTokens.createdAt, last.createdAt),
              and(eq(apiTokens.createdAt, last.createdAt), lt(apiTokens.id, last.id)),
            )
      const found = await rows().where(older).orderBy(desc(apiTokens.createdAt), desc(apiTokens.id)).limit(limit)
      return found.map(tokenFrom)
    },

    create: (token, event) =>
      db.transaction(async (tx) => {
        await tx.insert(apiTokens).values({ ...token, permissions: [...token.permissions] })
        await audit.append(event, tx)
      }),

    revoke: (id, at, event, ofOnly) =>
      db.transaction(async (tx) => {
        const changed = await tx
          .update(apiTokens)
          .set({ revokedAt: at })
          .where(
            and(
              eq(apiTokens.id, id),
              isNull(apiTokens.revokedAt),
              ofOnly === null ? undefined : eq(apiTokens.personId, ofOnly),
            ),
          )
          .returning({ id: apiTokens.id })
        const [row] = await tx
          .select({ token: apiTokens, username: people.username })
          .from(apiTokens)
          .innerJoin(people, eq(people.id, apiTokens.personId))
          .where(eq(apiTokens.id, id))
        if (row === undefined) return null
        if (ofOnly !== null && row.token.personId !== ofOnly) return 'of-another'
        const token = tokenFrom(row)
        if (changed.length > 0) await audit.append(event(token), tx)
        return token
      }),
  }
}

function tokenFrom({ token, username }: { token: typeof apiTokens.$inferSelect; username: string }): ApiToken {
  const { hash: _, ...rest } = token
  return { ...rest, username, permissions: PERMISSIONS.filter((one) => token.permissions.includes(one)) }
}
