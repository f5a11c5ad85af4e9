import { expect, test } from 'vitest'
import { systemRandom } from '../../../server/platform/random.ts'
import { SealBroken, type SealContext } from '../../../server/platform/seal.ts'
import { keyIdOf, openSealer } from '../../../server/platform/seal-sealer.ts'
import { secretWeakness } from '../../../server/platform/seal-strength.ts'

const OLD = 'k3Jd8sLq0vXz7RbTn5WmYh2PcFg9UeAo'
const NEW = 'Zt6QwErTy1UiOp4AsDfGh8JkLzXcVb0N'
const HERE: SealContext = { table: 'devices', row: 'dev_1', owner: 'per_1' }

const sealer = openSealer({ secrets: [NEW, OLD] })

test('what is sealed opens again, in its own place, for its own purpose', () => {
  const envelope = sealer.seal('homeserver-token', HERE, 'syt_töken')
  expect(envelope).toMatch(/^v1\.[A-Za-z0-9_-]{12}\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/)
  expect(sealer.open('homeserver-token', HERE, envelope)).toBe('syt_töken')
})

test('the same text never gives the same envelope twice', () => {
  expect(sealer.seal('homeserver-token', HERE, 'x')).not.toBe(sealer.seal('homeserver-token', HERE, 'x'))
})

test.each<[string, SealContext]>([
  ['another table', { ...HERE, table: 'login_tokens' }],
  ['another row', { ...HERE, row: 'dev_2' }],
  ['another owner', { ...HERE, owner: 'per_2' }],
  ['a place that reads the same when glued together', { table: 'devices', row: 'dev_1per', owner: '_1' }],
])('an envelope moved to %s does not open', (_, where) => {
  const envelope = sealer.seal('homeserver-token', HERE, 'secret')
  expect(() => sealer.open('homeserver-token', where, envelope)).toThrow(SealBroken)
})

test('an envelope of another purpose does not open', () => {
  const envelope = sealer.seal('homeserver-token', HERE, 'secret')
  expect(() => sealer.open('login-token', HERE, envelope)).toThrow(SealBroken)
})

test('an envelope with any character changed does not open', () => {
  const envelope = sealer.seal('signing-key', HERE, 'secret')
  for (let at = 0; at < envelope.length; at++) {
    const changed = `${envelope.slice(0, at)}${envelope[at] === 'A' ? 'B' : 'A'}${envelope.slice(at + 1)}`
    expect(() => sealer.open('signing-key', HERE, changed), `character ${at}`).toThrow(SealBroken)
  }
})

test.each(['', 'v1', 'v1...', 'v2.a.b.c', 'plain text', 'v1.a.b.c.d'])('%j is no envelope', (text) => {
  expect(() => sealer.open('signing-key', HERE, text)).toThrow(SealBroken)
})

test('during a rotation the new secret seals and both open; the old one alone cannot open the new', () => {
  const old = openSealer({ secrets: [OLD] })
  const before = old.seal('client-secret', HERE, 'before')
  const after = sealer.seal('client-secret', HERE, 'after')
  expect(keyIdOf(before)).toBe(old.currentKeyId)
  expect(keyIdOf(after)).toBe(sealer.currentKeyId)
  expect(sealer.open('client-secret', HERE, before)).toBe('before')
  expect(() => old.open('client-secret', HERE, after)).toThrow(`its key ${sealer.currentKeyId} is not among those`)
})

test('keys differ by purpose and by secret, and the key id gives none of them away', () => {
  const old = openSealer({ secrets: [OLD] })
  const keys = [sealer.macKey('a'), sealer.macKey('b'), old.macKey('a')].map((key) => Buffer.from(key).toString('hex'))
  expect(new Set(keys).size).toBe(3)
  expect(sealer.macKey('a')).toHaveLength(32)
  expect(sealer.macKey('a')).toEqual(openSealer({ secrets: [NEW] }).macKey('a'))
})

test.each([
  ['short', 'it has 5 characters and needs 32'],
  ['a'.repeat(64), 'it repeats itself'],
  ['abcd1234'.repeat(5), 'it repeats itself'],
  ['change-me-change-me-now-1234567890', 'it looks like an example'],
  ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', 'it uses too few different characters'],
])('the secret %j is refused: %s', (secret, why) => {
  expect(secretWeakness(secret)).toBe(why)
})

test('secrets as tools generate them are accepted', () => {
  for (let round = 0; round < 200; round++) {
    expect(secretWeakness(Buffer.from(systemRandom.bytes(32)).toString('base64'))).toBeNull()
    expect(secretWeakness(Buffer.from(systemRandom.bytes(32)).toString('hex'))).toBeNull()
    expect(secretWeakness(Buffer.from(systemRandom.bytes(16)).toString('hex'))).toBeNull()
  }
})
