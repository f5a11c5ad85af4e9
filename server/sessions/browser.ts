// The browser's own cookie at id: whoever began a ceremony or an authorization is who may finish it.
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import type { Config } from '../config/config.ts'
import type { Random } from '../platform/random.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Hash of the browser's cookie at id; set by `browserCookie`. */
    palierBrowserHash?: string
  }
}

/** How long a browser keeps its cookie. */
const BROWSER_COOKIE_SECONDS = 30 * 24 * 3600

/** The name a cookie of id goes by: with the `__Host-` prefix (RFC 6265bis §4.1.3.2) when the issuer is https. */
export function cookieName(name: string, issuer: string): string {
  return issuer.startsWith('https:') ? `__Host-${name}` : name
}

/** Attributes of every cookie of id. */
export function cookieOptions(issuer: string, maxAgeSeconds: number): CookieOptions {
  return { path: '/', httpOnly: true, sameSite: 'Lax', secure: issuer.startsWith('https:'), maxAge: maxAgeSeconds }
}

/** The same for a cookie that the browser forgets when it closes. */
export function goneAtClose({ maxAge: _, ...options }: CookieOptions): CookieOptions {
  return options
}

/** Has a browser that others use as well forget its cookie when it closes. `browserCookie` must have run. */
export function forgetBrowserAtClose(c: Context, issuer: string): void {
  const name = cookieName('palier_browser', issuer)
  const value = getCookie(c, name)
  if (value !== undefined && isToken('browserBinding', value))
    setCookie(c, name, value, goneAtClose(cookieOptions(issuer, BROWSER_COOKIE_SECONDS)))
}

/**
 * Reads the browser's cookie, or gives the browser one. Mounted before every page and API of id; mounting it twice on a
 * route is harmless.
 */
export function browserCookie(deps: { config: Pick<Config, 'issuer'>; random: Random }): MiddlewareHandler {
  const { issuer } = deps.config
  const name = cookieName('palier_browser', issuer)
  return async (c, next) => {
    if (c.get('palierBrowserHash') === undefined) {
      let value = getCookie(c, name)
      if (value === undefined || !isToken('browserBinding', value)) {
        value = newToken('browserBinding', deps.random)
        setCookie(c, name, value, cookieOptions(issuer, BROWSER_COOKIE_SECONDS))
      }
      c.set('palierBrowserHash', hashToken(value))
    }
    await next()
  }
}

/** Hash of the browser's cookie: what ceremonies and transactions are bound to. `browserCookie` must have run. */
export function browserHash(c: Context): string {
  const hash = c.get('palierBrowserHash')
  if (hash === undefined) throw new Error('browserCookie is not mounted on this route')
  return hash
}
