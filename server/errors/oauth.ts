// Failures of the OAuth endpoints on the wire (RFC 6749 §5.2, RFC 6750 §3).
import type { Context } from 'hono'
import type { Log } from '../platform/log.ts'

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_token'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'server_error'

/** Thrown by OAuth endpoints; `description` is sent, so it never says more than the caller knows. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly description: string
  readonly status: 400 | 401 | 413 | 500
  /** Answer with this challenge; a `Bearer` one says what was wrong, `Bearer?` only that a token is needed (RFC 6750 §3.1). */
  readonly challenge: 'Basic' | 'Bearer' | 'Bearer?' | null

  constructor(
    code: OAuthErrorCode,
    description: string,
    options: { status?: OAuthError['status']; challenge?: OAuthError['challenge'] } = {},
  ) {
    super(`${code}: ${description}`)
    this.name = 'OAuthError'
    this.code = code
    this.description = description
    this.status = options.status ?? 400
    this.challenge = options.challenge ?? null
  }
}

/** The `onError` of the OAuth endpoints: JSON, never cached, nothing of an unknown fault. */
export function oauthErrorHandler(log: Log): (error: Error, c: Context) => Response {
  return (error, c) => {
    const where = { method: c.req.method, path: c.req.path }
    const known = error instanceof OAuthError ? error : null
    if (known) log.info('oauth.refused', { ...where, error: known.code, detail: known.description })
    else log.error('oauth.failed', { ...where, error: error.message, stack: error.stack })
    const body = {
      error: known?.code ?? 'server_error',
      error_description: known?.description ?? 'the request could not be served',
    }
    const headers = new Headers({ 'Cache-Control': 'no-store' })
    if (known?.challenge === 'Basic') headers.set('WWW-Authenticate', 'Basic realm="palier"')
    if (known?.challenge === 'Bearer?') headers.set('WWW-Authenticate', 'Bearer realm="palier"')
    if (known?.challenge === 'Bearer') {
      headers.set('WWW-Authenticate', `Bearer error="${body.error}", error_description="${body.error_description}"`)
    }
    return Response.json(body, { status: known?.status ?? 500, headers })
  }
}
