// Changes of what is known of models, with what they do to enrolled keys: whole or not at all.
import { and, inArray, isNull, sql } from 'drizzle-orm'
import type { AuditEvent, AuditOfMany } from '../../server/audit/port.ts'
import { refusedByDatabase } from '../../server/errors/database.ts'
import type {
  MetadataChange,
  MetadataChangeFailure,
  MetadataChanges,
  MetadataImport,
} from '../../server/webauthn/port.ts'
import type { Database, Transaction } from '../client.ts'
import { authenticatorModels, credentials, metadataImports } from '../schema/people.ts'
import { devices, deviceTokens, idSessions, revocations, sids } from '../schema/sessions.ts'
import { enqueueLogout } from './logout-deliveries.ts'
import { enrolledKeys, latestImport } from './metadata.ts'

/** Rows in one INSERT: well under Postgres' 65,535 parameters. */
const BATCH = 500

export interface MetadataChangesDeps {
  readonly audit: AuditOfMany
  /** Owes the people of those keys a letter, and operators an alert, within the transaction. */
  readonly told: (tx: Transaction, change: MetadataChange) => Promise<void>
}

/** Thrown inside the transaction so that all of it is undone. */
class Undone extends Error {
  readonly reason: MetadataChangeFailure

  constructor(reason: MetadataChangeFailure) {
    super(reason)
    this.reason = reason
  }
}

/** Implements the port of changes. */
export function metadataChanges(db: Database, deps: MetadataChangesDeps): MetadataChanges {
  return {
    async apply(change) {
      try {
        await db.transaction((tx) => applyIn(tx, change, deps))
        return { ok: true }
      } catch (error) {
        if (error instanceof Undone) return { ok: false, reason: error.reason }
        if (refusedByDatabase(error)?.reason === 'last-owner') return { ok: false, reason: 'last-owner' }
        throw error
      }
    },
  }
}

async function applyIn(tx: Transaction, change: MetadataChange, { audit, told }: MetadataChangesDeps): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended('palier metadata import', 0))`)
  if (change.blob !== null) await replaceModels(tx, change.blob)
  if (change.allow !== null) await allowModels(tx, change.allow)
  const entries = change.cutOff.length === 0 ? [] : await cutOff(tx, change, told)
  const all = change.audit === null ? entries : [change.audit, ...entries]
  if (all.length > 0) await audit.appendAll(all, tx)
}

async function replaceModels(tx: Transaction, { models, imported }: NonNullable<MetadataChange['blob']>) {
  const latest = await latestImport(tx)
  if (latest !== null && latest.number >= imported.number) throw new Undone('not-newer')
  await tx.insert(metadataImports).values(imported satisfies MetadataImport)
  await tx.delete(authenticatorModels)
  for (let start = 0; start < models.length; start += BATCH) {
    await tx.insert(authenticatorModels).values(models.slice(start, start + BATCH))
  }
}

async function allowModels(tx: Transaction, { aaguids, allowed }: NonNullable<MetadataChange['allow']>) {
  // What an old import leaves to be guessed from its models is written down before one of them changes.
  await tx
    .update(metadataImports)
    .set({ newAllowed: sql`NOT EXISTS (SELECT 1 FROM authenticator_models WHERE NOT allowed)` })
    .where(isNull(metadataImports.newAllowed))
  await tx
    .update(authenticatorModels)
    .set({ allowed })
    .where(inArray(authenticatorModels.aaguid, [...aaguids]))
}

/** Ends the keys and all that was opened with them, in a few statements however many they are. Rows are taken in the order of every revocation: sids, sessions, keys, devices. */
async function cutOff(
  tx: Transaction,
  change: MetadataChange,
  told: MetadataChangesDeps['told'],
): Promise<AuditEvent[]> {
  const ids = change.cutOff.map(({ key }) => key.id)
  const aaguids = [...new Set(change.cutOff.map(({ key }) => key.aaguid))]
  const wanted = new Set(ids)
  const found = await enrolledKeys(tx, aaguids)
  if (found.length !== wanted.size || !found.every(({ id }) => wanted.has(id))) throw new Undone('not-as-shown')
  await told(tx, change)
  const those = textArray(ids)
  const endedSids = await tx
    .update(sids)
    .set({ endedAt: sql`now()` })
    .where(and(sql`${sids.credentialId} = ANY (${those})`, isNull(sids.endedAt)))
    .returning({ id: sids.id })
  const sidIds = endedSids.map(({ id }) => id)
  await tx
    .update(idSessions)
    .set({ endedAt: sql`now()` })
    .where(and(sql`${idSessions.credentialId} = ANY (${those})`, isNull(idSessions.endedAt)))
  for (const reason of new Set(change.cutOff.map((each) => each.reason))) {
    const of = change.cutOff.filter((each) => each.reason === reason).map(({ key }) => key.id)
    const revoked = await tx
      .update(credentials)
      .set({ revokedAt: change.at, revokedReason: reason })
      .where(and(sql`${credentials.id} = ANY (${textArray(of)})`, isNull(credentials.revokedAt)))
      .returning({ id: credentials.id })
    if (revoked.length !== of.length) throw new Undone('not-as-shown')
  }
  const ended = await tx
    .update(devices)
    .set({ endedAt: sql`now()`, endedReason: 'credential-revoked' })
    .where(
      and(
        sql`(${devices.credentialId} = ANY (${those}) OR ${devices.sid} = ANY (${textArray(sidIds)}))`,
        isNull(devices.endedAt),
      ),
    )
    .returning({ id: devices.id, credentialId: devices.credentialId })
  const deviceIds = ended.map(({ id }) => id)
  await tx.delete(deviceTokens).where(sql`${deviceTokens.deviceId} = ANY (${textArray(deviceIds)})`)
  await enqueueLogout(tx, sidIds)
  const feed = [
    ...ids.map((subject) => ({ kind: 'credential' as const, subject })),
    ...deviceIds.map((subject) => ({ kind: 'device' as const, subject })),
  ]
  for (let start = 0; start < feed.length; start += BATCH) {
    const rows = feed.slice(start, start + BATCH)
    await tx
      .insert(revocations)
      .values(rows.map((row) => ({ ...row, reason: 'credential-revoked', at: sql`clock_timestamp()` })))
  }
  const ofKey = Map.groupBy(ended, ({ credentialId }) => credentialId)
  return change.cutOff.map(({ key, reason }) => ({
    action: 'key.cut-off',
    actor: change.actor,
    subject: key.id,
    detail: {
      person: key.person.id,
      aaguid: key.aaguid,
      reason,
      devices: (ofKey.get(key.id) ?? []).map(({ id }) => id),
    },
  }))
}

function textArray(ids: readonly string[]) {
  return sql`${`{${ids.join(',')}}`}::text[]`
}
