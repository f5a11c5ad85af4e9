// The wire form of failures on the Matrix side (client-server API, "Standard error response").

export type MatrixErrcode =
  | 'M_FORBIDDEN'
  | 'M_UNKNOWN_TOKEN'
  | 'M_MISSING_TOKEN'
  | 'M_BAD_JSON'
  | 'M_NOT_JSON'
  | 'M_NOT_FOUND'
  | 'M_LIMIT_EXCEEDED'
  | 'M_UNRECOGNIZED'
  | 'M_UNKNOWN'
  | 'M_INVALID_PARAM'
  | 'M_MISSING_PARAM'
  | 'M_TOO_LARGE'
  | 'M_UNAUTHORIZED'
  | 'M_CONSENT_NOT_GIVEN'
  | 'M_INSUFFICIENT_USER_AUTHENTICATION'
  | 'org.matrix.msc4363.M_INSUFFICIENT_USER_AUTHENTICATION'

export interface MatrixError {
  readonly status: number
  /** Lower-case names. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** JSON. */
  readonly body: string
}

/**
 * An error answer. `extra` stands beside `errcode` and `error`; a `retry_after_ms` in it also becomes `Retry-After` in whole
 * seconds, rounded up (RFC 9110 §10.2.3).
 */
export function matrixError(
  errcode: MatrixErrcode,
  status: number,
  message: string,
  extra: Readonly<Record<string, unknown>> = {},
): MatrixError {
  const headers: [string, string][] = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
  ]
  const retry = extra['retry_after_ms']
  if (typeof retry === 'number') headers.push(['retry-after', String(Math.max(1, Math.ceil(retry / 1000)))])
  return { status, headers, body: JSON.stringify({ errcode, error: message, ...extra }) }
}
