// Services (bots, bridges, application services): what is kept of them, and what may be done to them.

/** The longest a service token holds before its sponsor taps for it again. */
export const SERVICE_DAYS_AT_MOST = 90

/** One service as kept. */
export interface Service {
  /** `svc_…` */
  readonly id: string
  readonly serverName: string
  readonly name: string
  readonly userId: string
  readonly namespace: readonly string[]
  /** Sealed; null once it has ended. */
  readonly homeserverToken: string | null
  readonly networks: readonly string[]
  readonly rooms: readonly string[] | null
  readonly limits: Readonly<Record<string, number>>
  readonly sponsorId: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
  readonly endedAt: Date | null
  readonly endedReason: string | null
}

/** A service with what is known of who answers for it. */
export interface SponsoredService extends Service {
  readonly sponsor: { readonly id: string; readonly username: string; readonly suspended: boolean }
}

export interface NewService
  extends Omit<Service, 'homeserverToken' | 'createdAt' | 'lastUsedAt' | 'endedAt' | 'endedReason'> {
  readonly homeserverToken: string
  /** SHA-256 of the service token. */
  readonly tokenHash: string
  readonly createdAt: Date
}

/** What identifying a service asks. */
export interface ServiceTokens {
  /** The service of a token by its hash, whether or not it holds still, with its sponsor. */
  findByToken(hash: string): Promise<SponsoredService | null>
  /** Notes that it was used now. */
  used(id: string): Promise<void>
}

export interface ServiceStore extends ServiceTokens {
  /** False when the name is taken. Its audit entry is in the same transaction. */
  add(service: NewService, by: string): Promise<boolean>
  byName(serverName: string, name: string): Promise<SponsoredService | null>
  list(serverName: string): Promise<readonly SponsoredService[]>
  /** Those that a person answers for and that have not ended. */
  sponsoredBy(personId: string): Promise<readonly Service[]>
  /**
   * Ends it for good, once, and tells every process through the revocation feed: its sealed token is wiped, its requests end
   * within a second. False when it had ended. One transaction with its audit entry.
   */
  revoke(id: string, by: string, reason: string): Promise<boolean>
}
