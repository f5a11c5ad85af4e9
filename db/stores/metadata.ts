// Models of authenticators, from the metadata BLOB imported last.
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { MetadataStore } from '../../server/webauthn/port.ts'
import type { Database } from '../client.ts'
import { authenticatorModels, credentials, metadataImports, people } from '../schema/people.ts'

/** Rows in one INSERT: well under Postgres' 65,535 parameters. */
const BATCH = 500

/** Implements the metadata port. */
export function metadataStore(db: Database): MetadataStore {
  return {
    async modelOf(aaguid) {
      const [model] = await db.select().from(authenticatorModels).where(eq(authenticatorModels.aaguid, aaguid))
      return model ?? null
    },

    async allModels() {
      return db.select().from(authenticatorModels)
    },

    async latestImport() {
      const [latest] = await db.select().from(metadataImports).orderBy(desc(metadataImports.number)).limit(1)
      return latest ?? null
    },

    async replaceAll(models, imported) {
      return db.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended('palier metadata import', 0))`)
        const [latest] = await tx.select().from(metadataImports).orderBy(desc(metadataImports.number)).limit(1)
        if (latest !== undefined && latest.number >= imported.number) return false
        await tx.insert(metadataImports).values(imported)
        await tx.delete(authenticatorModels)
        for (let start = 0; start < models.length; start += BATCH) {
          await tx.insert(authenticatorModels).values(models.slice(start, start + BATCH))
        }
        return true
      })
    },

    async attestedRegistrations() {
      return db
        .select({
          credentialId: credentials.id,
          personId: people.id,
          username: people.username,
          name: credentials.name,
          policy: credentials.policy,
          attestationObject: credentials.attestationObject,
          clientDataJson: credentials.registrationClientData,
        })
        .from(credentials)
        .innerJoin(people, eq(people.id, credentials.personId))
        .where(and(eq(credentials.policy, 'attested'), isNull(credentials.revokedAt)))
        .orderBy(people.username, credentials.id)
    },
  }
}
