// The other provider, spoken to with openid-client: discovery, code flow, PKCE, nonce, and the ID token verified.
import * as oidc from 'openid-client'
import type { Config } from '../config/config.ts'
import type { ProofProvider } from './proof-port.ts'

type Settings = NonNullable<Config['proof']>

/** Seconds that one request to it may take. */
const TIMEOUT_SECONDS = 8
const SCOPE = 'openid email profile'

/** A provider; read anew when its metadata could not be had. `redirectUri` is registered there. */
export function proofProvider({ issuer, clientId, clientSecret, claim }: Settings, redirectUri: string): ProofProvider {
  let discovered: Promise<oidc.Configuration> | null = null

  function configuration(): Promise<oidc.Configuration> {
    discovered ??= oidc
      .discovery(new URL(issuer), clientId, clientSecret, undefined, {
        timeout: TIMEOUT_SECONDS,
        // The settings let plain http through on this machine only.
        execute: issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
      })
      .catch((error: unknown) => {
        discovered = null
        throw error
      })
    return discovered
  }

  return {
    issuer,
    claim,
    async address({ state, nonce, verifier }) {
      const url = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: SCOPE,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        // Whoever is signed in there by chance is not asked to be somebody else: the person says who they are.
        prompt: 'login',
      })
      return url.href
    },
    async claimed(answer, { state, nonce, verifier }) {
      const config = await configuration()
      const url = new URL(redirectUri)
      url.search = answer.search
      const tokens = await oidc.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: verifier,
        expectedNonce: nonce,
        expectedState: state,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) return null
      // Some say no more than `sub` in the ID token, such as ProConnect.
      const said =
        claims[claim] === undefined && config.serverMetadata().userinfo_endpoint !== undefined
          ? { ...claims, ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)) }
          : claims
      return claimedText(said, claim)
    },
  }
}

/** The claim as text; null where there is none, and for an address that the provider itself does not vouch for. */
export function claimedText(said: Readonly<Record<string, unknown>>, claim: Settings['claim']): string | null {
  // OIDC Core §5.1 says a boolean; Cognito writes it as text.
  if (claim === 'email' && (said['email_verified'] === false || said['email_verified'] === 'false')) return null
  const value = said[claim]
  return typeof value === 'string' && value !== '' ? value : null
}
