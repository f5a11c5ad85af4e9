// POST /logout and /logout/all: ours end at once, in every process; the homeserver's device ends with them.
import { type Homeserver, HomeserverUnreachable } from '../homeserver/port.ts'
import type { Log } from '../platform/log.ts'
import type { DeviceStore } from '../sessions/port.ts'
import type { Revoker } from '../sessions/revocation.ts'
import { json, matrixFailure } from './control-answer.ts'
import type { ControlContext } from './control-port.ts'

export interface LogoutDeps {
  readonly log: Log
  readonly homeserver: Pick<Homeserver, 'endDevice' | 'request'>
  readonly devices: Pick<DeviceStore, 'live'>
  readonly revoker: Revoker
}

/** Ends the calling device. */
export async function logout(deps: LogoutDeps, { caller }: ControlContext): Promise<Response> {
  if (!caller) return matrixFailure('M_MISSING_TOKEN', 401, 'Missing access token')
  await deps.revoker.revoke('device', caller.device, 'logout')
  return json(200, {})
}

/** Ends every device of the caller, those that Palier never saw included. */
export async function logoutAll(deps: LogoutDeps, { caller, origin }: ControlContext): Promise<Response> {
  if (!caller) return matrixFailure('M_MISSING_TOKEN', 401, 'Missing access token')
  try {
    await deps.homeserver.request({
      method: 'POST',
      target: '/_matrix/client/v3/logout/all',
      token: caller.homeserverToken,
      body: {},
      origin,
    })
  } catch (error) {
    if (!(error instanceof HomeserverUnreachable)) throw error
    deps.log.warn('logout.homeserver_unreachable', { detail: error.message })
  }
  for (const device of await deps.devices.live(caller.serverName, caller.userId)) {
    await deps.revoker.revoke('device', device.id, 'logout')
  }
  return json(200, {})
}
