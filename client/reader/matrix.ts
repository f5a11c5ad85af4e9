// The few calls of the client-server API that the sample reader makes, to the gateway and as any Matrix client would.
// What Palier adds is read from standard answers: an `approval_uri` beside the error, and a `Retry-After`.

export interface Session {
  readonly access_token: string
  readonly user_id: string
  readonly device_id: string
}

export interface RoomEvent {
  readonly event_id: string
  readonly sender: string
  readonly type: string
  readonly state_key?: string
  readonly origin_server_ts: number
  readonly content: Readonly<Record<string, unknown>>
}

interface JoinedRoom {
  readonly timeline?: {
    readonly events?: readonly RoomEvent[]
    readonly limited?: boolean
    readonly prev_batch?: string
  }
  readonly state?: { readonly events?: readonly RoomEvent[] }
}

export interface SyncAnswer {
  readonly next_batch: string
  readonly rooms?: {
    readonly join?: Readonly<Record<string, JoinedRoom>>
    readonly leave?: Readonly<Record<string, unknown>>
  }
}

export interface MessagesAnswer {
  readonly chunk: readonly RoomEvent[]
  readonly end?: string
}

/** Why a call failed. `status` 0: no answer came. */
export class MatrixRefusal extends Error {
  readonly status: number
  readonly errcode: string
  readonly softLogout: boolean
  readonly retryAfterMs: number | null
  /** Where the owner of the account can approve what was asked; only ever an http(s) address. */
  readonly approvalUri: string | null

  constructor(status: number, body: Readonly<Record<string, unknown>>, retryAfter: string | null) {
    super(typeof body['error'] === 'string' ? body['error'] : `HTTP ${status}`)
    this.name = 'MatrixRefusal'
    this.status = status
    this.errcode = typeof body['errcode'] === 'string' ? body['errcode'] : 'M_UNKNOWN'
    this.softLogout = body['soft_logout'] === true
    const ms = body['retry_after_ms']
    this.retryAfterMs = typeof ms === 'number' ? ms : retryAfter !== null ? Number(retryAfter) * 1000 || null : null
    const uri = body['approval_uri']
    this.approvalUri = typeof uri === 'string' && /^https?:\/\//.test(uri) ? uri : null
  }

  /** The token is not one any more. */
  get signedOut(): boolean {
    return this.status === 401 && this.approvalUri === null
  }
}

/** Few events a room: they are for the list; the rest of a room is read on demand, and counted. */
const SYNC_FILTER = JSON.stringify({
  presence: { types: [] },
  room: { timeline: { limit: 10 }, state: { lazy_load_members: true }, ephemeral: { types: [] } },
})

/** The homeserver that clients are configured with, which is the gateway. Every call throws `MatrixRefusal`. */
export function matrixClient(baseUrl: string) {
  const api = `${baseUrl}/_matrix/client/v3`

  async function call<Answer>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    more: { session?: Session; body?: object; signal?: AbortSignal } = {},
  ): Promise<Answer> {
    let response: Response
    let body: unknown
    try {
      response = await fetch(api + path, {
        method,
        headers: {
          ...(more.session ? { authorization: `Bearer ${more.session.access_token}` } : {}),
          ...(more.body ? { 'content-type': 'application/json' } : {}),
        },
        ...(more.body ? { body: JSON.stringify(more.body) } : {}),
        ...(more.signal ? { signal: more.signal } : {}),
      })
      body = await response.json()
    } catch {
      throw new MatrixRefusal(0, {}, null)
    }
    const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
    if (!response.ok) throw new MatrixRefusal(response.status, fields, response.headers.get('retry-after'))
    return fields as Answer
  }

  return {
    signInUrl: (redirectUrl: string) => `${api}/login/sso/redirect?redirectUrl=${encodeURIComponent(redirectUrl)}`,
    login: (token: string, deviceName: string, deviceId: string | null) =>
      call<Session>('POST', '/login', {
        body: {
          type: 'm.login.token',
          token,
          initial_device_display_name: deviceName,
          ...(deviceId === null ? {} : { device_id: deviceId }),
        },
      }),
    logout: (session: Session) => call<unknown>('POST', '/logout', { session, body: {} }),
    /** `wait`: whether the server may keep the request until there is news. */
    sync: (session: Session, since: string | null, wait: boolean, signal: AbortSignal) =>
      call<SyncAnswer>(
        'GET',
        `/sync?timeout=${wait && since !== null ? 30_000 : 0}&filter=${encodeURIComponent(SYNC_FILTER)}${since === null ? '' : `&since=${encodeURIComponent(since)}`}`,
        { session, signal },
      ),
    messages: (session: Session, room: string, from: string, limit: number, signal: AbortSignal) =>
      call<MessagesAnswer>(
        'GET',
        `/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=${limit}&from=${encodeURIComponent(from)}`,
        { session, signal },
      ),
    send: (session: Session, room: string, transaction: string, text: string) =>
      call<{ event_id: string }>(
        'PUT',
        `/rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(transaction)}`,
        { session, body: { msgtype: 'm.text', body: text } },
      ),
  }
}

export type MatrixClient = ReturnType<typeof matrixClient>
