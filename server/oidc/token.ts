// The token endpoint (RFC 6749 §3.2): codes and refresh tokens, each good once.
import type { Context } from 'hono'
import { OAuthError } from '../errors/oauth.ts'
import { equalInConstantTime, hmacSha256, sha256Base64Url } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'
import { authenticateClient } from './clients.ts'
import { type Parameters, readForm } from './parameters.ts'
import type {
  AuthorizationCode,
  Client,
  ClientStore,
  CodeStore,
  LiveSid,
  RefreshToken,
  SidRevoker,
  SidStore,
  TokenStore,
} from './port.ts'
import { ACCESS_TOKEN_SECONDS, type MintDeps, mintTokens } from './tokens.ts'

/** Absolute lifetime of a grant that refreshes, counted from the tap: that of the session at id it came from. */
export const REFRESH_LIFETIME_SECONDS = 12 * 3600
/** How long the same presenter may repeat a rotation whose answer was lost. */
export const REFRESH_GRACE_MS = 10_000

export interface TokenDeps extends MintDeps {
  readonly log: Log
  readonly sealer: Sealer
  readonly clients: ClientStore
  readonly codes: CodeStore
  readonly sids: SidStore
  readonly oidcTokens: TokenStore
  readonly revoker: SidRevoker
  /** The network a request came from, as the entry sees it. */
  readonly networkOf: (c: Context) => string
}

const badGrant = (description: string) => new OAuthError('invalid_grant', description)

/** Serves a token request. Throws `OAuthError`. */
export async function token(c: Context, deps: TokenDeps): Promise<Response> {
  const form = await readForm(c)
  const client = await authenticateClient(c, form, deps)
  const grant = form.get('grant_type')
  if (grant === 'authorization_code') return answer(await redeemCode(deps, client, form))
  if (grant === 'refresh_token') return answer(await refresh(c, deps, client, form))
  throw grant === undefined
    ? new OAuthError('invalid_request', 'grant_type is missing')
    : new OAuthError('unsupported_grant_type', 'grant_type is not supported')
}

function answer(body: Record<string, unknown>): Response {
  return Response.json(body, { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } })
}

async function redeemCode(deps: TokenDeps, client: Client, form: Parameters) {
  const presented = form.get('code')
  if (presented === undefined) throw new OAuthError('invalid_request', 'code is missing')
  const code = isToken('authorizationCode', presented) ? await deps.codes.find(hashToken(presented)) : null
  // What is wrong with the request changes nothing: the code's owner may still redeem it.
  if (code === null || code.clientId !== client.clientId) throw badGrant('the code is not valid')
  if (form.get('redirect_uri') !== code.redirectUri) throw badGrant('redirect_uri is not the one of the authorization')
  checkVerifier(code, form)
  const now = deps.clock.now()
  if (code.redeemedAt !== null) return replayed(deps, code)
  if (code.expiresAt.getTime() <= now) throw badGrant('the code has expired')
  const sid = await liveSid(deps, code.sid)
  if (!(await deps.codes.redeem(code.hash, new Date(now)))) return replayed(deps, code)
  const refreshToken = code.scope.split(' ').includes('offline_access')
    ? newToken('oidcRefreshToken', deps.random)
    : null
  if (refreshToken !== null) {
    await deps.oidcTokens.insertRefreshToken({
      hash: hashToken(refreshToken),
      family: sid.id,
      clientId: client.clientId,
      sid: sid.id,
      scope: code.scope,
      createdAt: new Date(now),
      expiresAt: new Date(
        Math.min(
          sid.authTime.getTime() + REFRESH_LIFETIME_SECONDS * 1000,
          sid.endsAt?.getTime() ?? Number.POSITIVE_INFINITY,
        ),
      ),
      usedAt: null,
      usedBy: null,
      revokedAt: null,
    })
  }
  return issued(deps, sid, code, refreshToken)
}

/** RFC 7636 §4.6. */
function checkVerifier(code: AuthorizationCode, form: Parameters): void {
  const verifier = form.get('code_verifier')
  if (verifier === undefined) throw badGrant('code_verifier is missing')
  const fits = /^[A-Za-z0-9._~-]{43,128}$/.test(verifier)
  if (!fits || !equalInConstantTime(sha256Base64Url(verifier), code.codeChallenge)) {
    throw badGrant('code_verifier does not fit the authorization')
  }
}

/** Two hold the code: what the first one got ends (RFC 6749 §4.1.2). */
async function replayed(deps: TokenDeps, code: AuthorizationCode): Promise<never> {
  deps.log.warn('oidc.code-replayed', { client: code.clientId, sid: code.sid })
  await deps.oidcTokens.revokeFamily(code.sid, new Date(deps.clock.now()))
  await deps.revoker.revoke('sid', code.sid, 'code-replayed')
  throw badGrant('the code was used before')
}

async function refresh(c: Context, deps: TokenDeps, client: Client, form: Parameters) {
  const presented = form.get('refresh_token')
  if (presented === undefined) throw new OAuthError('invalid_request', 'refresh_token is missing')
  const found = isToken('oidcRefreshToken', presented)
    ? await deps.oidcTokens.findRefreshToken(hashToken(presented))
    : null
  const now = deps.clock.now()
  if (found === null || found.clientId !== client.clientId || found.revokedAt !== null) {
    throw badGrant('the refresh token is not valid')
  }
  if (found.expiresAt.getTime() <= now) throw badGrant('the refresh token has expired')
  const scope = narrowedScope(found.scope, form.get('scope'))
  const sid = await liveSid(deps, found.sid)
  // A confidential client proves itself at each use: rotation would add nothing but lost answers (RFC 9700 §4.14).
  const next = client.secret === null ? await rotated(c, deps, found, presented) : null
  return issued(deps, sid, { scope, nonce: null }, next)
}

/**
 * The successor is derived from the old token under a key of ours, so that repeating a rotation whose answer was lost
 * gives the same successor and nothing is kept to read back.
 */
async function rotated(c: Context, deps: TokenDeps, old: RefreshToken, presented: string): Promise<string> {
  const now = deps.clock.now()
  const next = `prt_${base64Url(hmacSha256(deps.sealer.macKey('refresh-successor'), presented))}`
  const presenter = hashToken(`${deps.networkOf(c)}\n${c.req.header('User-Agent') ?? ''}`)
  const successor = { ...old, hash: hashToken(next), createdAt: new Date(now), usedAt: null, usedBy: null }
  if (await deps.oidcTokens.rotate(old.hash, presenter, successor, new Date(now))) return next
  const used = await deps.oidcTokens.findRefreshToken(old.hash)
  const kept = await deps.oidcTokens.findRefreshToken(successor.hash)
  const repeats = used?.usedBy === presenter && now - (used.usedAt?.getTime() ?? 0) <= REFRESH_GRACE_MS
  if (repeats && kept !== null && kept.usedAt === null && kept.revokedAt === null) return next
  deps.log.warn('oidc.refresh-reused', { client: old.clientId, sid: old.sid })
  await deps.oidcTokens.revokeFamily(old.family, new Date(now))
  await deps.revoker.revoke('sid', old.sid, 'refresh-reused')
  throw badGrant('the refresh token was used before')
}

/** RFC 6749 §6: never more than was granted. */
function narrowedScope(granted: string, asked: string | undefined): string {
  if (asked === undefined) return granted
  const has = new Set(granted.split(' '))
  const names = asked.split(' ').filter(Boolean)
  if (names.length === 0 || names.some((name) => !has.has(name))) {
    throw new OAuthError('invalid_scope', 'scope exceeds what was granted')
  }
  return names.join(' ')
}

async function liveSid(deps: TokenDeps, id: string): Promise<LiveSid> {
  const sid = await deps.sids.findLive(id)
  if (sid === null) throw badGrant('the sign-in has ended')
  return sid
}

async function issued(
  deps: TokenDeps,
  sid: LiveSid,
  grant: { scope: string; nonce: string | null },
  refreshToken: string | null,
): Promise<Record<string, unknown>> {
  const { accessToken, idToken } = await mintTokens(deps, sid, grant)
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    id_token: idToken,
    scope: grant.scope,
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
  }
}
