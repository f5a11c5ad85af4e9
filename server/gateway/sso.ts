// Single sign-on, bound end to end: the client's redirect, the homeserver's state, id's code and the browser belong together,
// and what comes out of it is a login token of Palier's own.
import type { Config } from '../config/config.ts'
import type { Homeserver } from '../homeserver/port.ts'
import { localeOf } from '../platform/locale.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { hashToken, newToken } from '../platform/tokens.ts'
import type { DeviceStore } from '../sessions/port.ts'
import type { BindingStore, Completed, LoginTokenStore } from './binding-port.ts'
import { ensureGatewayBrowser, gatewayBrowser, homeserverCookies } from './browser-cookie.ts'
import type { ControlContext } from './control-port.ts'
import { confirmationPage, failurePage, type PageReason } from './sso-page.ts'
import { allowedRedirect, clientName, withLoginToken } from './sso-redirect-url.ts'

export interface SsoDeps {
  readonly config: Pick<Config, 'gatewayUrl' | 'serverName' | 'clientRedirects'>
  readonly random: Random
  readonly log: Log
  readonly sealer: Sealer
  readonly homeserver: Homeserver
  readonly bindings: BindingStore
  readonly loginTokens: LoginTokenStore
  readonly devices: Pick<DeviceStore, 'authorization'>
}

/** GET login/sso/redirect[/{idpId}]: to id, by way of the homeserver, with the gateway itself as the place to return to. */
export async function ssoRedirect(
  deps: SsoDeps,
  request: Request,
  { origin, route }: ControlContext,
): Promise<Response> {
  const { config } = deps
  const fail = failures(deps, request)
  const asked = new URL(request.url).searchParams.getAll('redirectUrl')
  const redirectUrl = asked[0]
  if (asked.length !== 1 || redirectUrl === undefined) return fail(400, 'not-understood')
  if (!allowedRedirect(redirectUrl, config.clientRedirects)) return fail(400, 'redirect-not-allowed')
  const nonce = newToken('ssoNonce', deps.random)
  const start = await deps.homeserver.startLogin(returnTo(config, nonce), route.params['idpId'] ?? null, origin)
  if (!start.ok) {
    return start.reason === 'unreachable'
      ? fail(502, 'homeserver-unreachable', start.detail)
      : fail(502, 'homeserver-setting', start.detail, start.detail)
  }
  const { browserHash, setCookie } = ensureGatewayBrowser(request, config.gatewayUrl, deps.random)
  await deps.bindings.beginLogin({
    hash: hashToken(nonce),
    serverName: config.serverName,
    redirectUrl,
    network: origin.network,
    client: origin.client,
    browserHash,
    stateHash: hashToken(start.state),
  })
  return redirect(start.authorizeUrl, [...start.setCookies, setCookie])
}

/** GET auth/m.login.sso/fallback/web: a confirmation that some device asked for, opened by a browser on its network. */
export async function uiaPage(deps: SsoDeps, request: Request, { origin }: ControlContext): Promise<Response> {
  const fail = failures(deps, request)
  const sessions = new URL(request.url).searchParams.getAll('session')
  const session = sessions[0]
  if (sessions.length !== 1 || !session) return fail(400, 'not-understood')
  const { browserHash, setCookie } = ensureGatewayBrowser(request, deps.config.gatewayUrl, deps.random)
  const hash = hashToken(session)
  // Before the homeserver is asked: a stranger's link learns nothing and starts nothing.
  if (!(await deps.bindings.mayOpenUia(hash, origin.network, browserHash))) return fail(403, 'confirmation-unknown')
  const start = await deps.homeserver.startUia(session, origin)
  if (!start.ok) {
    if (start.reason === 'unreachable') return fail(502, 'homeserver-unreachable', start.detail)
    return fail(
      start.reason === 'session-unknown' ? 403 : 502,
      start.reason === 'session-unknown' ? 'confirmation-unknown' : 'homeserver-refused',
      start.detail,
    )
  }
  if (!(await deps.bindings.openUia(hash, origin.network, browserHash, hashToken(start.state)))) {
    return fail(403, 'confirmation-unknown')
  }
  return redirect(start.authorizeUrl, [...start.setCookies, setCookie])
}

/** GET /_synapse/client/oidc/callback: the code comes back, in the browser that began it, once. */
export async function ssoCallback(deps: SsoDeps, request: Request, { origin }: ControlContext): Promise<Response> {
  const { config } = deps
  const fail = failures(deps, request)
  const query = new URL(request.url).searchParams
  const [codes, states] = [query.getAll('code'), query.getAll('state')]
  const [code, state] = [codes[0], states[0]]
  if (query.has('error')) return fail(403, 'sign-in-refused')
  if (codes.length !== 1 || states.length !== 1 || !code || !state) return fail(400, 'not-understood')
  const browserHash = gatewayBrowser(request, config.gatewayUrl)
  const completed = browserHash && (await deps.bindings.complete(hashToken(state), hashToken(code), browserHash))
  if (!completed) return fail(403, 'other-browser')
  const cookie = homeserverCookies(request)
  const end = await deps.homeserver.finish(
    { code, state, cookie },
    completed.purpose === 'login' ? returnTo(config, '') : null,
    origin,
  )
  if (!end.ok) {
    if (end.reason === 'setting') return fail(502, 'homeserver-setting', end.detail, end.detail)
    return end.reason === 'unreachable'
      ? fail(502, 'homeserver-unreachable', end.detail)
      : fail(403, 'homeserver-refused', end.detail)
  }
  if (end.kind === 'uia') return uiaDone(end.page, end.setCookies)
  // The homeserver must have come back to the very place this login was begun with.
  if (completed.purpose !== 'login' || hashToken(end.returnedTo) !== completed.hash) return fail(403, 'other-browser')
  return confirm(deps, request, completed, end.loginToken)
}

/** `/palier/…`: the places that only redirects name. */
export function palierPage(deps: SsoDeps, request: Request): Response {
  return failures(deps, request)(404, 'nothing-here')
}

async function confirm(
  deps: SsoDeps,
  request: Request,
  binding: Completed & { purpose: 'login' },
  homeserverLoginToken: string,
): Promise<Response> {
  const { serverName, clientRedirects } = deps.config
  const fail = failures(deps, request)
  const [authorization, url] = [
    await deps.devices.authorization(binding.sid),
    allowedRedirect(binding.redirectUrl, clientRedirects),
  ]
  if (!authorization || !url) return fail(403, 'sign-in-refused')
  const token = newToken('loginToken', deps.random)
  const hash = hashToken(token)
  await deps.loginTokens.insert({
    hash,
    serverName,
    sid: binding.sid,
    homeserverLoginToken: deps.sealer.seal(
      'login-token',
      sealPlace('login_tokens', hash, binding.sid),
      homeserverLoginToken,
    ),
    network: binding.network,
  })
  deps.log.info('sso.confirmed', { person: authorization.personId, client: clientName(url), network: binding.network })
  return confirmationPage(localeOf(request.headers), {
    userId: `@${authorization.username}:${serverName}`,
    client: clientName(url),
    network: binding.network,
    href: withLoginToken(binding.redirectUrl, token),
  })
}

// The homeserver's own page: it tells the application that opened it, by script, that the confirmation is done.
function uiaDone(html: string, setCookies: readonly string[]): Response {
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy':
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  })
  for (const cookie of setCookies) headers.append('set-cookie', cookie)
  return new Response(html, { headers })
}

function returnTo(config: Pick<Config, 'gatewayUrl'>, nonce: string): string {
  return `${config.gatewayUrl}/palier/sso/${nonce}`
}

function redirect(location: string, setCookies: readonly string[]): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  for (const cookie of setCookies) headers.append('set-cookie', cookie)
  return new Response(null, { status: 302, headers })
}

function failures(deps: Pick<SsoDeps, 'log'>, request: Request) {
  return (status: number, reason: PageReason, detail?: string, setting?: string): Response => {
    deps.log.warn('sso.refused', { reason, status, detail })
    return failurePage(localeOf(request.headers), status, reason, setting)
  }
}
