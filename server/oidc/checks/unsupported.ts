// Parameters that would change what is asked are answered, never ignored.
import { type Check, refuse } from './check.ts'

/** OIDC Core §6.1. */
export const request: Check = (p) =>
  p.has('request') ? refuse('request_not_supported', 'request objects are not supported') : null

/** OIDC Core §6.2. */
export const requestUri: Check = (p) =>
  p.has('request_uri') ? refuse('request_uri_not_supported', 'request_uri is not supported') : null

/** OIDC Core §7.2.1. */
export const registration: Check = (p) =>
  p.has('registration') ? refuse('registration_not_supported', 'registration is not supported') : null
