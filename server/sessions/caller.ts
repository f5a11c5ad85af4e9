// Who is calling, as the gateway knows it from a Palier token.

/** The device behind a Palier token, as known now. */
export interface Caller {
  /** `dev_…`, the row in devices. */
  readonly device: string
  readonly serverName: string
  readonly userId: string
  /** The Matrix device id. */
  readonly deviceId: string
  readonly personId: string
  /** Ids of the person's groups (`grp_…`), as known within ten seconds. */
  readonly groups: readonly string[]
  /** The client as it named itself when the device signed in: what a stolen token cannot choose. */
  readonly client: string
  readonly credentialId: string
  readonly sid: string
  /** The homeserver's token: goes upstream in a header, nowhere else. */
  readonly homeserverToken: string
  /** Epoch milliseconds of the last tap (sign-in or approval) of this device. */
  readonly lastTapAtMs: number
  /** Epoch milliseconds of the device's last request before this one. */
  readonly lastActiveAtMs: number
  readonly firstSyncUntilMs: number | null
  readonly expiresAtMs: number
  /** Whether the client declared itself step-up aware. */
  readonly stepUpAware: boolean
}

export type IdentifyFailure = 'missing' | 'unknown' | 'expired' | 'soft-logout' | 'ambiguous' | 'unavailable'

export interface Identify {
  /** The answer from memory, without waiting: null when the database has to be asked. */
  remembered(token: string): Caller | IdentifyFailure | null
  identify(token: string): Promise<Caller | IdentifyFailure>
  /** Registers a request so that revoking its device, session, key or person ends it. Returns the release. */
  track(caller: Caller, end: (reason: string) => void): () => void
}
