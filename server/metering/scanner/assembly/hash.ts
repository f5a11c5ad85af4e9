// SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash of 64 bits for short inputs.

/** The hash of `length` bytes at `at` under the key (k0, k1). Its state is in locals: globals cost a load and a store each. */
export function sipHash(k0: u64, k1: u64, at: usize, length: usize): u64 {
  let v0: u64 = k0 ^ 0x736f6d6570736575
  let v1: u64 = k1 ^ 0x646f72616e646f6d
  let v2: u64 = k0 ^ 0x6c7967656e657261
  let v3: u64 = k1 ^ 0x7465646279746573
  const words = at + (length & ~7)
  let last: u64 = <u64>length << 56
  const rest = length & 7
  for (let i: usize = 0; i < rest; i++) last |= <u64>load<u8>(words + i) << (<u64>i << 3)
  // The whole words, then the last one; then, with nothing more, the four rounds of the end.
  for (let p = at; p <= words + 8; p += 8) {
    const isEnd = p > words
    const word: u64 = isEnd ? 0 : p == words ? last : load<u64>(p)
    if (isEnd) v2 ^= 0xff
    v3 ^= word
    for (let left = isEnd ? 4 : 2; left > 0; left--) {
      v0 += v1
      v1 = rotl<u64>(v1, 13)
      v1 ^= v0
      v0 = rotl<u64>(v0, 32)
      v2 += v3
      v3 = rotl<u64>(v3, 16)
      v3 ^= v2
      v0 += v3
      v3 = rotl<u64>(v3, 21)
      v3 ^= v0
      v2 += v1
      v1 = rotl<u64>(v1, 17)
      v1 ^= v2
      v2 = rotl<u64>(v2, 32)
    }
    v0 ^= word
  }
  return v0 ^ v1 ^ (v2 ^ v3)
}

/** A bijection of 64 bits (the finalizer of splitmix64). */
export function mix(word: u64): u64 {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb
  return word ^ (word >> 31)
}
