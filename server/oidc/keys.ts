// The keyring: makes, seals, publishes and uses the signing keys.
import {
  type CryptoKey,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { newToken } from '../platform/tokens.ts'
import type { SigningAlgorithm, SigningKey, SigningKeyStore } from './port.ts'
import { isPublished, planRotation } from './rotation.ts'

export interface KeyringDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly sealer: Sealer
  readonly signingKeys: SigningKeyStore
}

export interface Keyring {
  /** Does what rotation asks for at `now` (epoch milliseconds). Called at start and hourly, in any number of processes. */
  rotateKeys(now: number): Promise<void>
  /** The public key set (RFC 7517 §5). */
  jwks(): Promise<{ keys: JWK[] }>
  sign(algorithm: SigningAlgorithm, typ: string, claims: JWTPayload): Promise<string>
  /**
   * The claims of a token that one of our keys signed, or null. Its times are the caller's to judge when `ignoreTimes`; else
   * it must be within them, and its key still published, so that a key stolen after its time forges nothing.
   */
  verify(
    token: string,
    expected: { algorithm: SigningAlgorithm; typ: string; issuer: string; ignoreTimes?: boolean },
  ): Promise<JWTPayload | null>
}

/** How long a process trusts its copy of the keys: far shorter than a key is published before use. */
const COPY_MS = 60_000
/** How soon a key that is not in the copy is looked for again: anybody may present a token of an invented key. */
const LOOK_AGAIN_MS = 2_000
const place = (kid: string) => sealPlace('signing_keys', kid)

/** The keyring over a store of sealed keys. */
export function keyring(deps: KeyringDeps): Keyring {
  const { clock, sealer, signingKeys } = deps
  let copy: { keys: readonly SigningKey[]; at: number } | null = null
  const signers = new Map<string, CryptoKey | Uint8Array>()
  const verifiers = new Map<string, CryptoKey | Uint8Array>()

  async function keys(fresh = false): Promise<readonly SigningKey[]> {
    const now = clock.now()
    if (copy === null || fresh || now - copy.at > COPY_MS) copy = { keys: await signingKeys.all(), at: now }
    return copy.keys
  }

  async function generate(algorithm: SigningAlgorithm, state: 'next' | 'active', now: number): Promise<SigningKey> {
    const kid = newToken('signingKey', deps.random)
    const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 })
    return {
      kid,
      algorithm,
      state,
      publicJwk: { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' },
      privateJwk: sealer.seal('signing-key', place(kid), JSON.stringify(await exportJWK(pair.privateKey))),
      createdAt: new Date(now),
      activatedAt: state === 'active' ? new Date(now) : null,
      retiredAt: null,
    }
  }

  return {
    async rotateKeys(now) {
      await signingKeys.rotate(async (existing) => {
        const plan = planRotation(existing, now)
        const made = await Promise.all(plan.wanted.map(({ algorithm, state }) => generate(algorithm, state, now)))
        for (const key of [...plan.changed, ...made])
          deps.log.info('oidc.key', { algorithm: key.algorithm, kid: key.kid, state: key.state })
        return [...plan.changed, ...made]
      })
      copy = null
    },

    async jwks() {
      const now = clock.now()
      return { keys: (await keys()).filter((key) => isPublished(key, now)).map((key) => key.publicJwk as JWK) }
    },

    async sign(algorithm, typ, claims) {
      const isActive = (key: SigningKey) => key.algorithm === algorithm && key.state === 'active'
      const key = (await keys()).find(isActive) ?? (await keys(true)).find(isActive)
      if (key?.privateJwk === undefined || key.privateJwk === null) throw new Error(`no active ${algorithm} key`)
      let privateKey = signers.get(key.kid)
      if (privateKey === undefined) {
        privateKey = await importJWK(JSON.parse(sealer.open('signing-key', place(key.kid), key.privateJwk)), algorithm)
        signers.set(key.kid, privateKey)
      }
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: key.kid, typ }).sign(privateKey)
    },

    async verify(token, expected) {
      const isNamed = (kid: string | undefined) => (key: SigningKey) =>
        key.kid === kid &&
        key.algorithm === expected.algorithm &&
        (expected.ignoreTimes === true || isPublished(key, clock.now()))
      async function keyOf(header: { kid?: string }) {
        let key = (await keys()).find(isNamed(header.kid))
        if (key === undefined && copy !== null && clock.now() - copy.at >= LOOK_AGAIN_MS) {
          key = (await keys(true)).find(isNamed(header.kid))
        }
        if (key === undefined) throw new errors.JWKSNoMatchingKey()
        const known = verifiers.get(key.kid) ?? (await importJWK(key.publicJwk as JWK, key.algorithm))
        verifiers.set(key.kid, known)
        return known
      }
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms: [expected.algorithm],
          typ: expected.typ,
          issuer: expected.issuer,
          currentDate: new Date(clock.now()),
          // A hint is good after its end (OIDC RP-Initiated Logout 1.0 §2).
          ...(expected.ignoreTimes ? { clockTolerance: Number.MAX_SAFE_INTEGER } : { requiredClaims: ['exp'] }),
        })
        return payload
      } catch (error) {
        // A database that is away is not a bad token: that one must not look like a reason to throw the token away.
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}
