// Hashes, MACs and comparisons. `node:crypto` exists on Node and, with nodejs_compat, on Workers; nothing else imports it.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export { X509Certificate } from 'node:crypto'

/** SHA-256 of bytes or of the UTF-8 encoding of a string: 32 bytes. */
export function sha256(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(data).digest())
}

/** SHA-256 as unpadded base64url: the form in which tokens, codes and nonces are stored. */
export function sha256Base64Url(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('base64url')
}

/** HMAC-SHA-256: 32 bytes. */
export function hmacSha256(key: Uint8Array, data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHmac('sha256', key).update(data).digest())
}

/** Constant-time equality of two byte strings or of two strings' UTF-8 forms; lengths may differ. */
export function equalInConstantTime(a: Uint8Array | string, b: Uint8Array | string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}
