// The compiled scanner on Node: read beside the program, compiled once a process.
import { readFileSync } from 'node:fs'

let compiled: WebAssembly.Module | null = null

/** The module of server/metering/scanner/scanner.wasm. Throws when it is not there: `npm run build` makes it. */
export function scannerModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('../../metering/scanner/scanner.wasm', import.meta.url)))
  return compiled
}
