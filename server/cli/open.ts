// Opens what commands share: the configuration, then, only when a command asks, the database and the sealer.
import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DatabaseHandle, openDatabase } from '../../db/client.ts'
import { openEmbedded } from '../../db/embedded/server.ts'
import { migrate } from '../../db/migrate.ts'
import { sealKeysStore } from '../../db/stores/seal-keys.ts'
import type { Config } from '../config/config.ts'
import { describeMistakes, type Environment, loadConfig } from '../config/load.ts'
import { systemClock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { pinoLog } from '../platform/pino.ts'
import { systemRandom } from '../platform/random.ts'
import { checkSealKeys } from '../platform/seal-keys.ts'
import { type CliContext, CliFailure, type OpenCli, whyUnreadable } from './context.ts'
import { openSealer } from './secret-source.ts'

/** The clone's folder: what relative paths of the configuration are relative to. */
export const CLONE_FOLDER = fileURLToPath(new URL('../../', import.meta.url))

/** The opener and its closer. `close` ends whatever was opened, in reverse order. */
export function opener(env: Environment): { open: OpenCli; close(): Promise<void> } {
  let loaded: { config: Config; notes: readonly string[] } | null = null
  let context: Promise<CliContext> | null = null
  const closers: (() => Promise<void>)[] = []
  const load = () => {
    loaded ??= readConfig(env)
    return loaded
  }
  const open = (options: { readonly migrate?: boolean } = {}) => {
    context ??= openContext(load().config, options.migrate ?? true, closers)
    return context
  }
  return {
    open: Object.assign(open, { config: () => load().config, notes: () => load().notes }),
    close: async () => {
      for (const closer of closers.splice(0).reverse()) await closer()
    },
  }
}

function readConfig(env: Environment): { config: Config; notes: readonly string[] } {
  let fileText: string | undefined
  const file = env.PALIER_CONFIG
  if (file) {
    try {
      fileText = readFileSync(file, 'utf8')
    } catch (error) {
      throw new CliFailure(`PALIER_CONFIG: cannot read ${file}: ${whyUnreadable(error)}`, 2)
    }
  }
  const loaded = loadConfig(env, fileText)
  if (!loaded.ok) throw new CliFailure(`the configuration has mistakes\n${describeMistakes(loaded.mistakes)}`, 2)
  const { config, notes } = loaded
  return {
    config: { ...config, dataDir: isAbsolute(config.dataDir) ? config.dataDir : resolve(CLONE_FOLDER, config.dataDir) },
    notes,
  }
}

async function openContext(
  config: Config,
  migrateFirst: boolean,
  closers: (() => Promise<void>)[],
): Promise<CliContext> {
  // Standard output is the command's result; what the program says on the way goes to standard error.
  const log = pinoLog(config.logLevel === 'info' ? 'warn' : config.logLevel, process.stderr)
  const handle = await openConfiguredDatabase(config, log, closers)
  if (migrateFirst) await migrate(handle.db)
  const sealer = openSealer(config, systemRandom)
  if (migrateFirst) await checkSealKeys({ store: sealKeysStore(handle.db), sealer, clock: systemClock, log })
  return { config, clock: systemClock, random: systemRandom, log, db: handle.db, sql: handle.sql, sealer }
}

async function openConfiguredDatabase(
  config: Config,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<DatabaseHandle> {
  let url = config.databaseUrl
  if (url === null) {
    const embedded = await openEmbedded({ dataDir: config.dataDir, log, share: true })
    closers.push(() => embedded.stop())
    url = embedded.url
  }
  const handle = openDatabase(url, { max: 4, connect_timeout: 10 })
  closers.push(() => handle.close())
  try {
    await handle.sql`select 1`
  } catch (error) {
    throw new CliFailure(`the database does not answer: ${reason(error)}`)
  }
  return handle
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
