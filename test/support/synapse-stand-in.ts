// A stand-in that behaves like Synapse's documented single sign-on sequence: state, cookies, login token, UIA.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SynapseStandIn {
  readonly url: string
  /** Every access or login token it made. */
  readonly secrets: string[]
  /** What was executed under a confirmed UIA or logout. */
  readonly done: string[]
  /** Whom the next callback signs in. */
  user: string
  /** Where new users are sent instead, when set. */
  detour: string | null
  /** Waited for before a login is answered. */
  beforeLogin: (() => Promise<void>) | null
  /** Whether the caller has cross-signing keys already: then replacing them wants a confirmation (MSC3967). */
  hasKeys: boolean
  stop(): Promise<void>
}

/** What requests of the client-server API carry here. */
interface Sent {
  readonly token: string
  readonly device_id?: string
  readonly refresh_token?: boolean
  readonly devices?: readonly string[]
  readonly auth?: { readonly session: string }
}

export async function synapseStandIn(options: { issuer: string; gatewayUrl: string }): Promise<SynapseStandIn> {
  const fresh = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`
  const rounds = new Map<string, { state: string; returnTo: string | null; session: string | null }>()
  const confirmed = new Set<string>()
  const loginTokens = new Map<string, string>()
  const tokens = new Map<string, { user: string; device: string }>()
  const it: Omit<SynapseStandIn, 'url' | 'stop'> = {
    secrets: [],
    done: [],
    user: '@alice:example.org',
    detour: null,
    beforeLogin: null,
    hasKeys: false,
  }

  const authorize = (state: string) =>
    `${options.issuer}/oidc/authorize?response_type=code&client_id=hs&redirect_uri=${encodeURIComponent(`${options.gatewayUrl}/_synapse/client/oidc/callback`)}&state=${state}&prompt=login`

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in')
    let text = ''
    for await (const part of request) text += String(part)
    const body = (text ? JSON.parse(text) : {}) as Sent
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const caller = token ? tokens.get(token) : undefined
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const begin = (returnTo: string | null, session: string | null) => {
      const cookie = fresh('oc')
      const state = fresh('st')
      rounds.set(cookie, { state, returnTo, session })
      response.setHeader('set-cookie', [`oidc_session=${cookie}; Path=/_synapse/client/oidc; Secure; SameSite=None`])
      return authorize(state)
    }
    if (url.pathname.startsWith('/_matrix/client/v3/login/sso/redirect')) {
      if (request.headers.host !== new URL(options.gatewayUrl).host)
        return response.writeHead(302, { location: `${options.gatewayUrl}${request.url}` }).end()
      return response.writeHead(302, { location: begin(url.searchParams.get('redirectUrl'), null) }).end()
    }
    if (url.pathname.endsWith('/auth/m.login.sso/fallback/web')) {
      const link = begin(null, url.searchParams.get('session'))
      return response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<html><a class="primary-button" href="${link.replaceAll('&', '&amp;')}">Continue</a></html>`)
    }
    if (url.pathname === '/_synapse/client/oidc/callback') {
      const round = rounds.get(/oidc_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '')
      if (!round || round.state !== url.searchParams.get('state'))
        return response.writeHead(400).end('<html>bad session</html>')
      if (round.session) {
        confirmed.add(round.session)
        return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>thank you</html>')
      }
      if (it.detour) return response.writeHead(302, { location: it.detour }).end()
      const loginToken = fresh('syl')
      it.secrets.push(loginToken)
      loginTokens.set(loginToken, it.user)
      return response.writeHead(302, { location: `${round.returnTo}?loginToken=${loginToken}` }).end()
    }
    if (url.pathname === '/_matrix/client/v3/login') {
      await it.beforeLogin?.()
      const token = body.token ?? ''
      const user = loginTokens.get(token)
      if (!user || body.refresh_token) return json(403, { errcode: 'M_FORBIDDEN', error: `bad ${token}` })
      loginTokens.delete(token)
      const made = fresh('syt')
      it.secrets.push(made)
      const device = body.device_id ?? fresh('DEV').toUpperCase()
      tokens.set(made, { user, device })
      return json(200, { user_id: user, access_token: made, device_id: device, home_server: 'example.org' })
    }
    if (!caller) return json(401, { errcode: 'M_UNKNOWN_TOKEN', error: 'unknown' })
    if (url.pathname.endsWith('/logout')) {
      for (const [other, one] of tokens)
        if (one.user === caller.user && one.device === caller.device) tokens.delete(other)
      it.done.push(`logout ${caller.device}`)
      return json(200, {})
    }
    if (url.pathname.endsWith('/logout/all')) {
      for (const [other, one] of tokens) if (one.user === caller.user) tokens.delete(other)
      it.done.push(`logout all ${caller.user}`)
      return json(200, {})
    }
    if (url.pathname.endsWith('/keys/query')) {
      return json(200, { master_keys: it.hasKeys ? { [caller.user]: { keys: {} } } : {} })
    }
    if (url.pathname.endsWith('/device_signing/upload') && !it.hasKeys) {
      it.hasKeys = true
      it.done.push(`keys ${caller.device}`)
      return json(200, {})
    }
    if (
      url.pathname.endsWith('/device_signing/upload') ||
      url.pathname.endsWith('/delete_devices') ||
      url.pathname.includes('/devices/')
    ) {
      const session = body.auth?.session ?? ''
      if (!confirmed.has(session)) {
        return json(401, {
          session: fresh('uia'),
          flows: [{ stages: ['m.login.password'] }, { stages: ['m.login.sso'] }],
          params: {},
        })
      }
      it.done.push(`${request.method} ${url.pathname} ${JSON.stringify(body.devices ?? null)}`)
      return json(200, {})
    }
    return json(404, { errcode: 'M_UNRECOGNIZED', error: 'no' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(it, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}
