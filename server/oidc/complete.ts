// From a tap to a code: completing an authorization, once, by the browser that began it.
import type { Config } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'
import type { IdSession } from '../sessions/id-session.ts'
import type { AuthorizationBindings, ClientStore, CodeStore, Transaction, TransactionStore } from './port.ts'

/** How long a code may wait to be redeemed (RFC 9700 §2.1.1 asks for a minute at most). */
export const CODE_SECONDS = 60

export interface CompletionDeps {
  readonly config: Pick<Config, 'issuer' | 'acrAliases'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly clients: ClientStore
  readonly transactions: TransactionStore
  readonly codes: CodeStore
  readonly bindings: AuthorizationBindings
}

/** Where a finished authorization goes: parameters for a redirect URI that was verified when it began. */
export interface AuthorizationResponse {
  readonly redirectUri: string
  readonly responseMode: Transaction['responseMode']
  readonly parameters: Readonly<Record<string, string>>
}

export type Answered = Pick<IdSession, 'hash' | 'personId' | 'credentialId' | 'authTime' | 'acr' | 'amr' | 'endsAt'>

/** Mints the sid and the code of an authorization that was answered by `session`. Throws `Refusal`. */
export async function issueCode(
  deps: CompletionDeps,
  transaction: Omit<Transaction, 'hash' | 'browserHash' | 'idSessionHash' | 'createdAt' | 'expiresAt'>,
  session: Answered,
): Promise<AuthorizationResponse> {
  const { clock, random, config } = deps
  if (transaction.expectedPersonId !== null && transaction.expectedPersonId !== session.personId) {
    throw new Refusal(403, 'other-person')
  }
  const now = clock.now()
  const code = newToken('authorizationCode', random)
  const sid = newToken('sid', random)
  await deps.codes.issue(
    {
      id: sid,
      personId: session.personId,
      credentialId: session.credentialId,
      idSessionHash: session.hash,
      clientId: transaction.clientId,
      authTime: session.authTime,
      acr: answeredAcr(session.acr, transaction.acrValues, config.acrAliases),
      amr: session.amr,
      createdAt: new Date(now),
      endsAt: session.endsAt,
    },
    {
      hash: hashToken(code),
      clientId: transaction.clientId,
      sid,
      redirectUri: transaction.redirectUri,
      codeChallenge: transaction.codeChallenge,
      nonce: transaction.nonce,
      scope: transaction.scope,
      createdAt: new Date(now),
      expiresAt: new Date(now + CODE_SECONDS * 1000),
      redeemedAt: null,
    },
  )
  const client = await deps.clients.find(transaction.clientId)
  if (client?.serverName) {
    const joined = await deps.bindings.attachCode(hashToken(transaction.state ?? ''), hashToken(code), sid)
    if (!joined) throw new Refusal(410, 'sign-in-not-started-here')
  }
  deps.log.info('oidc.code-issued', { client: transaction.clientId, person: session.personId, sid })
  const { state } = transaction
  return {
    redirectUri: transaction.redirectUri,
    responseMode: transaction.responseMode,
    // RFC 9207: iss in every authorization response.
    parameters: { code, ...(state === null ? {} : { state }), iss: config.issuer },
  }
}

/** The acr to say: what the key is, or, when the client prefers one, an alias of `phrh` that is true of it. */
export function answeredAcr(actual: string, wanted: readonly string[], aliases: readonly string[]): string {
  const satisfied = actual === 'phrh' ? ['phr', 'phrh', ...aliases] : [actual]
  const first = wanted.find((value) => satisfied.includes(value))
  return first !== undefined && aliases.includes(first) ? first : actual
}

/** The verified redirect URI with the parameters in its query, those it already had kept. */
export function redirectLocation(redirectUri: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value)
  return url.href
}

/** What a sign-in page knows of the authorization it serves. */
export interface WaitingAuthorization {
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

export interface Authorizations {
  /** The authorization of a transaction token while it waits in that browser. Throws `Refusal` 410 `transaction-gone`. */
  waiting(token: string, browserHash: string): Promise<WaitingAuthorization>
  /** Completes it with the session of a tap made for it: where the browser goes next. Throws `Refusal`. */
  complete(token: string, browserHash: string, session: Answered): Promise<string>
  /** Takes an answered authorization (form_post) and issues its code. Throws `Refusal`. */
  resume(token: string, browserHash: string, session: Answered): Promise<AuthorizationResponse>
}

/** Authorizations that wait for a tap. */
export function authorizations(deps: CompletionDeps): Authorizations {
  const { transactions, clients, bindings } = deps
  const at = () => new Date(deps.clock.now())
  const gone = () => new Refusal(410, 'transaction-gone')

  async function find(token: string, browserHash: string): Promise<Transaction> {
    const found = isToken('transaction', token) ? await transactions.find(hashToken(token), browserHash, at()) : null
    if (found === null) throw gone()
    return found
  }

  async function resume(token: string, browserHash: string, session: Answered): Promise<AuthorizationResponse> {
    const transaction = await transactions.consume(hashToken(token), browserHash, at())
    if (transaction === null || transaction.idSessionHash !== session.hash) throw gone()
    return issueCode(deps, transaction, session)
  }

  return {
    async waiting(token, browserHash) {
      const transaction = await find(token, browserHash)
      const client = await clients.find(transaction.clientId)
      if (client === null || transaction.idSessionHash !== null) throw gone()
      const binding = client.serverName ? await bindings.findByStateHash(hashToken(transaction.state ?? '')) : null
      if (client.serverName && binding === null) throw new Refusal(410, 'sign-in-not-started-here')
      return {
        hash: transaction.hash,
        clientName: client.name,
        purpose: binding && {
          kind: binding.purpose,
          ...(binding.action === null ? {} : { action: binding.action }),
          ...(binding.actionSubject === null ? {} : { subject: binding.actionSubject }),
          ...(binding.deviceId === null ? {} : { device: binding.deviceId }),
        },
        expectedPersonId: transaction.expectedPersonId,
        forceTap: transaction.forceTap,
        loginHint: transaction.loginHint,
      }
    },

    async complete(token, browserHash, session) {
      const transaction = await find(token, browserHash)
      if (transaction.expectedPersonId !== null && transaction.expectedPersonId !== session.personId) {
        throw new Refusal(403, 'other-person')
      }
      if (!(await transactions.answer(transaction.hash, browserHash, session.hash, at()))) throw gone()
      // A form can only be posted by a page.
      if (transaction.responseMode === 'form_post') return `/oidc/form_post?transaction=${token}`
      const response = await resume(token, browserHash, session)
      return redirectLocation(response.redirectUri, response.parameters)
    },

    resume,
  }
}
