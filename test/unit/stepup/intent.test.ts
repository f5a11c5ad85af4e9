import { expect, test } from 'vitest'
import { sha256 } from '../../../server/platform/crypto.ts'
import { base64Url, utf8 } from '../../../server/platform/encoding.ts'
import { canonicalIntent, canonicalJson, intentChallenge, intentSchema } from '../../../server/stepup/intent.ts'
import { sampleIntent } from '../../support/receipt.ts'

test('the canonical form has sorted keys, no white space, and numbers and text as RFC 8785 writes them', () => {
  expect(canonicalJson({ b: [1, 1.0, 1e21, 0.000001], a: { z: null, é: 'é\u0007"\\', '1': true } })).toBe(
    '{"a":{"1":true,"z":null,"é":"é\\u0007\\"\\\\"},"b":[1,1,1e+21,0.000001]}',
  )
})

test('does not depend on the order in which an intent was put together', () => {
  const turned = Object.fromEntries(Object.entries(sampleIntent).reverse()) as typeof sampleIntent
  expect(canonicalIntent(turned)).toBe(canonicalIntent(sampleIntent))
  expect(intentSchema.parse(JSON.parse(canonicalIntent(sampleIntent)))).toEqual(sampleIntent)
})

test('a value without a JSON form is refused', () => {
  expect(() => canonicalJson(undefined)).toThrow()
})

test('an intent with more, less or other than it says is none', () => {
  expect(intentSchema.safeParse({ ...sampleIntent, more: 1 }).success).toBe(false)
  expect(intentSchema.safeParse({ ...sampleIntent, rooms: undefined }).success).toBe(false)
  expect(intentSchema.safeParse({ ...sampleIntent, amounts: [{ meter: 'archive', units: 0 }] }).success).toBe(false)
  const unordered = [
    { meter: 'media-files', units: 1 },
    { meter: 'media-bytes', units: 1 },
  ]
  const twice = [
    { meter: 'archive', units: 1 },
    { meter: 'archive', units: 1 },
  ]
  for (const amounts of [[], unordered, twice, [{ meter: 'live', units: 1 }]]) {
    expect(intentSchema.safeParse({ ...sampleIntent, amounts }).success).toBe(false)
  }
  expect(intentSchema.safeParse({ ...sampleIntent, typ: 'login' }).success).toBe(false)
})

test('the challenge is SHA-256(domain ‖ nonce ‖ SHA-256(intent)), as documented', () => {
  const nonce = new Uint8Array(32).map((_, index) => index)
  const text = canonicalIntent(sampleIntent)
  const message = new Uint8Array([...utf8('palier/history-release/v1\0'), ...nonce, ...sha256(utf8(text))])
  expect(intentChallenge(nonce, text)).toEqual(sha256(message))
  // Held fast: receipts made today must verify in years.
  expect(base64Url(intentChallenge(nonce, '{}'))).toBe('EOoQGFi5eQqllg6graN-mwuRFGtBMpZ-MXLyLlHAU50')
})

test('another nonce or another byte of the intent is another challenge', () => {
  const nonce = new Uint8Array(32)
  const text = canonicalIntent(sampleIntent)
  const challenges = [
    intentChallenge(nonce, text),
    intentChallenge(new Uint8Array(32).fill(1), text),
    intentChallenge(nonce, `${text} `),
  ]
  expect(new Set(challenges.map(base64Url)).size).toBe(3)
})
