// Strings and numbers of JSON, validated: RFC 8259 §6 and §7, RFC 3629 §4.

/** What a scan of a token comes to, beside the address behind it. */
export const INCOMPLETE: usize = 0
export const INVALID: usize = 1

/** Where to go on when a string is incomplete: at the beginning of what is not whole. */
export let resumeAt: usize = 0
/** Whether the string had an escape. */
export let escaped: bool = false

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10
}

function isHex(byte: u32): bool {
  return isDigit(byte) || (byte | 0x20) - 0x61 < 6
}

// @ts-ignore: decorator
@inline
function isTail(byte: u32): bool {
  return (byte & 0xc0) == 0x80
}

/** The address behind the closing quote of the string that goes on at `p`. Sixteen bytes behind `end` can be read. */
export function skipString(p: usize, end: usize): usize {
  escaped = false
  const quote = i8x16.splat(0x22)
  const backslash = i8x16.splat(0x5c)
  const printable = i8x16.splat(0x20)
  while (p < end) {
    const bytes = v128.load(p)
    // Signed: under 0x20 are controls and everything that is not ASCII.
    const marks = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_s(bytes, printable)),
    )
    if (marks == 0) {
      p += 16
      continue
    }
    p += ctz(marks)
    if (p >= end) break
    const byte = <u32>load<u8>(p)
    if (byte == 0x22) return p + 1
    if (byte - 0xc2 < 30 && p + 2 <= end && isTail(load<u8>(p + 1))) {
      p += 2
    } else if (byte >= 0x80) {
      p = multibyte(p, end)
      if (p == INVALID) return INVALID
      // A character is cut off here: `resumeAt` says where it begins.
      if (p == INCOMPLETE) return INCOMPLETE
    } else if (byte == 0x5c) {
      escaped = true
      if (p + 1 >= end) {
        resumeAt = p
        return INCOMPLETE
      }
      const which = <u32>load<u8>(p + 1)
      if (which == 0x75) {
        if (p + 6 > end) {
          resumeAt = p
          return INCOMPLETE
        }
        if (!isHex(load<u8>(p + 2)) || !isHex(load<u8>(p + 3)) || !isHex(load<u8>(p + 4)) || !isHex(load<u8>(p + 5)))
          return INVALID
        p += 6
      } else {
        // " \ / b f n r t
        if (
          which != 0x22 && which != 0x5c && which != 0x2f && which != 0x62 &&
          which != 0x66 && which != 0x6e && which != 0x72 && which != 0x74
        ) return INVALID
        p += 2
      }
    } else {
      return INVALID
    }
  }
  resumeAt = end
  return INCOMPLETE
}

// No overlong form, no surrogate, nothing past U+10FFFF.
function multibyte(p: usize, end: usize): usize {
  // Text that is not English comes in runs.
  while (p < end) {
    const first = <u32>load<u8>(p)
    if (first < 0x80) break
    if (first >= 0xc2 && first <= 0xdf) {
      if (p + 2 > end) return cutOff(p)
      if (!isTail(load<u8>(p + 1))) return INVALID
      p += 2
    } else if (first >= 0xe0 && first <= 0xef) {
      if (p + 3 > end) return cutOff(p)
      const second = <u32>load<u8>(p + 1)
      const low: u32 = first == 0xe0 ? 0xa0 : 0x80
      const high: u32 = first == 0xed ? 0x9f : 0xbf
      if (second < low || second > high || !isTail(load<u8>(p + 2))) return INVALID
      p += 3
    } else if (first >= 0xf0 && first <= 0xf4) {
      if (p + 4 > end) return cutOff(p)
      const second = <u32>load<u8>(p + 1)
      const low: u32 = first == 0xf0 ? 0x90 : 0x80
      const high: u32 = first == 0xf4 ? 0x8f : 0xbf
      if (second < low || second > high || !isTail(load<u8>(p + 2)) || !isTail(load<u8>(p + 3))) return INVALID
      p += 4
    } else {
      return INVALID
    }
  }
  return p
}

function cutOff(p: usize): usize {
  resumeAt = p
  return INCOMPLETE
}

/** Whether the number at the last `skipNumber` was written with digits and a sign only, and its value when it is safe. */
export let isInteger: bool = false
export let integer: i64 = 0

const MAX_SAFE: i64 = 9007199254740991

/** The address behind the number at `p`; it may go on when it ends at `end`. */
export function skipNumber(p: usize, end: usize, noTime: i64): usize {
  let negative = false
  if (load<u8>(p) == 0x2d) {
    negative = true
    p++
  }
  if (p >= end) return INCOMPLETE
  const from = p
  let value: i64 = 0
  if (load<u8>(p) == 0x30) {
    p++
  } else {
    while (p < end && isDigit(load<u8>(p))) {
      // Past eighteen digits it is not safe whatever follows; the wrapped value is not used.
      value = value * 10 + (<i64>load<u8>(p) - 0x30)
      p++
    }
    if (p == from) return INVALID
  }
  isInteger = true
  integer = p - from > 18 || value > MAX_SAFE ? noTime : negative ? -value : value
  if (p < end && load<u8>(p) == 0x2e) {
    isInteger = false
    const digits = ++p
    while (p < end && isDigit(load<u8>(p))) p++
    if (p == digits) return p < end ? INVALID : INCOMPLETE
  }
  if (p < end && (<u32>load<u8>(p) | 0x20) == 0x65) {
    isInteger = false
    p++
    if (p < end && (load<u8>(p) == 0x2b || load<u8>(p) == 0x2d)) p++
    const digits = p
    while (p < end && isDigit(load<u8>(p))) p++
    if (p == digits) return p < end ? INVALID : INCOMPLETE
  }
  return p
}
