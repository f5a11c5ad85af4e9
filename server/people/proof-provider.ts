// The other provider, spoken to with openid-client: discovery, code flow, PKCE, nonce, and the ID token verified.
import * as oidc from 'openid-client'
import type { Config } from '../config/config.ts'
import type { Claimed, ProofProvider } from './proof-port.ts'

type Settings = NonNullable<Config['proof']>

/** Seconds that one request to it may take. */
const TIMEOUT_SECONDS = 8
const SCOPE = 'openid email profile'

/** A provider; read anew when its metadata could not be had. `redirectUri` is registered there. */
export function proofProvider(settings: Settings, redirectUri: string): ProofProvider {
  const { issuer, clientId, clientSecret, claim } = settings
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
      if (claims === undefined) return { missing: 'claim' }
      // Some say no more than `sub` in the ID token, such as ProConnect; some vouch for the address elsewhere than where they say it.
      const isWhole = claims[claim] !== undefined && (claim !== 'email' || claims['email_verified'] !== undefined)
      const said =
        !isWhole && config.serverMetadata().userinfo_endpoint !== undefined
          ? { ...claims, ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)) }
          : claims
      return claimedOf(said, settings)
    },
  }
}

/** The claim as text. An address counts when the provider says that it verified it, or, where `emails` is `all`, does not say the contrary. */
export function claimedOf(
  said: Readonly<Record<string, unknown>>,
  { claim, emails }: Pick<Settings, 'claim' | 'emails'>,
): Claimed {
  const text = said[claim]
  if (typeof text !== 'string' || text === '') return { missing: 'claim' }
  return claim !== 'email' || isVouchedFor(said['email_verified'], emails) ? { text } : { missing: 'verification' }
}

// OIDC Core §5.1 says a boolean; Cognito writes it as text; Entra and ProConnect say nothing.
function isVouchedFor(verified: unknown, emails: Settings['emails']): boolean {
  return verified === true || verified === 'true' || (emails === 'all' && (verified === undefined || verified === null))
}
