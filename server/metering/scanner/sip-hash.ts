// SipHash-2-4 (Aumasson, Bernstein 2012) in 32-bit halves: the same as assembly/hash.ts computes, for ids outside a body.

/** 128 bits: the halves as the scanner takes them. */
export type SipKey = readonly [low: bigint, high: bigint]

/** The key made of 16 bytes. */
export function sipKey(bytes: Uint8Array): SipKey {
  const words = new DataView(bytes.buffer, bytes.byteOffset, 16)
  return [words.getBigInt64(0, true), words.getBigInt64(8, true)]
}

const encoder = new TextEncoder()
const result = new DataView(new ArrayBuffer(8))

/** The hash of a text's UTF-8 form, as a signed integer. */
export function sipHash([k0, k1]: SipKey, text: string): bigint {
  const bytes = encoder.encode(text)
  const state = new Int32Array(8)
  const key = new BigInt64Array([k0, k1])
  const half = new Int32Array(key.buffer)
  for (let i = 0; i < 8; i++) state[i] = (CONSTANTS[i] as number) ^ (half[i & 3] as number)
  const whole = bytes.length & ~7
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < whole; at += 8) take(state, words.getInt32(at, true), words.getInt32(at + 4, true))
  const last = new DataView(new ArrayBuffer(8))
  for (let at = whole; at < bytes.length; at++) last.setUint8(at - whole, bytes[at] as number)
  last.setUint8(7, bytes.length & 0xff)
  take(state, last.getInt32(0, true), last.getInt32(4, true))
  state[4] = (state[4] as number) ^ 0xff
  for (let i = 0; i < 4; i++) round(state)
  const [a0, a1, b0, b1, c0, c1, d0, d1] = state as unknown as Halves
  result.setInt32(0, a1 ^ b1 ^ c1 ^ d1)
  result.setInt32(4, a0 ^ b0 ^ c0 ^ d0)
  return result.getBigInt64(0)
}

type Halves = readonly [number, number, number, number, number, number, number, number]

// "somepseudorandomlygeneratedbytes", low half first.
const CONSTANTS = [
  0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462,
] as const

function take(state: Int32Array, low: number, high: number): void {
  state[6] = (state[6] as number) ^ low
  state[7] = (state[7] as number) ^ high
  round(state)
  round(state)
  state[0] = (state[0] as number) ^ low
  state[1] = (state[1] as number) ^ high
}

function round(state: Int32Array): void {
  let [a0, a1, b0, b1, c0, c1, d0, d1] = state as unknown as Halves
  let carry = 0
  const add = (x: number, y: number): number => {
    const sum = (x >>> 0) + (y >>> 0)
    carry = sum > 0xffffffff ? 1 : 0
    return sum | 0
  }
  a0 = add(a0, b0)
  a1 = (a1 + b1 + carry) | 0
  ;[b0, b1] = [(b0 << 13) | (b1 >>> 19), (b1 << 13) | (b0 >>> 19)]
  b0 ^= a0
  b1 ^= a1
  ;[a0, a1] = [a1, a0]
  c0 = add(c0, d0)
  c1 = (c1 + d1 + carry) | 0
  ;[d0, d1] = [(d0 << 16) | (d1 >>> 16), (d1 << 16) | (d0 >>> 16)]
  d0 ^= c0
  d1 ^= c1
  a0 = add(a0, d0)
  a1 = (a1 + d1 + carry) | 0
  ;[d0, d1] = [(d0 << 21) | (d1 >>> 11), (d1 << 21) | (d0 >>> 11)]
  d0 ^= a0
  d1 ^= a1
  c0 = add(c0, b0)
  c1 = (c1 + b1 + carry) | 0
  ;[b0, b1] = [(b0 << 17) | (b1 >>> 15), (b1 << 17) | (b0 >>> 15)]
  b0 ^= c0
  b1 ^= c1
  ;[c0, c1] = [c1, c0]
  state.set([a0, a1, b0, b1, c0, c1, d0, d1])
}
