// A database as `npm start` runs it, and people with a signed-in device each.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../db/client.ts'
import { openEmbedded } from '../db/embedded/server.ts'
import { migrate } from '../db/migrate.ts'
import type { Log } from '../server/platform/log.ts'
import { openSealer } from '../server/platform/seal-sealer.ts'
import { insertDevice, insertPerson } from '../test/support/people.ts'

export const SECRET = 'k3Vd9-qLw2Zt7_Xr5Nb8-Jm4Hc6_Pf1Gs0'
const SERVER_NAME = 'bench.example'
export const GATEWAY_ENV = { PALIER_SECRET: SECRET, PALIER_SERVER_NAME: SERVER_NAME, PALIER_HOLD: '0' }

export interface BenchDatabase {
  readonly url: string
  /** The database server's first process. */
  readonly pid: number
  /** Signs that many people in and returns their tokens. */
  signIn(count: number): Promise<string[]>
  /** Forgets what was charged to whom, as the gateway's sweep does after ten minutes: nobody reads on for the whole of a bench. */
  forgetCharged(): Promise<void>
  stop(): Promise<void>
}

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Opens an embedded server with durable settings in a folder of its own, migrated. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'palier-bench-db-'))
  const embedded = await openEmbedded({ dataDir: folder, log: quiet })
  const { db, sql, close } = openDatabase(embedded.url, { max: 2 })
  await migrate(db)
  const pid = await postmaster()
  const sealer = openSealer({ secrets: [SECRET] })

  const one = async (): Promise<string> => {
    const person = await insertPerson(db)
    const homeserverToken = () => 'syt_cGVyc29u_AAAAAAAAAAAAAAAAAAAA_000000'
    return (await insertDevice({ db, sealer, serverName: SERVER_NAME }, person, { homeserverToken })).token
  }

  return {
    url: embedded.url,
    pid,
    signIn: (count) => Promise.all(Array.from({ length: count }, one)),
    forgetCharged: async () => {
      // Deleted, as the sweep does: emptying the table whole would make Postgres plan every statement about it anew.
      await sql`delete from charged_events`
    },
    stop: async () => {
      await close()
      await embedded.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }

  async function postmaster(): Promise<number> {
    const [row] = await sql<{ text: string }[]>`select pg_read_file('postmaster.pid') as text`
    const first = Number(row?.text.split('\n', 1)[0])
    if (!Number.isInteger(first)) throw new Error('the database server has no process id')
    return first
  }
}
