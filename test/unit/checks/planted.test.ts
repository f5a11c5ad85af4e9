// A check that cannot fail proves nothing: each is shown a planted violation, in a folder of its own, and must see it.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ambientIn, ambientUses } from '../../checks/ambient.ts'
import { cruise } from '../../checks/imports.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const bin = (name: string) => join(root, 'node_modules/.bin', name)

const planted: Readonly<Record<string, string>> = {
  'server/platform/clock.ts': `export const now = () => Date.now()\n`,
  'server/platform/upwards.ts': `import { meter } from '../metering/meter.ts'\nexport const up = meter\n`,
  'server/metering/meter.ts': `import { sign } from '../oidc/sign.ts'\nexport const meter = sign\n`,
  'server/oidc/sign.ts': `export const sign = 1\n`,
  'server/gateway/login.ts': `import { sign } from '../oidc/sign.ts'\nimport { peopleStore } from '../../db/stores/people.ts'\nexport const login = [sign, peopleStore]\n`,
  'server/gateway/hash.ts': `import { createHash } from 'node:crypto'\nimport { readFileSync } from 'node:fs'\nexport const hash = [createHash, readFileSync]\n`,
  'server/stepup/a.ts': `import { b } from './b.ts'\nexport const a = () => b\n`,
  'server/stepup/b.ts': `import { a } from './a.ts'\nexport const b = () => a\n`,
  'server/people/keys.ts': `import { verifyRegistrationResponse } from '@simplewebauthn/server'\nexport const keys = verifyRegistrationResponse\n`,
  'server/people/app.ts': `import { app } from '../app.ts'\nexport const below = app\n`,
  'server/app.ts': `export const app = 1\n`,
  'server/sessions/testing.ts': `import { thing } from '../../test/thing.ts'\nexport const testing = thing\n`,
  'test/thing.ts': `export const thing = 1\n`,
  'db/stores/people.ts': `export const peopleStore = 1\n`,
  'client/signin/main.ts': `import { sign } from '../../server/oidc/sign.ts'\nimport type { meter } from '../../server/metering/meter.ts'\nexport const page: typeof meter = sign\n`,
  'server/floating.ts': `const check = async (): Promise<boolean> => true\nexport function guard(): void {\n  check()\n}\n`,
  'server/loose.ts': `export const loose = (value: any) => value as any\n`,
  'server/unused.ts': `export const nobodyWantsThis = 1\n`,
  'server/node.ts': `import { sign } from './oidc/sign.ts'\nprocess.stdout.write(String(sign))\n`,
}

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palier-planted-'))
  for (const [file, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  for (const file of ['tsconfig.json', 'package.json', 'biome.json', '.oxlintrc.json', 'knip.json', '.gitignore']) {
    cpSync(join(root, file), join(folder, file))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(name: string, args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(bin(name), args, { cwd: folder, encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

describe('the import directions', () => {
  const expected = [
    ['no-cycle', 'server/stepup/a.ts'],
    ['ground-not-upwards', 'server/platform/upwards.ts'],
    ['middle-not-upwards', 'server/metering/meter.ts'],
    ['gateway-not-sideways', 'server/gateway/login.ts'],
    ['stores-only-by-entries', 'server/gateway/login.ts'],
    ['one-crypto-file', 'server/gateway/hash.ts'],
    ['runtime-free', 'server/gateway/hash.ts'],
    ['one-simplewebauthn-file', 'server/people/keys.ts'],
    ['only-entries-import-app', 'server/people/app.ts'],
    ['no-test-in-product', 'server/sessions/testing.ts'],
    ['client-imports-types-only', 'client/signin/main.ts'],
  ] as const

  it('are seen to be broken, each by its rule, and nothing else is', () => {
    const { modules, violations } = cruise(folder, ['server', 'client', 'db'])
    expect(modules).toBeGreaterThan(15)
    for (const [rule, from] of expected) expect(violations).toContainEqual(expect.objectContaining({ rule, from }))
    expect(violations.filter(({ rule }) => rule === 'client-imports-types-only')).toHaveLength(1)
    const rules = new Set<string>(expected.map(([rule]) => rule))
    expect(violations.filter(({ rule }) => !rules.has(rule))).toEqual([])
  })
})

describe('the check against ambient time and chance', () => {
  it('sees every form of it', () => {
    const text = 'Date.now()\nnew Date()\nMath.random()\ncrypto.randomUUID()\nDate()\nconst f = Date.now\n'
    expect(ambientUses('x.ts', text).map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('leaves comments, strings, dates made of numbers, and server/platform alone', () => {
    expect(ambientUses('x.ts', '// Date.now()\nconst a = "Math.random()"\nnew Date(0)\n')).toEqual([])
    expect(ambientIn(folder, ['server/platform'])).toEqual({ found: [], files: 2 })
  })
})

describe('the linters', () => {
  it('see a promise that nobody awaits', () => {
    const { status, said } = run('oxlint', ['--type-aware', 'server/floating.ts'])
    expect(said).toContain('no-floating-promises')
    expect(status).not.toBe(0)
  })

  it('see an any', () => {
    const { status, said } = run('biome', ['lint', '--vcs-enabled=false', 'server/loose.ts'])
    expect(said).toContain('noExplicitAny')
    expect(status).not.toBe(0)
  })

  it('see an export that nobody uses', () => {
    const { status, said } = run('knip', ['--include', 'files,exports', '--no-config-hints'])
    expect(said).toContain('server/unused.ts')
    expect(status).not.toBe(0)
  })
})
