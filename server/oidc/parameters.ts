// OAuth parameters from a query or a form: each at most once (RFC 6749 §3.1), all of a sane size.
import type { Context } from 'hono'
import { OAuthError } from '../errors/oauth.ts'
import { readBoundedText } from '../platform/body.ts'

/** Largest query or form, in characters. */
export const PARAMETERS_MAX_LENGTH = 16 * 1024
/** Largest single value, in characters. An `id_token_hint` is the longest that is honest. */
const VALUE_MAX_LENGTH = 8 * 1024
const COUNT_MAX = 60

export type Parameters = ReadonlyMap<string, string>

export type ParsedParameters =
  | { readonly ok: true; readonly parameters: Parameters }
  | { readonly ok: false; readonly reason: 'duplicated' | 'oversized' | 'malformed'; readonly parameters: Parameters }

/** Parses `application/x-www-form-urlencoded` text. An empty value counts as absent (RFC 6749 §3.1). */
export function parseParameters(text: string): ParsedParameters {
  const parameters = new Map<string, string>()
  if (text.length > PARAMETERS_MAX_LENGTH) return { ok: false, reason: 'oversized', parameters }
  const seen = new Set<string>()
  let reason: 'duplicated' | 'oversized' | 'malformed' | null = null
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name)) {
      // Which of two was meant is not ours to guess, also for whom we would redirect to.
      parameters.delete(name)
      reason = 'duplicated'
      continue
    }
    seen.add(name)
    if (value.length > VALUE_MAX_LENGTH || seen.size > COUNT_MAX) reason ??= 'oversized'
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    else if (/[\u0000-\u001f\u007f\ufffd]/.test(value)) reason ??= 'malformed'
    else if (value !== '') parameters.set(name, value)
  }
  return reason === null ? { ok: true, parameters } : { ok: false, reason, parameters }
}

/** The raw parameters of a request: its query for GET, its form for POST; null when it is neither or too long. */
export async function rawParameters(c: Context): Promise<string | null> {
  if (c.req.method !== 'POST') return new URL(c.req.url).search.slice(1)
  if (!isForm(c)) return null
  return readBoundedText(c.req.raw, PARAMETERS_MAX_LENGTH)
}

/** The form of a POST to an OAuth endpoint. Throws `OAuthError` invalid_request. */
export async function readForm(c: Context): Promise<Parameters> {
  if (!isForm(c)) throw new OAuthError('invalid_request', 'the body must be application/x-www-form-urlencoded')
  const text = await readBoundedText(c.req.raw, PARAMETERS_MAX_LENGTH)
  if (text === null) throw new OAuthError('invalid_request', 'the body is too large', { status: 413 })
  const parsed = parseParameters(text)
  if (!parsed.ok) throw new OAuthError('invalid_request', `a parameter is ${parsed.reason}`)
  return parsed.parameters
}

/** Whether the body is a form. */
export function isForm(c: Context): boolean {
  const type = c.req.header('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase()
  return type === 'application/x-www-form-urlencoded'
}
