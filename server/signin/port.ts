// What signing in needs of the provider: implemented by oidc/complete.ts and oidc/end-session.ts, wired by the entries.

export interface WaitingSignIn {
  /** Hash of the transaction: what the ceremony is bound to. */
  readonly hash: string
  readonly clientName: string
  readonly purpose: {
    readonly kind: 'login' | 'uia'
    readonly action?: string
    readonly subject?: string
    readonly device?: string
  } | null
  readonly expectedPersonId: string | null
  readonly forceTap: boolean
  readonly loginHint: string | null
}

export interface SignInSession {
  readonly hash: string
  readonly personId: string
  readonly credentialId: string
  readonly authTime: Date
  readonly acr: string
  readonly amr: readonly string[]
  readonly endsAt: Date | null
}

export interface SignInTransactions {
  /** Throws `Refusal` 410 `transaction-gone` unless it waits in that browser. */
  waiting(token: string, browserHash: string): Promise<WaitingSignIn>
  /** Consumes it: of parallel calls one gets the address to go to. Throws `Refusal`. */
  complete(token: string, browserHash: string, session: SignInSession): Promise<string>
}

/** Ends a session at id and the authorizations that end with it. */
export type SignOut = (idSessionHash: string) => Promise<void>
