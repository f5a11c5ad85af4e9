// The part of CBOR (RFC 8949) that authenticators write: definite lengths, small integers, strings, arrays, maps.

export type Cbor = number | string | Uint8Array | readonly Cbor[] | ReadonlyMap<number | string, Cbor>

export function encodeCbor(value: Cbor): Uint8Array {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') {
    const text = new TextEncoder().encode(value)
    return join(head(3, text.length), text)
  }
  if (value instanceof Uint8Array) return join(head(2, value.length), value)
  if (Array.isArray(value)) return join(head(4, value.length), ...value.map(encodeCbor))
  const map = value as ReadonlyMap<number | string, Cbor>
  return join(head(5, map.size), ...[...map].flatMap(([key, item]) => [encodeCbor(key), encodeCbor(item)]))
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts))
}

function head(major: number, length: number): Uint8Array {
  const first = major << 5
  if (length < 24) return Uint8Array.of(first | length)
  if (length < 0x100) return Uint8Array.of(first | 24, length)
  if (length < 0x10000) return Uint8Array.of(first | 25, length >> 8, length & 0xff)
  return Uint8Array.of(first | 26, (length >>> 24) & 0xff, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff)
}
