// The authorization endpoint (OIDC Core §3.1.2): GET and POST. Until the client and its redirect URI are known, a failure
// ends on a page; nothing is ever sent to an address that was not registered.
import type { Context } from 'hono'
import { Refusal } from '../errors/failure.ts'
import { localeOf } from '../platform/locale.ts'
import type { Log } from '../platform/log.ts'
import { hashToken, newToken } from '../platform/tokens.ts'
import { browserHash } from '../sessions/browser.ts'
import { currentSession, type LiveIdSession } from '../sessions/id-session.ts'
import type { AuthorizeError } from './checks/check.ts'
import { promptsOf } from './checks/prompt.ts'
import { isResponseMode } from './checks/response-mode.ts'
import { grantedScope } from './checks/scope.ts'
import { checkAuthorize } from './checks.ts'
import { type AuthorizationResponse, type CompletionDeps, issueCode, redirectLocation } from './complete.ts'
import type { Keyring } from './keys.ts'
import { formPostPage } from './pages.ts'
import { type Parameters, parseParameters, rawParameters } from './parameters.ts'
import type { AuthorizationBinding, Client, ErrorPage, Transaction } from './port.ts'

/** How long a page may wait for its tap. */
export const TRANSACTION_SECONDS = 600

/** Each waiting request is a row of ours that anybody may ask for. A ministry sits behind one network. */
export const AUTHORIZATIONS_PER_NETWORK_A_MINUTE = 1200

export interface AuthorizeDeps extends CompletionDeps {
  readonly keys: Keyring
  readonly errorPage: ErrorPage
  /** The network a request came from, as the entry sees it. */
  readonly networkOf: (c: Context) => string
}

type Wanted = Omit<Transaction, 'hash' | 'browserHash' | 'idSessionHash' | 'createdAt' | 'expiresAt'>

/** Serves an authorization request. */
export async function authorize(c: Context, deps: AuthorizeDeps): Promise<Response> {
  const raw = await rawParameters(c)
  if (raw === null) return deps.errorPage(c, 400, 'bad-request')
  const parsed = parseParameters(raw)
  if (!parsed.ok && parsed.reason === 'oversized') return deps.errorPage(c, 413, 'oversized-request')
  const { parameters } = parsed
  const client = await deps.clients.find(parameters.get('client_id') ?? '')
  if (client === null) return deps.errorPage(c, 400, 'unknown-client')
  // Character by character (RFC 9700 §2.1): no prefix, no pattern, no normalisation.
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri === undefined || !client.redirectUris.includes(redirectUri)) {
    return deps.errorPage(c, 400, 'unregistered-redirect-uri')
  }
  const fail = (error: AuthorizeError) => {
    deps.log.info('oidc.authorize-refused', { client: client.clientId, error: error.error, detail: error.description })
    return respond(c, failure(deps, parameters, redirectUri, error))
  }
  if (!parsed.ok) return fail({ error: 'invalid_request', description: `a parameter is ${parsed.reason}` })
  const refused = checkAuthorize(parameters, client)
  if (refused !== null) return fail(refused)

  let binding: AuthorizationBinding | null = null
  if (client.serverName !== null) {
    binding = await deps.bindings.findByStateHash(hashToken(parameters.get('state') ?? ''))
    // Begun elsewhere: by a thief, or at the homeserver directly. Sending it back would help neither. Nor is there a
    // confirmation of a device's action that just anybody may give.
    if (binding === null || (binding.purpose === 'uia' && !binding.expectedPersonId)) {
      return deps.errorPage(c, 403, 'sign-in-not-started-here')
    }
  }
  const hint = await hintedPerson(deps, parameters, client)
  if (hint === 'bad') return fail({ error: 'invalid_request', description: 'id_token_hint is not valid' })
  const session = await currentSession(c)
  const wanted = wantedOf(parameters, client, redirectUri, binding, hint)
  return decide(c, deps, wanted, session, promptsOf(parameters).includes('none'), fail)
}

/** A session that is enough gives a code at once; otherwise the sign-in page, unless `prompt=none` forbids it. */
async function decide(
  c: Context,
  deps: AuthorizeDeps,
  wanted: Wanted,
  session: LiveIdSession | null,
  silent: boolean,
  fail: (error: AuthorizeError) => Response,
): Promise<Response> {
  const now = deps.clock.now()
  if (session !== null && isEnough(wanted, session, now)) return respond(c, await issueCode(deps, wanted, session))
  if (silent) return fail({ error: 'login_required', description: 'a tap is needed' })
  const token = newToken('transaction', deps.random)
  await deps.transactions.insert({
    ...wanted,
    hash: hashToken(token),
    browserHash: browserHash(c),
    idSessionHash: null,
    createdAt: new Date(now),
    expiresAt: new Date(now + TRANSACTION_SECONDS * 1000),
  })
  c.header('Cache-Control', 'no-store')
  return c.redirect(`/signin?transaction=${token}`, 303)
}

/** Whether the session at id answers the request without a tap. `max_age=0` never is answered so. */
export function isEnough(
  wanted: Pick<Wanted, 'forceTap' | 'maxAgeSeconds' | 'expectedPersonId'>,
  session: Pick<LiveIdSession, 'personId' | 'authTime'>,
  now: number,
): boolean {
  if (wanted.forceTap) return false
  if (wanted.expectedPersonId !== null && wanted.expectedPersonId !== session.personId) return false
  return wanted.maxAgeSeconds === null || now - session.authTime.getTime() < wanted.maxAgeSeconds * 1000
}

function wantedOf(
  p: Parameters,
  client: Client,
  redirectUri: string,
  binding: AuthorizationBinding | null,
  hintedPersonId: string | null,
): Wanted {
  const mode = p.get('response_mode') ?? 'query'
  const maxAge = p.get('max_age')
  return {
    clientId: client.clientId,
    redirectUri,
    state: p.get('state') ?? null,
    nonce: p.get('nonce') ?? null,
    scope: grantedScope(p),
    codeChallenge: p.get('code_challenge') ?? '',
    responseMode: isResponseMode(mode) ? mode : 'query',
    forceTap: client.serverName !== null || promptsOf(p).some((value) => value !== 'none'),
    maxAgeSeconds: maxAge === undefined ? null : Number(maxAge),
    acrValues: (p.get('acr_values') ?? '').split(' ').filter(Boolean).slice(0, 20),
    expectedPersonId: binding?.expectedPersonId ?? hintedPersonId,
    loginHint: p.get('login_hint') ?? null,
  }
}

/** The person an `id_token_hint` names: a token of ours, for this client, however old. */
async function hintedPerson(deps: AuthorizeDeps, p: Parameters, client: Client): Promise<string | null | 'bad'> {
  const hint = p.get('id_token_hint')
  if (hint === undefined) return null
  const expected = { algorithm: 'RS256', typ: 'JWT', issuer: deps.config.issuer, ignoreTimes: true } as const
  const claims = await deps.keys.verify(hint, expected)
  return claims !== null && claims.aud === client.clientId && typeof claims.sub === 'string' ? claims.sub : 'bad'
}

function failure(
  deps: AuthorizeDeps,
  p: Parameters,
  redirectUri: string,
  error: AuthorizeError,
): AuthorizationResponse {
  const mode = p.get('response_mode') ?? 'query'
  const state = p.get('state')
  return {
    redirectUri,
    responseMode: isResponseMode(mode) ? mode : 'query',
    parameters: {
      error: error.error,
      error_description: error.description,
      ...(state === undefined ? {} : { state }),
      iss: deps.config.issuer,
    },
  }
}

/** An authorization response to a verified redirect URI, in the mode asked for. */
export function respond(c: Context, response: AuthorizationResponse): Response {
  if (response.responseMode === 'form_post') {
    const page = formPostPage(response.redirectUri, response.parameters, localeOf(c.req.raw.headers))
    return c.body(page.html, 200, page.headers)
  }
  c.header('Cache-Control', 'no-store')
  return c.redirect(redirectLocation(response.redirectUri, response.parameters), 303)
}

/** Whatever goes wrong with a browser's own visit ends on a page; the log has the rest. */
export async function orErrorPage(
  c: Context,
  deps: { readonly errorPage: ErrorPage; readonly log: Log },
  work: () => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) {
      deps.log.info('oidc.refused', { path: c.req.path, reason: error.reason })
      return deps.errorPage(c, error.status === 403 || error.status === 429 ? error.status : 400, error.reason)
    }
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
    deps.log.error('oidc.failed', { path: c.req.path, error: message, stack })
    return deps.errorPage(c, 500, 'internal')
  }
}
