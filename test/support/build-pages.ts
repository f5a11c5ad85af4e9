// Builds id's pages when they are older than their sources; a moment's work, and nothing when they are fresh.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export function buildPages(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../client/build.ts', import.meta.url)), '--if-stale'], {
    stdio: 'inherit',
  })
}
