// Who is calling, as the gateway knows it from a token.

/** What a service may do beside what its token lets it be. */
export interface ServiceBounds {
  readonly name: string
  /** Its own user, whomever it speaks for. */
  readonly userId: string
  /** CIDR ranges it may call from. */
  readonly networks: readonly string[]
  /** User ids that it may name in `user_id`; a `*` stands for anything. */
  readonly namespace: readonly string[]
  /** Who answers for it: its requests end with that person. */
  readonly sponsorId: string
  /** Limits of its own by meter. */
  readonly limits: Readonly<Record<string, number>>
}

/** The device behind a token, as known now. */
export interface Caller {
  /**
   * - `person`: a device that signed in with a key.
   * - `service`: a bot, bridge or application service with a token of its own; `device` and `personId` are its id (`svc_…`).
   * - `existing`: a client that still holds the homeserver's own token, from before the gateway; `device` is `ext_…`, a name
   *   without a row.
   */
  readonly kind: 'person' | 'service' | 'existing'
  /** Of a service: the only rooms it may see; null: all that its user is in. */
  readonly rooms: readonly string[] | null
  /** Of a service. */
  readonly service: ServiceBounds | null
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
  /** Whether it signed in with a temporary pass: live traffic only. */
  readonly temporary?: boolean
}

export type IdentifyFailure = 'missing' | 'unknown' | 'expired' | 'soft-logout' | 'ambiguous' | 'unavailable'

export interface Identify {
  /** The answer from memory, without waiting: null when the database has to be asked. */
  remembered(token: string): Caller | IdentifyFailure | null
  /** `network`: where it comes from, for what is bounded by it. */
  identify(token: string, network?: string): Promise<Caller | IdentifyFailure>
  /** Registers a request so that revoking its device, session, key or person ends it. Returns the release. */
  track(caller: Caller, end: (reason: string) => void): () => void
}
