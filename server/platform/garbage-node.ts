// Giving memory back to the system once, when a process has started.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Loading the modules leaves some 150 MB of garbage that V8 keeps as heap for later (drizzle's many re-exports). One full
 * collection gives it back to the system before the first request.
 */
export function releaseStartUpGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: string; execution: string; flavor: string }) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
