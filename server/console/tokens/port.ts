// API tokens: what scripts and directories call with, each in the name of the person who made it.
import type { AuditEvent } from '../../audit/port.ts'
import type { Permission } from '../permissions.ts'
import type { ApiTokenStore } from '../port.ts'

export interface ApiToken {
  /** `tok_…` */
  readonly id: string
  readonly personId: string
  readonly username: string
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly createdAt: Date
  readonly expiresAt: Date
  /** To the minute. */
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

export interface NewApiToken {
  readonly id: string
  /** SHA-256 of the token. */
  readonly hash: string
  readonly personId: string
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Each change writes its audit entry in the same transaction. */
export interface ApiTokens extends ApiTokenStore {
  /** The newest first; `after` is the id of the last one of the page before. */
  list(input: { readonly after: string | null; readonly limit: number }): Promise<readonly ApiToken[]>
  create(token: NewApiToken, audit: AuditEvent): Promise<void>
  /**
   * The token as it is now; null for an unknown one, `of-another`, and nothing is revoked, where it is not one that `ofOnly` made (null:
   * anybody). Revoking what was revoked changes nothing.
   */
  revoke(
    id: string,
    at: Date,
    audit: (token: ApiToken) => AuditEvent,
    ofOnly: string | null,
  ): Promise<ApiToken | 'of-another' | null>
}
