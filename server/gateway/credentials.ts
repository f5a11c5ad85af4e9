// The client's token: where it may stand, and what is answered when it is missing, unknown, ended or out of date.
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import type { IdentifyFailure } from './ports.ts'

/**
 * The one token of a request, from `Authorization: Bearer` (RFC 6750 §2.1) or from the query (Matrix, deprecated), or why
 * there is not exactly one. The scheme's name is matched without regard to case (RFC 9110 §11.1).
 */
export function readToken(
  authorization: string | null,
  authorizations: number,
  queryToken: string | null,
): { readonly token: string } | { readonly failure: 'missing' | 'ambiguous' | 'unknown' } {
  if (authorizations > 1 || (authorization !== null && queryToken !== null)) return { failure: 'ambiguous' }
  if (authorization !== null) {
    const match = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(authorization)
    if (match === null) return { failure: /^bearer\b/i.test(authorization) ? 'unknown' : 'missing' }
    return { token: match[1] as string }
  }
  if (queryToken === null || queryToken === '') return { failure: 'missing' }
  return { token: queryToken }
}

/** The answer to a request that cannot be identified. */
export function identifyFailure(failure: IdentifyFailure): MatrixError {
  switch (failure) {
    case 'missing':
      return matrixError('M_MISSING_TOKEN', 401, 'Missing access token')
    case 'ambiguous':
      return matrixError('M_MISSING_TOKEN', 401, 'More than one access token: send it in the Authorization header only')
    case 'unknown':
      return matrixError('M_UNKNOWN_TOKEN', 401, 'Unknown access token')
    case 'expired':
      return matrixError('M_UNKNOWN_TOKEN', 401, 'Access token has expired', { soft_logout: true })
    case 'soft-logout':
      return matrixError('M_UNKNOWN_TOKEN', 401, 'The session is over: sign in again', { soft_logout: true })
    case 'unavailable':
      return matrixError('M_UNKNOWN', 503, 'Temporarily unavailable', { retry_after_ms: 2000 })
  }
}

/** The answer to a request whose device was revoked while it was under way. */
export function revokedAnswer(): MatrixError {
  return matrixError('M_UNKNOWN_TOKEN', 401, 'The session was ended')
}
