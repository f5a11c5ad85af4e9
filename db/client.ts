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

/**
 * Opens a pool on a Postgres URL; nothing is connected until the first query. A socket's directory goes where the host
 * does, percent-encoded, as in libpq: `postgres://postgres@%2Frun%2Fpalier/postgres`.
 */
export function openDatabase(url: string, options: postgres.Options<Record<string, never>> = {}): DatabaseHandle {
  // No look-up of array types on each new connection: a server that goes away in the middle of it would take the process with it.
  // A server that comes back is found within a second: left to itself the driver waits for up to twenty.
  const backoff = (attempt: number) => Math.min(0.05 * 2 ** attempt, 1)
  const fixed = { max: 10, fetch_types: false, onnotice: () => undefined, backoff }
  const sql = postgres(url, { ...fixed, ...socketOf(url), ...options })
  return { db: drizzle(sql), sql, close: () => sql.end({ timeout: 5 }) }
}

// postgres.js does not decode the host part, so the socket is named to it in its own way.
function socketOf(url: string): { host?: string } {
  const { hostname } = new URL(url)
  return /^%2f/i.test(hostname) ? { host: decodeURIComponent(hostname) } : {}
}
