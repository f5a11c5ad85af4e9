// A real, migrated Postgres database for each test that asks: copied from a template, on one server shared by the run.
import { createHash, randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { type Database, openDatabase, type Sql } from '../../db/client.ts'
import { postgresAccount } from '../../db/embedded/account.ts'
import { findBinaries, runnableBinaries } from '../../db/embedded/binaries.ts'
import { initCluster, startPostgres } from '../../db/embedded/process.ts'
import { MIGRATIONS_FOLDER, migrate } from '../../db/migrate.ts'
import { RUN_FOLDER } from './postgres.global.ts'

export interface TestDatabase {
  readonly db: Database
  readonly sql: Sql
  /** For a second pool, another process, or workerd: `postgres://postgres@127.0.0.1:<port>/<name>`. */
  readonly url: string
  /** Closes the pool and drops the database, whoever else is connected. */
  drop(): Promise<void>
}

/** A database of one's own with every migration applied. `empty` leaves the migrations out. */
export async function testDatabase({ empty = false, max = 10 } = {}): Promise<TestDatabase> {
  const server = await sharedServer()
  const name = await (empty ? newDatabase(server, true) : nextDatabase(server))
  const url = `${server}/${name}`
  const { db, sql, close } = openDatabase(url, { max })
  return {
    db,
    sql,
    url,
    drop: async () => {
      await close()
      await asAdmin(server, (admin) => admin`drop database if exists ${admin(name)} with (force)`)
    },
  }
}

let taken = 0
let ahead: Promise<string> | null = null

// Whoever asks twice asks for one a test: the next is made while this one is used.
async function nextDatabase(server: string): Promise<string> {
  const next = ahead ?? newDatabase(server, false)
  taken += 1
  ahead = taken > 1 ? newDatabase(server, false) : null
  // Nobody may come for it.
  ahead?.catch(() => undefined)
  return next
}

async function newDatabase(server: string, empty: boolean): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdmin(server, async (admin) => {
    const template = empty ? 'template0' : await migratedTemplate(server, admin)
    await admin`create database ${admin(name)} template ${admin(template)}`
  })
  return name
}

// The first caller of the run, in whichever worker, starts the server; the others wait for its address.
async function sharedServer(): Promise<string> {
  const folder = process.env[RUN_FOLDER]
  if (!folder) throw new Error('vitest needs test/support/postgres.global.ts among its globalSetup')
  const ready = join(folder, 'ready')
  const failed = join(folder, 'failed')
  if (startsIt(folder)) {
    try {
      announce(ready, await startServer(folder))
    } catch (error) {
      announce(failed, String(error))
    }
  }
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(20)) {
    if (existsSync(ready)) return readFileSync(ready, 'utf8')
    if (existsSync(failed)) throw new Error(`the test database did not start: ${readFileSync(failed, 'utf8')}`)
  }
  throw new Error('the test database did not start within a minute')
}

function startsIt(folder: string): boolean {
  try {
    mkdirSync(join(folder, 'starting'))
    return true
  } catch {
    return false
  }
}

function announce(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

async function startServer(folder: string): Promise<string> {
  const account = postgresAccount()
  const binaries = runnableBinaries(findBinaries(), account, folder)
  const cluster = join(folder, 'cluster')
  mkdirSync(cluster, { mode: 0o700 })
  if (account) chownSync(cluster, account.uid, account.gid)
  await initCluster(binaries, account, cluster, false)

  const log = join(folder, 'log')
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const child = startPostgres(
      binaries,
      account,
      cluster,
      {
        listen_addresses: '127.0.0.1',
        port,
        unix_socket_directories: '',
        max_connections: 400,
        shared_buffers: '64MB',
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        wal_level: 'minimal',
        max_wal_senders: 0,
        autovacuum: 'off',
        jit: 'off',
        timezone: 'UTC',
        log_min_messages: 'fatal',
        log_min_error_statement: 'panic',
      },
      log,
    )
    const server = `postgres://postgres@127.0.0.1:${port}`
    while (child.exitCode === null) {
      if (
        await asAdmin(server, (admin) => admin`select 1`).then(
          () => true,
          () => false,
        )
      )
        return server
      await sleep(30)
    }
    // Another program may have taken the port in between.
    if (attempt === 5) throw new Error(readFileSync(log, 'utf8').slice(-1000))
  }
}

// Named after what is in it, so that a watching run never serves an old schema.
async function migratedTemplate(server: string, admin: Sql): Promise<string> {
  const template = `template_${fingerprint()}`
  const exists = async () => (await admin`select 1 from pg_database where datname = ${template}`).length > 0
  if (await exists()) return template
  await admin`select pg_advisory_lock(1)`
  if (await exists()) return template
  const building = `building_${randomBytes(8).toString('hex')}`
  await admin`create database ${admin(building)}`
  const { db, close } = openDatabase(`${server}/${building}`, { max: 1 })
  try {
    await migrate(db)
  } finally {
    await close()
  }
  await admin`alter database ${admin(building)} rename to ${admin(template)}`
  return template
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(MIGRATIONS_FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()) {
    hash.update(name).update(readFileSync(join(MIGRATIONS_FOLDER, name)))
  }
  return hash.digest('hex').slice(0, 16)
}

async function asAdmin<T>(server: string, work: (admin: Sql) => PromiseLike<T>): Promise<T> {
  const admin = postgres(`${server}/postgres`, { max: 1, onnotice: () => undefined, connect_timeout: 10 })
  try {
    return await work(admin)
  } finally {
    await admin.end({ timeout: 5 })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
