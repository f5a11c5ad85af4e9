// What a check of an authorization request is. A failure goes back to the client (RFC 6749 §4.1.2.1).
import type { Parameters } from '../parameters.ts'
import type { Client } from '../port.ts'

export type AuthorizeErrorCode =
  | 'invalid_request'
  | 'invalid_scope'
  | 'unsupported_response_type'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'login_required'

export interface AuthorizeError {
  readonly error: AuthorizeErrorCode
  /** Sent to the client: never more than it knows. */
  readonly description: string
}

/** Null when all is well. */
export type Check = (parameters: Parameters, client: Client) => AuthorizeError | null

export const refuse = (error: AuthorizeErrorCode, description: string): AuthorizeError => ({ error, description })
