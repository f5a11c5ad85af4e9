// The userinfo endpoint (OIDC Core §5.3) and revocation (RFC 7009).
import type { Context } from 'hono'
import { OAuthError } from '../errors/oauth.ts'
import { hashToken, isToken } from '../platform/tokens.ts'
import { authenticateClient } from './clients.ts'
import { isForm, readForm } from './parameters.ts'
import type { TokenDeps } from './token.ts'
import { claimsOf } from './tokens.ts'

const ACCESS_TOKEN = { algorithm: 'ES256', typ: 'at+jwt' } as const

const badToken = () =>
  new OAuthError('invalid_token', 'the access token is not valid', { status: 401, challenge: 'Bearer' })

/** Claims of the person behind an access token while its sign-in holds. Throws `OAuthError` invalid_token (401). */
export async function userinfo(c: Context, deps: TokenDeps): Promise<Response> {
  const claims = await deps.keys.verify(await bearer(c), { ...ACCESS_TOKEN, issuer: deps.config.issuer })
  if (claims === null || claims.aud !== deps.config.issuer) throw badToken()
  const { sid, jti, scope } = claims
  if (typeof sid !== 'string' || typeof jti !== 'string' || typeof scope !== 'string') throw badToken()
  if (await deps.oidcTokens.isAccessTokenRevoked(jti)) throw badToken()
  const live = await deps.sids.findLive(sid)
  if (live === null) throw badToken()
  return Response.json({ sub: live.personId, ...claimsOf(live, scope) }, { headers: { 'Cache-Control': 'no-store' } })
}

/** RFC 6750 §2.1 or §2.2, one of them; never in the query. */
async function bearer(c: Context): Promise<string> {
  const header = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  const posted = c.req.method === 'POST' && isForm(c) ? (await readForm(c)).get('access_token') : undefined
  if (header !== undefined && posted !== undefined) throw new OAuthError('invalid_request', 'use one access token')
  const token = header ?? posted
  if (token === undefined) {
    throw new OAuthError('invalid_token', 'an access token is needed', { status: 401, challenge: 'Bearer?' })
  }
  return token
}

/** Revokes a token of the calling client; 200 also for one that is unknown (RFC 7009 §2.2). */
export async function revokeToken(c: Context, deps: TokenDeps): Promise<Response> {
  const form = await readForm(c)
  const client = await authenticateClient(c, form, deps)
  const token = form.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
  if (isToken('oidcRefreshToken', token)) {
    const found = await deps.oidcTokens.findRefreshToken(hashToken(token))
    if (found?.clientId === client.clientId) {
      await deps.oidcTokens.revokeFamily(found.family, new Date(deps.clock.now()))
    }
  } else {
    const claims = await deps.keys.verify(token, { ...ACCESS_TOKEN, issuer: deps.config.issuer })
    if (claims?.client_id === client.clientId && typeof claims.jti === 'string' && claims.exp !== undefined) {
      await deps.oidcTokens.revokeAccessToken(claims.jti, new Date(claims.exp * 1000))
    }
  }
  return new Response(null, { status: 200, headers: { 'Cache-Control': 'no-store' } })
}
