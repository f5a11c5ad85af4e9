// Answers of the homeserver that are not true behind the gateway, made true. Pure: parsed JSON in, parsed JSON out.

type Json = Readonly<Record<string, unknown>>

/** Unstable features whose routes the table refuses, or that would lead clients around the sign-in. */
const REFUSED_FEATURES: readonly RegExp[] = [
  /^org\.matrix\.msc3575$/,
  /^org\.matrix\.msc3882/,
  /^org\.matrix\.msc3886$/,
  /^org\.matrix\.msc4108$/,
  /^io\.element\.msc4108$/,
  /^io\.element\.msc4388$/,
  /^org\.matrix\.msc4388$/,
  /^org\.matrix\.msc2965/,
  /^org\.matrix\.msc3861$/,
  /^org\.matrix\.msc3814/,
  /^org\.matrix\.msc2697/,
  /^org\.matrix\.msc4308$/,
]

/** GET /versions: the specification's versions stay; features without a route here go. */
export function rewriteVersions(body: Json): Json {
  const features = body['unstable_features']
  if (!isObject(features)) return body
  const kept = Object.fromEntries(
    Object.entries(features).filter(([name]) => !REFUSED_FEATURES.some((pattern) => pattern.test(name))),
  )
  return { ...body, unstable_features: kept }
}

/** GET /login: single sign-on with the providers that the homeserver lists, and nothing else. */
export function rewriteLoginFlows(body: Json): Json {
  const flows = Array.isArray(body['flows']) ? body['flows'] : []
  const sso = flows
    .filter((flow) => isObject(flow) && flow['type'] === 'm.login.sso')
    .map((flow) => {
      const { identity_providers: providers } = flow as Json
      return providers === undefined ? { type: 'm.login.sso' } : { type: 'm.login.sso', identity_providers: providers }
    })
  return { flows: sso.length === 0 ? [{ type: 'm.login.sso' }] : sso.slice(0, 1) }
}

/** GET /capabilities: no token for another device, no password. */
export function rewriteCapabilities(body: Json): Json {
  const capabilities = isObject(body['capabilities']) ? body['capabilities'] : {}
  return {
    ...body,
    capabilities: {
      ...capabilities,
      'm.get_login_token': { enabled: false },
      'm.change_password': { enabled: false },
    },
  }
}

/** GET /.well-known/matrix/client, and `well_known` in a login answer: clients come back to the gateway. */
export function wellKnownClient(gatewayUrl: string): Json {
  return { 'm.homeserver': { base_url: gatewayUrl } }
}

/** Rewrites of whole answers, by row id. */
export const REWRITES: ReadonlyMap<string, (body: Json) => Json> = new Map([
  ['versions', rewriteVersions],
  ['login.flows', rewriteLoginFlows],
  ['capabilities', rewriteCapabilities],
])

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
