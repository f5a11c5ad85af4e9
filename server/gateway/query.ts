// The query of a request target, read as Twisted reads it, so that what the gateway sees is what Synapse sees; and spliced,
// byte for byte, where a parameter is taken out or lowered.

export interface Query {
  /** As it stands after the `?`. */
  readonly raw: string
  /** Decoded value of the first parameter of that name, or null. */
  first(name: string): string | null
  /** The same as it stands, not decoded. */
  verbatim(name: string): string | null
  count(name: string): number
  /** Whether a parameter has no `=`, or no name. */
  readonly hasBare: boolean
  /** `path` with the query less that parameter, or with nothing after it when none is left. */
  without(name: string, path: string): string
  /** `path` with the query where that parameter has this value: in its place, or at the end. */
  with(name: string, value: string, path: string): string
}

interface Part {
  readonly raw: string
  readonly name: string
  readonly value: string | null
}

/** Reads a raw query (without `?`), or says by a reason id why two parsers could disagree about it. */
export function parseQuery(raw: string): Query | string {
  if (raw === '') return EMPTY
  if (raw.includes(';')) return 'query-semicolon'
  if (raw.includes('%') && /%(?![0-9A-Fa-f]{2})/.test(raw)) return 'query-encoding'
  const parts: Part[] = []
  for (const piece of raw.split('&')) {
    const equals = piece.indexOf('=')
    const name = equals === -1 ? piece : piece.slice(0, equals)
    // Names are ASCII words and dots: an encoded letter in one can only be there to be read twice.
    if (name.includes('%') && isEncodedNeedlessly(name)) return 'query-encoding'
    const decodedName = decodeForm(name)
    const value = equals === -1 ? null : decodeForm(piece.slice(equals + 1))
    if (decodedName === null || (equals !== -1 && value === null)) return 'query-encoding'
    parts.push({ raw: piece, name: decodedName, value })
  }
  return query(raw, parts)
}

function query(raw: string, parts: readonly Part[]): Query {
  return {
    raw,
    hasBare: parts.some((part) => part.raw !== '' && (part.value === null || part.name === '')),
    first: (name) => parts.find((part) => part.name === name)?.value ?? null,
    verbatim: (name) => {
      const part = parts.find((candidate) => candidate.name === name)
      return part === undefined || part.value === null ? null : part.raw.slice(part.raw.indexOf('=') + 1)
    },
    count: (name) => {
      let count = 0
      for (const part of parts) if (part.name === name) count++
      return count
    },
    without: (name, path) =>
      join(
        path,
        parts.filter((part) => part.name !== name).map((part) => part.raw),
      ),
    with: (name, value, path) => {
      const put = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
      const kept = parts.filter((part) => part.name !== 'access_token')
      if (!kept.some((part) => part.name === name)) return join(path, [...kept.map((part) => part.raw), put])
      return join(
        path,
        kept.map((part) => (part.name === name ? put : part.raw)),
      )
    },
  }
}

const EMPTY: Query = query('', [])

function join(path: string, pieces: readonly string[]): string {
  return pieces.length === 0 ? path : `${path}?${pieces.join('&')}`
}

function decodeForm(text: string): string | null {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

/**
 * Whether a text has a percent-encoding that stands for a character it need not (RFC 3986 §2.3 unreserved, except `~`, which
 * older encoders do escape), an encoded percent sign before two hex digits (encoded twice), or a broken one.
 */
export function isEncodedNeedlessly(text: string): boolean {
  return /%(?![0-9A-Fa-f]{2})|%(?:2[dDeE]|3[0-9]|4[1-9A-Fa-f]|5[0-9aAfF]|6[1-9A-Fa-f]|7[0-9aA])|%25(?=[0-9A-Fa-f]{2})/.test(
    text,
  )
}

/** The target with those parameters set to those values: each in its place, or at the end. */
export function withParameters(
  { target, query }: { readonly target: string; readonly query: Query },
  values: Readonly<Record<string, string>>,
): string {
  const path = target.split('?', 1)[0] as string
  let put = target
  let current = query
  for (const name in values) {
    put = current.with(name, values[name] as string, path)
    const parsed = parseQuery(put.slice(path.length + 1))
    // What was read once, with plain digits put in, reads again.
    if (typeof parsed === 'string') throw new Error(`${parsed}: ${name}`)
    current = parsed
  }
  return put
}
