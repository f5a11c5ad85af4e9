#!/usr/bin/env node
// The `palier` command. Plain JavaScript for any Node from 20 on: on one older than 24 it starts itself again on the Node 24
// that `npm ci` put beside it, because the program is TypeScript that only Node 24 runs as it is.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const WANTED_MAJOR = 24
const main = new URL('./main.ts', import.meta.url)

if (Number.parseInt(process.versions.node, 10) >= WANTED_MAJOR) {
  await import(main.href)
} else {
  rerun()
}

function rerun() {
  const candidates = [
    '../../node_modules/node/bin/node',
    '../../node_modules/node/bin/node.exe',
    '../../node_modules/.bin/node',
  ]
  const node = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path))
  if (!node) {
    process.stderr.write(
      `palier: needs Node ${WANTED_MAJOR}, and this is ${process.versions.node}. Run \`npm ci\` in the clone: it brings Node ${WANTED_MAJOR} along.\n`,
    )
    process.exitCode = 1
    return
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`palier: cannot start ${node}: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
}
