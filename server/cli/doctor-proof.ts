// The part of `palier doctor` that asks whether people can prove who they are at the other provider.
import type { Config } from '../config/config.ts'
import type { Finding } from '../homeserver/relying-party/checks.ts'
import { getJson } from './doctor-fetch.ts'

/** Whether the provider answers, and announces what is asked of it. Nothing when none is configured. */
export async function checkProof(proof: Config['proof']): Promise<Finding[]> {
  if (proof === null) return []
  const { issuer, claim, emails } = proof
  const { body, failure } = await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const isThere = body?.['issuer'] === issuer
  const there: Finding = {
    level: isThere ? 'ok' : 'problem',
    name: 'provider of proofs',
    found: body === null ? failure : `issuer ${String(body['issuer'])}`,
    wants: `discovery at ${issuer} that names it (PALIER_PROOF_ISSUER)`,
  }
  const announced = body?.['claims_supported']
  if (!isThere || claim !== 'email' || emails === 'all') return [there]
  // OPTIONAL metadata (OIDC Discovery §3): who announces nothing may say it all the same.
  if (!Array.isArray(announced) || announced.includes('email_verified')) return [there]
  const wants =
    'it, or PALIER_PROOF_EMAILS=all where every address it says is its person’s own: no address counts otherwise'
  return [there, { level: 'warning', name: 'email_verified', found: 'not among its claims_supported', wants }]
}
