// What a code or refresh token turns into: an ID token (OIDC Core §2) and an access token (RFC 9068).
import type { Config } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import { hmacSha256, sha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { TEMPORARY_ACR } from '../sessions/port.ts'
import type { Keyring } from './keys.ts'
import type { LiveSid } from './port.ts'

export const ACCESS_TOKEN_SECONDS = 300
export const ID_TOKEN_SECONDS = 300

export interface MintDeps {
  readonly config: Pick<Config, 'issuer'>
  readonly clock: Clock
  readonly random: Random
  readonly sealer: Pick<Sealer, 'macKey'>
  readonly keys: Keyring
}

/** Signs an access token and an ID token for a sid that holds. */
export async function mintTokens(
  deps: MintDeps,
  sid: LiveSid,
  grant: { readonly scope: string; readonly nonce: string | null },
): Promise<{ accessToken: string; idToken: string }> {
  const { issuer } = deps.config
  const iat = Math.floor(deps.clock.now() / 1000)
  const authTime = Math.floor(sid.authTime.getTime() / 1000)
  const tap = { auth_time: authTime, acr: sid.acr, amr: sid.amr }
  const common = { iss: issuer, sub: sid.personId, sid: sid.id, iat, ...tap }
  const accessToken = await deps.keys.sign('ES256', 'at+jwt', {
    ...common,
    aud: issuer,
    client_id: sid.clientId,
    scope: grant.scope,
    jti: base64Url(deps.random.bytes(16)),
    exp: endOf(sid, iat + ACCESS_TOKEN_SECONDS),
    // A temporary pass is no key: nobody was verified, nothing was tapped.
    ...(sid.acr === TEMPORARY_ACR
      ? {}
      : {
          palier_key: {
            id: pairwiseKeyId(deps.sealer, sid.clientId, sid.credential.webauthnId),
            aaguid: sid.credential.aaguid,
            uv: true,
            tapped_at: authTime,
          },
        }),
  })
  const idToken = await deps.keys.sign('RS256', 'JWT', {
    ...common,
    aud: sid.clientId,
    exp: endOf(sid, iat + ID_TOKEN_SECONDS),
    // OIDC Core §3.1.3.6: the left half of the hash.
    at_hash: base64Url(sha256(accessToken).slice(0, 16)),
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    ...claimsOf(sid, grant.scope),
  })
  return { accessToken, idToken }
}

/** No token outlives what it was made from. Seconds. */
function endOf({ endsAt }: LiveSid, exp: number): number {
  return endsAt === null ? exp : Math.min(exp, Math.floor(endsAt.getTime() / 1000))
}

/** Claims about the person: the username always, since relying parties map accounts by it. */
export function claimsOf(sid: LiveSid, scope: string): Record<string, string> {
  const name = scope.split(' ').includes('profile') ? { name: sid.person.displayName } : {}
  return { preferred_username: sid.person.username, ...name }
}

/** Names a key to one audience, so that two audiences cannot join what they know by it. */
export function pairwiseKeyId(sealer: Pick<Sealer, 'macKey'>, audience: string, webauthnId: string): string {
  return base64Url(hmacSha256(sealer.macKey('pairwise-key'), `${audience}\n${webauthnId}`))
}
