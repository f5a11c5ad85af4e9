// Script that the sign-in page loads: the module its shell names and every module that one imports, each gzipped as it is sent.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type Figure, figureOf } from './figure.ts'

const LIMIT_BYTES = 15_360
const ENTRY = 'signin/main.tsx'
const BUILT = new URL('../dist/client/', import.meta.url)

interface Built {
  readonly file: string
  readonly imports?: readonly string[]
  readonly dynamicImports?: readonly string[]
}

/** One figure, in bytes; the same at each run, since nothing but the source decides it. */
export function signinScript(): Record<string, Figure> {
  execFileSync(process.execPath, [new URL('../client/build.ts', import.meta.url).pathname, '--if-stale'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', BUILT), 'utf8')) as Record<string, Built>
  const files = new Set<string>()
  const walk = (name: string): void => {
    const built = manifest[name]
    if (built === undefined) throw new Error(`${name} was not built`)
    if (files.has(built.file)) return
    files.add(built.file)
    for (const next of [...(built.imports ?? []), ...(built.dynamicImports ?? [])]) walk(next)
  }
  walk(ENTRY)
  const bytes = [...files].reduce(
    (sum, file) => sum + gzipSync(readFileSync(new URL(file, BUILT)), { level: 9 }).length,
    0,
  )
  return {
    signin_script_gzip_bytes: figureOf(
      [bytes],
      LIMIT_BYTES,
      `the sign-in page's ${files.size} modules, gzipped one by one`,
    ),
  }
}
