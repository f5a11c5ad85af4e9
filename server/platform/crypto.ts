// Hashes, MACs and comparisons. `node:crypto` exists on Node and, with nodejs_compat, on Workers; nothing else imports it.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { free } from './free.ts'

export { X509Certificate } from 'node:crypto'

/** SHA-256 of bytes or of the UTF-8 encoding of a string: 32 bytes. */
export function sha256(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', data, 'buffer'))
}

/** SHA-256 as unpadded base64url: the form in which tokens, codes and nonces are stored. */
export function sha256Base64Url(data: Uint8Array | string): string {
  return hash('sha256', data, 'base64url')
}

const eightBytes = new DataView(new ArrayBuffer(8))

/** The first eight bytes of SHA-256 as a signed integer, big-endian: without a buffer for each. */
export function sha256Int64(data: Uint8Array | string): bigint {
  // A character of a 'binary' text is a byte.
  const digest = hash('sha256', data, 'binary')
  for (let at = 0; at < 8; at++) eightBytes.setUint8(at, digest.charCodeAt(at))
  return eightBytes.getBigInt64(0)
}

/** A key made ready for `hmacSha256`: where one is used for each request, making it ready costs more than the MAC. */
export type HmacKey = KeyObject

/** Makes a key ready; what becomes of the bytes afterwards does not matter to it. */
export function hmacKey(key: Uint8Array): HmacKey {
  return createSecretKey(key)
}

/** HMAC-SHA-256: 32 bytes. */
export function hmacSha256(key: Uint8Array | HmacKey, data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHmac('sha256', key).update(data).digest())
}

/** Constant-time equality of two byte strings or of two strings' UTF-8 forms; lengths may differ. */
export function equalInConstantTime(a: Uint8Array | string, b: Uint8Array | string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}

/** HKDF-SHA-256 (RFC 5869): `length` bytes derived from a secret for one use, named by `info`. */
export function hkdfSha256(secret: Uint8Array, salt: string, info: string, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, length))
}

/** AES-256-GCM (NIST SP 800-38D): the ciphertext followed by its 16-byte tag. The nonce is 12 bytes, never used twice. */
export function encryptAes256Gcm(
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(additionalData)
  return joined([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** The plaintext of what `encryptAes256Gcm` made, or null when any of the inputs differs. */
export function decryptAes256Gcm(
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  ciphertextAndTag: Uint8Array,
): Uint8Array<ArrayBuffer> | null {
  if (nonce.length !== 12 || ciphertextAndTag.length < 16) return null
  const tagAt = ciphertextAndTag.length - 16
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  decipher.setAAD(additionalData)
  decipher.setAuthTag(ciphertextAndTag.subarray(tagAt))
  try {
    return joined([decipher.update(ciphertextAndTag.subarray(0, tagAt)), decipher.final()])
  } catch {
    return null
  }
}

// One byte string; the pieces are gone afterwards.
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
    free(piece)
  }
  return whole
}
