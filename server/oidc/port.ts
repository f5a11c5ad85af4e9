// What the OpenID Provider needs kept and told. db/stores implements the stores; entries wire them.
import type { Context } from 'hono'

/** A relying party. */
export interface Client {
  readonly clientId: string
  readonly name: string
  /** Sealed; null for a public client. */
  readonly secret: string | null
  /** Compared character by character (RFC 9700 §2.1). */
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly backchannelLogoutUri: string | null
  /** Set for the homeserver behind a gateway. */
  readonly serverName: string | null
}

export interface ClientStore {
  find(clientId: string): Promise<Client | null>
  /** Inserts or updates a client; a secret that is already there stays. Returns the row as it is now. One statement. */
  upsert(client: Client, now: Date): Promise<Client>
}

export type ResponseMode = 'query' | 'form_post'

/** An authorization request that waits for its tap. */
export interface Transaction {
  /** SHA-256 of the transaction token in the page's address. */
  readonly hash: string
  readonly clientId: string
  readonly redirectUri: string
  readonly state: string | null
  readonly nonce: string | null
  readonly scope: string
  readonly codeChallenge: string
  readonly responseMode: ResponseMode
  /** The session at id, if there is one, is not enough: the tap must be made for this very request. */
  readonly forceTap: boolean
  readonly maxAgeSeconds: number | null
  /** In order of preference (OIDC Core §3.1.2.1); voluntary. */
  readonly acrValues: readonly string[]
  readonly expectedPersonId: string | null
  readonly loginHint: string | null
  readonly browserHash: string
  /** Hash of the id session whose tap answered it; null while it waits. */
  readonly idSessionHash: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** One authorization: what a client's tokens hang on. */
export interface Sid {
  /** `sid_…`; the `sid` claim. */
  readonly id: string
  readonly personId: string
  readonly credentialId: string
  readonly idSessionHash: string
  readonly clientId: string
  readonly authTime: Date
  readonly acr: string
  readonly amr: readonly string[]
  readonly createdAt: Date
  /** When it ends at the latest, with its tokens and devices; null: no sooner than they do. */
  readonly endsAt: Date | null
}

/** A sid that holds now, with what its tokens say of the person and the key. */
export interface LiveSid extends Sid {
  readonly person: { readonly id: string; readonly username: string; readonly displayName: string }
  readonly credential: { readonly webauthnId: string; readonly aaguid: string }
}

export interface AuthorizationCode {
  readonly hash: string
  readonly clientId: string
  readonly sid: string
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly nonce: string | null
  readonly scope: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly redeemedAt: Date | null
}

export interface TransactionStore {
  insert(transaction: Transaction): Promise<void>
  /** The transaction while it is unexpired and only for its own browser. */
  find(hash: string, browserHash: string, now: Date): Promise<Transaction | null>
  /** Notes the session whose tap answered it; false unless it was waiting, unexpired, in that browser. One UPDATE. */
  answer(hash: string, browserHash: string, idSessionHash: string, now: Date): Promise<boolean>
  /**
   * Takes an answered transaction away and returns it: one `DELETE … RETURNING` that matches hash, browser and expiry, so
   * that of any number of parallel calls one gets it.
   */
  consume(hash: string, browserHash: string, now: Date): Promise<Transaction | null>
}

export interface CodeStore {
  /** Inserts a sid and the code that leads to it, both or neither. */
  issue(sid: Sid, code: AuthorizationCode): Promise<void>
  find(hash: string): Promise<AuthorizationCode | null>
  /**
   * Redeems the code: one UPDATE that matches only while it is unredeemed and unexpired. Of any number of parallel calls
   * one gets true.
   */
  redeem(hash: string, now: Date): Promise<boolean>
}

export interface SidStore {
  /**
   * The sid, or null unless all of this holds: not ended; its id session not ended; its person not suspended; its
   * credential not revoked; none of its refresh tokens revoked. Checked at every use of a code or token.
   */
  findLive(sid: string): Promise<LiveSid | null>
  find(sid: string): Promise<Sid | null>
  /** Live sids of an id session whose clients are not homeservers (those end with their devices). */
  endableOfIdSession(idSessionHash: string): Promise<readonly string[]>
}

export interface RefreshToken {
  readonly hash: string
  /** All rotations of one grant: its sid. */
  readonly family: string
  readonly clientId: string
  readonly sid: string
  readonly scope: string
  readonly createdAt: Date
  /** The family's absolute end; rotation does not move it. */
  readonly expiresAt: Date
  readonly usedAt: Date | null
  /** Hash of who rotated it (network and user agent): only the same may repeat the rotation within the grace. */
  readonly usedBy: string | null
  readonly revokedAt: Date | null
}

export interface TokenStore {
  insertRefreshToken(token: RefreshToken): Promise<void>
  findRefreshToken(hash: string): Promise<RefreshToken | null>
  /**
   * Rotates: marks the old token used and inserts its successor, in one transaction whose UPDATE matches only while the
   * old one is unused, unrevoked and unexpired. False when it was not: of parallel calls one gets true.
   */
  rotate(oldHash: string, usedBy: string, successor: RefreshToken, now: Date): Promise<boolean>
  revokeFamily(family: string, now: Date): Promise<void>
  revokeAccessToken(jti: string, expiresAt: Date): Promise<void>
  isAccessTokenRevoked(jti: string): Promise<boolean>
}

export type SigningAlgorithm = 'RS256' | 'ES256'

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly state: 'next' | 'active' | 'retired'
  readonly publicJwk: Readonly<Record<string, unknown>>
  /** Sealed private JWK; null once retired for good. */
  readonly privateJwk: string | null
  readonly createdAt: Date
  readonly activatedAt: Date | null
  readonly retiredAt: Date | null
}

export interface SigningKeyStore {
  all(): Promise<readonly SigningKey[]>
  /**
   * Runs a rotation under one lock of the database and writes every row it returns, in one transaction: two processes
   * that rotate at once make one key, not two.
   */
  rotate(plan: (keys: readonly SigningKey[]) => Promise<readonly SigningKey[]>): Promise<void>
}

/** A logout token that is owed to a client. */
export interface LogoutDelivery {
  readonly id: string
  readonly clientId: string
  readonly sid: string
  readonly subject: string
  readonly attempts: number
  readonly createdAt: Date
  readonly backchannelLogoutUri: string
}

export interface LogoutDeliveryStore {
  /**
   * Takes up to `limit` due deliveries and moves their next attempt to `leaseUntil`, with FOR UPDATE SKIP LOCKED: of two
   * workers one gets each, and one whose worker dies is due again when the lease is over.
   */
  take(now: Date, leaseUntil: Date, limit: number): Promise<readonly LogoutDelivery[]>
  delivered(id: string, now: Date): Promise<void>
  /** `nextAttemptAt` null gives up for good. */
  failed(id: string, error: string, nextAttemptAt: Date | null): Promise<void>
}

/** What a homeserver's authorize request was begun for: kept by the gateway, found by hash(`state`). */
export interface AuthorizationBinding {
  readonly purpose: 'login' | 'uia'
  /** For a UIA: what the tap would do, such as `delete-devices`, `cross-signing-reset`. */
  readonly action: string | null
  /** For a UIA: what it acts on, in plain words. */
  readonly actionSubject: string | null
  /** For a UIA: the device that asked. */
  readonly deviceId: string | null
  /** For a UIA: the device's owner; nobody else's tap serves. */
  readonly expectedPersonId?: string | null
  readonly network: string
}

export interface AuthorizationBindings {
  /** The binding while it is unexpired and has no code. `hash` is SHA-256 of `state`, base64url. */
  findByStateHash(hash: string): Promise<AuthorizationBinding | null>
  /** Joins code and sid to the binding; false when it is gone or already has one. One UPDATE. */
  attachCode(stateHash: string, codeHash: string, sid: string): Promise<boolean>
}

/** Ends a sid with all that hangs on it, in every process. Implemented by sessions/revocation.ts, which also owes
 * the sid's client its logout token (`enqueueLogout` of db/stores/logout-deliveries.ts). */
export interface SidRevoker {
  revoke(kind: 'sid', subject: string, reason: string): Promise<unknown>
}

/** A page that says what went wrong and leads nowhere. `reason` is a stable id that the page translates. */
export type ErrorPage = (
  c: Context,
  status: 400 | 403 | 404 | 413 | 429 | 500,
  reason: string,
) => Response | Promise<Response>
