// Vitest's global set-up for real Postgres: gives the run a folder, and ends the server that the first test to need one
// starts in it (see database.ts). A run that needs no database starts none.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, runningPostmaster, stopPostgres } from '../../db/embedded/process.ts'

const PREFIX = 'palier-test-'

/** The environment variable through which workers learn the run's folder. */
export const RUN_FOLDER = 'PALIER_TEST_POSTGRES'

export default async function setup(): Promise<() => Promise<void>> {
  // Several projects of one run share one server: whoever came first ends it.
  if (process.env[RUN_FOLDER]) return async () => undefined
  await reapDeadRuns()

  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  chmodSync(folder, 0o711)
  process.env[RUN_FOLDER] = folder
  const onExit = (): void => abandon(folder)
  const onSignal = (signal: NodeJS.Signals): void => {
    abandon(folder)
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.once('exit', onExit)
  process.once('SIGTERM', onSignal)
  process.once('SIGHUP', onSignal)

  return async () => {
    delete process.env[RUN_FOLDER]
    await end(folder)
    process.off('exit', onExit)
    process.off('SIGTERM', onSignal)
    process.off('SIGHUP', onSignal)
  }
}

// A run that was killed could not tidy up; its pid is in the folder's name.
async function reapDeadRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN
    if (!(pid > 0) || isAlive(pid)) continue
    try {
      await end(join(tmpdir(), name))
    } catch {
      // Another user's, or another run is reaping it at this moment.
    }
  }
}

async function end(folder: string): Promise<void> {
  const pid = runningPostmaster(join(folder, 'cluster'))
  if (pid !== null) await stopPostgres(pid, 3_000)
  rmSync(folder, { recursive: true, force: true })
}

// The process is going now: nothing can be awaited, and the data is worth nothing.
function abandon(folder: string): void {
  const pid = runningPostmaster(join(folder, 'cluster'))
  if (pid !== null) process.kill(pid, 'SIGQUIT')
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // The server was still writing: the next run removes what is left.
  }
}
