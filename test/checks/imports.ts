// The import directions: dependency-cruiser with .dependency-cruiser.cjs. It exits 0 when it cruised nothing at all (as it does
// without a TypeScript it understands), so the number of modules is looked at too. `node test/checks/imports.ts`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Cruise {
  readonly modules: number
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[]
}

/** Cruises folders below `folder` with the clone's rules. */
export function cruise(folder: string, targets: readonly string[]): Cruise {
  const bin = fileURLToPath(
    new URL('../../node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', import.meta.url),
  )
  const args = [bin, '--config', `${root}.dependency-cruiser.cjs`, '--output-type', 'json', ...targets]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (!stdout) throw new Error(`dependency-cruiser said nothing: ${stderr}`)
  const { summary } = JSON.parse(stdout) as {
    summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] }
  }
  return {
    modules: summary.totalCruised,
    violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  }
}

if (import.meta.main) {
  const { modules, violations } = cruise(root, ['server', 'client', 'db'])
  for (const { rule, from, to } of violations) process.stderr.write(`${rule}: ${from} imports ${to}\n`)
  const enough = modules >= 50
  if (!enough) process.stderr.write(`only ${modules} modules were read: the check itself is broken\n`)
  process.stdout.write(`${modules} modules, ${violations.length} violations\n`)
  process.exitCode = violations.length > 0 || !enough ? 1 : 0
}
