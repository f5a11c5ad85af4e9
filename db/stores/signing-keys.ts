// Signing keys of the provider; a rotation holds a lock of the database.
import { sql } from 'drizzle-orm'
import type { SigningKey, SigningKeyStore } from '../../server/oidc/port.ts'
import type { Database } from '../client.ts'
import { signingKeys } from '../schema/oidc.ts'

/** Retired rows are written before active ones before next ones: at no moment are there two of a state. */
const WRITE_ORDER: Record<SigningKey['state'], number> = { retired: 0, active: 1, next: 2 }

/** Implements the provider's signing-key port. */
export function signingKeyStore(db: Database): SigningKeyStore {
  return {
    all: () => db.select().from(signingKeys),

    async rotate(plan) {
      await db.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('palier.signing-keys'))`)
        const changed = [...(await plan(await tx.select().from(signingKeys)))]
        changed.sort((a, b) => WRITE_ORDER[a.state] - WRITE_ORDER[b.state])
        for (const key of changed) {
          const { kid: _, ...row } = { ...key, publicJwk: { ...key.publicJwk } }
          await tx
            .insert(signingKeys)
            .values({ ...row, kid: key.kid })
            .onConflictDoUpdate({ target: signingKeys.kid, set: row })
        }
      })
    },
  }
}
