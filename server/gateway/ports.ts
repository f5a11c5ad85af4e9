// What the gateway's pipeline needs from the rest: who is calling, what may be read, and how to ask for a tap.

/** The device behind a Palier token, as known now. */
export interface Caller {
  /** `dev_…`, the row in devices. */
  readonly device: string
  readonly serverName: string
  readonly userId: string
  /** The Matrix device id. */
  readonly deviceId: string
  readonly personId: string
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

/** Where a request came from. */
export interface Origin {
  readonly address: string
  readonly network: string
  /** The User-Agent, shortened to 200 characters. */
  readonly client: string
}

/**
 * Where a request handed to the control routes came from. Kept beside the Request by the server that made it (a WeakMap),
 * never in a header that a client could send.
 */
export type OriginOf = (request: Request) => Origin

export type IdentifyFailure = 'missing' | 'unknown' | 'expired' | 'soft-logout' | 'ambiguous' | 'unavailable'

export interface Identify {
  /** The answer from memory, without waiting: null when the database has to be asked. */
  remembered(token: string): Caller | IdentifyFailure | null
  identify(token: string): Promise<Caller | IdentifyFailure>
  /** Registers a request so that revoking its device, session, key or person ends it. Returns the release. */
  track(caller: Caller, end: (reason: string) => void): () => void
}

export type Direction = 'backward' | 'forward' | 'around' | 'event' | 'catch-up' | 'sync'

/** What is withheld and would be asked of the person. */
export interface Ask {
  readonly caller: Caller
  readonly origin: Origin
  /** Room ids, whole list. */
  readonly rooms: readonly string[]
  readonly direction: Direction
  /** Reason id: `archive-exhausted`, `catch-up-exhausted`, `idle`, … */
  readonly reason: string
}

export interface PendingApproval {
  /** `{issuer}/approve/<token>` */
  readonly approvalUri: string
  readonly approvalHash: string
  readonly state: 'pending' | 'denied'
}

export type Decision = 'approved' | 'denied' | 'expired' | 'pending'

export interface StepUp {
  /** The pending approval equal in device, rooms, direction, network and client, or a new one. */
  request(ask: Ask): Promise<PendingApproval>
  /** Waits until it is decided, at most `timeoutMs` or until the signal aborts. */
  decided(approvalHash: string, timeoutMs: number, signal: AbortSignal): Promise<Decision>
}
