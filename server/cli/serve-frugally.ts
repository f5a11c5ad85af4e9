// The first thing `palier start` does: becomes the same process with the flags for serving, which V8 and the C library read at their beginning only.
// Where a process cannot be replaced (Windows), it serves with more memory.
import { SERVING_ENV, SERVING_FLAGS, wantsFlags } from './serving-flags.ts'

if (
  typeof process.execve === 'function' &&
  process.platform !== 'win32' &&
  wantsFlags(process.argv, process.execArgv, process.env['NODE_OPTIONS'] ?? '')
) {
  const args = [process.execPath, ...SERVING_FLAGS, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, args, { ...SERVING_ENV, ...process.env })
}
