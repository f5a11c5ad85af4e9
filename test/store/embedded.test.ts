import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../db/client.ts'
import { findBinaries, NoBinaries } from '../../db/embedded/binaries.ts'
import { isAlive, stopPostgres } from '../../db/embedded/process.ts'
import {
  DataDirectoryInUse,
  type EmbeddedDatabase,
  type EmbeddedOptions,
  openEmbedded,
} from '../../db/embedded/server.ts'

const PROGRAM = fileURLToPath(new URL('../support/programs/embedded.ts', import.meta.url))

let dataDir: string
let events: string[]
const open: EmbeddedDatabase[] = []
const children: ChildProcess[] = []

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-'))
  events = []
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const database of open.splice(0)) await database.stop()
  const pid = postmasterPid(dataDir)
  if (pid !== null && isAlive(pid)) await stopPostgres(pid)
  removeShortSocketFolder(dataDir)
  const home = join(dataDir, 'postgres')
  if (existsSync(home)) rmSync(realpathSync(home), { recursive: true, force: true })
  rmSync(dataDir, { recursive: true, force: true })
})

test('what was written survives a stop and the next start', async () => {
  const first = await start()
  await remember(first.url, 'kept')
  await first.stop()
  expect(existsSync(join(dataDir, 'postgres/cluster/postmaster.pid'))).toBe(false)
  const second = await start()
  expect(await recall(second.url)).toEqual(['kept'])
  expect(await show(second.url, 'fsync')).toBe('on')
})

test('a server left behind by a killed palier is taken over with its data', async () => {
  const { child, url } = await startElsewhere(dataDir)
  await remember(url, 'before the kill')
  const orphan = postmasterPid(dataDir) as number
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('close', resolve))
  expect(isAlive(orphan)).toBe(true)

  const next = await start()
  expect(events).toContain('database.taken-over')
  expect(isAlive(orphan)).toBe(false)
  expect(await recall(next.url)).toEqual(['before the kill'])
})

test('a second palier on the same data directory gets a clear error, and the first goes on', async () => {
  const { url, child } = await startElsewhere(dataDir)
  await expect(start()).rejects.toThrow(DataDirectoryInUse)
  await expect(start()).rejects.toThrow(`in use by palier server ${child.pid}`)
  await remember(url, 'undisturbed')
  expect(await recall(url)).toEqual(['undisturbed'])
})

test('of two that start at once on a new directory, one runs and the other is told', async () => {
  const outcomes = await Promise.allSettled([startElsewhere(dataDir), startElsewhere(dataDir)])
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(failures).toHaveLength(1)
  expect(String(failures[0]?.reason)).toContain('is in use by palier server')
})

test('a short command uses the server of a running palier and leaves it running', async () => {
  const { url } = await startElsewhere(dataDir)
  const command = await start({ share: true })
  expect(command.url).toBe(url)
  await command.stop()
  await remember(url, 'still there')
})

test('a data directory with a path too long for a socket works', async () => {
  const long = join(dataDir, 'a-folder-with-a-rather-long-name'.repeat(3), 'and-another-one'.repeat(3))
  mkdirSync(long, { recursive: true, mode: 0o755 })
  chmodSync(dataDir, 0o755)
  for (let run = 0; run < 2; run++) {
    const database = await openEmbedded(options({ dataDir: long }))
    open.push(database)
    expect(await show(database.url, 'server_version')).toMatch(/^\d+/)
    const folder = readlinkSync(join(long, 'postgres/socket'))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    await database.stop()
    expect(existsSync(folder)).toBe(false)
  }
})

test('a data directory below a folder that only its owner may enter works, for root too, and keeps its data', async () => {
  const closed = join(dataDir, 'home', 'data')
  mkdirSync(closed, { recursive: true, mode: 0o700 })
  for (const expected of [['once'], ['once', 'once']]) {
    const database = await openEmbedded(options({ dataDir: closed }))
    open.push(database)
    await remember(database.url, 'once')
    expect(await recall(database.url)).toEqual(expected)
    await database.stop()
  }
  rmSync(realpathSync(join(closed, 'postgres')), { recursive: true, force: true })
})

test('Postgres never runs as root, whoever starts it, and its socket is private', async () => {
  await start()
  const pid = postmasterPid(dataDir) as number
  expect(statSync(`/proc/${pid}`).uid).not.toBe(0)
  expect(statSync(join(dataDir, 'postgres/socket')).mode & 0o777).toBe(0o700)
})

test('a lock file whose pid now belongs to another program does not stand in the way', async () => {
  const first = await start()
  await remember(first.url, 'kept')
  const lockFile = join(dataDir, 'postgres/cluster/postmaster.pid')
  const lines = readFileSync(lockFile, 'utf8').split('\n')
  await first.stop()
  // As our own account, a process that is alive: what a restarted container finds.
  writeFileSync(lockFile, [String(process.pid), ...lines.slice(1)].join('\n'), { mode: 0o600 })
  const second = await start()
  expect(await recall(second.url)).toEqual(['kept'])
})

test('a database process that is killed is reported, and the next start recovers', async () => {
  const lost = Promise.withResolvers<void>()
  const first = await start({ onLost: lost.resolve })
  await remember(first.url, 'committed')
  process.kill(postmasterPid(dataDir) as number, 'SIGKILL')
  await lost.promise
  expect(events).toContain('database.ended')
  await first.stop()
  const second = await start()
  expect(await recall(second.url)).toEqual(['committed'])
})

test('a platform without binaries is told what to do instead', () => {
  expect(() => findBinaries('freebsd-x64')).toThrow(NoBinaries)
  expect(() => findBinaries('win32-x64')).toThrow('PALIER_DATABASE_URL')
  // Named by the package, yet not installed on this machine.
  expect(() => findBinaries(process.platform === 'darwin' ? 'linux-x64' : 'darwin-arm64')).toThrow('is not installed')
})

function options(more: Partial<EmbeddedOptions> = {}): EmbeddedOptions {
  const note = (event: string): void => void events.push(event)
  return { dataDir, log: { debug: note, info: note, warn: note, error: note }, ...more }
}

async function start(more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedDatabase> {
  const database = await openEmbedded(options(more))
  open.push(database)
  return database
}

async function startElsewhere(directory: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [PROGRAM, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { url?: string; error?: string }
    if (said.url === undefined) throw new Error(said.error)
    return { child, url: said.url }
  }
  throw new Error('it ended without a word')
}

async function remember(url: string, word: string): Promise<void> {
  const { sql, close } = openDatabase(url, { max: 1 })
  await sql`create table if not exists words (word text)`
  await sql`insert into words values (${word})`
  await close()
}

async function recall(url: string): Promise<string[]> {
  const { sql, close } = openDatabase(url, { max: 1 })
  const rows = await sql<{ word: string }[]>`select word from words`
  await close()
  return rows.map((row) => row.word)
}

async function show(url: string, setting: string): Promise<string | undefined> {
  const { sql, close } = openDatabase(url, { max: 1 })
  const [row] = await sql<{ value: string }[]>`select current_setting(${setting}) as value`
  await close()
  return row?.value
}

function postmasterPid(directory: string): number | null {
  const file = join(directory, 'postgres/cluster/postmaster.pid')
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : null
}

function removeShortSocketFolder(directory: string): void {
  const link = join(directory, 'postgres/socket')
  if (existsSync(link)) rmSync(realpathSync(link), { recursive: true, force: true })
}
