// Where a client may be sent after a login: the operator's allow-list against a URL that an attacker may have written.

/** Schemes that a browser would run or read, never an application. */
const NEVER = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'ftp:',
  'ws:',
  'wss:',
  'view-source:',
  'filesystem:',
])
const LOOPBACK_ANY_PORT = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\*(\/.*)?$/
const MAX_LENGTH = 2000

/**
 * The URL, exactly as given, when an entry of the allow-list admits it; null otherwise. Entries are an origin with a path
 * prefix (whole segments), `http://localhost:*` with any port, or a custom scheme such as `io.element.desktop:`.
 */
export function allowedRedirect(text: string, allowed: readonly string[]): URL | null {
  // What browsers would strip or read as a slash is refused before a parser forgives it (WHATWG URL §4.4).
  if (text.length > MAX_LENGTH || !/^[a-z][a-z0-9+.-]*:[\x21-\x7e]*$/.test(text) || text.includes('\\')) return null
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.username || url.password || NEVER.has(url.protocol) || url.searchParams.has('loginToken')) return null
  const web = url.protocol === 'https:' || url.protocol === 'http:'
  // `https:host` and `https:///host` parse as `https://host`: only the plain form is taken.
  if (web && !/^https?:\/\/[^/?#@]+(?:[/?#]|$)/.test(text)) return null
  if (web && /%(?:2e|2f|5c|00)/i.test(url.pathname)) return null
  return allowed.some((entry) => admits(entry, url, web)) ? url : null
}

/** How the confirmation page names the client: its host, or the scheme of its application. */
export function clientName(url: URL): string {
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.host : url.protocol.slice(0, -1)
}

/** The URL with the login token added to its query; everything else stays byte for byte. */
export function withLoginToken(redirectUrl: string, loginToken: string): string {
  const mark = redirectUrl.indexOf('#')
  const before = mark === -1 ? redirectUrl : redirectUrl.slice(0, mark)
  const fragment = mark === -1 ? '' : redirectUrl.slice(mark)
  const join = !before.includes('?') ? '?' : /[?&]$/.test(before) ? '' : '&'
  return `${before}${join}loginToken=${encodeURIComponent(loginToken)}${fragment}`
}

function admits(entry: string, url: URL, web: boolean): boolean {
  if (!web) return entry === url.protocol || entry === `${url.protocol}//`
  const loopback = LOOPBACK_ANY_PORT.exec(entry)
  if (loopback) {
    return url.protocol === 'http:' && url.hostname === loopback[1] && underPrefix(url.pathname, loopback[2] ?? '/')
  }
  if (!URL.canParse(entry)) return false
  const rule = new URL(entry)
  return url.origin === rule.origin && url.origin !== 'null' && underPrefix(url.pathname, rule.pathname)
}

function underPrefix(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}
