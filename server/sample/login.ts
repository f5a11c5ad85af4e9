// The sample's sign-in: an OpenID Connect relying party of id, with Synapse's addresses and its sequence.
import { type Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { Clock } from '../platform/clock.ts'
import { sha256Base64Url } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Random } from '../platform/random.ts'
import { matrixError } from './account.ts'
import type { SampleState } from './state.ts'
import type { SampleTokens } from './tokens.ts'

export interface LoginDeps {
  readonly issuer: string
  /** The gateway's address: the sample believes that it lives there, as Synapse does with `public_baseurl`. */
  readonly publicBaseUrl: string
  readonly serverName: string
  readonly clientId: string
  readonly clientSecret: string
  readonly clock: Clock
  readonly random: Random
  readonly tokens: SampleTokens
  readonly state: SampleState
}

const LOGIN_TOKEN_LIVES_MS = 120_000
const STATE_LIVES_MS = 3_600_000
// Synapse's name: the gateway passes no other cookie on.
const STATE_COOKIE = 'oidc_session'
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

const callbackUri = (deps: LoginDeps) => `${deps.publicBaseUrl}/_synapse/client/oidc/callback`

/** `/login`, its SSO hops, and back-channel logout. */
export function loginRoutes(deps: LoginDeps): Hono {
  const jwks = createRemoteJWKSet(new URL(`${deps.issuer}/oidc/jwks`))
  const app = new Hono()
  app.get('/_matrix/client/:version/login', (c) =>
    c.json({
      flows: [
        { type: 'm.login.sso', identity_providers: [{ id: 'oidc-palier', name: 'Palier' }] },
        { type: 'm.login.token' },
      ],
    }),
  )
  app.get('/_matrix/client/:version/login/sso/redirect/:idp?', (c) => redirect(c, deps))
  app.get('/_synapse/client/oidc/callback', (c) => callback(c, deps, jwks))
  app.post('/_matrix/client/:version/login', (c) => login(c, deps))
  app.post('/_synapse/client/oidc/backchannel_logout', (c) => backchannelLogout(c, deps, jwks))
  return app
}

function redirect(c: Context, deps: LoginDeps): Response {
  const redirectUrl = c.req.query('redirectUrl')
  if (redirectUrl === undefined) return matrixError(c, 400, 'M_MISSING_PARAM', 'Missing redirectUrl')
  const verifier = base64Url(deps.random.bytes(32))
  const nonce = base64Url(deps.random.bytes(16))
  const state = base64Url(deps.random.bytes(16))
  const madeAt = deps.clock.now()
  const session = deps.tokens.sign({
    use: 'state',
    redirectUrl,
    verifier,
    nonce,
    sid: state,
    madeAt,
    expiresAt: madeAt + STATE_LIVES_MS,
  })
  setCookie(c, STATE_COOKIE, session, { path: '/_synapse/client/oidc', httpOnly: true, sameSite: 'Lax' })
  const target = new URL(`${deps.issuer}/oidc/authorize`)
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: deps.clientId,
    redirect_uri: callbackUri(deps),
    scope: 'openid profile',
    state,
    nonce,
    code_challenge: sha256Base64Url(verifier),
    code_challenge_method: 'S256',
    prompt: 'login',
  })) {
    target.searchParams.set(name, value)
  }
  return c.redirect(target.href, 302)
}

async function callback(c: Context, deps: LoginDeps, jwks: ReturnType<typeof createRemoteJWKSet>): Promise<Response> {
  const session = deps.tokens.read(getCookie(c, STATE_COOKIE) ?? '', 'state', deps.clock.now())
  const code = c.req.query('code')
  if (session === null || session.sid !== c.req.query('state') || code === undefined) {
    return c.text('The sign-in could not be matched to this browser.', 400)
  }
  const answer = await fetch(`${deps.issuer}/oidc/token`, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${btoa(`${encodeURIComponent(deps.clientId)}:${encodeURIComponent(deps.clientSecret)}`)}`,
    },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callbackUri(deps),
      code_verifier: session.verifier ?? '',
    }),
  })
  const tokens = (await answer.json()) as { id_token?: string }
  if (!answer.ok || tokens.id_token === undefined) return c.text('The provider refused the code.', 400)
  const { payload } = await jwtVerify(tokens.id_token, jwks, { issuer: deps.issuer, audience: deps.clientId })
  if (payload.nonce !== session.nonce) return c.text('The sign-in was replayed.', 400)
  const madeAt = deps.clock.now()
  const loginToken = deps.tokens.sign({
    use: 'login',
    user: `@${String(payload.preferred_username)}:${deps.serverName}`,
    sid: String(payload.sid),
    madeAt,
    expiresAt: madeAt + LOGIN_TOKEN_LIVES_MS,
  })
  const target = new URL(session.redirectUrl ?? '')
  target.searchParams.set('loginToken', loginToken)
  return c.redirect(target.href, 302)
}

async function login(c: Context, deps: LoginDeps): Promise<Response> {
  const body = (await c.req.json().catch(() => ({}))) as Record<string, unknown>
  if (body.type !== 'm.login.token') return matrixError(c, 400, 'M_UNKNOWN', 'Unknown login type')
  const claims = deps.tokens.read(String(body.token), 'login', deps.clock.now())
  if (claims?.user === undefined || claims.sid === undefined)
    return matrixError(c, 403, 'M_FORBIDDEN', 'Invalid login token')
  const device =
    typeof body.device_id === 'string' ? body.device_id : `SAMPLE${base64Url(deps.random.bytes(6)).toUpperCase()}`
  const madeAt = deps.clock.now()
  return c.json({
    user_id: claims.user,
    access_token: deps.tokens.sign({ use: 'access', user: claims.user, device, sid: claims.sid, madeAt }),
    device_id: device,
    home_server: deps.serverName,
  })
}

/** OpenID Connect Back-Channel Logout 1.0 §2.5: ends every device of the `sid`. */
async function backchannelLogout(
  c: Context,
  deps: LoginDeps,
  jwks: ReturnType<typeof createRemoteJWKSet>,
): Promise<Response> {
  const form = await c.req.parseBody()
  try {
    const { payload } = await jwtVerify(String(form.logout_token), jwks, {
      issuer: deps.issuer,
      audience: deps.clientId,
    })
    const events = payload.events as Record<string, unknown> | undefined
    if (typeof payload.sid !== 'string' || events?.[LOGOUT_EVENT] === undefined || payload.nonce !== undefined) {
      return c.json({ error: 'invalid_request' }, 400)
    }
    deps.state.endSid(payload.sid)
    return c.body(null, 200)
  } catch {
    return c.json({ error: 'invalid_request' }, 400)
  }
}
