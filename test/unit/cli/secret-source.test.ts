import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSecrets } from '../../../server/cli/secret-source.ts'
import { systemRandom } from '../../../server/platform/random.ts'

const STRONG = 'Zt6QwErTy1UiOp4AsDfGh8JkLzXcVb0N'
const load = (config: Partial<Parameters<typeof loadSecrets>[0]>) =>
  loadSecrets({ secrets: null, issuer: 'http://localhost:8080', dataDir, ...config }, systemRandom)

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'secret-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('a secret is generated once, for its owner only', () => {
  const [secret] = load({})
  expect(secret).toMatch(/^[A-Za-z0-9_-]{64}$/)
  expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600)
  expect(load({})).toEqual([secret])
})

test('a generated secret is refused beside an https issuer, even when one is there', () => {
  load({})
  expect(() => load({ issuer: 'https://id.example.org' })).toThrow('PALIER_SECRET is not set')
})

test('configured secrets are taken as they are, in their order, and nothing is generated', () => {
  expect(load({ secrets: [STRONG, `${STRONG}x`], issuer: 'https://id.example.org' })).toEqual([STRONG, `${STRONG}x`])
  expect(() => statSync(join(dataDir, 'secret'))).toThrow()
})

test('a weak secret is refused without being repeated', () => {
  const weak = 'abcdefgh'.repeat(4)
  expect(() => load({ secrets: [STRONG, weak] })).toThrow('it repeats itself')
  expect(() => load({ secrets: [weak] })).not.toThrow(weak)
})

test('a secret file that others can read, or that was emptied, is refused', () => {
  load({})
  const file = join(dataDir, 'secret')
  chmodSync(file, 0o644)
  expect(() => load({})).toThrow('chmod 600')
  chmodSync(file, 0o600)
  writeFileSync(file, '')
  expect(() => load({})).toThrow('put it back from a backup')
  expect(readFileSync(file, 'utf8')).toBe('')
})
