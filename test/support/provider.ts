// id as it serves: the provider and the sign-in API over a test database, really listening, and a browser made of fetch.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { AddressInfo } from 'node:net'
import * as oidc from 'openid-client'
import { clientStore } from '../../db/stores/clients.ts'
import { codeStore } from '../../db/stores/codes.ts'
import { idSessionStore } from '../../db/stores/id-sessions.ts'
import { enqueueLogout, logoutDeliveryStore } from '../../db/stores/logout-deliveries.ts'
import { oidcTokenStore } from '../../db/stores/oidc-tokens.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { sidStore } from '../../db/stores/sids.ts'
import { signingKeyStore } from '../../db/stores/signing-keys.ts'
import { transactionStore } from '../../db/stores/transactions.ts'
import { ensureClient, type ClientRegistration } from '../../server/oidc/clients.ts'
import { authorizations } from '../../server/oidc/complete.ts'
import { signOut } from '../../server/oidc/end-session.ts'
import { keyring } from '../../server/oidc/keys.ts'
import type { AuthorizationBinding } from '../../server/oidc/port.ts'
import { oidcRoutes } from '../../server/oidc/routes.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { signinRoutes } from '../../server/signin/routes.ts'
import { SoftwareAuthenticator } from './authenticator.ts'
import type { TestDatabase } from './database.ts'
import { enrolmentWorld, quietLog } from './enrolment.ts'

/** Starts a provider on a free port. `bindings` is what the gateway would have kept, by hash of state. */
export async function provider(database: TestDatabase) {
  const app = new Hono()
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const { db } = database
  const world = enrolmentWorld(database, { issuer, nowMs: Date.now() })
  const sealer = openSealer({ secrets: ['test-secret-of-sufficient-length-0123456789'], random: systemRandom })
  const bindings = new Map<string, AuthorizationBinding>()
  const common = {
    config: { issuer, acrAliases: ['eidas3'] },
    clock: world.clock, random: systemRandom, log: quietLog, sealer,
    clients: clientStore(db), transactions: transactionStore(db), codes: codeStore(db), sids: sidStore(db),
    oidcTokens: oidcTokenStore(db), idSessions: idSessionStore(db), logoutDeliveries: logoutDeliveryStore(db),
    signingKeys: signingKeyStore(db),
    bindings: {
      findByStateHash: async (hash: string) => bindings.get(hash) ?? null,
      attachCode: async (hash: string) => bindings.delete(hash),
    },
    revoker: {
      revoke: (kind: 'sid', subject: string, reason: string) =>
        revocationsStore(db).revoke(kind, subject, reason, async (tx, { sids }) => {
          for (const sid of sids) await enqueueLogout(tx, sid)
        }),
    },
    errorPage: (_: unknown, status: number, reason: string) => new Response(reason, { status }),
    networkOf: () => '192.0.2.0/24',
  }
  const keys = keyring(common)
  await keys.rotateKeys(world.clock.now())
  const deps = { ...common, keys }
  app.route('/', oidcRoutes(deps))
  app.route('/', signinRoutes({
    ...deps, assertions: world.assertions, transactions: authorizations(deps), signOut: (hash) => signOut(deps, hash),
  }))
  return {
    issuer, world, deps, bindings,
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
      method: 'POST', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', Origin: issuer, ...headers },
    })
    return { status: response.status, body: await response.json() }
  }
  /** Answers the sign-in page with a key; where the browser is sent. */
  async function tap(key: SoftwareAuthenticator, transaction?: string) {
    const asked = transaction === undefined ? {} : { transaction }
    const { body } = await post('/api/signin/options', asked)
    return post('/api/signin/verify', { ...asked, ceremony: body.ceremony, response: key.assert(body.options) })
  }
  return { visit, post, tap, cookies }
}

/** openid-client configured by discovery. */
export function relyingParty(issuer: string, clientId: string, secret: string | null) {
  const auth = secret === null ? oidc.None() : oidc.ClientSecretBasic(secret)
  return oidc.discovery(new URL(issuer), clientId, secret ?? undefined, auth, { execute: [oidc.allowInsecureRequests] })
}
