// Devices, their tokens, and revocation: what is kept. db/stores implements the stores; entries wire them.
import type { JWK } from 'jose'
import type { Transaction } from '../../db/client.ts'

/** Absolute lifetime of a device whose client holds an opaque handle. */
export const OPAQUE_LIFETIME_SECONDS = 12 * 3600
/** Absolute lifetime of a device whose client refreshes. */
export const REFRESHING_LIFETIME_SECONDS = 7 * 24 * 3600
/** Lifetime of one access token of a client that refreshes. */
export const ACCESS_TOKEN_SECONDS = 300
/** How long a used refresh token answers once more with the same successor, while that is unused. */
export const REFRESH_GRACE_SECONDS = 30
/** How long a new device may do its first sync. */
export const FIRST_SYNC_SECONDS = 600
/** Without a request or a tap for that long, a device is idle until a tap. */
export const IDLE_SECONDS = 4 * 3600

/** The acr of whatever a temporary pass opened: never `phr` nor `phrh`. */
export const TEMPORARY_ACR = 'temporary'
/** A one-time code (RFC 8176 §2 `otp`): no key, no presence, no verification. */
export const TEMPORARY_AMR: readonly string[] = ['otp']

/** Why a device ended, as stored. Free-form reasons of `revoke` are stored as `revoked`. */
export type DeviceEnd =
  | 'logout'
  | 'replaced'
  | 'revoked'
  | 'not-me'
  | 'three-denials'
  | 'person-suspended'
  | 'credential-revoked'
  | 'expired'

/** One login of one Matrix device, as kept. */
export interface Device {
  /** `dev_…` */
  readonly id: string
  readonly serverName: string
  readonly userId: string
  /** The Matrix device id. */
  readonly deviceId: string
  readonly personId: string
  /** Ids of the person's groups. */
  readonly groups: readonly string[]
  /** User agent of the client that signed in. */
  readonly client: string
  readonly credentialId: string
  readonly sid: string
  readonly idSessionHash: string
  /** The OIDC client the sid was made for. */
  readonly clientId: string
  readonly acr: string
  readonly amr: readonly string[]
  readonly authTime: Date
  /** Sealed; null once the device has ended. */
  readonly homeserverToken: string | null
  readonly displayName: string | null
  readonly refreshes: boolean
  readonly lastActiveAt: Date
  readonly lastTapAt: Date
  readonly firstSyncUntil: Date | null
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly endedReason: DeviceEnd | null
}

/** What a login adds: the device and the tokens of it. */
export interface NewDevice {
  readonly id: string
  readonly serverName: string
  readonly userId: string
  readonly deviceId: string
  readonly sid: string
  readonly homeserverToken: string
  readonly displayName: string | null
  readonly client: string
  readonly network: string
  readonly refreshes: boolean
  readonly lifetimeSeconds: number
  readonly tokens: readonly { readonly hash: string; readonly kind: 'access' | 'refresh' }[]
}

/** What a sid stands for while it holds. */
export interface Authorization {
  readonly sid: string
  readonly personId: string
  readonly username: string
  readonly credentialId: string
}

export type RefreshOutcome =
  /** `hash` is live; `repeated` when this is the one repetition of an answer that got lost. */
  | { readonly kind: 'rotated' | 'repeated'; readonly device: Device }
  /** Used before, and not within the grace: someone else holds a copy. */
  | { readonly kind: 'reused'; readonly device: Device }
  /** The absolute lifetime is over. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' }

export interface DeviceStore {
  /** The sid's person and credential while nothing of it has ended; null otherwise. */
  authorization(sid: string): Promise<Authorization | null>
  /**
   * One transaction: locks the sid, person and credential against a revocation; null when any of them has ended. Ends
   * what the same Matrix device held before (reason `replaced`: its tokens gone, its sid ended, a row in the feed), then
   * inserts the device and its tokens. `lifetimeSeconds` counts from the database's clock.
   */
  insert(device: NewDevice): Promise<Device | null>
  find(id: string): Promise<Device | null>
  /** The device of an access token by its hash, whether or not it holds still. */
  findByAccessToken(hash: string): Promise<Device | null>
  /** Live devices of a Matrix user, or of the Matrix device ids given. */
  live(serverName: string, userId: string, deviceIds?: readonly string[]): Promise<readonly Device[]>
  /**
   * Rotates a refresh token: one UPDATE that matches only while it is unused and its device live, so that of parallel
   * calls one rotates. The successor has the same absolute end.
   */
  rotate(hash: string, successorHash: string): Promise<RefreshOutcome>
  /**
   * Notes that a device was active now, unless it is idle: then only a tap wakes it. At most once a minute a device.
   */
  touch(id: string): Promise<void>
  /** Ends devices past their absolute lifetime: sealed tokens wiped, upstream kept. Returns how many. */
  expire(): Promise<number>
}

/** The token of an ended device that the homeserver still has to be told about. */
export interface OwedLogout {
  readonly device: string
  readonly personId: string
  readonly homeserverToken: string
}

export interface OwedLogoutStore {
  /**
   * Takes up to `limit` due ones (all, or those of the devices named) and puts off their next attempt, doubling from 5 s,
   * with FOR UPDATE SKIP LOCKED. One that was tried for an hour is wiped.
   */
  take(limit: number, devices?: readonly string[]): Promise<readonly OwedLogout[]>
  /** Wipes the sealed token. */
  done(device: string): Promise<void>
}

export type RevocationKind = 'person' | 'credential' | 'id-session' | 'sid' | 'device'

/** `everyone`: all people but those whose ids are in the subject, a space between them. */
export type RevokedKind = RevocationKind | 'everyone'

/** Whether a person is among those whom an `everyone` leaves signed in. */
export function isSpared(subject: string, personId: string): boolean {
  return subject.split(' ').includes(personId)
}

export interface Revocation {
  readonly id: number
  readonly kind: RevokedKind
  readonly subject: string
  readonly reason: string
}

/** What a revocation ended. */
export interface Ended {
  /** `dev_…` */
  readonly devices: readonly string[]
  readonly sids: readonly string[]
}

/** What ending a group's or everyone's sessions ended. */
export interface EndedMany {
  readonly people: number
  /** `dev_…` */
  readonly devices: readonly string[]
  readonly sids: readonly string[]
}

export interface RevocationStore {
  /**
   * One transaction: ends the rows that the subject implies (device → its sid; sid → devices; id session, credential,
   * person → sids, devices, sessions), deletes their tokens, inserts a feed row for the subject and one for each device,
   * and calls `within` with the sids that it ended. Ending what has ended changes nothing but adds to the feed.
   */
  revoke(
    kind: RevocationKind,
    subject: string,
    reason: string,
    within: (tx: Transaction, ended: Ended) => Promise<void>,
  ): Promise<Ended>
  /**
   * As `revoke` of each person, for a group's or everyone's, in one transaction and a few statements however many they are:
   * whoever is in `sparing` stays signed in. One feed row says `everyone`; a group's has one for each person and device.
   */
  revokeMany(
    whose: { readonly group: string | null; readonly sparing: readonly string[] },
    reason: string,
    within: (tx: Transaction, ended: EndedMany) => Promise<void>,
  ): Promise<EndedMany>
  /**
   * Feed rows inserted since `sinceMs` by the database's clock (null: its last 30 s), and that clock at the start of
   * the statement.
   */
  since(sinceMs: number | null): Promise<{ readonly nowMs: number; readonly rows: readonly Revocation[] }>
}

/** Signs access tokens: typ `at+jwt`, ES256, with the keys that id publishes. */
export interface TokenSigner {
  signAccessToken(claims: Readonly<Record<string, unknown>>): Promise<string>
}

/** The public keys that verify them: those that id publishes now, whatever process rotated them. */
export interface AccessTokenKeys {
  publicKeys(): Promise<readonly (JWK & { readonly kid: string })[]>
}
