// Who is calling the sample homeserver, and how it says no.
import type { Context, MiddlewareHandler } from 'hono'
import type { Clock } from '../platform/clock.ts'
import type { SampleState } from './state.ts'
import type { SampleTokens } from './tokens.ts'

export interface Account {
  readonly user: string
  readonly device: string
  readonly sid: string
}

export interface SampleVariables {
  Variables: { account: Account }
}

/** A Matrix error (client-server API, standard error response). */
export function matrixError(c: Context, status: 400 | 401 | 403 | 404 | 502, errcode: string, error: string): Response {
  return c.json({ errcode, error }, status)
}

/** Lets only requests with a token through that this server made and that still holds. */
export function authenticated(deps: {
  tokens: SampleTokens
  state: SampleState
  clock: Clock
}): MiddlewareHandler<SampleVariables> {
  return async (c, next) => {
    const header = c.req.header('Authorization')
    const token = header?.startsWith('Bearer ') ? header.slice(7) : c.req.query('access_token')
    if (token === undefined) return matrixError(c, 401, 'M_MISSING_TOKEN', 'Missing access token')
    const claims = deps.tokens.read(token, 'access', deps.clock.now())
    const { user, device, sid, madeAt } = claims ?? {}
    if (user === undefined || device === undefined || sid === undefined || madeAt === undefined) {
      return matrixError(c, 401, 'M_UNKNOWN_TOKEN', 'Unknown token')
    }
    if (!deps.state.holds(user, device, sid, madeAt)) return matrixError(c, 401, 'M_UNKNOWN_TOKEN', 'Unknown token')
    c.set('account', { user, device, sid })
    return next()
  }
}
