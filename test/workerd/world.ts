// A relying party, a person's key and id on workerd: what a sign-in needs, and its calls.
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet } from 'jose'
import { expect } from 'vitest'
import { auditStore } from '../../db/stores/audit.ts'
import { clientStore } from '../../db/stores/clients.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { auditLog } from '../../server/audit/log.ts'
import { ensureClient } from '../../server/oidc/clients.ts'
import { ensureSetupLink } from '../../server/people/tickets.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { browserAt, ISSUER, SECRET, startWorker } from './harness.ts'

export const REDIRECT = 'https://party.example.org/callback'
export const CLIENT = 'party'

export type World = Awaited<ReturnType<typeof idWorld>>

/** A text nobody can guess, long enough for a PKCE verifier. */
export const text = () => randomBytes(36).toString('base64url')

/** A fresh database, the Worker on it, a registered party, and a set-up ticket for a key that is not enrolled yet. */
export async function idWorld() {
  const database = await testDatabase()
  const party = await relyingParty()
  const { ticket, clientSecret } = await prepare(database, party.logoutUri)
  const worker = await startWorker(database.url)
  // Without a counter, so that taps at once do not look like a cloned key.
  const key = new SoftwareAuthenticator({ origin: ISSUER, counts: false })

  /** An authorization begun: where the browser was sent, and what the party must present afterwards. */
  async function begin(extra: Readonly<Record<string, string>> = {}, browser = browserAt(worker)) {
    const verifier = text()
    const [state, nonce] = [text(), text()]
    const url = new URL('/oidc/authorize', ISSUER)
    url.search = new URLSearchParams({
      client_id: CLIENT,
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: 'openid profile offline_access',
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...extra,
    }).toString()
    const response = await browser.visit(url)
    const location = new URL(response.headers.get('Location') ?? 'about:blank', ISSUER)
    return { browser, verifier, state, nonce, response, location }
  }

  async function token(form: Readonly<Record<string, string>>, secret = clientSecret) {
    const response = await worker.visit('/oidc/token', {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from(`${CLIENT}:${secret}`).toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, string>,
    }
  }

  async function signedIn(headers: Readonly<Record<string, string>> = {}) {
    const begun = await begin()
    expect(begun.location.pathname, await begun.response.text()).toBe('/signin')
    const tapped = await begun.browser.tap(key, begun.location.searchParams.get('transaction') ?? '', headers)
    expect(tapped.status, JSON.stringify(tapped.body)).toBe(200)
    const callback = new URL(tapped.body.redirect)
    const code = callback.searchParams.get('code') ?? ''
    return {
      ...begun,
      callback,
      code,
      redeem: (verifier = begun.verifier) =>
        token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier }),
    }
  }

  return {
    database,
    worker,
    key,
    ticket,
    begin,
    token,
    signedIn,
    loggedOut: party.loggedOut,
    jwks: async () =>
      createLocalJWKSet((await (await worker.visit('/oidc/jwks')).json()) as Parameters<typeof createLocalJWKSet>[0]),
    enrol: () => browserAt(worker).enrol(ticket, key, { username: 'alice', display_name: 'Alice' }),
    close: async () => {
      await worker.close()
      await party.close()
      await database.drop()
    },
  }
}

/** What an operator does with the command line, on the same database and with the same secret. */
async function prepare({ db }: TestDatabase, backchannelLogoutUri: string) {
  const ground = {
    config: { issuer: ISSUER },
    clock: systemClock,
    random: systemRandom,
    sealer: openSealer({ secrets: [SECRET] }),
  }
  const audit = auditLog({ store: auditStore(db), clock: systemClock })
  const link = await ensureSetupLink({ ...ground, enrolment: enrolmentStore(db, audit) })
  const { clientSecret } = await ensureClient(
    { ...ground, clients: clientStore(db) },
    { clientId: CLIENT, name: 'A party', redirectUris: [REDIRECT], backchannelLogoutUri },
  )
  return { ticket: link?.split('/').at(-1) ?? '', clientSecret: clientSecret ?? '' }
}

/** Where the party is told of logouts. */
async function relyingParty() {
  const loggedOut: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      loggedOut.push(new URLSearchParams(body).get('logout_token') ?? '')
      response.writeHead(200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    /** Logout tokens, as they came. */
    loggedOut,
    logoutUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
