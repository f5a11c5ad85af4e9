// Which header fields cross the gateway. Pure: flat raw lists in, flat raw lists out, order, case and duplicates kept.

/** Hop-by-hop (RFC 9110 §7.6.1), or said anew by the gateway, or nothing the homeserver should act on. */
const REQUEST_DROPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
])

/** What would make a metered answer something else than a whole JSON text. */
const METERED_DROPPED = new Set([
  'accept-encoding',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
])

const RESPONSE_DROPPED = new Set([
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'alt-svc',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export interface RequestFields {
  /** What goes upstream of the client's fields, flat. */
  readonly kept: string[]
  /** The first Authorization value, or null. */
  readonly authorization: string | null
  /** How many Authorization fields there were. */
  readonly authorizations: number
}

/** Sorts the raw request fields of a client: what crosses, and the credentials, which do not. */
export function requestFields(raw: readonly string[]): RequestFields {
  const kept: string[] = []
  let authorization: string | null = null
  let authorizations = 0
  let named: Set<string> | null = null
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const lower = lowerCase(name)
    if (REQUEST_DROPPED.has(lower)) {
      if (lower === 'authorization') {
        authorization ??= raw[i + 1] as string
        authorizations++
      } else if (lower === 'connection') {
        named = connectionNamed(raw[i + 1] as string, named)
      }
      continue
    }
    kept.push(name, raw[i + 1] as string)
  }
  return { kept: named === null ? kept : without(kept, named), authorization, authorizations }
}

/** Raw response fields of the homeserver that cross, flat, with the names its Connection field lists taken out. */
export function responseFields(raw: readonly string[]): string[] {
  const kept: string[] = []
  let named: Set<string> | null = null
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const lower = lowerCase(name)
    if (RESPONSE_DROPPED.has(lower)) {
      if (lower === 'connection') named = connectionNamed(raw[i + 1] as string, named)
      continue
    }
    kept.push(name, raw[i + 1] as string)
  }
  return named === null ? kept : without(kept, named)
}

/** The fields of a request that a metered route may send upstream or look at. */
export function meteredFields(kept: readonly string[]): string[] {
  return without(kept, METERED_DROPPED)
}

/** A media type that every parser reads alike. */
const PLAIN_TYPE = /^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+[ \t]*(?:;|$)/
const FORM_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)[ \t]*(?:;|$)/i

/**
 * The fields of a POST, its body called what it is read as. Of a body that is called a form Twisted lays every field over the
 * query's parameters, also where it is JSON at the same time: the homeserver would act on others than were looked at here.
 * So a body is JSON, and an upload (`isFile`) is anything but a form.
 */
export function postedFields(kept: readonly string[], isFile: boolean): string[] {
  const fields: string[] = []
  let type: string | null = null
  for (let i = 0; i < kept.length; i += 2) {
    if (lowerCase(kept[i] as string) === 'content-type') type ??= kept[i + 1] as string
    else fields.push(kept[i] as string, kept[i + 1] as string)
  }
  if (type === null) return fields
  const file = PLAIN_TYPE.test(type) && !FORM_TYPE.test(type) ? type : 'application/octet-stream'
  fields.push('Content-Type', isFile ? file : 'application/json')
  return fields
}

/** Lower-case form of a field name, remembered for the few names that occur all the time. */
export function lowerCase(name: string): string {
  let lower = LOWER.get(name)
  if (lower === undefined) {
    lower = name.toLowerCase()
    if (LOWER.size < 512 && name.length <= 64) LOWER.set(name, lower)
  }
  return lower
}

const LOWER = new Map<string, string>()

function connectionNamed(value: string, named: Set<string> | null): Set<string> | null {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') return named
  const names = named ?? new Set<string>()
  for (const option of value.split(',')) {
    const name = option.trim().toLowerCase()
    // Never a way to take out what frames or describes the message.
    if (name !== '' && name !== 'content-type' && name !== 'content-encoding') names.add(name)
  }
  return names
}

function without(fields: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    if (!names.has(lowerCase(fields[i] as string))) kept.push(fields[i] as string, fields[i + 1] as string)
  }
  return kept
}

/**
 * Cache-Control of a metered answer: no shared cache may keep what was charged to one device (homeservers call media
 * `public`, which lets one give it to anybody, RFC 9111 §3.5).
 */
export function privateCaching(value: string): string {
  const kept = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(?:public|private|s-maxage|proxy-revalidate|must-understand)\b/i.test(part))
  return ['private', ...kept].join(', ')
}
