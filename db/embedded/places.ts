// Where the embedded server keeps its files, in folders that the account it runs as can enter, with a socket path that
// fits into a socket address (108 bytes on Linux, 104 on macOS).
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { sha256Base64Url } from '../../server/platform/crypto.ts'
import { type Account, postgresAccount } from './account.ts'
import { canEnter } from './binaries.ts'

export interface Places {
  readonly account: Account | null
  /** `<data directory>/postgres`, or where that link leads. */
  readonly home: string
  readonly cluster: string
  readonly logFile: string
}

// Where root's files go when the data directory lies under a folder closed to everyone else, such as /root.
const OPEN_ROOT = '/var/lib/palier'
const LONGEST_SOCKET_DIRECTORY = 103 - '/.s.PGSQL.5432'.length
const SHORT_PREFIX = 'palier-'

/** Makes the folders. Throws, in words for the operator, when they belong to someone else. */
export function preparePlaces(dataDir: string): Places {
  const root = resolve(dataDir)
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const link = join(root, 'postgres')
  const account = postgresAccount(ownerOf(join(link, 'cluster')) ?? ownerOf(root))
  const home = account ? openHome(root, link, account) : link
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const places = { account, home, cluster: join(home, 'cluster'), logFile: join(home, 'log') }
  refuseForeign(places)
  return places
}

/** A fresh folder for a new cluster, renamed into place only when it is complete: a start cut short leaves no half. */
export function newClusterFolder({ home, account }: Places): { folder: string; settle: () => void } {
  for (const name of readdirSync(home)) {
    const left = join(home, name)
    // What a start that was cut short left behind; a running one takes seconds.
    if (name.startsWith('.cluster-') && Date.now() - statSync(left).mtimeMs > 600_000) rmSync(left, { recursive: true })
  }
  const folder = mkdtempSync(join(home, '.cluster-'))
  if (account) chownSync(folder, account.uid, account.gid)
  return {
    folder,
    settle: () => {
      try {
        renameSync(folder, join(home, 'cluster'))
      } catch (error) {
        rmSync(folder, { recursive: true, force: true })
        // Another start was quicker: its cluster is as good.
        if (!existsSync(join(home, 'cluster', 'PG_VERSION'))) throw error
      }
    },
  }
}

/** A private folder for the socket: in the data directory, or a short one elsewhere, linked from there. */
export function prepareSocketFolder({ home, account }: Places): string {
  const link = join(home, 'socket')
  if (Buffer.byteLength(link) <= LONGEST_SOCKET_DIRECTORY) {
    mkdirSync(link, { recursive: true, mode: 0o700 })
    return owned(link, account)
  }
  removeShort(link)
  const base = Buffer.byteLength(tmpdir()) <= 60 ? tmpdir() : '/tmp'
  const folder = owned(mkdtempSync(join(base, SHORT_PREFIX)), account)
  symlinkSync(folder, link)
  return folder
}

/** Removes the short folder, if there is one, once no server uses it. */
export function removeSocketFolder({ home }: Places): void {
  removeShort(join(home, 'socket'))
}

function openHome(root: string, link: string, account: Account): string {
  if (existsSync(link) && lstatSync(link).isSymbolicLink()) return readlinkSync(link)
  if (canEnter(dirname(root), account)) {
    // Only the right to pass through: what lies in there keeps its own modes.
    chmodSync(root, (statSync(root).mode & 0o777) | 0o011)
    return link
  }
  if (existsSync(link))
    throw new Error(
      `${link} cannot be reached by the account ${account.name}; move the data directory out of a closed folder`,
    )
  const home = join(OPEN_ROOT, sha256Base64Url(root).slice(0, 16))
  mkdirSync(home, { recursive: true, mode: 0o711 })
  symlinkSync(home, link)
  return home
}

function refuseForeign({ account, cluster }: Places): void {
  const owner = ownerOf(cluster)
  const uid = account?.uid ?? process.getuid?.() ?? null
  if (owner !== null && uid !== null && owner !== uid) {
    throw new Error(`the database in ${cluster} belongs to uid ${owner}: start palier as that user, or as root`)
  }
}

function ownerOf(path: string): number | null {
  return existsSync(path) ? statSync(path).uid : null
}

function owned(folder: string, account: Account | null): string {
  if (account) chownSync(folder, account.uid, account.gid)
  chmodSync(folder, 0o700)
  return folder
}

function removeShort(link: string): void {
  const stat = lstatSync(link, { throwIfNoEntry: false })
  if (!stat?.isSymbolicLink()) return
  const target = readlinkSync(link)
  if (basename(target).startsWith(SHORT_PREFIX)) rmSync(target, { recursive: true, force: true })
  rmSync(link)
}
