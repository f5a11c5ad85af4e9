// Brings a database to the program's schema: reviewed SQL in db/migrations, all of it in one transaction under a lock.
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Database } from './client.ts'

/** Folder of the reviewed SQL. */
export const MIGRATIONS_FOLDER = decodeURIComponent(new URL('./migrations', import.meta.url).pathname)

// Any constant will do as long as it never changes: 'palier' read as a number.
const MIGRATION_LOCK = 0x70616c696572

/** Thrown when the database knows a migration that this program does not. */
export class DatabaseNewer extends Error {
  constructor(unknown: number) {
    super(
      `the database was migrated by another version of palier (${unknown} migration${unknown === 1 ? '' : 's'} unknown here): ` +
        'run that version or a newer one. Nothing was changed.',
    )
    this.name = 'DatabaseNewer'
  }
}

export interface MigrationReport {
  /** How many migrations were applied now. */
  readonly applied: number
  /** How many the database has. */
  readonly total: number
}

/**
 * Applies what is missing. Two programs starting at once take turns (a transaction-level advisory lock, which also works
 * behind a transaction pooler); a migration that fails leaves the database as it was. Throws `DatabaseNewer`.
 * The bookkeeping is drizzle's own table, so that its tools still agree.
 */
export async function migrate(db: Database, folder: string = MIGRATIONS_FOLDER): Promise<MigrationReport> {
  const known = readMigrationFiles({ migrationsFolder: folder })
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK}::bigint)`)
    await tx.execute(sql`create schema if not exists drizzle`)
    await tx.execute(sql`
      create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`)
    const rows = await tx.execute<{ hash: string }>(sql`select hash from drizzle.__drizzle_migrations`)
    const present = new Set([...rows].map((row) => row.hash))
    const unknown = [...present].filter((hash) => !known.some((migration) => migration.hash === hash)).length
    if (unknown > 0) throw new DatabaseNewer(unknown)

    const missing = known.filter((migration) => !present.has(migration.hash))
    for (const migration of missing) {
      for (const statement of migration.sql) await tx.execute(sql.raw(statement))
      await tx.execute(sql`
        insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis})`)
    }
    return { applied: missing.length, total: known.length }
  })
}
