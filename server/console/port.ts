// What the console needs of others to know who calls, and to have two agree.
import type { AdministratorRole, Permission } from './permissions.ts'
import type { Caller } from './verb.ts'

/** An API token that holds now, and the person it speaks for. */
export interface LiveApiToken {
  readonly id: string
  readonly personId: string
  readonly username: string
  readonly role: AdministratorRole
  /** Of the role's permissions, those that the token was given. */
  readonly permissions: readonly Permission[]
}

export interface ApiTokenStore {
  /** The token by its hash, unless it expired, was revoked, or its person was suspended or has no role any more. */
  findLive(hash: string, now: Date): Promise<LiveApiToken | null>
}

/** What two administrators are asked to sign. */
export interface ActDraft {
  /** The verb's id. */
  readonly verb: string
  readonly input: Readonly<Record<string, unknown>>
  /** Why, in the words of the first: `input.reason` where there is one. */
  readonly reason: string
  /** The person whom it is about, where that person may not sign it: what the verb's `concerns` says. */
  readonly concerns?: string | null
}

export interface Acts {
  /** Writes down what is asked for. Nothing is done before both have tapped. Returns the act's id. */
  request(by: Caller, draft: ActDraft): Promise<{ readonly act: string }>
}
