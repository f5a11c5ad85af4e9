// Script that pages load before they are drawn: the sign-in and approval pages', with all that a key needs; the console's, with its
// first page.
// Usage: node bench/page-scripts.ts; exits 1 when a limit is missed.
import { buildIfStale, scriptOf } from './built.ts'
import { type Figure, figureOf, missed, table } from './figure.ts'

const SIGNIN_LIMIT_BYTES = 14_000
const APPROVAL_LIMIT_BYTES = 18_900
const CONSOLE_LIMIT_BYTES = 150_000
/** The overview is what most people see first. */
const CONSOLE_FIRST_PAGE = 'console/home/page.tsx'

/** Figures in bytes; the same at each run, since nothing but the source decides them. */
export function pageScripts(): Record<string, Figure> {
  buildIfStale()
  const signin = scriptOf(['signin/main.tsx'])
  const approval = scriptOf(['approve/main.tsx'])
  const first = scriptOf(['console/main.tsx', CONSOLE_FIRST_PAGE])
  return {
    signin_script_gzip_bytes: figureOf(
      [signin.bytes],
      SIGNIN_LIMIT_BYTES,
      `the sign-in page's ${signin.modules} modules, gzipped one by one; the form of a temporary pass is loaded by who has one`,
    ),
    approval_script_gzip_bytes: figureOf(
      [approval.bytes],
      APPROVAL_LIMIT_BYTES,
      `the approval page's ${approval.modules} modules, gzipped one by one`,
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
