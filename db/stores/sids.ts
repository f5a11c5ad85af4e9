// Authorizations (sids): whether one still holds is asked at every use of what hangs on it.
import { and, eq, isNotNull, isNull, notExists, sql } from 'drizzle-orm'
import type { SidStore } from '../../server/oidc/port.ts'
import type { Database } from '../client.ts'
import { clients, oidcRefreshTokens } from '../schema/oidc.ts'
import { credentials, people } from '../schema/people.ts'
import { idSessions, sids } from '../schema/sessions.ts'

/** Implements the provider's sid port. Ending a sid is the revocation store's. */
export function sidStore(db: Database): SidStore {
  return {
    async findLive(sid) {
      const revokedGrant = db
        .select({ one: sql`1` })
        .from(oidcRefreshTokens)
        .where(and(eq(oidcRefreshTokens.sid, sids.id), isNotNull(oidcRefreshTokens.revokedAt)))
      const [row] = await db
        .select({
          sid: sids,
          person: { id: people.id, username: people.username, displayName: people.displayName },
          credential: { webauthnId: credentials.webauthnId, aaguid: credentials.aaguid },
        })
        .from(sids)
        .innerJoin(people, eq(people.id, sids.personId))
        .innerJoin(credentials, eq(credentials.id, sids.credentialId))
        .innerJoin(idSessions, eq(idSessions.hash, sids.idSessionHash))
        .where(
          and(
            eq(sids.id, sid),
            isNull(sids.endedAt),
            sql`(${sids.endsAt} IS NULL OR ${sids.endsAt} > now())`,
            isNull(idSessions.endedAt),
            isNull(people.suspendedAt),
            isNull(credentials.revokedAt),
            notExists(revokedGrant),
          ),
        )
      return row === undefined ? null : { ...row.sid, person: row.person, credential: row.credential }
    },

    async find(sid) {
      const [row] = await db.select().from(sids).where(eq(sids.id, sid))
      return row ?? null
    },

    async endableOfIdSession(idSessionHash) {
      const rows = await db
        .select({ id: sids.id })
        .from(sids)
        .innerJoin(clients, eq(clients.clientId, sids.clientId))
        .where(and(eq(sids.idSessionHash, idSessionHash), isNull(sids.endedAt), isNull(clients.serverName)))
      return rows.map((row) => row.id)
    },
  }
}
