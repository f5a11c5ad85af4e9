// The sealer: one secret makes one set of keys, told apart by an id that every envelope carries.
import { decryptAes256Gcm, encryptAes256Gcm, hkdfSha256 } from './crypto.ts'
import { base64Url, fromBase64Url, utf8 } from './encoding.ts'
import { type Random, systemRandom } from './random.ts'
import { SealBroken, type SealContext, type Sealer, type SealPurpose } from './seal.ts'

const VERSION = 'v1'
const SALT = 'palier v1'

/**
 * A sealer over `secrets`: the first seals, all open. Keys are derived by HKDF-SHA-256 (RFC 5869), one a purpose; nonces
 * are random, which is safe for 2^32 envelopes a key (NIST SP 800-38D §8.3), far more than one deployment's lifetime.
 */
export function openSealer({
  secrets,
  random = systemRandom,
}: {
  readonly secrets: readonly string[]
  readonly random?: Random
}): Sealer {
  const sets = secrets.map(keySet)
  const [current] = sets
  if (!current) throw new Error('a sealer needs at least one secret')

  return {
    currentKeyId: current.id,
    seal: (purpose, where, plaintext) => {
      const nonce = random.bytes(12)
      const sealed = encryptAes256Gcm(
        current.key(`seal ${purpose}`),
        nonce,
        additionalData(current.id, purpose, where),
        utf8(plaintext),
      )
      return `${VERSION}.${current.id}.${base64Url(nonce)}.${base64Url(sealed)}`
    },
    open: (purpose, where, envelope) => {
      const [version, id = '', nonceText = '', sealedText = '', ...rest] = envelope.split('.')
      const nonce = fromBase64Url(nonceText)
      const sealed = fromBase64Url(sealedText)
      if (version !== VERSION || !nonce || !sealed || rest.length > 0) throw new SealBroken(where, 'not an envelope')
      const set = sets.find((candidate) => candidate.id === id)
      if (!set) throw new SealBroken(where, `its key ${id} is not among those of PALIER_SECRET`)
      const plaintext = decryptAes256Gcm(set.key(`seal ${purpose}`), nonce, additionalData(id, purpose, where), sealed)
      if (!plaintext) throw new SealBroken(where, 'it was changed, or belongs to another row')
      return new TextDecoder().decode(plaintext)
    },
    macKey: (purpose) => current.key(`mac ${purpose}`),
  }
}

/** The id of the key that an envelope was sealed with, or null when it is not an envelope. */
export function keyIdOf(envelope: string): string | null {
  const [version, id] = envelope.split('.')
  return version === VERSION && id ? id : null
}

interface KeySet {
  readonly id: string
  key(info: string): Uint8Array
}

function keySet(secret: string): KeySet {
  const material = utf8(secret)
  const derived = new Map<string, Uint8Array>()
  return {
    // One way: the id says nothing of the secret, and no sealing key shares its info.
    id: base64Url(hkdfSha256(material, SALT, 'key id', 9)),
    key: (info) => {
      const known = derived.get(info)
      if (known) return known
      const key = hkdfSha256(material, SALT, info, 32)
      derived.set(info, key)
      return key
    },
  }
}

// JSON of a fixed-length array of strings: no two places give the same bytes.
function additionalData(keyId: string, purpose: SealPurpose, where: SealContext): Uint8Array {
  return utf8(JSON.stringify([VERSION, keyId, purpose, where.table, where.row, where.owner]))
}
