// Parsers of single values: text in, a typed value or null out. What a setting wants is said in its table row.
import ipaddr from 'ipaddr.js'
import { parseCertificate } from '../platform/certificate.ts'

/** A parser: null means "not what is wanted". */
export type Parse<T> = (text: string) => T | null

/** One of a fixed set of words. */
export function oneOf<const T extends string>(...words: readonly T[]): Parse<T> {
  return (text) => words.find((word) => word === text) ?? null
}

/** An integer between two bounds, in decimal digits only. */
export function integer(minimum: number, maximum: number): Parse<number> {
  return (text) => {
    if (!/^\d{1,9}$/.test(text)) return null
    const value = Number(text)
    return value >= minimum && value <= maximum ? value : null
  }
}

/** A comma-separated list; empty items are a mistake, an empty list is not reached (empty text is an unset setting). */
export function list<T>(item: Parse<T>): Parse<readonly T[]> {
  return (text) => {
    const values = text.split(',').map((part) => item(part.trim()))
    return values.every((value) => value !== null) ? values : null
  }
}

/** An http(s) origin without path, query or user; a trailing slash is dropped. Returned as written by WHATWG URL. */
export const origin: Parse<string> = (text) => {
  const url = parseUrl(text)
  if (!url || !/^https?:$/.test(url.protocol)) return null
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password) return null
  return url.origin
}

/** An origin reached over https, or over http on this machine only. */
export const publicOrigin: Parse<string> = (text) => {
  const value = origin(text)
  return value !== null && (value.startsWith('https://') || isLoopback(new URL(value).hostname)) ? value : null
}

/** The issuer of an OIDC provider (OIDC Discovery §4): https, or http on this machine; a path is part of it. */
export const issuerUrl: Parse<string> = (text) => {
  const url = parseUrl(text)
  if (!url || url.search || url.hash || url.username || url.password) return null
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? text : null
}

/** A Matrix server name (Matrix specification, appendix "Server Name"). */
export const serverName: Parse<string> = (text) =>
  /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,255})(?::\d{1,5})?$/.test(text) ? text : null

/** A domain name in lower case, which is what a WebAuthn RP id has to be. */
export const domain: Parse<string> = (text) =>
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/.test(text) &&
  !ipaddr.isValid(text)
    ? text
    : null

/** A `postgres://` URL with a host (or a socket directory as `?host=`) and a database. */
export const postgresUrl: Parse<string> = (text) => {
  const url = parseUrl(text)
  if (!url || !/^postgres(?:ql)?:$/.test(url.protocol)) return null
  return (url.hostname || url.searchParams.get('host')) && url.pathname.length > 1 ? text : null
}

/** An address or a CIDR range. */
export const addressRange: Parse<string> = (text) => (ipaddr.isValid(text) || ipaddr.isValidCIDR(text) ? text : null)

/** An origin with an optional path prefix and an optional `:*` port on localhost, or a custom scheme such as `io.element.desktop:`. */
export const clientRedirect: Parse<string> = (text) => {
  if (/^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):\*(?:\/[^?#]*)?$/.test(text)) return text
  if (/^[a-z][a-z0-9+.-]*:(?:\/\/)?$/.test(text))
    return /^(?:https?|javascript|data|file|blob|about|ftp|wss?|vbscript):/.test(text) ? null : text
  const url = parseUrl(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password) return null
  return url.protocol === 'https:' || isLoopback(url.hostname) ? text : null
}

/** Who is told of alerts by webhook. */
export interface WebhookReceiver {
  /** The operator's own name for it: what logs say. */
  readonly name: string
  readonly url: string
  /** Standard Webhooks keys, 24 to 64 bytes each, base64; every one of them signs. */
  readonly keys: readonly string[]
  /** Whether it may be at a private or loopback address. */
  readonly inside: boolean
}

/** `name url whsec_… [whsec_…] [inside]`, separated by spaces. https, or http on this machine. */
export const webhook: Parse<WebhookReceiver> = (text) => {
  const [name = '', address = '', ...rest] = text.split(/ +/)
  const url = parseUrl(address)
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name) || !url || url.username || url.password || url.hash) return null
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return null
  const inside = rest.at(-1) === 'inside'
  const keys = (inside ? rest.slice(0, -1) : rest).map(webhookKey)
  if (keys.length === 0 || !keys.every((key) => key !== null)) return null
  return { name, url: url.href, keys, inside }
}

function webhookKey(text: string): string | null {
  const key = /^whsec_([A-Za-z0-9+/]{32,88}={0,2})$/.exec(text)?.[1]
  return key !== undefined && key.length % 4 === 0 ? key : null
}

/** A bare mail address (RFC 5321, ASCII): no display name, nothing that could start another header. */
export const mailAddress: Parse<string> = (text) =>
  /^(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(
    text,
  )
    ? text
    : null

/** `smtp://` or `smtps://` with a host, optionally a port and a user with a password; nothing else. */
export const smtpUrl: Parse<string> = (text) => {
  const url = parseUrl(text)
  if (!url || !/^smtps?:$/.test(url.protocol) || !url.hostname) return null
  return url.search || url.hash || !/^\/?$/.test(url.pathname) || (url.password && !url.username) ? null : text
}

/** Printable text without spaces or commas. */
export const word: Parse<string> = (text) => (/^[\x21-\x2b\x2d-\x7e]{1,255}$/.test(text) ? text : null)

/** A secret long enough to derive keys from. */
export const secret: Parse<string> = (text) => (text.length >= 32 ? text : null)

/** Any text without NUL. */
export const path: Parse<string> = (text) => (text.includes('\0') ? null : text)

/** Whether a host name means this machine: the only place where a browser grants WebAuthn over plain http. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

/** An http(s) address with its path, as URL writes it. */
export const address: Parse<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : null
  return url && /^https?:$/.test(url.protocol) && url.username === '' && url.hash === '' ? url.href : null
}

/** One to eight PEM certificates; what stands between them is left out. */
export const certificates: Parse<readonly string[]> = (text) => {
  const found = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g)
  const readable = found?.every((pem) => parseCertificate(pem) !== null)
  return found !== null && readable && found.length <= 8 ? [...found] : null
}
