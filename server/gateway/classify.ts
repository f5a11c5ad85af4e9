// What a request is, from its method and the very bytes of its target. Nothing is normalised: what was classified is what is
// forwarded. Whatever two parsers could read in two ways is refused here (Twisted splits the query on `;` too, percent-decodes
// parameter names, takes the first of repeated ones, and matches the raw path).
import { matchPath } from './match.ts'
import { isEncodedNeedlessly, parseQuery, type Query } from './query.ts'
import type { Method, Row } from './routes.ts'

export interface Classified {
  readonly row: Row
  /** HEAD is served as GET: `method` is what was asked, `row.methods` has GET. */
  readonly method: Method | 'HEAD'
  /** Percent-decoded path parameters: for metering only, never to build what is forwarded (see `raw`). */
  readonly params: Readonly<Record<string, string>>
  /** The same as they stand in the path. */
  readonly raw: Readonly<Record<string, string>>
  /** The target without the token, byte for byte. */
  readonly target: string
  readonly query: Query
  /** For rows with a clamp: what was asked for (or the default), lowered to the row's maximum. Otherwise null. */
  readonly limit: number | null
  /** The token found in the query, already spliced out of `target`. */
  readonly queryToken: string | null
}

export interface Rejected {
  readonly rejected: true
  readonly status: 400 | 404 | 405 | 414
  readonly errcode: 'M_UNRECOGNIZED' | 'M_INVALID_PARAM' | 'M_UNKNOWN'
  /** Stable reason id for logs and metrics. */
  readonly reason: string
  readonly message: string
}

/** The longest target, in bytes. */
export const MAX_TARGET_BYTES = 8192

/**
 * Classifies a request by its method and raw target (origin-form, RFC 9112 §3.2.1). Pure.
 * Two tokens in the query are refused here; a token in the header beside one in the query is the caller's to refuse.
 */
export function classify(method: string, rawTarget: string): Classified | Rejected {
  const form = checkForm(rawTarget)
  if (form) return form
  const mark = rawTarget.indexOf('?')
  const path = mark === -1 ? rawTarget : rawTarget.slice(0, mark)
  const malformed = checkPath(path)
  if (malformed) return malformed

  const found = matchPath(path, method === 'HEAD' ? 'GET' : method)
  if (found === null) return reject(404, 'M_UNRECOGNIZED', 'unknown-route', 'Unrecognized request')
  if (found === 'method') return reject(405, 'M_UNRECOGNIZED', 'unknown-method', 'Unrecognized request')
  const { row, raw } = found

  const query = parseQuery(mark === -1 ? '' : rawTarget.slice(mark + 1))
  if (typeof query === 'string') return invalid(query)
  const repeated = checkRepeated(row, query)
  if (repeated) return repeated
  const limit = readLimit(row, query)
  if (typeof limit === 'object' && limit !== null) return limit
  const params: Record<string, string> = {}
  for (const name in raw) {
    const decoded = decodePath(raw[name] as string)
    if (decoded === null) return invalid('path-encoding')
    params[name] = decoded
  }
  const token = query.first('access_token')
  return {
    row,
    method: method as Method | 'HEAD',
    params,
    raw,
    target: token === null ? rawTarget : query.without('access_token', path),
    query,
    limit,
    queryToken: token,
  }
}

const MESSAGES: Readonly<Record<string, string>> = {
  'target-too-long': 'The request target is longer than 8192 bytes',
  'target-form': 'The request target must start with / and hold visible ASCII only',
  'path-dots': 'Dot segments are not accepted',
  'path-empty-segment': 'Empty path segments are not accepted',
  'path-encoding': 'The path is percent-encoded where it need not be, twice, or wrongly',
  'path-character': 'The path holds a character that must be percent-encoded',
  'query-semicolon': 'The query must not hold a semicolon',
  'query-encoding': 'A query parameter is percent-encoded where it need not be, or wrongly',
  'query-character': 'The query holds a character that must be percent-encoded',
  'query-repeated': 'A query parameter is given more than once',
  'query-nameless': 'A query parameter has no name or no value',
  'limit-invalid': 'limit must be a whole number, 1 or more',
}

function invalid(reason: string): Rejected {
  return reject(400, 'M_INVALID_PARAM', reason, MESSAGES[reason] ?? 'Malformed request')
}

function reject(status: Rejected['status'], errcode: Rejected['errcode'], reason: string, message: string): Rejected {
  return { rejected: true, status, errcode, reason, message }
}

function checkForm(target: string): Rejected | null {
  if (target.length > MAX_TARGET_BYTES) {
    return reject(414, 'M_UNKNOWN', 'target-too-long', MESSAGES['target-too-long'] as string)
  }
  // Origin-form only: no absolute-form, authority-form or asterisk; no control, no 8-bit character, no fragment.
  if (!/^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(target)) return invalid('target-form')
  return null
}

function checkPath(path: string): Rejected | null {
  // RFC 3986 §3.3 pchar without `;` (path parameters to some parsers) and the slash; Matrix ids need no other character.
  if (!/^[A-Za-z0-9\-._~!$&'()*+,=:@%/]*$/.test(path)) return invalid('path-character')
  if (path.includes('//')) return invalid('path-empty-segment')
  if (path.includes('/.')) {
    if (/\/\.\.?(?:\/|$)/.test(path)) return invalid('path-dots')
  }
  if (path.includes('%') && isEncodedNeedlessly(path)) return invalid('path-encoding')
  return null
}

function checkRepeated(row: Row, query: Query): Rejected | null {
  const tokens = query.count('access_token')
  if (tokens > 1) return invalid('query-repeated')
  if (tokens === 1 && query.first('access_token') === null) return invalid('query-nameless')
  if (row.parameters === undefined) return null
  for (const name of row.parameters) {
    if (query.count(name) > 1) return invalid('query-repeated')
  }
  // A bare `limit` is skipped by Twisted and read as empty by others.
  if (query.hasBare) return invalid('query-nameless')
  return null
}

function readLimit(row: Row, query: Query): number | null | Rejected {
  const { clamp } = row
  if (clamp === undefined) return null
  const text = query.verbatim(clamp.parameter)
  if (text === null) return clamp.default
  // Digits as they stand: no sign, no space, no underscore, no exponent, nothing that int() of another language also takes.
  if (!/^[0-9]{1,15}$/.test(text)) return invalid('limit-invalid')
  return Math.min(Number(text), clamp.max)
}

function decodePath(raw: string): string | null {
  if (!raw.includes('%')) return raw
  try {
    const decoded = decodeURIComponent(raw)
    // Behind a proxy that decodes, an encoded slash must not build a dot segment or an empty one.
    if (/^\.{1,2}$|^\/|\/$|\/\/|(?:^|\/)\.{1,2}(?:\/|$)/.test(decoded)) return null
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return /[\u0000-\u001f\u007f]/.test(decoded) ? null : decoded
  } catch {
    return null
  }
}
