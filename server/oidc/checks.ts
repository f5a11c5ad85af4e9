// The checks of an authorization request, in order. Those before the redirect URI is verified are in authorize.ts: they
// end on a page. Every failure here goes back to the client (RFC 6749 §4.1.2.1).
import type { Parameters } from './parameters.ts'
import type { Client, ResponseMode } from './port.ts'

export type AuthorizeErrorCode =
  | 'invalid_request'
  | 'invalid_scope'
  | 'unsupported_response_type'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'login_required'
  | 'access_denied'
  | 'server_error'

export interface AuthorizeError {
  readonly error: AuthorizeErrorCode
  readonly description: string
}

export const SCOPES = ['openid', 'profile', 'offline_access']
const PROMPTS = new Set(['none', 'login', 'consent', 'select_account'])

type Check = (parameters: Parameters, client: Client) => AuthorizeError | null

const refuse = (error: AuthorizeErrorCode, description: string): AuthorizeError => ({ error, description })

/** OIDC Core §6.1: answered, never ignored. */
const request: Check = (p) => (p.has('request') ? refuse('request_not_supported', 'request objects are not supported') : null)

/** OIDC Core §6.2. */
const requestUri: Check = (p) =>
  p.has('request_uri') ? refuse('request_uri_not_supported', 'request_uri is not supported') : null

const registration: Check = (p) =>
  p.has('registration') ? refuse('registration_not_supported', 'registration is not supported') : null

const responseType: Check = (p) => {
  if (!p.has('response_type')) return refuse('invalid_request', 'response_type is missing')
  return p.get('response_type') === 'code' ? null : refuse('unsupported_response_type', 'only the code flow is served')
}

const responseMode: Check = (p) => {
  const mode = p.get('response_mode')
  return mode === undefined || isResponseMode(mode) ? null : refuse('invalid_request', 'response_mode is not supported')
}

const scope: Check = (p) =>
  p.get('scope')?.split(' ').includes('openid') ? null : refuse('invalid_scope', 'scope must include openid')

/** RFC 7636, S256 only (RFC 9700 §2.1.1). */
const codeChallenge: Check = (p) => {
  if (p.get('code_challenge_method') !== 'S256') return refuse('invalid_request', 'code_challenge_method must be S256')
  return /^[A-Za-z0-9_-]{43}$/.test(p.get('code_challenge') ?? '')
    ? null
    : refuse('invalid_request', 'code_challenge must be the base64url of a SHA-256')
}

/** OIDC Core §3.1.2.1: `none` stands alone. */
const prompt: Check = (p) => {
  const values = promptsOf(p)
  if (values.some((value) => !PROMPTS.has(value))) return refuse('invalid_request', 'prompt is not supported')
  return values.includes('none') && values.length > 1 ? refuse('invalid_request', 'prompt none stands alone') : null
}

const maxAge: Check = (p) =>
  /^\d{1,9}$/.test(p.get('max_age') ?? '0') ? null : refuse('invalid_request', 'max_age must be a number of seconds')

const sizes: Check = (p) => {
  for (const name of ['state', 'nonce', 'scope', 'acr_values', 'login_hint']) {
    if ((p.get(name)?.length ?? 0) > 2048) return refuse('invalid_request', `${name} is too long`)
  }
  return null
}

/** A homeserver's request is told from a stranger's by its state. */
const homeserverState: Check = (p, client) =>
  client.serverName !== null && !p.has('state') ? refuse('invalid_request', 'state is missing') : null

/** Every check, in the order in which it speaks. */
export const AUTHORIZE_CHECKS: readonly Check[] = [
  request, requestUri, registration, responseType, responseMode, scope, codeChallenge, prompt, maxAge, sizes, homeserverState,
]

/** The first failure, or null. */
export function checkAuthorize(parameters: Parameters, client: Client): AuthorizeError | null {
  for (const check of AUTHORIZE_CHECKS) {
    const failure = check(parameters, client)
    if (failure !== null) return failure
  }
  return null
}

/** The prompts asked for. */
export function promptsOf(parameters: Parameters): string[] {
  return (parameters.get('prompt') ?? '').split(' ').filter(Boolean)
}

/** What is granted of the scope: the rest is ignored (OIDC Core §3.1.2.1). */
export function grantedScope(parameters: Parameters): string {
  const asked = new Set((parameters.get('scope') ?? '').split(' '))
  return SCOPES.filter((name) => asked.has(name)).join(' ')
}

export function isResponseMode(mode: string): mode is ResponseMode {
  return mode === 'query' || mode === 'form_post'
}
