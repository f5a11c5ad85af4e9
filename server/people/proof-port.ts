// Proving at another provider that an enrolment link is one's own: what is kept, and what the other side is asked.
import type { AuditEvent } from '../audit/port.ts'

/** What of a person the other provider vouches for: the address, the username, or the id that a directory gave (`externalId`). */
export const PROOF_CLAIMS = ['email', 'preferred_username', 'sub'] as const
export type ProofClaim = (typeof PROOF_CLAIMS)[number]

export interface ProofBegun {
  /** SHA-256 of the `state`. */
  readonly stateHash: string
  readonly ticketHash: string
  readonly browserHash: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface ProofStore {
  /** Keeps it; those that are over go. */
  begin(proof: ProofBegun): Promise<void>
  /** Takes an answer, once, in the browser that asked: the ticket it is for. One UPDATE. */
  answer(stateHash: string, browserHash: string, now: Date): Promise<{ readonly ticketHash: string } | null>
  /** Notes what came of it, with its audit entry. */
  decide(stateHash: string, provedAt: Date | null, audit: AuditEvent): Promise<void>
  /** Whether that browser proved the link its own, and may still use it. */
  isProved(ticketHash: string, browserHash: string, now: Date): Promise<boolean>
  /** What is known of a person, to compare with. */
  known(personId: string): Promise<Readonly<Record<ProofClaim, string | null>> | null>
}

/** What the other provider said: the claim as text, or what was missing: the claim itself, or its word that the address is the person's. */
export type Claimed = { readonly text: string } | { readonly missing: 'claim' | 'verification' }

/** The other provider (OIDC Core). */
export interface ProofProvider {
  readonly issuer: string
  readonly claim: ProofClaim
  /** Where to send the browser: code flow, PKCE (RFC 7636), a nonce. Throws when the provider cannot be reached. */
  address(asked: { readonly state: string; readonly nonce: string; readonly verifier: string }): Promise<string>
  /** Exchanges the answer and verifies its ID token: what it claims. Throws when it does not hold. */
  claimed(
    answer: URL,
    asked: { readonly state: string; readonly nonce: string; readonly verifier: string },
  ): Promise<Claimed>
}
