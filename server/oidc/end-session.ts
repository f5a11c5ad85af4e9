// Signing out: of id itself, and as a relying party asks (OIDC RP-Initiated Logout 1.0).
import type { Context } from 'hono'
import type { Config } from '../config/config.ts'
import type { PageParts } from '../errors/plain-page.ts'
import type { Clock } from '../platform/clock.ts'
import { localeOf } from '../platform/locale.ts'
import type { Log } from '../platform/log.ts'
import { clearSessionCookie, currentSession, type IdSessionStore } from '../sessions/id-session.ts'
import type { Keyring } from './keys.ts'
import { signedOutPage, signOutQuestion } from './pages.ts'
import { type Parameters, parseParameters, rawParameters } from './parameters.ts'
import type { ClientStore, ErrorPage, SidRevoker, SidStore } from './port.ts'

export interface SignOutDeps {
  readonly config: Pick<Config, 'issuer'>
  readonly clock: Clock
  readonly log: Log
  readonly idSessions: IdSessionStore
  readonly sids: SidStore
  readonly revoker: SidRevoker
}

export interface EndSessionDeps extends SignOutDeps {
  readonly keys: Keyring
  readonly clients: ClientStore
  readonly errorPage: ErrorPage
}

/**
 * Ends a session at id, and the authorizations of it. Those of homeservers stay: each was a tap of its own, and ends with
 * its device.
 */
export async function signOut(deps: SignOutDeps, idSessionHash: string): Promise<void> {
  const sids = await deps.sids.endableOfIdSession(idSessionHash)
  await deps.idSessions.end(idSessionHash, new Date(deps.clock.now()))
  for (const sid of sids) await deps.revoker.revoke('sid', sid, 'logout')
  deps.log.info('signin.signed-out', { sids: sids.length })
}

/** Serves a logout request. Without a good hint it asks; without a registered address it leads nowhere. */
export async function endSession(c: Context, deps: EndSessionDeps): Promise<Response> {
  const raw = await rawParameters(c)
  const parsed = raw === null ? null : parseParameters(raw)
  if (parsed === null || !parsed.ok) return deps.errorPage(c, 400, 'bad-request')
  const { parameters } = parsed
  const locale = localeOf(c.req.raw.headers)
  if (c.req.method === 'POST' && parameters.get('confirm') === 'yes') {
    if (c.req.header('Origin') !== new URL(deps.config.issuer).origin) return deps.errorPage(c, 403, 'foreign-origin')
    const session = await currentSession(c)
    if (session !== null) await signOut(deps, session.hash)
    clearSessionCookie(c, deps.config)
    return send(c, signedOutPage(locale))
  }
  const hinted = await verifiedHint(deps, parameters)
  const session = await currentSession(c)
  const uri = parameters.get('post_logout_redirect_uri')
  if (hinted === null || (uri !== undefined && !hinted.postLogoutRedirectUris.includes(uri))) {
    return send(c, signOutQuestion(locale))
  }
  // §2: whoever sits here now is asked when the hint is of somebody else.
  if (session !== null && session.personId !== hinted.personId) return send(c, signOutQuestion(locale))
  await endHinted(deps, hinted.sid)
  // Signed out means signed out: also of a session of the same person that came after the hint's.
  if (session !== null) await signOut(deps, session.hash)
  clearSessionCookie(c, deps.config)
  if (uri === undefined) return send(c, signedOutPage(locale))
  const target = new URL(uri)
  const state = parameters.get('state')
  if (state !== undefined) target.searchParams.append('state', state)
  c.header('Cache-Control', 'no-store')
  return c.redirect(target.href, 303)
}

async function verifiedHint(deps: EndSessionDeps, p: Parameters) {
  const hint = p.get('id_token_hint')
  if (hint === undefined) return null
  const expected = { algorithm: 'RS256', typ: 'JWT', issuer: deps.config.issuer, ignoreTimes: true } as const
  const claims = await deps.keys.verify(hint, expected)
  if (typeof claims?.aud !== 'string' || typeof claims.sid !== 'string' || typeof claims.sub !== 'string') return null
  if (p.has('client_id') && p.get('client_id') !== claims.aud) return null
  const client = await deps.clients.find(claims.aud)
  return client && { sid: claims.sid, personId: claims.sub, postLogoutRedirectUris: client.postLogoutRedirectUris }
}

async function endHinted(deps: EndSessionDeps, sidId: string): Promise<void> {
  const sid = await deps.sids.find(sidId)
  if (sid === null) return
  await deps.revoker.revoke('sid', sid.id, 'logout')
  await signOut(deps, sid.idSessionHash)
}

function send(c: Context, page: PageParts): Response {
  return c.body(page.html, 200, page.headers)
}
