// Relying parties: registering them at start, and who a request to an endpoint comes from (RFC 6749 §2.3).
import type { Context } from 'hono'
import { OAuthError } from '../errors/oauth.ts'
import type { Clock } from '../platform/clock.ts'
import { equalInConstantTime } from '../platform/crypto.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { isStorable } from '../platform/storable.ts'
import { newToken } from '../platform/tokens.ts'
import type { Parameters } from './parameters.ts'
import type { Client, ClientStore } from './port.ts'

export interface ClientRegistration {
  readonly clientId: string
  readonly name: string
  /** A public client has no secret. */
  readonly public?: boolean
  /** Used when the client is new; drawn when absent. */
  readonly secret?: string
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris?: readonly string[]
  readonly backchannelLogoutUri?: string
  /** Set for the homeserver behind a gateway. */
  readonly serverName?: string
}

interface Deps {
  readonly clients: ClientStore
  readonly sealer: Sealer
}

const place = (clientId: string) => sealPlace('clients', clientId)

/** Registers or updates a client; a secret it already has stays. Returns the secret in clear, null for a public client. */
export async function ensureClient(
  deps: Deps & { readonly clock: Clock; readonly random: Random },
  registration: ClientRegistration,
): Promise<{ clientId: string; clientSecret: string | null }> {
  const { clientId } = registration
  const secret = registration.public ? null : (registration.secret ?? newToken('clientSecret', deps.random))
  const client = await deps.clients.upsert(
    {
      clientId,
      name: registration.name,
      secret: secret === null ? null : deps.sealer.seal('client-secret', place(clientId), secret),
      redirectUris: registration.redirectUris,
      postLogoutRedirectUris: registration.postLogoutRedirectUris ?? [],
      backchannelLogoutUri: registration.backchannelLogoutUri ?? null,
      serverName: registration.serverName ?? null,
    },
    new Date(deps.clock.now()),
  )
  return { clientId, clientSecret: clientSecret(deps.sealer, client) }
}

/** The client's secret in clear, null for a public client: for authentication and for `palier synapse-config`. */
export function clientSecret(sealer: Sealer, client: Client): string | null {
  return client.secret === null ? null : sealer.open('client-secret', place(client.clientId), client.secret)
}

/**
 * The client of a token or revocation request: client_secret_basic, client_secret_post, or none for a public client.
 * Throws `OAuthError` invalid_client (401) or, when two methods are used at once, invalid_request (RFC 6749 §2.3).
 */
export async function authenticateClient(c: Context, form: Parameters, deps: Deps): Promise<Client> {
  const header = c.req.header('Authorization')
  const basic = header === undefined ? null : parseBasic(header)
  const clientId = form.get('client_id')
  const posted = form.get('client_secret')
  if (basic !== null && (posted !== undefined || (clientId !== undefined && clientId !== basic.clientId))) {
    throw new OAuthError('invalid_request', 'use one client authentication method')
  }
  const challenge = basic === null ? null : 'Basic'
  const refused = () => new OAuthError('invalid_client', 'client authentication failed', { status: 401, challenge })
  const named = basic?.clientId ?? clientId
  if (named === undefined) throw refused()
  const client = await deps.clients.find(named)
  const presented = basic?.secret ?? posted ?? null
  if (client === null) throw refused()
  const expected = clientSecret(deps.sealer, client)
  if (expected === null) {
    if (presented !== null) throw refused()
    return client
  }
  if (presented === null || !equalInConstantTime(presented, expected)) throw refused()
  return client
}

/** Both halves are form-encoded before they are joined (RFC 6749 §2.3.1). */
function parseBasic(header: string): { clientId: string; secret: string } {
  const failed = new OAuthError('invalid_client', 'client authentication failed', { status: 401, challenge: 'Basic' })
  const match = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(header)
  if (match?.[1] === undefined) throw failed
  const text = Buffer.from(match[1], 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw failed
  try {
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '))
    const named = { clientId: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
    if (isStorable(named)) return named
  } catch {
    throw failed
  }
  // No client is called so, and the database would not even look.
  throw failed
}
