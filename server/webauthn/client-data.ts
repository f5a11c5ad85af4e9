// clientDataJSON as we check it ourselves: the library leaves crossOrigin and topOrigin alone at registration and half-checked at
// authentication, and its failures are words. Pure.
import { fromBase64Url } from '../platform/encoding.ts'

export type ClientDataFailure = 'malformed' | 'type' | 'challenge' | 'origin' | 'cross-origin'

export interface ExpectedClientData {
  readonly type: 'webauthn.create' | 'webauthn.get'
  /** base64url of the challenge's bytes. */
  readonly challenge: string
  /** The one origin of id's pages. */
  readonly origin: string
}

/** The first way in which a base64url clientDataJSON is not what was expected, or null (WebAuthn L3 §7.1 steps 5 to 11, §7.2 steps 9 to 14). */
export function checkClientData(encoded: string, expected: ExpectedClientData): ClientDataFailure | null {
  const data = parse(encoded)
  if (data === null) return 'malformed'
  if (data.type !== expected.type) return 'type'
  if (data.challenge !== expected.challenge) return 'challenge'
  if (data.origin !== expected.origin) return 'origin'
  // Our pages are never framed: any other value than an absent or false crossOrigin, and any topOrigin, is a foreign page.
  if (data.crossOrigin !== undefined && data.crossOrigin !== false) return 'cross-origin'
  if (data.topOrigin !== undefined) return 'cross-origin'
  return null
}

function parse(encoded: string): Record<string, unknown> | null {
  const bytes = fromBase64Url(encoded)
  if (bytes === null) return null
  try {
    const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : null
  } catch {
    return null
  }
}
