// The gateway's own cookie: the browser that begins a sign-in or a confirmation is the one that may bring it back.
import { parse } from 'hono/utils/cookie'
import type { Random } from '../platform/random.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'

/** How long a browser keeps it: longer than a binding lives. */
const COOKIE_SECONDS = 3600

/** With the `__Host-` prefix (RFC 6265bis §4.1.3.2) when the gateway is https; apart from id's, for both may be localhost. */
export function gatewayCookieName(gatewayUrl: string): string {
  return gatewayUrl.startsWith('https:') ? '__Host-palier_gateway_browser' : 'palier_gateway_browser'
}

/** The hash of the browser's cookie, or null when it brings none. */
export function gatewayBrowser(request: Request, gatewayUrl: string): string | null {
  const value = browserToken(request, gatewayUrl)
  return value === null ? null : hashToken(value)
}

/** The hash of the browser's cookie, and the Set-Cookie that gives it or keeps it. */
export function ensureGatewayBrowser(
  request: Request,
  gatewayUrl: string,
  random: Random,
): { readonly browserHash: string; readonly setCookie: string } {
  const value = browserToken(request, gatewayUrl) ?? newToken('browserBinding', random)
  const secure = gatewayUrl.startsWith('https:') ? '; Secure' : ''
  return {
    browserHash: hashToken(value),
    setCookie: `${gatewayCookieName(gatewayUrl)}=${value}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Lax${secure}`,
  }
}

/** Of a Cookie header only the homeserver's own of the OIDC round, as they were sent. */
export function homeserverCookies(request: Request): string {
  return (request.headers.get('cookie') ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => /^oidc_session(?:_no_samesite)?=/.test(part))
    .join('; ')
}

function browserToken(request: Request, gatewayUrl: string): string | null {
  const name = gatewayCookieName(gatewayUrl)
  const value = parse(request.headers.get('cookie') ?? '', name)[name]
  return value !== undefined && isToken('browserBinding', value) ? value : null
}
