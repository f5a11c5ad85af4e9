// Relying parties.
import { eq, sql } from 'drizzle-orm'
import type { ClientStore } from '../../server/oidc/port.ts'
import type { Database } from '../client.ts'
import { clients } from '../schema/oidc.ts'

/** Implements the provider's client port. */
export function clientStore(db: Database): ClientStore {
  return {
    async find(clientId) {
      const [client] = await db.select().from(clients).where(eq(clients.clientId, clientId))
      return client ?? null
    },

    async upsert(client, now) {
      const { secret, clientId: _, ...changes } = rowOf(client)
      const [row] = await db
        .insert(clients)
        .values({ ...rowOf(client), createdAt: now })
        .onConflictDoUpdate({
          target: clients.clientId,
          // A secret that was handed out stays good; a client made public loses it.
          set: { ...changes, secret: secret === null ? null : sql`coalesce(${clients.secret}, excluded.secret)` },
        })
        .returning()
      if (row === undefined) throw new Error('upsert returned no client')
      return row
    },
  }
}

function rowOf(client: Parameters<ClientStore['upsert']>[0]) {
  return {
    clientId: client.clientId,
    name: client.name,
    secret: client.secret,
    redirectUris: [...client.redirectUris],
    postLogoutRedirectUris: [...client.postLogoutRedirectUris],
    backchannelLogoutUri: client.backchannelLogoutUri,
    serverName: client.serverName,
  }
}
