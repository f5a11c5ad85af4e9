// A security key in software, for tests: answers like a FIDO2 key in a browser, and forges whatever a test asks it to.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { type Cbor, encodeCbor, join } from './cbor.ts'
import type { Certificate } from './certificates.ts'

export interface RegistrationOptions {
  readonly challenge: string
  readonly rp: { readonly id?: string | undefined }
  readonly user: { readonly id: string }
}

export interface AssertionOptions {
  readonly challenge: string
  readonly rpId?: string | undefined
}

/** What may be forged in both kinds of answer. An absent field is answered honestly. */
export interface Forgery {
  readonly origin?: string
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: unknown
  readonly topOrigin?: string
  readonly rpId?: string
  readonly userPresent?: boolean
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly signCount?: number
  readonly credentialId?: Uint8Array
  /** Replaces the signature, or spoils it. */
  readonly signature?: Uint8Array | 'garbage'
  /** Signs with another private key. */
  readonly signWith?: KeyObject
}

export interface AssertionForgery extends Forgery {
  readonly userHandle?: string | null
}

export interface RegistrationForgery extends Forgery {
  readonly format?: 'none' | 'packed-self' | 'packed' | 'fido-u2f' | (string & {})
  /** Leaf first; its key signs. Needed for `packed` and `fido-u2f`. */
  readonly certificates?: readonly Certificate[]
  readonly aaguid?: Uint8Array
  readonly algorithm?: number
  readonly transports?: readonly string[]
}

export interface AuthenticatorSetup {
  /** The page's origin, `http://localhost:8080` by default. */
  readonly origin?: string
  readonly aaguid?: Uint8Array
  readonly backupEligible?: boolean
  /** A key without a counter says 0 always. */
  readonly counts?: boolean
}

export const TEST_AAGUID = Uint8Array.from(Buffer.from('a11ce0000000400080000000000000aa', 'hex'))
export const TEST_AAGUID_TEXT = 'a11ce000-0000-4000-8000-0000000000aa'

/** One key with one credential, made when it registers. */
export class SoftwareAuthenticator {
  readonly origin: string
  readonly aaguid: Uint8Array
  readonly credentialId: Uint8Array<ArrayBuffer> = new Uint8Array(randomBytes(32))
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  signCount = 0
  userHandle: string | null = null
  readonly #backupEligible: boolean
  readonly #counts: boolean

  constructor(setup: AuthenticatorSetup = {}) {
    this.origin = setup.origin ?? 'http://localhost:8080'
    this.aaguid = setup.aaguid ?? TEST_AAGUID
    this.#backupEligible = setup.backupEligible ?? false
    this.#counts = setup.counts ?? true
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.privateKey = pair.privateKey
    this.publicKey = pair.publicKey
  }

  /** A RegistrationResponseJSON. */
  register(options: RegistrationOptions, forge: RegistrationForgery = {}) {
    this.userHandle = options.user.id
    const clientData = this.#clientData('webauthn.create', options.challenge, forge)
    const credentialId = forge.credentialId ?? this.credentialId
    const format = forge.format ?? 'none'
    const aaguid = forge.aaguid ?? (format === 'none' || format === 'fido-u2f' ? new Uint8Array(16) : this.aaguid)
    const authData = join(
      this.#head(forge.rpId ?? options.rp.id ?? 'localhost', forge, 0x40),
      aaguid,
      Uint8Array.of(credentialId.length >> 8, credentialId.length & 0xff),
      credentialId,
      this.coseKey(forge.algorithm),
    )
    const attStmt = this.#statement(format, authData, clientData, credentialId, options.rp.id ?? 'localhost', forge)
    const attestationObject = encodeCbor(
      new Map<string, Cbor>([
        ['fmt', format === 'packed-self' ? 'packed' : format],
        ['attStmt', attStmt],
        ['authData', authData],
      ]),
    )
    const id = encode(credentialId)
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: encode(clientData),
        attestationObject: encode(attestationObject),
        transports: [...(forge.transports ?? ['usb'])],
      },
    }
  }

  /** An AuthenticationResponseJSON. */
  assert(options: AssertionOptions, forge: AssertionForgery = {}) {
    const clientData = this.#clientData('webauthn.get', options.challenge, forge)
    const authData = this.#head(forge.rpId ?? options.rpId ?? 'localhost', forge, 0)
    const id = encode(forge.credentialId ?? this.credentialId)
    const userHandle = forge.userHandle === undefined ? this.userHandle : forge.userHandle
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: encode(clientData),
        authenticatorData: encode(authData),
        signature: encode(this.#sign(join(authData, sha256(clientData)), forge)),
        ...(userHandle === null ? {} : { userHandle }),
      },
    }
  }

  /** The credential's public key as a COSE_Key (RFC 9053 §7.1). */
  coseKey(algorithm = -7): Uint8Array {
    const { x, y } = this.publicKey.export({ format: 'jwk' }) as { x: string; y: string }
    return encodeCbor(
      new Map<number, Cbor>([
        [1, 2],
        [3, algorithm],
        [-1, 1],
        [-2, decode(x)],
        [-3, decode(y)],
      ]),
    )
  }

  #clientData(type: string, challenge: string, forge: Forgery): Uint8Array {
    const data = {
      type: forge.type ?? type,
      challenge: forge.challenge ?? challenge,
      origin: forge.origin ?? this.origin,
      crossOrigin: forge.crossOrigin === undefined ? false : forge.crossOrigin,
      ...(forge.topOrigin === undefined ? {} : { topOrigin: forge.topOrigin }),
    }
    return new TextEncoder().encode(JSON.stringify(data))
  }

  #head(rpId: string, forge: Forgery, extraFlags: number): Uint8Array {
    if (this.#counts) this.signCount += 1
    const flags =
      ((forge.userPresent ?? true) ? 0x01 : 0) |
      ((forge.userVerified ?? true) ? 0x04 : 0) |
      ((forge.backupEligible ?? this.#backupEligible) ? 0x08 : 0) |
      ((forge.backedUp ?? false) ? 0x10 : 0) |
      extraFlags
    const rest = new DataView(new ArrayBuffer(5))
    rest.setUint8(0, flags)
    rest.setUint32(1, forge.signCount ?? this.signCount)
    return join(sha256(rpId), new Uint8Array(rest.buffer))
  }

  #statement(
    format: string,
    authData: Uint8Array,
    clientData: Uint8Array,
    credentialId: Uint8Array,
    rpId: string,
    forge: RegistrationForgery,
  ): Map<string, Cbor> {
    const [leaf] = forge.certificates ?? []
    const x5c = (forge.certificates ?? []).map(({ der }) => der)
    const signed = join(authData, sha256(clientData))
    if (format === 'packed-self')
      return new Map<string, Cbor>([
        ['alg', -7],
        ['sig', this.#sign(signed, forge)],
      ])
    if (format === 'packed' && leaf !== undefined) {
      const sig = this.#sign(signed, { signWith: leaf.privateKey, ...forge })
      return new Map<string, Cbor>([
        ['alg', -7],
        ['sig', sig],
        ['x5c', x5c],
      ])
    }
    if (format === 'fido-u2f' && leaf !== undefined) {
      const { x, y } = this.publicKey.export({ format: 'jwk' }) as { x: string; y: string }
      const point = join(Uint8Array.of(4), decode(x), decode(y))
      const u2f = join(Uint8Array.of(0), sha256(rpId), sha256(clientData), credentialId, point)
      return new Map<string, Cbor>([
        ['sig', this.#sign(u2f, { signWith: leaf.privateKey, ...forge })],
        ['x5c', x5c],
      ])
    }
    return new Map()
  }

  #sign(data: Uint8Array, forge: Forgery): Uint8Array {
    if (forge.signature instanceof Uint8Array) return forge.signature
    const signature = new Uint8Array(sign('sha256', data, forge.signWith ?? this.privateKey))
    if (forge.signature === 'garbage') signature[signature.length - 1] = (signature.at(-1) as number) ^ 0xff
    return signature
  }
}

const sha256 = (data: Uint8Array | string) => new Uint8Array(createHash('sha256').update(data).digest())
const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const decode = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
