// The route table: how the gateway treats everything a Matrix client can ask. What is not in it is refused.
// Rows are data; classify.ts matches them against the raw path, treatment.ts turns them into the reference page.
import { ACCOUNT_ROUTES } from './routes-account.ts'
import { DIRECTORY_ROUTES } from './routes-directory.ts'
import { KEY_ROUTES } from './routes-keys.ts'
import { MEDIA_ROUTES } from './routes-media.ts'
import { ROOM_ROUTES } from './routes-rooms.ts'
import { SERVER_ROUTES } from './routes-server.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What an answer on this route is counted in, or null when it carries nothing that is counted. */
export type Unit = 'events' | 'state' | 'directory' | 'media' | 'sessions' | 'joins' | 'pushers'

/**
 * - `metered`: the answer is counted and settled before its first byte is released
 * - `passed`: forwarded as it is, with the homeserver's token in the place of the client's
 * - `refused`: answered 403 M_FORBIDDEN with the reason (404 where `absent`): it would go around the meter or the key
 * - `control`: answered by the gateway itself (sign-in, sign-out, rewritten discovery)
 * - `closed`: answered as if it did not exist
 */
export type Treatment = 'metered' | 'passed' | 'refused' | 'control' | 'closed'

/** A limit that the gateway may lower before it forwards. */
export interface Clamp {
  readonly parameter: string
  /** What the homeserver takes when the client says nothing. */
  readonly default: number
  /** The most that the gateway forwards: the homeserver's maximum, or ours where it has none. */
  readonly max: number
}

/** Which bytes precede the pattern. `client` stands for every prefix on which Synapse serves the old routes. */
export type Prefix = 'client' | 'client-v1' | 'client-unstable' | 'media' | 'root'

export interface Row {
  /** Stable name: in decision lines, metrics and the reference. */
  readonly id: string
  readonly methods: readonly Method[]
  readonly prefix: Prefix
  /**
   * Segments after the prefix. `{name}` is one segment without an encoded slash, `{name*}` one that may carry `%2F` (event
   * ids of room version 3, aliases, state keys), `**` the rest of the path.
   */
  readonly pattern: string
  readonly unit: Unit | null
  readonly treatment: Treatment
  /** Why it is treated so. */
  readonly reason: string
  readonly clamp?: Clamp
  /** Parameters that decide what a metered answer carries: never repeated, never percent-encoded in their names. */
  readonly parameters?: readonly string[]
  /** True where the protocol asks for no token; a token sent all the same is taken out before forwarding. */
  readonly anonymous?: true
  /** Refused as a homeserver without the feature would, 404 M_UNRECOGNIZED: clients then take their other way. */
  readonly absent?: true
  /** True for media routes that ask for no token: `closed`, or passed without one when `PALIER_LEGACY_MEDIA=open`. */
  readonly legacyMedia?: true
  /** True for what only other servers call: `closed`, or passed without a token when `PALIER_SERVER_ROUTES=passed`. */
  readonly serverRoute?: true
  /** A long poll: a connection pool of its own. */
  readonly longPoll?: true
  /** The largest request body in bytes, when not the general limit. */
  readonly maxBodyBytes?: number
}

/** The concrete prefixes. Every one is matched byte for byte, in lower case, as Synapse does. */
export const PREFIXES: Readonly<Record<Prefix, readonly string[]>> = {
  client: ['_matrix/client/api/v1', '_matrix/client/r0', '_matrix/client/v3', '_matrix/client/unstable'],
  'client-v1': ['_matrix/client/v1'],
  'client-unstable': ['_matrix/client/unstable'],
  media: ['_matrix/media/r0', '_matrix/media/v1', '_matrix/media/v3'],
  root: [''],
}

export const ROUTES: readonly Row[] = [
  ...ROOM_ROUTES,
  ...DIRECTORY_ROUTES,
  ...MEDIA_ROUTES,
  ...KEY_ROUTES,
  ...ACCOUNT_ROUTES,
  ...SERVER_ROUTES,
]
