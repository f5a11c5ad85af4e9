// Security keys, as assertions are checked against them.
import { and, asc, eq, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import { type AssertionCredential, type AssertionCredentials, CUT_OFF_REASONS } from '../../server/webauthn/port.ts'
import type { Database } from '../client.ts'
import { credentials, people } from '../schema/people.ts'
import { isKey } from './keys-only.ts'

/** Implements the assertion service's credential port. */
export function credentialsStore(db: Database): AssertionCredentials {
  const select = (where: SQL | undefined) =>
    db
      .select({ credential: credentials, suspendedAt: people.suspendedAt })
      .from(credentials)
      .innerJoin(people, eq(people.id, credentials.personId))
      .where(and(where, isKey))
      .orderBy(asc(credentials.createdAt), asc(credentials.id))

  const active = (whose: SQL) => select(and(whose, isNull(credentials.revokedAt), isNull(people.suspendedAt)))

  return {
    async byWebauthnId(webauthnId) {
      const [row] = await select(eq(credentials.webauthnId, webauthnId))
      return row === undefined ? null : fromRow(row)
    },

    async activeOfPerson(personId) {
      return (await active(eq(credentials.personId, personId))).map(fromRow)
    },

    async activeOfUsername(username) {
      const usable = or(isNull(credentials.revokedAt), inArray(credentials.revokedReason, [...CUT_OFF_REASONS]))
      const rows = await select(and(eq(people.username, username), usable, isNull(people.suspendedAt)))
      return rows.map(fromRow)
    },

    async advanceCounter(id, signCount, usedAt, from) {
      const changed = await db
        .update(credentials)
        .set({
          signCount,
          lastUsedAt: usedAt,
          ...(from === null ? {} : { lastUsedNetwork: from.network, lastUsedClient: from.client }),
        })
        .where(
          and(
            eq(credentials.id, id),
            isNull(credentials.revokedAt),
            isKey,
            // WebAuthn L3 §7.2 step 22: it rises, or there is none on either side.
            or(lt(credentials.signCount, signCount), and(eq(credentials.signCount, 0), sql`${signCount}::bigint = 0`)),
            sql`EXISTS (SELECT 1 FROM ${people} WHERE ${people.id} = ${credentials.personId} AND ${people.suspendedAt} IS NULL)`,
          ),
        )
        .returning({ id: credentials.id })
      return changed.length === 1
    },
  }
}

interface Row {
  readonly credential: typeof credentials.$inferSelect
  readonly suspendedAt: Date | null
}

function fromRow({ credential, suspendedAt }: Row): AssertionCredential {
  const { id, personId, webauthnId, publicKey, signCount, transports, backupEligible } = credential
  return {
    id,
    personId,
    webauthnId,
    publicKey,
    signCount,
    transports,
    backupEligible,
    // `isKey` left passes out; were one here, it would be the lesser.
    acr: credential.acr === 'phrh' ? 'phrh' : 'phr',
    revoked: credential.revokedAt !== null,
    cutOff: CUT_OFF_REASONS.some((reason) => reason === credential.revokedReason),
    personSuspended: suspendedAt !== null,
  }
}
