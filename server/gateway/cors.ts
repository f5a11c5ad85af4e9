// Cross-origin rules of the gateway: its own for every Matrix answer, in the place of the homeserver's, whose list hides
// `Retry-After` and `WWW-Authenticate` from browser clients and whose preflights reject other request fields.

/** Fields of every answer under `/_matrix/` and `/.well-known/matrix/`, flat name, value, name, value. */
export const CORS_FIELDS: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  'Retry-After, WWW-Authenticate, Content-Disposition, ETag, Server, Synapse-Trace-Id',
]

/** Fields of the answer to a preflight (204, no body). */
export const PREFLIGHT_FIELDS: readonly string[] = [
  ...CORS_FIELDS,
  'Access-Control-Allow-Methods',
  'GET, HEAD, POST, PUT, DELETE, OPTIONS',
  'Access-Control-Allow-Headers',
  'X-Requested-With, Content-Type, Authorization, Date, X-Palier-Step-Up',
  'Access-Control-Max-Age',
  '86400',
]

/** Whether a raw target belongs to the API that any origin may call. */
export function isCrossOrigin(target: string): boolean {
  return target.startsWith('/_matrix/') || target.startsWith('/.well-known/matrix/')
}
