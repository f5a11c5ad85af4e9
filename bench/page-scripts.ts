// Script that pages load: all of the sign-in page's; the console's before its first page is drawn.
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
  const signin = scriptOf(['signin/main.tsx'], { later: true })
  const first = scriptOf(['console/main.tsx', CONSOLE_FIRST_PAGE], { later: false })
  return {
    signin_script_gzip_bytes: figureOf(
      [signin.bytes],
      SIGNIN_LIMIT_BYTES,
      `the sign-in page's ${signin.modules} modules, gzipped one by one`,
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
