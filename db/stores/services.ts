// Services, the hashes of their tokens, and their end.
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { ServiceStore, SponsoredService } from '../../server/sessions/service-port.ts'
import type { Database } from '../client.ts'
import { people } from '../schema/people.ts'
import { services } from '../schema/services.ts'
import { revocations } from '../schema/sessions.ts'

/** See server/sessions/service-port.ts. */
export function serviceStore(db: Database, audit: Pick<Audit, 'append'>): ServiceStore {
  const read = async (which: ReturnType<typeof and>): Promise<SponsoredService[]> => {
    const rows = await db
      .select({
        service: services,
        sponsor: {
          id: people.id,
          username: people.username,
          suspended: sql<boolean>`${people.suspendedAt} IS NOT NULL`,
        },
      })
      .from(services)
      .innerJoin(people, eq(people.id, services.sponsorId))
      .where(which)
      .orderBy(asc(services.name))
    return rows.map(({ service, sponsor }) => ({ ...service, sponsor }))
  }

  return {
    async findByToken(hash) {
      return (await read(eq(services.tokenHash, hash)))[0] ?? null
    },

    async used(id) {
      await db
        .update(services)
        .set({ lastUsedAt: sql`now()` })
        .where(
          and(
            eq(services.id, id),
            sql`(${services.lastUsedAt} IS NULL OR ${services.lastUsedAt} < now() - interval '1 minute')`,
          ),
        )
    },

    add: (service, by) =>
      db.transaction(async (tx) => {
        const made = await tx
          .insert(services)
          .values({
            ...service,
            namespace: [...service.namespace],
            networks: [...service.networks],
            rooms: service.rooms === null ? null : [...service.rooms],
            limits: { ...service.limits },
          })
          .onConflictDoNothing({ target: [services.serverName, services.name] })
          .returning({ id: services.id })
        if (made.length === 0) return false
        await audit.append(
          {
            action: 'service.added',
            actor: by,
            subject: service.id,
            detail: {
              name: service.name,
              user_id: service.userId,
              namespace: service.namespace,
              networks: service.networks,
              rooms: service.rooms,
              limits: service.limits,
              sponsor: service.sponsorId,
              expires_at: service.expiresAt.toISOString(),
            },
          },
          tx,
        )
        return true
      }),

    async byName(serverName, name) {
      return (await read(and(eq(services.serverName, serverName), eq(services.name, name))))[0] ?? null
    },

    list: (serverName) => read(eq(services.serverName, serverName)),

    sponsoredBy: (personId) =>
      db
        .select()
        .from(services)
        .where(and(eq(services.sponsorId, personId), isNull(services.endedAt)))
        .orderBy(asc(services.name)),

    revoke: (id, by, reason) =>
      db.transaction(async (tx) => {
        const [ended] = await tx
          .update(services)
          .set({ endedAt: sql`now()`, endedReason: reason, homeserverToken: null })
          .where(and(eq(services.id, id), isNull(services.endedAt)))
          .returning({ id: services.id })
        if (!ended) return false
        // A service is its own device: the same row in the feed ends its requests.
        await tx.insert(revocations).values({ kind: 'device', subject: id, reason, at: sql`clock_timestamp()` })
        await audit.append({ action: 'service.revoked', actor: by, subject: id, detail: { reason } }, tx)
        return true
      }),
  }
}
