// Models of keys as the console shows them, and metadata that was looked at and not yet applied.
import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm'
import type { MetadataConsole } from '../../server/console/metadata/port.ts'
import type { MetadataDeps } from '../../server/webauthn/metadata.ts'
import type { Database } from '../client.ts'
import { metadataUploads } from '../schema/keys.ts'
import { authenticatorModels, credentials, metadataImports } from '../schema/people.ts'
import { isKey } from './keys-only.ts'

/** How long a BLOB that was looked at can be applied. */
const UPLOAD_HOURS = 24

/** Implements the port of models. */
export function consoleMetadata(db: Database, deps: MetadataDeps): MetadataConsole {
  // What an import brought does not change until the next one. Whether a model is allowed does.
  let kept: { readonly number: number; readonly entries: ReadonlyMap<string, unknown> } | null = null

  async function entriesOf(number: number): Promise<ReadonlyMap<string, unknown>> {
    if (kept?.number === number) return kept.entries
    // Entries are some 10 MB together, nearly all of it pictures and certificates.
    const entry = sql`${authenticatorModels.entry}`
    const statement = sql`${entry}->'metadataStatement'`
    const rows = await db
      .select({
        aaguid: authenticatorModels.aaguid,
        entry: sql<unknown>`jsonb_build_object('aaguid', ${entry}->'aaguid', 'statusReports', ${entry}->'statusReports',
          'metadataStatement', jsonb_build_object('description', ${statement}->'description', 'keyProtection', ${statement}->'keyProtection',
            'attestationTypes', ${statement}->'attestationTypes', 'attestationRootCertificates', '[]'::jsonb,
            'attachmentHint', coalesce(${statement}->'attachmentHint', '[]'::jsonb)))`,
      })
      .from(authenticatorModels)
    kept = { number, entries: new Map(rows.map((row) => [row.aaguid, row.entry])) }
    return kept.entries
  }

  return {
    ...deps,

    imports: (limit) => db.select().from(metadataImports).orderBy(desc(metadataImports.number)).limit(limit),

    async modelsBriefly() {
      const latest = await deps.metadata.latestImport()
      if (latest === null) return []
      const entries = await entriesOf(latest.number)
      const { aaguid, description, allowed } = authenticatorModels
      const rows = await db
        .select({ aaguid, description, allowed })
        .from(authenticatorModels)
        .orderBy(description, aaguid)
      return rows.map((row) => ({ ...row, entry: entries.get(row.aaguid) ?? null }))
    },

    async enrolled() {
      const rows = await db
        .select({ aaguid: credentials.aaguid, keys: sql<number>`count(*)::int` })
        .from(credentials)
        .where(and(isNull(credentials.revokedAt), isKey))
        .groupBy(credentials.aaguid)
      return new Map(rows.map(({ aaguid, keys }) => [aaguid, keys]))
    },

    async icon(aaguid) {
      const [row] = await db
        .select({ icon: sql<unknown>`${authenticatorModels.entry}->'metadataStatement'->'icon'` })
        .from(authenticatorModels)
        .where(eq(authenticatorModels.aaguid, aaguid))
      return typeof row?.icon === 'string' ? row.icon : null
    },

    async keepUpload({ hash, jwt, by, at }) {
      await sweepUploads(db, at)
      await db
        .insert(metadataUploads)
        .values({ hash, jwt, uploadedBy: by, uploadedAt: at })
        .onConflictDoUpdate({ target: metadataUploads.hash, set: { uploadedBy: by, uploadedAt: at } })
    },

    async upload(hash) {
      const [row] = await db.select().from(metadataUploads).where(eq(metadataUploads.hash, hash))
      return row !== undefined && row.uploadedAt > hoursBefore(new Date(deps.clock.now())) ? row.jwt : null
    },

    async dropUpload(hash) {
      await db.delete(metadataUploads).where(eq(metadataUploads.hash, hash))
    },
  }
}

/** Takes away BLOBs that nobody applied within a day. */
export async function sweepUploads(db: Database, now: Date): Promise<void> {
  await db.delete(metadataUploads).where(lt(metadataUploads.uploadedAt, hoursBefore(now)))
}

function hoursBefore(at: Date): Date {
  return new Date(at.getTime() - UPLOAD_HOURS * 3_600_000)
}
