// Models of authenticators, from the metadata BLOB imported last.
import { and, asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { EnrolledKey, MetadataStore } from '../../server/webauthn/port.ts'
import type { Database, Transaction } from '../client.ts'
import { authenticatorModels, credentials, metadataImports, people } from '../schema/people.ts'
import { isKey } from './keys-only.ts'

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

    latestImport: () => latestImport(db),

    keysOfModels: (aaguids) => enrolledKeys(db, aaguids),

    async ownersWithKeys() {
      const rows = await db
        .selectDistinct({ id: people.id })
        .from(people)
        .innerJoin(credentials, eq(credentials.personId, people.id))
        .where(
          and(
            eq(people.role, 'owner'),
            isNull(people.suspendedAt),
            isNull(people.deletedAt),
            isNull(credentials.revokedAt),
            isKey,
          ),
        )
      return rows.map(({ id }) => id)
    },

    async attestationOf(keyId) {
      const [row] = await db
        .select({ attestation: credentials.attestationObject })
        .from(credentials)
        .where(eq(credentials.id, keyId))
      return row?.attestation ?? null
    },
  }
}

/** The import in force, also from inside a transaction. */
export async function latestImport(from: Database | Transaction) {
  const [latest] = await from.select().from(metadataImports).orderBy(desc(metadataImports.number)).limit(1)
  return latest ?? null
}

/** Active keys of these models, also from inside a transaction. */
export async function enrolledKeys(from: Database | Transaction, aaguids: readonly string[]): Promise<EnrolledKey[]> {
  if (aaguids.length === 0) return []
  // Spelt out: in a select drizzle leaves off the names of the tables outside.
  const keys = sql<number>`(SELECT count(*)::int FROM credentials k
    WHERE k.person_id = ${people.id} AND k.revoked_at IS NULL AND k.kind <> 'temporary-pass')`
  const rows = await from
    .select({
      id: credentials.id,
      name: credentials.name,
      aaguid: credentials.aaguid,
      policy: credentials.policy,
      personId: people.id,
      username: people.username,
      displayName: people.displayName,
      role: people.role,
      keys,
    })
    .from(credentials)
    .innerJoin(people, eq(people.id, credentials.personId))
    .where(and(inArray(credentials.aaguid, [...aaguids]), isNull(credentials.revokedAt), isKey))
    .orderBy(asc(people.username), asc(credentials.id))
  return rows.map(({ id, name, aaguid, policy, personId, username, displayName, role, keys: has }) => ({
    id,
    name,
    aaguid,
    attested: policy === 'attested',
    person: { id: personId, username, displayName, role, keys: has },
  }))
}
