// Access tokens of clients that refresh: RFC 9068 JWTs, five minutes, naming the device, the key and the tap.
import { createLocalJWKSet, errors, jwtVerify } from 'jose'
import type { Clock } from '../platform/clock.ts'
import { hmacSha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { ACCESS_TOKEN_SECONDS, type AccessTokenKeys, type Device, TEMPORARY_ACR, type TokenSigner } from './port.ts'

export interface AccessTokenDeps {
  readonly config: { readonly issuer: string; readonly gatewayUrl: string }
  readonly clock: Clock
  readonly random: Random
  readonly sealer: Pick<Sealer, 'macKey'>
  readonly signer: TokenSigner
}

/** A fresh access token of a device; never beyond the device's own end. */
export async function issueAccessToken(
  deps: AccessTokenDeps,
  device: Device,
): Promise<{ token: string; expiresInMs: number }> {
  const nowMs = deps.clock.now()
  const iat = Math.floor(nowMs / 1000)
  const exp = Math.min(iat + ACCESS_TOKEN_SECONDS, Math.floor(device.expiresAt.getTime() / 1000))
  const audience = deps.config.gatewayUrl
  const token = await deps.signer.signAccessToken({
    iss: deps.config.issuer,
    aud: audience,
    sub: device.personId,
    client_id: device.clientId,
    jti: base64Url(deps.random.bytes(16)),
    sid: device.sid,
    iat,
    exp,
    auth_time: Math.floor(device.authTime.getTime() / 1000),
    acr: device.acr,
    amr: device.amr,
    palier_device: device.id,
    // Of a temporary pass there is neither a key nor a tap.
    ...(device.acr === TEMPORARY_ACR
      ? {}
      : {
          // Pairwise by audience: two services cannot tell that a person uses one key with both.
          palier_key: base64Url(hmacSha256(deps.sealer.macKey('key-claim'), `${audience} ${device.credentialId}`)),
          palier_tapped_at: Math.floor(device.lastTapAt.getTime() / 1000),
        }),
  })
  return { token, expiresInMs: Math.max(0, exp * 1000 - nowMs) }
}

export type Verified =
  | { readonly kind: 'valid'; readonly device: string; readonly expiresAtMs: number }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' }

/** Verifies signature, typ, issuer, audience and times; which device it names is the only thing believed of it. */
export async function verifyAccessToken(
  deps: { readonly config: AccessTokenDeps['config']; readonly clock: Clock; readonly keys: AccessTokenKeys },
  token: string,
): Promise<Verified> {
  const keys = createLocalJWKSet({ keys: [...(await deps.keys.publicKeys())] })
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: deps.config.issuer,
      audience: deps.config.gatewayUrl,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(deps.clock.now()),
      requiredClaims: ['exp', 'palier_device'],
    })
    const device = payload['palier_device']
    if (typeof device !== 'string' || payload.exp === undefined) return { kind: 'unknown' }
    return { kind: 'valid', device, expiresAtMs: payload.exp * 1000 }
  } catch (error) {
    // jose checks the signature first: an expired token is one that we signed.
    if (error instanceof errors.JWTExpired) return { kind: 'expired' }
    if (error instanceof errors.JOSEError) return { kind: 'unknown' }
    throw error
  }
}
