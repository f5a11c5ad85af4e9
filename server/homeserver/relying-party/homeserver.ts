// Synapse as a relying party of id: the homeserver port over its documented sequence.
import { type Homeserver, type HomeserverExchange, HomeserverUnreachable, type SsoEnd, type SsoStart } from '../port.ts'
import { readEnd, readLogin, readLoginStart, readUiaStart } from './sso.ts'

/** The homeserver port for a Synapse with `oidc_providers` pointing at id. */
export function relyingPartyHomeserver(deps: {
  readonly config: { readonly issuer: string }
  readonly exchange: HomeserverExchange
}): Homeserver {
  const { exchange } = deps
  const { issuer } = deps.config
  return {
    async startLogin(returnTo, idp, origin) {
      const path = `/_matrix/client/v3/login/sso/redirect${idp === null ? '' : `/${encodeURIComponent(idp)}`}`
      const target = `${path}?redirectUrl=${encodeURIComponent(returnTo)}`
      return unreachableAs<SsoStart>(async () =>
        readLoginStart(await exchange({ method: 'GET', target, origin }), issuer),
      )
    },
    async startUia(session, origin) {
      const target = `/_matrix/client/v3/auth/m.login.sso/fallback/web?session=${encodeURIComponent(session)}`
      return unreachableAs<SsoStart>(async () =>
        readUiaStart(await exchange({ method: 'GET', target, origin }), issuer),
      )
    },
    async finish({ code, state, cookie }, returnPrefix, origin) {
      const target = `/_synapse/client/oidc/callback?code=${encodeURIComponent(code)}&state=${encodeURIComponent(state)}`
      return unreachableAs<SsoEnd>(async () =>
        readEnd(await exchange({ method: 'GET', target, origin, cookie }), returnPrefix),
      )
    },
    async login(loginToken, device, origin) {
      const answer = await exchange({
        method: 'POST',
        target: '/_matrix/client/v3/login',
        origin,
        // No refresh token is asked for: the token lives as long as the device, which is ours to end.
        body: {
          type: 'm.login.token',
          token: loginToken,
          ...(device.deviceId === null ? {} : { device_id: device.deviceId }),
          ...(device.displayName === null ? {} : { initial_device_display_name: device.displayName }),
        },
      })
      if (answer.status >= 500) throw new HomeserverUnreachable(`login-${answer.status}`)
      return readLogin(answer)
    },
    request: (request) => exchange(request),
    async endDevice(token) {
      const answer = await exchange({ method: 'POST', target: '/_matrix/client/v3/logout', token, body: {} })
      return answer.status === 200 || answer.status === 401
    },
  }
}

async function unreachableAs<T extends SsoStart | SsoEnd>(
  ask: () => Promise<T>,
): Promise<T | { readonly ok: false; readonly reason: 'unreachable'; readonly detail: string }> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof HomeserverUnreachable) return { ok: false, reason: 'unreachable', detail: error.message }
    throw error
  }
}
