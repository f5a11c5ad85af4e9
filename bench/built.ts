// What a page loads of the build: the module its shell names and every module that one imports, each gzipped as it is sent.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUILT = new URL('../dist/client/', import.meta.url)

interface Built {
  readonly file: string
  readonly imports?: readonly string[]
}

export interface Script {
  readonly modules: number
  readonly bytes: number
}

/** Builds the pages if they are stale. */
export function buildIfStale(): void {
  execFileSync(process.execPath, [new URL('../client/build.ts', import.meta.url).pathname, '--if-stale'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** The script of entries (`signin/main.tsx`), with every module that they load at once. Throws when one was not built. */
export function scriptOf(entries: readonly string[]): Script {
  const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', BUILT), 'utf8')) as Record<string, Built>
  const files = new Set<string>()
  const walk = (name: string): void => {
    const built = manifest[name]
    if (built === undefined) throw new Error(`${name} was not built`)
    if (files.has(built.file)) return
    files.add(built.file)
    for (const next of built.imports ?? []) walk(next)
  }
  for (const entry of entries) walk(entry)
  const bytes = [...files].map((file) => gzipSync(readFileSync(new URL(file, BUILT)), { level: 9 }).length)
  return { modules: files.size, bytes: bytes.reduce((sum, one) => sum + one, 0) }
}
