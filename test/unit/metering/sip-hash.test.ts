// SipHash-2-4 as its authors' test vectors have it, and as the compiled scanner computes it.
import { expect, it } from 'vitest'
import { sipHash, sipKey } from '../../../server/metering/scanner/sip-hash.ts'
import { eventHasher, unitsOf } from '../../../server/metering/weigh.ts'
import { scanner } from '../../support/scanner.ts'

const key = sipKey(Uint8Array.from({ length: 16 }, (_, i) => i))

it('equals the reference vectors', () => {
  const text = (length: number) => String.fromCharCode(...Array.from({ length }, (_, i) => i))
  // vectors.h of the reference implementation: 0, 1, 7, 8 and 15 bytes.
  const vectors = [
    [0, 0x726fdb47dd0e0e31n],
    [1, 0x74f839c593dc67fdn],
    [7, 0xab0200f58b01d137n],
    [8, 0x93f5f5799a932462n],
    [15, 0xa129ca6149be45e5n],
  ] as const
  for (const [length, expected] of vectors) expect(BigInt.asUintN(64, sipHash(key, text(length)))).toBe(expected)
})

it('is the same in the scanner', () => {
  for (const id of ['$', '$0123456', '$é😀', `$${'x'.repeat(43)}:example.org`]) {
    const body = new TextEncoder().encode(JSON.stringify({ event_id: id }))
    const sight = scanner.see(body, 'event', key)
    expect(sight !== null && sight !== 'parse' && sight.seen[0]?.hash).toBe(sipHash(key, id))
  }
})

it('differs from network to network and from key to key, and is the same again', () => {
  const hashFor = eventHasher(new Uint8Array(32))
  expect(hashFor('192.0.2.0/24')('$a')).toBe(eventHasher(new Uint8Array(32))('192.0.2.0/24')('$a'))
  expect(hashFor('192.0.2.0/24')('$a')).not.toBe(hashFor('198.51.100.0/24')('$a'))
  expect(hashFor('192.0.2.0/24')('$a')).not.toBe(eventHasher(new Uint8Array(32).fill(1))('192.0.2.0/24')('$a'))
})

it('gives an event as many units as it weighs, the first its own hash, always the same', () => {
  const units = unitsOf(5n, 10)
  expect(units[0]).toBe(5n)
  expect(new Set(units).size).toBe(10)
  expect(unitsOf(5n, 3)).toEqual(units.slice(0, 3))
})
