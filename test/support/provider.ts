// id as it serves: the provider and the sign-in API over a test database, really listening, and a browser made of fetch.

import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import * as oidc from 'openid-client'
import { authorizationBindingsStore } from '../../db/stores/bindings.ts'
import { clientStore } from '../../db/stores/clients.ts'
import { codeStore } from '../../db/stores/codes.ts'
import { idSessionStore } from '../../db/stores/id-sessions.ts'
import { enqueueLogout, logoutDeliveryStore } from '../../db/stores/logout-deliveries.ts'
import { oidcTokenStore } from '../../db/stores/oidc-tokens.ts'
import { passStore } from '../../db/stores/passes.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { sidStore } from '../../db/stores/sids.ts'
import { signingKeyStore } from '../../db/stores/signing-keys.ts'
import { transactionStore } from '../../db/stores/transactions.ts'
import { type ClientRegistration, ensureClient } from '../../server/oidc/clients.ts'
import { authorizations } from '../../server/oidc/complete.ts'
import { signOut } from '../../server/oidc/end-session.ts'
import { keyring } from '../../server/oidc/keys.ts'
import { oidcRoutes } from '../../server/oidc/routes.ts'
import { passHash } from '../../server/people/passes.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import type { RevocationKind } from '../../server/sessions/port.ts'
import { signinRoutes } from '../../server/signin/routes.ts'
import { SoftwareAuthenticator } from './authenticator.ts'
import type { TestDatabase } from './database.ts'
import { enrolmentWorld, quietLog } from './enrolment.ts'

/** A request's network; told by the test, since every request comes from here. */
const NETWORK_HEADER = 'X-Test-Network'

/** Starts a provider on a free port. Its clock stands still until a test moves `world.time`. */
export async function provider(database: TestDatabase) {
  const app = new Hono()
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const { db } = database
  const world = enrolmentWorld(database, { issuer, nowMs: Date.now() })
  const sealer = openSealer({ secrets: ['test-secret-of-sufficient-length-0123456789'], random: systemRandom })
  const revoker = {
    revoke: (kind: RevocationKind, subject: string, reason: string) =>
      revocationsStore(db).revoke(kind, subject, reason, async (tx, { sids }) => {
        await enqueueLogout(tx, sids)
      }),
  }
  const common = {
    config: { issuer, acrAliases: ['eidas3'] },
    clock: world.clock,
    random: systemRandom,
    log: quietLog,
    sealer,
    clients: clientStore(db),
    transactions: transactionStore(db),
    codes: codeStore(db),
    sids: sidStore(db),
    oidcTokens: oidcTokenStore(db),
    idSessions: idSessionStore(db),
    logoutDeliveries: logoutDeliveryStore(db),
    signingKeys: signingKeyStore(db),
    bindings: authorizationBindingsStore(db),
    revoker,
    errorPage: (_: unknown, status: number, reason: string) => new Response(reason, { status }),
    networkOf: (c: Context) => c.req.header(NETWORK_HEADER) ?? '192.0.2.0/24',
  }
  const keys = keyring(common)
  await keys.rotateKeys(world.clock.now())
  const deps = { ...common, keys }
  const passes = passStore(db, world.audit)
  app.route('/', oidcRoutes(deps))
  app.route(
    '/',
    signinRoutes({
      ...deps,
      assertions: world.assertions,
      transactions: authorizations(deps),
      signOut: (hash) => signOut(deps, hash),
      usePass: async (code, expectedPersonId) => {
        const hash = passHash(code)
        return hash === null ? null : passes.use(hash, expectedPersonId, new Date(world.clock.now()))
      },
    }),
  )
  return {
    issuer,
    world,
    deps,
    passes,
    /** Ends a person, a key, a session or an authorization, as the one way to end anything does. */
    revoke: (kind: RevocationKind, subject: string, reason: string) => revoker.revoke(kind, subject, reason),
    register: (client: ClientRegistration) => ensureClient(deps, client),
    person: (name: string) => world.enrolled(name, new SoftwareAuthenticator({ origin: issuer })),
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** A browser: keeps cookies, follows nothing by itself. */
export function browser(issuer: string) {
  const cookies = new Map<string, string>()
  async function visit(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(new URL(url, issuer), { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await visit(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', Origin: issuer, ...headers },
    })
    return { status: response.status, body: await response.json() }
  }
  /** Answers the sign-in page with a key; where the browser is sent. */
  async function tap(key: SoftwareAuthenticator, transaction?: string) {
    const asked = transaction === undefined ? {} : { transaction }
    const { status, body } = await post('/api/signin/options', asked)
    if (status !== 200) return { status, body }
    return post('/api/signin/verify', { ...asked, ceremony: body.ceremony, response: key.assert(body.options) })
  }
  return { visit, post, tap, cookies }
}

export type Provider = Awaited<ReturnType<typeof provider>>
export type Browser = ReturnType<typeof browser>

/** Posts a form to an endpoint, as it is: `body` may be anything. */
export async function postForm(
  url: string,
  body: Record<string, string> | string,
  headers: Record<string, string> = {},
) {
  const text = typeof body === 'string' ? body : new URLSearchParams(body).toString()
  const response = await fetch(url, {
    method: 'POST',
    body: text,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    redirect: 'manual',
  })
  const answer = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text: answer, body: isJson ? JSON.parse(answer) : null }
}

/** A relying party whose every step a test can bend. `https`-less addresses of this machine stand for its own. */
export function party(id: Provider, client: { readonly clientId: string; readonly redirectUri: string }) {
  async function begin(extra: Record<string, string | null> = {}, chrome: Browser = browser(id.issuer)) {
    const verifier = oidc.randomPKCECodeVerifier()
    const asked: Record<string, string | null> = {
      client_id: client.clientId,
      redirect_uri: client.redirectUri,
      response_type: 'code',
      scope: 'openid profile offline_access',
      state: 'st',
      nonce: 'no',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...extra,
    }
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(asked)) if (value !== null) query.set(name, value)
    const response = await chrome.visit(`/oidc/authorize?${query}`)
    const location = response.headers.get('location')
    const params = new URL(location ?? 'about:blank', id.issuer).searchParams
    return { chrome, verifier, response, location, params, transaction: params.get('transaction') ?? '' }
  }

  /** From the authorization to a code, with one tap. */
  async function code(key: SoftwareAuthenticator, extra: Record<string, string | null> = {}, chrome?: Browser) {
    const begun = await begin(extra, chrome)
    const { status, body } = await begun.chrome.tap(key, begun.transaction)
    if (status !== 200) throw new Error(`the tap was refused: ${JSON.stringify(body)}`)
    return { ...begun, code: new URL(body.redirect).searchParams.get('code') ?? '' }
  }

  const fields = ({ code, verifier }: { readonly code: string; readonly verifier: string }) => ({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: client.redirectUri,
  })
  return { begin, code, fields }
}

/** `Authorization: Basic` of a client (RFC 6749 §2.3.1). */
export function basic(clientId: string, secret: string): Record<string, string> {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** openid-client configured by discovery. */
export function relyingParty(issuer: string, clientId: string, secret: string | null) {
  const auth = secret === null ? oidc.None() : oidc.ClientSecretBasic(secret)
  return oidc.discovery(new URL(issuer), clientId, secret ?? undefined, auth, { execute: [oidc.allowInsecureRequests] })
}
