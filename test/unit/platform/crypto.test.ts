import { expect, it } from 'vitest'
import { hmacKey, hmacSha256, sha256, sha256Int64 } from '../../../server/platform/crypto.ts'

it('the integer of a hash is its first eight bytes, signed, big-endian', () => {
  // FIPS 180-2, B.1: SHA-256 of "abc" begins with ba7816bf 8f01cfea.
  expect(sha256Int64('abc')).toBe(BigInt.asIntN(64, 0xba7816bf8f01cfean))
  for (let n = 0; n < 1_000; n++) {
    const { buffer } = sha256(`$é${n}`)
    expect(sha256Int64(`$é${n}`)).toBe(new DataView(buffer).getBigInt64(0))
  }
})

it('a key made ready makes the same MAC, whatever becomes of its bytes', () => {
  const bytes = new Uint8Array(32).fill(7)
  const [ready, mac] = [hmacKey(bytes), hmacSha256(bytes, 'text')]
  bytes.fill(0)
  expect(hmacSha256(ready, 'text')).toEqual(mac)
})
