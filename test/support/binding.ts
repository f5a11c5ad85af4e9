// A gateway's control routes on a real database before a stand-in homeserver, with id's part played by its stores.
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sids } from '../../db/schema/sessions.ts'
import { authorizationBindingsStore, bindingsStore } from '../../db/stores/bindings.ts'
import { devicesStore, owedLogoutsStore } from '../../db/stores/devices.ts'
import { loginTokensStore } from '../../db/stores/login-tokens.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { serviceStore } from '../../db/stores/services.ts'
import type { AuditEvent } from '../../server/audit/port.ts'
import { classify } from '../../server/gateway/classify.ts'
import { controlRoutes } from '../../server/gateway/control-routes.ts'
import { homeserverExchange } from '../../server/homeserver/relying-party/exchange.ts'
import { relyingPartyHomeserver } from '../../server/homeserver/relying-party/homeserver.ts'
import { systemClock } from '../../server/platform/clock.ts'
import type { Log } from '../../server/platform/log.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { identifyService } from '../../server/sessions/identify.ts'
import { revocationService } from '../../server/sessions/revocation.ts'
import { testDatabase } from './database.ts'
import { insertPerson } from './people.ts'
import { synapseStandIn } from './synapse-stand-in.ts'

/** What POST /login answers (client-server API); refused ones carry `errcode` instead. */
export interface LoginAnswer {
  readonly access_token: string
  readonly refresh_token: string
  readonly device_id: string
  readonly user_id: string
  readonly [field: string]: unknown
}

export const config = {
  issuer: 'http://localhost:8080',
  gatewayUrl: 'http://localhost:8008',
  serverName: 'example.org',
  clientRedirects: ['https://chat.example.org/app', 'http://localhost:*'],
}

export async function bindingWorld() {
  const database = await testDatabase()
  const { db } = database
  const synapse = await synapseStandIn(config)
  const lines: string[] = []
  const write = (event: string, fields: unknown) => void lines.push(`${event} ${JSON.stringify(fields)}`)
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const sealer = openSealer({ secrets: ['a secret that is long enough for tests'] })
  const pair = await generateKeyPair('ES256')
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'kid_1', alg: 'ES256' }
  const signer = {
    signAccessToken: (claims: Record<string, unknown>) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'kid_1' }).sign(pair.privateKey),
  }
  const homeserver = relyingPartyHomeserver({
    config,
    exchange: homeserverExchange({ ...config, homeserverUrl: synapse.url }),
  })
  const base = { config, clock: systemClock, random: systemRandom, log, sealer, homeserver, signer }
  const audit = {
    append: async (event: AuditEvent) => ({ ...event, sequence: 1, at: new Date(), previousHash: '', hash: '' }),
  }
  const devices = devicesStore(db)
  const revocations = revocationsStore(db)
  const revoker = revocationService({
    ...base,
    revocations,
    owedLogouts: owedLogoutsStore(db),
    enqueueLogout: async () => undefined,
    audit,
  })
  const control = controlRoutes({
    ...base,
    bindings: bindingsStore(db),
    loginTokens: loginTokensStore(db),
    devices,
    revoker,
  })
  const identifier = () =>
    identifyService({
      ...base,
      devices,
      revocations,
      keys: { publicKeys: async () => [publicJwk] },
      services: serviceStore(db, audit),
      existing: null,
    })
  const identify = identifier()
  const now = new Date()
  const { id: personId, credentialId } = await insertPerson(db, { username: 'alice', displayName: 'Alice' })

  async function call(
    method: string,
    target: string,
    sent: { token?: string; cookie?: string; network?: string; body?: unknown } = {},
  ) {
    const route = classify(method, target)
    if ('rejected' in route) throw new Error(route.reason)
    const known = sent.token === undefined ? null : await identify.identify(sent.token)
    if (typeof known === 'string') throw new Error(known)
    const request = new Request(config.gatewayUrl + target, {
      method,
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      headers: sent.cookie === undefined ? {} : { cookie: sent.cookie },
    })
    const origin = { address: '192.0.2.9', network: sent.network ?? '192.0.2.0/24', client: 'test' }
    return control(request, { origin, route, caller: known, signal: new AbortController().signal })
  }

  /** What id does with an authorize request: a fresh sid and a code for its state. */
  async function tap(authorizeUrl: string): Promise<string> {
    const stateHash = hashToken(new URL(authorizeUrl).searchParams.get('state') ?? '')
    const sid = newToken('sid', systemRandom)
    await db.insert(sids).values({
      id: sid,
      personId,
      credentialId,
      idSessionHash: 'h',
      clientId: 'hs',
      authTime: now,
      acr: 'phr',
      amr: ['hwk'],
      createdAt: now,
    })
    const code = newToken('authorizationCode', systemRandom)
    if (!(await authorizationBindingsStore(db).attachCode(stateHash, hashToken(code), sid)))
      throw new Error('no binding')
    return `/_synapse/client/oidc/callback?code=${code}&state=${new URL(authorizeUrl).searchParams.get('state')}`
  }

  const cookiesOf = (response: Response) =>
    response.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')

  async function loginToken(): Promise<string> {
    const start = await call(
      'GET',
      '/_matrix/client/v3/login/sso/redirect?redirectUrl=https%3A%2F%2Fchat.example.org%2Fapp%2F',
    )
    const page = await call('GET', await tap(start.headers.get('location') ?? ''), { cookie: cookiesOf(start) })
    return /loginToken=(plt_[A-Za-z0-9_-]+)/.exec(await page.text())?.[1] ?? ''
  }

  async function signIn(extra: Record<string, unknown> = {}): Promise<LoginAnswer> {
    const answer = await call('POST', '/_matrix/client/v3/login', {
      body: { type: 'm.login.token', token: await loginToken(), ...extra },
    })
    return (await answer.json()) as LoginAnswer
  }

  return {
    ...database,
    synapse,
    lines,
    revoker,
    revocations,
    devices,
    identify,
    identifier,
    personId,
    credentialId,
    call,
    tap,
    cookiesOf,
    loginToken,
    signIn,
    async stop() {
      await identify.feed.stop()
      await synapse.stop()
      await database.drop()
    },
  }
}
