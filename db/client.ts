// The database handle that every store is built on.
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

export type Database = PostgresJsDatabase<Record<string, never>>
/** The handle inside `db.transaction`: use it and never the outer one, which is another connection. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]
export type Sql = postgres.Sql

export interface DatabaseHandle {
  readonly db: Database
  readonly sql: Sql
  close(): Promise<void>
}

/** Opens a pool on a Postgres URL or socket options. Nothing is connected until the first query. */
export function openDatabase(url: string, options: postgres.Options<Record<string, never>> = {}): DatabaseHandle {
  const sql = postgres(url, { max: 10, onnotice: () => undefined, ...options })
  return { db: drizzle(sql), sql, close: () => sql.end({ timeout: 5 }) }
}
