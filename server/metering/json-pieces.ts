// A large JSON body, member by member: some objects are opened as they come, every other value is handed over whole. Strict: what
// stands between values is JSON's own punctuation and nothing else, so that no byte of a body goes unseen.

/** Keys from the root to a value. */
export type Path = readonly string[]

export interface Pieces {
  /** Takes the next bytes; false when they cannot go on a body of this kind: nothing more is taken. */
  take(bytes: Uint8Array): boolean
  /** Whether the body is whole. */
  end(): boolean
}

export interface PiecesOptions {
  /** Whether the members of the object at this path come one by one. The root is at the empty path. */
  isOpened(path: Path): boolean
  /** One value, as it stands. False: it will not do, and nothing more is taken. */
  value(path: Path, bytes: Uint8Array): boolean
  /** The longest value, in bytes. */
  maxBytes: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/** What may come next outside of a value. */
type Expected = 'value' | 'first-key' | 'key' | 'colon' | 'next' | 'nothing'

/** A reader of one body. A key that comes twice in an opened object is refused: parsers differ in which one counts. */
export function jsonPieces({ isOpened, value, maxBytes }: PiecesOptions): Pieces {
  const path: string[] = []
  const seen: Set<string>[] = []
  let expected: Expected = 'value'
  let failed = false
  /** What is being collected: a key, or a value of one kind. */
  let within: 'key' | 'string' | 'nested' | 'scalar' | null = null
  let isQuoted = false
  let depth = 0
  let parts: Uint8Array[] = []
  let collected = 0
  let escaped = false

  const collect = (bytes: Uint8Array): void => {
    collected += bytes.length
    if (collected > maxBytes) failed = true
    else parts.push(bytes)
  }
  const collectedBytes = (): Uint8Array => {
    const only = parts[0]
    if (parts.length === 1 && only) return only
    const whole = new Uint8Array(collected)
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
  const finish = (): void => {
    const bytes = collectedBytes()
    parts = []
    collected = 0
    const was = within
    within = null
    if (was === 'key') {
      const key = keyOf(bytes)
      const known = seen.at(-1)
      if (key === null || known === undefined || known.has(key)) failed = true
      else {
        known.add(key)
        path.push(key)
        expected = 'colon'
      }
      return
    }
    if (!value(path, bytes)) failed = true
    over()
  }
  // A value ended: of the body, or of a member.
  const over = (): void => {
    expected = seen.length === 0 ? 'nothing' : 'next'
    path.pop()
  }

  /** Reads on from `at` outside of a value; where it stopped. */
  const between = (bytes: Uint8Array, at: number): number => {
    const byte = bytes[at] as number
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return at + 1
    if (expected === 'value') {
      if (byte === OPEN_OBJECT && isOpened(path)) {
        seen.push(new Set())
        expected = 'first-key'
        return at + 1
      }
      within = byte === QUOTE ? 'string' : byte === OPEN_OBJECT || byte === OPEN_LIST ? 'nested' : 'scalar'
      isQuoted = false
      depth = 0
      return at
    }
    if (byte === QUOTE && (expected === 'first-key' || expected === 'key')) {
      within = 'key'
      isQuoted = false
      return at
    }
    if (byte === CLOSE_OBJECT && (expected === 'first-key' || expected === 'next')) {
      seen.pop()
      over()
      return at + 1
    }
    if (byte === COLON && expected === 'colon') expected = 'value'
    else if (byte === COMMA && expected === 'next') expected = 'key'
    else failed = true
    return at + 1
  }

  /** Reads on within a string; where it ends, or the bytes do. */
  const pastString = (bytes: Uint8Array, from: number): number => {
    let at = from
    if (escaped) {
      escaped = false
      at++
    }
    for (;;) {
      const quote = bytes.indexOf(QUOTE, at)
      const end = quote === -1 ? bytes.length : quote
      let backslashes = 0
      while (end - backslashes > at && bytes[end - backslashes - 1] === BACKSLASH) backslashes++
      const isEscaped = backslashes % 2 === 1
      if (quote === -1) {
        escaped = isEscaped
        return bytes.length
      }
      at = quote + 1
      if (!isEscaped) {
        isQuoted = false
        return at
      }
    }
  }

  /** Collects from `at` to the end of the value or of the bytes; where it stopped. */
  const inside = (bytes: Uint8Array, from: number): number => {
    let at = from
    if (within === 'scalar') {
      while (at < bytes.length && !ENDS_SCALAR.has(bytes[at] as number)) at++
      collect(bytes.subarray(from, at))
      if (at < bytes.length) finish()
      return at
    }
    while (at < bytes.length) {
      if (isQuoted) {
        at = pastString(bytes, at)
        if (!isQuoted && depth === 0) {
          collect(bytes.subarray(from, at))
          finish()
          return at
        }
        continue
      }
      const byte = bytes[at++] as number
      if (byte === QUOTE) isQuoted = true
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) {
        collect(bytes.subarray(from, at))
        finish()
        return at
      }
    }
    collect(bytes.slice(from))
    return at
  }

  return {
    take(bytes) {
      for (let at = 0; at < bytes.length && !failed; ) at = within === null ? between(bytes, at) : inside(bytes, at)
      // What is still being collected must not change under us.
      if (within !== null && parts.length > 0) parts[parts.length - 1] = (parts.at(-1) as Uint8Array).slice()
      return !failed
    },
    end() {
      if (!failed && within === 'scalar' && seen.length === 0) finish()
      return !failed && within === null && expected === 'nothing'
    },
  }
}

const ENDS_SCALAR: ReadonlySet<number> = new Set([COMMA, CLOSE_OBJECT, CLOSE_LIST, 0x20, 0x0a, 0x0d, 0x09])

function keyOf(bytes: Uint8Array): string | null {
  try {
    const key: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return typeof key === 'string' ? key : null
  } catch {
    return null
  }
}
