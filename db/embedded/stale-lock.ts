// A lock file whose pid now belongs to some other program. Postgres trusts the number alone and would refuse to start;
// in a restarted container the same small numbers come round every time.
import { linkSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, runningPostmaster } from './process.ts'

/** Removes the lock file when its pid is another program's and no Postgres process is at work there. Linux only. */
export function setStaleLockAside(cluster: string): void {
  if (process.platform !== 'linux') return
  const file = join(cluster, 'postmaster.pid')
  const before = read(file)
  // Of a pid that is gone Postgres makes sense by itself, sessions that outlived their postmaster included.
  if (before === null || !isAlive(Number.parseInt(before, 10))) return
  if (runningPostmaster(cluster) !== null || workersIn(cluster)) return
  const aside = `${file}.stale`
  renameSync(file, aside)
  // Not the one that was judged: another start has put its own there meanwhile.
  if (read(aside) !== before) linkSync(aside, file)
  rmSync(aside)
}

function workersIn(cluster: string): boolean {
  const real = realpathSync(cluster)
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readlinkSync(`/proc/${entry}/cwd`) === real
    } catch {
      return false
    }
  })
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
