// Runs a suite that needs a tool: `node test/suite.ts e2e|scim|synapse|workerd`. Without its tool a suite says so in one line and
// passes, except where CI is set: there a missing tool is a failure.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** As .ci/run installs them. */
const SCIM_CLIENTS = 'scim2-client[httpx2]==0.13.2 scim2-tester==0.5.2'

/** What a suite lacks on this machine, in words, or null. */
const MISSING: Readonly<Record<string, () => string | null>> = {
  e2e: () => (hasChromium() ? null : 'a Chromium (apt-get install chromium, or npm ci on Linux x64)'),
  scim: () =>
    hasScimClients() ? null : `SCIM clients (python3 -m venv .scim/venv && .scim/venv/bin/pip install ${SCIM_CLIENTS})`,
  synapse: () =>
    hasSynapse()
      ? null
      : 'a Synapse (python3 -m venv .synapse/venv && .synapse/venv/bin/pip install matrix-synapse[oidc]==1.163.2 matrix-nio)',
  workerd: () =>
    hasWorkerd() ? null : 'a workerd that runs here (npm ci; it has binaries for Linux with glibc, macOS and Windows)',
}

const name = process.argv[2] ?? ''
const missing = MISSING[name]
if (!missing) {
  process.stderr.write(`suite: got "${name}"; wants ${Object.keys(MISSING).join(', ')}\n`)
  process.exitCode = 2
} else {
  const lacks = missing()
  if (lacks !== null) {
    process.stdout.write(`${name}: not run, because this machine lacks ${lacks}\n`)
    process.exitCode = process.env.CI ? 1 : 0
  } else process.exitCode = run(name)
}

function run(project: string): number {
  if (!hasTests(join(root, 'test', project))) {
    process.stderr.write(`${project}: there is no test in test/${project}\n`)
    return 1
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  return (
    spawnSync(process.execPath, [vitest, 'run', '--project', project, ...process.argv.slice(3)], {
      cwd: root,
      stdio: 'inherit',
    }).status ?? 1
  )
}

function hasTests(folder: string): boolean {
  return (
    existsSync(folder) && readdirSync(folder, { recursive: true }).some((file) => String(file).endsWith('.test.ts'))
  )
}

function hasChromium(): boolean {
  if (process.env.PALIER_CHROMIUM && existsSync(process.env.PALIER_CHROMIUM)) return true
  if (onPath('chromium') || onPath('chromium-browser') || onPath('google-chrome')) return true
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  try {
    createRequire(import.meta.url).resolve('@sparticuz/chromium')
    return true
  } catch {
    return false
  }
}

function hasSynapse(): boolean {
  const python = process.env.PALIER_TEST_SYNAPSE_PYTHON ?? join(root, '.synapse/venv/bin/python')
  return existsSync(python) && spawnSync(python, ['-c', 'import synapse, authlib, nio']).status === 0
}

function hasScimClients(): boolean {
  const python = process.env.PALIER_TEST_SCIM_PYTHON ?? join(root, '.scim/venv/bin/python')
  return (
    existsSync(python) && spawnSync(python, ['-c', 'import scim2_client.engines.httpx2, scim2_tester']).status === 0
  )
}

function hasWorkerd(): boolean {
  return (
    spawnSync(join(root, 'node_modules/.bin/workerd'), ['--version'], { shell: process.platform === 'win32' })
      .status === 0
  )
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}
