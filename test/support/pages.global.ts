// Vitest's global set-up for id's pages: built once where they are older than their sources, before any test asks for them.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export default function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../client/build.ts', import.meta.url)), '--if-stale'], {
    stdio: 'inherit',
  })
}
