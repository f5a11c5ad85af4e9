// Script that pages load before they are drawn: the sign-in page's, with all that a key needs; the console's, with its first page.
// Usage: node bench/page-scripts.ts; exits 1 when a limit is missed.
import { buildIfStale, scriptOf } from './built.ts'
import { type Figure, figureOf, missed, table } from './figure.ts'

const SIGNIN_LIMIT_BYTES = 15_360
const CONSOLE_LIMIT_BYTES = 150_000
/** The overview is what most people see first. */
const CONSOLE_FIRST_PAGE = 'console/home/page.tsx'

/** Two figures, in bytes; the same at each run, since nothing but the source decides them. */
export function pageScripts(): Record<string, Figure> {
  buildIfStale()
  const signin = scriptOf(['signin/main.tsx'])
  const first = scriptOf(['console/main.tsx', CONSOLE_FIRST_PAGE])
  return {
    signin_script_gzip_bytes: figureOf(
      [signin.bytes],
      SIGNIN_LIMIT_BYTES,
      `the sign-in page's ${signin.modules} modules, gzipped one by one; the form of a temporary pass is loaded by who has one`,
    ),
    console_script_gzip_bytes: figureOf(
      [first.bytes],
      CONSOLE_LIMIT_BYTES,
      `the ${first.modules} modules of the console’s shell and its overview; other pages are loaded when they are opened`,
    ),
  }
}

if (import.meta.main) {
  const found = pageScripts()
  process.stdout.write(`${table(found)}\n`)
  if (missed(found).length > 0) process.exitCode = 1
}
