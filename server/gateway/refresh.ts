// POST /refresh: rotation with an absolute end; a copy that is used again ends the device.
import { z } from 'zod'
import { hmacSha256 } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'
import { type AccessTokenDeps, issueAccessToken } from '../sessions/access-tokens.ts'
import type { DeviceStore } from '../sessions/port.ts'
import type { Revoker } from '../sessions/revocation.ts'
import { json, jsonObject, matrixFailure } from './control-answer.ts'

export interface RefreshDeps extends AccessTokenDeps {
  readonly log: Log
  readonly devices: Pick<DeviceStore, 'rotate'>
  readonly revoker: Revoker
}

const REFRESH = z.object({ refresh_token: z.string().min(1).max(4096) })

/** Answers a refresh. `soft_logout` only where signing in again brings the same device back. */
export async function refresh(deps: RefreshDeps, request: Request): Promise<Response> {
  const body = await jsonObject(request)
  if (body instanceof Response) return body
  const parsed = REFRESH.safeParse(body)
  if (!parsed.success) return matrixFailure('M_BAD_JSON', 400, 'Invalid refresh_token')
  const old = parsed.data.refresh_token
  // What the homeserver issued before Palier came signs in again, softly.
  if (!isToken('matrixRefreshToken', old)) return softLogout()

  const successor = successorOf(deps, old)
  const outcome = await deps.devices.rotate(hashToken(old), hashToken(successor))
  switch (outcome.kind) {
    case 'rotated':
    case 'repeated': {
      const access = await issueAccessToken(deps, outcome.device)
      return json(200, { access_token: access.token, refresh_token: successor, expires_in_ms: access.expiresInMs })
    }
    case 'reused':
      // RFC 9700 §4.14.2: one of two holders is a thief, and which one cannot be told.
      deps.log.warn('refresh.reused', { device: outcome.device.id, person: outcome.device.personId })
      await deps.revoker.revoke('device', outcome.device.id, 'refresh-reused')
      return matrixFailure('M_UNKNOWN_TOKEN', 401, 'Unknown refresh token')
    case 'expired':
      return softLogout()
    case 'unknown':
      return matrixFailure('M_UNKNOWN_TOKEN', 401, 'Unknown refresh token')
  }
}

// Derived, not drawn: when the answer got lost, the same successor can be given once more without having been kept.
function successorOf(deps: Pick<RefreshDeps, 'sealer'>, old: string): string {
  return newToken('matrixRefreshToken', { bytes: () => hmacSha256(deps.sealer.macKey('refresh-successor'), old) })
}

function softLogout(): Response {
  return matrixFailure('M_UNKNOWN_TOKEN', 401, 'The session is over: sign in again', { soft_logout: true })
}
