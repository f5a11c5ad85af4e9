// What the provider says of itself (OIDC Discovery 1.0 §3, RFC 8414): only what is true.
import type { Config } from '../config/config.ts'
import { TEMPORARY_ACR } from '../sessions/port.ts'
import { PROMPTS } from './checks/prompt.ts'
import { SCOPES } from './checks/scope.ts'

/** The metadata document of an issuer. */
export function providerMetadata(config: Pick<Config, 'issuer' | 'acrAliases'>) {
  const at = (path: string) => `${config.issuer}${path}`
  const methods = ['client_secret_basic', 'client_secret_post', 'none']
  return {
    issuer: config.issuer,
    authorization_endpoint: at('/oidc/authorize'),
    token_endpoint: at('/oidc/token'),
    userinfo_endpoint: at('/oidc/userinfo'),
    jwks_uri: at('/oidc/jwks'),
    revocation_endpoint: at('/oidc/revoke'),
    end_session_endpoint: at('/oidc/end_session'),
    scopes_supported: SCOPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    code_challenge_methods_supported: ['S256'],
    prompt_values_supported: PROMPTS,
    acr_values_supported: ['phr', 'phrh', ...config.acrAliases, TEMPORARY_ACR],
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'acr',
      'amr',
      'sid',
      'at_hash',
      'preferred_username',
      'name',
    ],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  }
}
