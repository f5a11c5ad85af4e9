// Who owns a running embedded server: whoever holds a session-level advisory lock in it. The lock goes with its holder,
// however that ends, so a server whose lock is free was left behind and may be taken over.

import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'

// 'palier' read as a number, and one: not the migrations' lock.
const OWNERSHIP_LOCK = 0x70616c696573

export interface Ownership {
  release(): Promise<void>
}

export type Claim =
  | { readonly kind: 'owned'; readonly ownership: Ownership }
  /** `holder` is what the owner said of itself, such as `palier server 4711`. */
  | { readonly kind: 'taken'; readonly holder: string }
  /** No server answers there (yet, or any more). */
  | { readonly kind: 'away'; readonly why: string }

/** Tries to become the owner of the server at a socket. `name` is shown to whoever comes second. */
export async function claim(socketFolder: string, name: string): Promise<Claim> {
  let released = false
  const sql = postgres({
    host: socketFolder,
    port: 5432,
    user: 'postgres',
    database: 'postgres',
    max: 1,
    idle_timeout: 0,
    // The lock lives in this very connection, so it must never be replaced by a fresh one.
    max_lifetime: null,
    connect_timeout: 5,
    // Asked for on connecting, behind the back of every query: a server that stops just then would fail that question where
    // nobody can catch it, and end the process.
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: name },
    // Postgres restarts its sessions when one of them crashes: ours is opened anew and takes the lock again.
    onclose: () => {
      if (!released && held) void retake()
    },
  })
  let held = false
  const take = async (): Promise<boolean> => {
    const [row] = await sql<{ got: boolean }[]>`select pg_try_advisory_lock(${OWNERSHIP_LOCK}) as got`
    return row?.got === true
  }
  const retake = async (): Promise<void> => {
    for (let attempt = 0; attempt < 100 && !released; attempt++) {
      await sleep(100)
      if (await take().catch(() => false)) return
    }
  }

  try {
    held = await take()
    if (held) {
      const release = (): Promise<void> => {
        released = true
        return sql.end({ timeout: 1 })
      }
      return { kind: 'owned', ownership: { release } }
    }
    const [row] = await sql<{ holder: string }[]>`
      select application_name as holder from pg_stat_activity join pg_locks using (pid)
      where locktype = 'advisory' and granted
        and (classid::bigint << 32) | objid::bigint = ${OWNERSHIP_LOCK}`
    released = true
    await sql.end({ timeout: 1 })
    // Nobody any more: it was let go between the two questions.
    return row === undefined ? { kind: 'away', why: 'let go just now' } : { kind: 'taken', holder: row.holder }
  } catch (error) {
    released = true
    await sql.end({ timeout: 0 })
    return { kind: 'away', why: error instanceof Error ? error.message : String(error) }
  }
}
