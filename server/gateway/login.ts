// POST /login: takes Palier's own login token and nothing else; answers with Palier's own tokens. The homeserver's stay here.
import { z } from 'zod'
import type { Config } from '../config/config.ts'
import { type Homeserver, type HomeserverLogin, HomeserverUnreachable } from '../homeserver/port.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'
import { type AccessTokenDeps, issueAccessToken } from '../sessions/access-tokens.ts'
import {
  type Authorization,
  type Device,
  type DeviceStore,
  OPAQUE_LIFETIME_SECONDS,
  REFRESHING_LIFETIME_SECONDS,
} from '../sessions/port.ts'
import type { LoginTokenStore } from './binding-port.ts'
import { json, jsonObject, matrixFailure } from './control-answer.ts'
import type { ControlContext } from './control-port.ts'

export interface LoginDeps extends AccessTokenDeps {
  readonly config: Pick<Config, 'gatewayUrl' | 'serverName' | 'issuer'>
  readonly log: Log
  readonly sealer: Sealer
  readonly homeserver: Homeserver
  readonly loginTokens: LoginTokenStore
  readonly devices: DeviceStore
}

const LOGIN = z.object({
  type: z.literal('m.login.token'),
  token: z.string().min(1).max(512),
  device_id: z.string().min(1).max(255).optional(),
  initial_device_display_name: z.string().max(100).optional(),
  refresh_token: z.boolean().optional(),
})
type Login = z.infer<typeof LOGIN>

/** Answers a login. Only the hash of the token is looked up, in the one statement that takes it. */
export async function login(deps: LoginDeps, request: Request, { origin }: ControlContext): Promise<Response> {
  const body = await jsonObject(request)
  if (body instanceof Response) return body
  if (typeof body['type'] === 'string' && body['type'] !== 'm.login.token') {
    return matrixFailure('M_FORBIDDEN', 403, 'The only way in is single sign-on with a security key')
  }
  const parsed = LOGIN.safeParse(body)
  if (!parsed.success)
    return matrixFailure('M_BAD_JSON', 400, `Invalid ${parsed.error.issues[0]?.path.join('.') || 'login'}`)
  const asked = parsed.data
  const refuse = (reason: string): Response => {
    deps.log.warn('login.refused', { reason, network: origin.network })
    return matrixFailure('M_FORBIDDEN', 403, 'Invalid login token')
  }

  const taken = isToken('loginToken', asked.token)
    ? await deps.loginTokens.take(hashToken(asked.token), deps.config.serverName)
    : null
  if (!taken) return refuse('token-unknown')
  const authorization = await deps.devices.authorization(taken.sid)
  if (!authorization) return refuse('authorization-ended')
  const upstreamToken = deps.sealer.open(
    'login-token',
    sealPlace('login_tokens', taken.hash, taken.sid),
    taken.homeserverLoginToken,
  )

  let upstream: HomeserverLogin | null
  try {
    const device = { deviceId: asked.device_id ?? null, displayName: asked.initial_device_display_name ?? null }
    upstream = await deps.homeserver.login(upstreamToken, device, origin)
  } catch (error) {
    if (!(error instanceof HomeserverUnreachable)) throw error
    deps.log.warn('login.homeserver_unreachable', { detail: error.message })
    return matrixFailure('M_UNKNOWN', 502, 'The homeserver does not answer: sign in again')
  }
  if (!upstream) return refuse('homeserver-refused')
  const expected = `@${authorization.username}:${deps.config.serverName}`
  if (upstream.userId !== expected || (asked.device_id !== undefined && upstream.deviceId !== asked.device_id)) {
    await endQuietly(deps, upstream)
    return refuse('another-user')
  }
  return keep(deps, { asked, authorization, upstream, origin, refuse })
}

async function keep(
  deps: LoginDeps,
  made: {
    readonly asked: Login
    readonly authorization: Authorization
    readonly upstream: HomeserverLogin
    readonly origin: ControlContext['origin']
    readonly refuse: (reason: string) => Response
  },
): Promise<Response> {
  const { asked, authorization, upstream, origin, refuse } = made
  const { serverName } = deps.config
  const refreshes = asked.refresh_token === true
  const token = newToken(refreshes ? 'matrixRefreshToken' : 'matrixAccessToken', deps.random)
  const id = newToken('device', deps.random)
  let device: Device | null
  try {
    device = await deps.devices.insert({
      id,
      serverName,
      userId: upstream.userId,
      deviceId: upstream.deviceId,
      sid: authorization.sid,
      homeserverToken: deps.sealer.seal(
        'homeserver-token',
        sealPlace('devices', id, authorization.personId),
        upstream.token,
      ),
      displayName: asked.initial_device_display_name ?? null,
      client: origin.client,
      network: origin.network,
      refreshes,
      lifetimeSeconds: refreshes ? REFRESHING_LIFETIME_SECONDS : OPAQUE_LIFETIME_SECONDS,
      tokens: [{ hash: hashToken(token), kind: refreshes ? 'refresh' : 'access' }],
    })
  } catch (error) {
    await endQuietly(deps, upstream)
    throw error
  }
  if (!device) {
    await endQuietly(deps, upstream)
    return refuse('authorization-ended')
  }
  deps.log.info('login.done', { device: id, person: device.personId, refreshes, network: origin.network })
  const base = {
    user_id: device.userId,
    device_id: device.deviceId,
    home_server: serverName,
    well_known: { 'm.homeserver': { base_url: deps.config.gatewayUrl } },
  }
  if (!refreshes) return json(200, { ...base, access_token: token })
  const access = await issueAccessToken(deps, device)
  return json(200, { ...base, access_token: access.token, expires_in_ms: access.expiresInMs, refresh_token: token })
}

// What the homeserver has just made and nobody will hold.
async function endQuietly(deps: LoginDeps, upstream: HomeserverLogin): Promise<void> {
  await deps.homeserver
    .endDevice(upstream.token)
    .catch(() => deps.log.warn('login.undo_failed', { userId: upstream.userId }))
}
