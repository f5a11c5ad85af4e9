// What the WebAuthn features need kept: ceremonies, credentials as an assertion sees them, models from the metadata.
import type { KeyPolicy } from '../config/config.ts'
import type { GroupKeyPolicy } from './rule.ts'

export type CeremonyKind = 'registration' | 'authentication' | 'approval'
export type Acr = 'phr' | 'phrh'

/** A challenge given to one browser for one purpose. */
export interface Ceremony {
  /** `cer_…` */
  readonly id: string
  readonly kind: CeremonyKind
  readonly challenge: Uint8Array
  /** Hash of the browser's cookie: only that browser may finish it. */
  readonly browserHash: string
  /** The person it was begun for, or null: the key says who. */
  readonly personId: string | null
  /** What it is for: the hash of a ticket, a transaction or an approval, or a path. */
  readonly subject: string
  /** For approvals: the 32 bytes mixed into the challenge. */
  readonly nonce: Uint8Array | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface CeremonyStore {
  /**
   * Keeps a ceremony unless its browser already has `limit` live ones for the same kind and subject: false then.
   * Expired ones are removed on the way.
   */
  begin(ceremony: Ceremony, limit: number): Promise<boolean>
  /**
   * Takes a ceremony away and returns it: one `DELETE … RETURNING` that matches id, kind, subject, browser and expiry, so that
   * of any number of parallel calls one gets it. A call that matches no row changes nothing: a stranger cannot burn a challenge.
   */
  consume(wanted: Pick<Ceremony, 'id' | 'kind' | 'subject' | 'browserHash'>, now: Date): Promise<Ceremony | null>
}

/** A credential as an assertion is checked against. */
export interface AssertionCredential {
  /** `key_…` */
  readonly id: string
  readonly personId: string
  /** base64url, as the browser gives it. */
  readonly webauthnId: string
  /** COSE key. */
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly transports: readonly string[]
  readonly backupEligible: boolean
  readonly acr: Acr
  readonly revoked: boolean
  readonly personSuspended: boolean
}

export interface AssertionCredentials {
  /** The credential of that WebAuthn id, revoked ones included: the decider says why it is refused. */
  byWebauthnId(webauthnId: string): Promise<AssertionCredential | null>
  /** Credentials that may be used now: not revoked, of a person not suspended. */
  activeOfPerson(personId: string): Promise<readonly AssertionCredential[]>
  activeOfUsername(username: string): Promise<readonly AssertionCredential[]>
  /**
   * Compare-and-set of the signature counter, and the time of use: one UPDATE that changes the row only while the credential
   * and its person are active and the counter rises (or both are 0: the key has none). False when it changed nothing.
   */
  advanceCounter(id: string, signCount: number, usedAt: Date): Promise<boolean>
}

/** A model of authenticator, from the metadata BLOB. */
export interface AuthenticatorModel {
  readonly aaguid: string
  readonly description: string
  /** The BLOB's entry, whole. */
  readonly entry: unknown
  readonly allowed: boolean
}

export interface MetadataImport {
  /** The BLOB's `no`. */
  readonly number: number
  /** `YYYY-MM-DD` */
  readonly nextUpdate: string
  readonly importedAt: Date
  readonly entries: number
}

export interface AuthenticatorModels {
  modelOf(aaguid: string): Promise<AuthenticatorModel | null>
}

/** What groups ask of their people's keys. */
export interface GroupKeyPolicies {
  /** Of the person's groups that ask for anything. */
  ofPerson(personId: string): Promise<readonly GroupKeyPolicy[]>
}

/** A stored registration, to be judged again when the metadata changes. */
export interface StoredRegistration {
  readonly credentialId: string
  readonly personId: string
  readonly username: string
  readonly name: string
  readonly policy: KeyPolicy
  readonly attestationObject: Uint8Array
  readonly clientDataJson: Uint8Array
}

export interface MetadataStore extends AuthenticatorModels {
  allModels(): Promise<readonly AuthenticatorModel[]>
  latestImport(): Promise<MetadataImport | null>
  /**
   * Replaces every model by those of a BLOB, in one transaction that holds a lock and refuses (false) a BLOB whose number is not
   * above the latest one.
   */
  replaceAll(models: readonly AuthenticatorModel[], imported: MetadataImport): Promise<boolean>
  /** Active credentials that were admitted by the attested policy. */
  attestedRegistrations(): Promise<readonly StoredRegistration[]>
}
