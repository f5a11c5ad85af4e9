// The table of checks of an authorization request. Those before the redirect URI is verified are in authorize.ts: they end
// on a page.
import type { AuthorizeError, Check } from './checks/check.ts'
import { codeChallenge } from './checks/code-challenge.ts'
import { homeserverState } from './checks/homeserver-state.ts'
import { maxAge } from './checks/max-age.ts'
import { prompt } from './checks/prompt.ts'
import { responseMode } from './checks/response-mode.ts'
import { responseType } from './checks/response-type.ts'
import { scope } from './checks/scope.ts'
import { sizes } from './checks/sizes.ts'
import { registration, request, requestUri } from './checks/unsupported.ts'
import type { Parameters } from './parameters.ts'
import type { Client } from './port.ts'

/** Every check, in the order in which it speaks. */
export const AUTHORIZE_CHECKS: readonly Check[] = [
  request,
  requestUri,
  registration,
  responseType,
  responseMode,
  scope,
  codeChallenge,
  prompt,
  maxAge,
  sizes,
  homeserverState,
]

/** The first failure, or null. */
export function checkAuthorize(parameters: Parameters, client: Client): AuthorizeError | null {
  for (const check of AUTHORIZE_CHECKS) {
    const failure = check(parameters, client)
    if (failure !== null) return failure
  }
  return null
}
