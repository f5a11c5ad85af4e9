// The provider's endpoints, mounted at the root of id.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { Refusal } from '../errors/failure.ts'
import { oauthErrorHandler } from '../errors/oauth.ts'
import { callsAMinute } from '../platform/rate-limit.ts'
import { browserCookie, browserHash } from '../sessions/browser.ts'
import { currentSession, sessionCookie } from '../sessions/id-session.ts'
import {
  AUTHORIZATIONS_PER_NETWORK_A_MINUTE,
  type AuthorizeDeps,
  authorize,
  orErrorPage,
  respond,
} from './authorize.ts'
import { authorizations } from './complete.ts'
import { providerMetadata } from './discovery.ts'
import { type EndSessionDeps, endSession } from './end-session.ts'
import { type TokenDeps, token } from './token.ts'
import { revokeToken, userinfo } from './userinfo.ts'

export type OidcDeps = AuthorizeDeps & TokenDeps & EndSessionDeps

/** Everything under `/oidc` and the discovery document. */
export function oidcRoutes(deps: OidcDeps): Hono {
  const app = new Hono()
  app.onError(oauthErrorHandler(deps.log))
  // Endpoints that browser clients of other origins call; none of them reads a cookie.
  const open = cors({
    origin: '*',
    allowHeaders: ['Authorization', 'Content-Type'],
    exposeHeaders: ['WWW-Authenticate'],
  })
  for (const path of [
    '/.well-known/openid-configuration',
    '/oidc/jwks',
    '/oidc/token',
    '/oidc/userinfo',
    '/oidc/revoke',
  ]) {
    app.use(path, open)
  }
  for (const path of ['/oidc/authorize', '/oidc/form_post', '/oidc/end_session']) {
    app.use(path, browserCookie(deps), sessionCookie(deps))
  }
  app.get('/.well-known/openid-configuration', (c) => {
    c.header('Cache-Control', 'public, max-age=300')
    return c.json(providerMetadata(deps.config))
  })
  app.get('/oidc/jwks', async (c) => {
    c.header('Cache-Control', 'public, max-age=300')
    return c.json(await deps.keys.jwks())
  })
  const within = callsAMinute(deps.clock)
  app.on(['GET', 'POST'], '/oidc/authorize', (c) =>
    orErrorPage(c, deps, () => {
      if (!within(deps.networkOf(c), AUTHORIZATIONS_PER_NETWORK_A_MINUTE)) throw new Refusal(429, 'too-many-attempts')
      return authorize(c, deps)
    }),
  )
  const waiting = authorizations(deps)
  app.get('/oidc/form_post', (c) =>
    orErrorPage(c, deps, async () => {
      const session = await currentSession(c)
      if (session === null) throw new Refusal(410, 'transaction-gone')
      return respond(c, await waiting.resume(c.req.query('transaction') ?? '', browserHash(c), session))
    }),
  )
  app.post('/oidc/token', (c) => token(c, deps))
  app.on(['GET', 'POST'], '/oidc/userinfo', (c) => userinfo(c, deps))
  app.post('/oidc/revoke', (c) => revokeToken(c, deps))
  app.on(['GET', 'POST'], '/oidc/end_session', (c) => orErrorPage(c, deps, () => endSession(c, deps)))
  return app
}
