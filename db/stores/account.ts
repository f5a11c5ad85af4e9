// What a person's own page reads.
import { and, desc, eq, gt, inArray, isNull } from 'drizzle-orm'
import type { AccountStore } from '../../server/account/port.ts'
import type { Audit } from '../../server/audit/port.ts'
import type { Database } from '../client.ts'
import { approvals } from '../schema/metering.ts'
import { credentials, people } from '../schema/people.ts'
import { devices, idSessions } from '../schema/sessions.ts'
import { isKey, keyAcr } from './keys-only.ts'

const APPROVAL = {
  hash: approvals.hash,
  personId: approvals.personId,
  sealedToken: approvals.sealedToken,
  state: approvals.state,
  intent: approvals.intent,
  createdAt: approvals.createdAt,
  expiresAt: approvals.expiresAt,
  decidedAt: approvals.decidedAt,
}

/** See server/account/port.ts. */
export function accountStore(db: Database, audit: Pick<Audit, 'append'>): AccountStore {
  return {
    keys: (personId) =>
      db
        .select({
          id: credentials.id,
          name: credentials.name,
          createdAt: credentials.createdAt,
          lastUsedAt: credentials.lastUsedAt,
          lastUsedNetwork: credentials.lastUsedNetwork,
          lastUsedClient: credentials.lastUsedClient,
          acr: keyAcr,
          version: credentials.version,
        })
        .from(credentials)
        .where(and(eq(credentials.personId, personId), isNull(credentials.revokedAt), isKey))
        .orderBy(credentials.createdAt),

    async revokedKeys(personId, since, limit) {
      const { id, name, revokedAt } = credentials
      const rows = await db
        .select({ id, name, revokedAt })
        .from(credentials)
        .where(and(eq(credentials.personId, personId), gt(revokedAt, since), isKey))
        .orderBy(desc(revokedAt), desc(id))
        .limit(limit)
      return rows.flatMap((row) => (row.revokedAt === null ? [] : [{ ...row, revokedAt: row.revokedAt }]))
    },

    devices: (personId, now) =>
      db
        .select({
          id: devices.id,
          deviceId: devices.deviceId,
          displayName: devices.displayName,
          client: devices.client,
          network: devices.network,
          signedInAt: devices.createdAt,
          lastActiveAt: devices.lastActiveAt,
          expiresAt: devices.expiresAt,
        })
        .from(devices)
        .where(and(eq(devices.personId, personId), isNull(devices.endedAt), gt(devices.expiresAt, now)))
        .orderBy(desc(devices.lastActiveAt)),

    approvals: (personId, limit) =>
      db
        .select(APPROVAL)
        .from(approvals)
        .where(eq(approvals.personId, personId))
        .orderBy(desc(approvals.createdAt))
        .limit(limit),

    async pending(personIds, now) {
      if (personIds.length === 0) return []
      return db
        .select(APPROVAL)
        .from(approvals)
        .where(
          and(
            inArray(approvals.personId, [...personIds]),
            eq(approvals.state, 'pending'),
            gt(approvals.expiresAt, now),
          ),
        )
        .orderBy(approvals.createdAt)
    },

    async liveSessions(hashes, now) {
      if (hashes.length === 0) return new Set()
      const rows = await db
        .select({ hash: idSessions.hash })
        .from(idSessions)
        .innerJoin(people, eq(people.id, idSessions.personId))
        .innerJoin(credentials, eq(credentials.id, idSessions.credentialId))
        .where(
          and(
            inArray(idSessions.hash, [...hashes]),
            isNull(idSessions.endedAt),
            gt(idSessions.expiresAt, now),
            isNull(people.suspendedAt),
            isNull(credentials.revokedAt),
          ),
        )
      return new Set(rows.map((row) => row.hash))
    },

    async receipt(personId, approvalHash) {
      const [row] = await db
        .select({ receipt: approvals.receipt })
        .from(approvals)
        .where(and(eq(approvals.hash, approvalHash), eq(approvals.personId, personId)))
      return row?.receipt ?? null
    },

    async ownsDevice(personId, device) {
      const [row] = await db
        .select({ id: devices.id })
        .from(devices)
        .where(and(eq(devices.id, device), eq(devices.personId, personId)))
      return row !== undefined
    },

    renameKey: ({ personId, key, version }, name, event) =>
      db.transaction(async (tx) => {
        const own = and(
          eq(credentials.id, key),
          eq(credentials.personId, personId),
          isNull(credentials.revokedAt),
          isKey,
        )
        const changed = await tx
          .update(credentials)
          .set({ name, version: version + 1 })
          .where(and(own, eq(credentials.version, version)))
          .returning({ id: credentials.id })
        if (changed.length === 1) {
          await audit.append(event, tx)
          return 'renamed'
        }
        const [there] = await tx.select({ id: credentials.id }).from(credentials).where(own)
        return there === undefined ? 'unknown' : 'moved'
      }),
  }
}
