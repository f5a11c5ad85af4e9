// What is written into a Synapse before it starts (synapse_seed.py): kept beside the clone's Synapse between runs where that saves minutes.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { SYNAPSE_VERSION } from '../../server/sample/synapse/install.ts'
import { PYTHON } from './synapse-seed.ts'

/** A kind of room; as many of it as `count`. */
export interface RoomsToSeed {
  readonly name: string
  readonly count: number
  /** In the public directory. */
  readonly listed?: boolean
  /** Who is in it beside the writer: all owners when absent. */
  readonly members?: readonly string[]
  readonly messages?: number
  /** The oldest message is that old, and the newest not younger than `until_days`. */
  readonly days?: number
  readonly until_days?: number
  /** `m.room.encrypted` instead of `m.room.message`. */
  readonly encrypted?: boolean
  /** Push rules are evaluated, so that the owners are notified of each message. */
  readonly notified?: boolean
  /** Threads among the messages. */
  readonly threads?: number
}

export interface PastToSeed {
  /** Local parts of people who sign in later. */
  readonly owners: readonly string[]
  readonly rooms: readonly RoomsToSeed[]
  /** Others in the user directory. */
  readonly people?: number
  /** The first owner's files, that many bytes each, and pictures with thumbnails. */
  readonly files?: number
  readonly file_bytes?: number
  readonly pictures?: number
  /** Sessions in the first owner's key backup. */
  readonly backup_sessions?: number
}

export interface SeededPast {
  readonly rooms: readonly { readonly kind: string; readonly room: string; readonly ids: readonly string[] }[]
  /** Media ids. */
  readonly files: readonly string[]
  readonly pictures: readonly string[]
  readonly backup?: { readonly version: string; readonly sessions: readonly (readonly [string, string])[] }
}

const SCRIPT = fileURLToPath(new URL('synapse_seed.py', import.meta.url))
const KEPT = fileURLToPath(new URL('../../.synapse/pasts/', import.meta.url))
const WHAT_IS_KEPT = ['homeserver.db', 'media', 'signing.key', 'past.json']

/**
 * Writes a past into `folder`, where a Synapse of that server name then starts with it (server/sample/synapse/run.ts). `keep`: the
 * same past is copied from the last run. Throws with what Synapse said when it cannot be written.
 */
export async function seedPast(
  folder: string,
  serverName: string,
  what: PastToSeed,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<SeededPast> {
  mkdirSync(folder, { recursive: true })
  const kept = join(KEPT, nameOf(serverName, what))
  if (!keep || !existsSync(join(kept, 'past.json'))) {
    const into = keep ? `${kept}.${process.pid}` : folder
    mkdirSync(into, { recursive: true })
    try {
      await write(into, serverName, what)
      // Another run may have written the same past in the meantime: the first one stays.
      if (keep && !existsSync(kept)) renameSync(into, kept)
    } finally {
      if (keep) rmSync(into, { recursive: true, force: true })
    }
  }
  if (keep) for (const part of WHAT_IS_KEPT) cpSync(join(kept, part), join(folder, part), { recursive: true })
  return JSON.parse(readFileSync(join(folder, 'past.json'), 'utf8')) as SeededPast
}

/** Changes with whatever decides what is written. */
function nameOf(serverName: string, what: PastToSeed): string {
  const decides = JSON.stringify([serverName, what, SYNAPSE_VERSION, readFileSync(SCRIPT, 'utf8')])
  return createHash('sha256').update(decides).digest('hex').slice(0, 16)
}

async function write(folder: string, serverName: string, what: PastToSeed): Promise<void> {
  mkdirSync(join(folder, 'media'), { recursive: true })
  const config = join(folder, 'seed.yaml')
  const log = join(folder, 'seed-log.yaml')
  writeFileSync(log, stringify(LOGGING))
  writeFileSync(
    config,
    stringify({
      server_name: serverName,
      report_stats: false,
      pid_file: join(folder, 'seed.pid'),
      log_config: log,
      signing_key_path: join(folder, 'signing.key'),
      media_store_path: join(folder, 'media'),
      database: { name: 'sqlite3', args: { database: join(folder, 'homeserver.db') } },
      trusted_key_servers: [],
      suppress_key_server_warning: true,
      macaroon_secret_key: 'of-the-seeder-only',
      // Synapse lists no room unless it is told whose.
      room_list_publication_rules: [{ action: 'allow' }],
      listeners: [],
    }),
  )
  await run(['-m', 'synapse.app.homeserver', '-c', config, '--generate-keys'])
  const written = await run([SCRIPT, config], JSON.stringify(what))
  writeFileSync(join(folder, 'past.json'), written)
  for (const file of [config, log]) rmSync(file)
}

const LOGGING = {
  version: 1,
  handlers: { console: { class: 'logging.StreamHandler' } },
  root: { level: 'WARNING', handlers: ['console'] },
}

function run(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    let complaint = ''
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => {
      complaint = (complaint + bytes.toString()).slice(-4_000)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString('utf8'))
      else reject(new Error(`seeding Synapse: exit code ${code}\n${complaint}`))
    })
    child.stdin.end(input)
  })
}
