// What the WebAuthn features need kept: ceremonies, credentials as an assertion sees them, models from the metadata.
import type { AuditEvent } from '../audit/port.ts'
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

/** Where a key was used from. */
export interface Whence {
  readonly network: string
  /** The browser, as it calls itself. */
  readonly client: string
}

/** Why a key was cut off, as kept with it: what the metadata says of its model. */
export const CUT_OFF_REASONS = ['model-compromised', 'model-revoked'] as const
export type CutOffReason = (typeof CUT_OFF_REASONS)[number]

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
  /** Revoked because of what the metadata says of its model. */
  readonly cutOff: boolean
  readonly personSuspended: boolean
}

export interface AssertionCredentials {
  /** The credential of that WebAuthn id, revoked ones included: the decider says why it is refused. */
  byWebauthnId(webauthnId: string): Promise<AssertionCredential | null>
  /** Credentials that may be used now: not revoked, of a person not suspended. */
  activeOfPerson(personId: string): Promise<readonly AssertionCredential[]>
  /** As `activeOfPerson`, and those that were cut off with their model: whoever has one can be told, once it has signed. */
  activeOfUsername(username: string): Promise<readonly AssertionCredential[]>
  /**
   * Compare-and-set of the signature counter, and the time of use: one UPDATE that changes the row only while the credential
   * and its person are active and the counter rises (or both are 0: the key has none). False when it changed nothing.
   * `from`: kept as where the key was last used; null leaves what is kept.
   */
  advanceCounter(id: string, signCount: number, usedAt: Date, from: Whence | null): Promise<boolean>
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
  /** Whether a model that no import had before is allowed; null, of old imports: yes, unless some model was not. */
  readonly newAllowed: boolean | null
}

export interface AuthenticatorModels {
  modelOf(aaguid: string): Promise<AuthenticatorModel | null>
}

/** What groups ask of their people's keys. */
export interface GroupKeyPolicies {
  /** Of the person's groups that ask for anything. */
  ofPerson(personId: string): Promise<readonly GroupKeyPolicy[]>
}

/** An enrolled key, as a change of the metadata looks at it. */
export interface EnrolledKey {
  /** `key_…` */
  readonly id: string
  readonly name: string
  readonly aaguid: string
  /** Whether the attested policy admitted it. */
  readonly attested: boolean
  readonly person: {
    readonly id: string
    readonly username: string
    readonly displayName: string
    readonly role: string
    /** Active keys they have. */
    readonly keys: number
  }
}

export interface MetadataStore extends AuthenticatorModels {
  allModels(): Promise<readonly AuthenticatorModel[]>
  latestImport(): Promise<MetadataImport | null>
  /** Active keys of these models, by username. */
  keysOfModels(aaguids: readonly string[]): Promise<readonly EnrolledKey[]>
  /** Ids of owners who can sign in: neither suspended nor deleted, with an active key. */
  ownersWithKeys(): Promise<readonly string[]>
  /** The attestation of a key, as it was enrolled. */
  attestationOf(keyId: string): Promise<Uint8Array | null>
}

/** A change of what is known of models, with what it does to enrolled keys. */
export interface MetadataChange {
  /** Replaces every model and notes the import; null: the models stay as they are. */
  readonly blob: { readonly models: readonly AuthenticatorModel[]; readonly imported: MetadataImport } | null
  /** Models to allow or to forbid. */
  readonly allow: { readonly aaguids: readonly string[]; readonly allowed: boolean } | null
  /** The keys that stop working: exactly these, or nothing is done. */
  readonly cutOff: readonly { readonly key: EnrolledKey; readonly reason: CutOffReason }[]
  /** Name of a model. */
  readonly nameOf: (aaguid: string) => string
  readonly at: Date
  /** `per_…`, `cli`, `system` */
  readonly actor: string
  /** What is recorded beside an entry for each key; null: nothing else happened. */
  readonly audit: AuditEvent | null
}

export type MetadataChangeFailure =
  /** `no` is not above the latest one. */
  | 'not-newer'
  /** The keys that would be cut off are others than were named: somebody enrolled or revoked one meanwhile. */
  | 'not-as-shown'
  /** No owner would have a key left: nothing was done. */
  | 'last-owner'

/** Carries a change out, in one transaction under a lock: models, keys, everything opened with them, word to their people, alert, audit. */
export interface MetadataChanges {
  apply(
    change: MetadataChange,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: MetadataChangeFailure }>
}
