// The sample's tokens: signed, not stored, so that a restart logs nobody out. What has ended is kept in a file.
import { equalInConstantTime, hmacSha256 } from '../platform/crypto.ts'
import { base64Url, fromBase64Url, utf8 } from '../platform/encoding.ts'

export interface TokenClaims {
  readonly use: 'access' | 'login' | 'state'
  readonly user?: string
  readonly device?: string
  readonly sid?: string
  /** For `state`: where to go after the sign-in, and what the code must be exchanged with. */
  readonly redirectUrl?: string
  readonly verifier?: string
  readonly nonce?: string
  /** Epoch milliseconds. */
  readonly madeAt: number
  readonly expiresAt?: number
}

/** Signs and reads the sample's tokens with one key. */
export function sampleTokens(key: Uint8Array) {
  return {
    sign(claims: TokenClaims): string {
      const body = base64Url(utf8(JSON.stringify(claims)))
      return `sample_${body}.${base64Url(hmacSha256(key, body))}`
    },
    /** The claims of a genuine, unexpired token of that use, or null. */
    read(token: string, use: TokenClaims['use'], nowMs: number): TokenClaims | null {
      const match = /^sample_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token)
      const [, body, mac] = match ?? []
      if (body === undefined || mac === undefined) return null
      if (!equalInConstantTime(mac, base64Url(hmacSha256(key, body)))) return null
      const claims = JSON.parse(new TextDecoder().decode(fromBase64Url(body) ?? new Uint8Array())) as TokenClaims
      if (claims.use !== use || (claims.expiresAt !== undefined && claims.expiresAt <= nowMs)) return null
      return claims
    },
  }
}

export type SampleTokens = ReturnType<typeof sampleTokens>
