// A Postgres server of a test's own, to be stopped and started again on the same files and port.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../db/client.ts'
import { postgresAccount } from '../../db/embedded/account.ts'
import { findBinaries, runnableBinaries } from '../../db/embedded/binaries.ts'
import { initCluster, runningPostmaster, startPostgres, stopPostgres } from '../../db/embedded/process.ts'
import { freePort } from './gateway-process.ts'

export interface OwnPostgres {
  readonly url: string
  start(): Promise<void>
  /** Ends the server as a crash of its machine would: every connection is cut. */
  stop(): Promise<void>
  remove(): Promise<void>
}

/** A server with an empty database, started. */
export async function ownPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'palier-own-postgres-'))
  chmodSync(folder, 0o711)
  const account = postgresAccount()
  const binaries = runnableBinaries(findBinaries(), account, folder)
  const cluster = join(folder, 'cluster')
  mkdirSync(cluster, { mode: 0o700 })
  if (account) chownSync(cluster, account.uid, account.gid)
  await initCluster(binaries, account, cluster, false)
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const log = join(folder, 'log')

  async function start(): Promise<void> {
    const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', fsync: 'off' }
    startPostgres(binaries, account, cluster, settings, log)
    for (const deadline = performance.now() + 20_000; performance.now() < deadline; await sleep(50)) {
      if (await answers(url)) return
    }
    throw new Error(readFileSync(log, 'utf8').slice(-1000))
  }
  async function stop(): Promise<void> {
    const pid = runningPostmaster(cluster)
    if (pid !== null) await stopPostgres(pid, 1_000)
  }
  await start()
  return {
    url,
    start,
    stop,
    remove: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  const { sql, close } = openDatabase(url, { max: 1, connect_timeout: 5 })
  try {
    await sql`select 1`
    return true
  } catch {
    return false
  } finally {
    await close()
  }
}
