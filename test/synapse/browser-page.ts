// What runs in the page of the browser client: matrix-js-sdk, driven as a client would, asked by the test through `window.client`.
import {
  ClientEvent,
  createClient,
  Direction,
  EventTimeline,
  type MatrixClient,
  MatrixError,
  SyncState,
} from 'matrix-js-sdk'

/** A walk back through a room, up to where it was withheld or ended. */
export interface Walk {
  readonly ids: string[]
  /** Where to go on. */
  readonly from: string
  readonly status: number
  readonly approval: string
  readonly retryMs: number
}

let matrix: MatrixClient | null = null

const client = {
  /** Redeems a login token and joins a room; the user id. */
  async signIn(baseUrl: string, token: string, room: string): Promise<string> {
    const login = await createClient({ baseUrl }).login('m.login.token', { token })
    matrix = createClient({
      baseUrl,
      accessToken: login.access_token,
      userId: login.user_id,
      deviceId: login.device_id,
    })
    sessionStorage.setItem('device', JSON.stringify(login))
    await matrix.joinRoom(room)
    return login.user_id
  },

  /** Signed in as before the page was left. */
  resume(baseUrl: string): void {
    const login = JSON.parse(sessionStorage.getItem('device') ?? '{}')
    matrix = createClient({
      baseUrl,
      accessToken: login.access_token,
      userId: login.user_id,
      deviceId: login.device_id,
    })
  },

  /** Messages back from a position until the gateway withholds a page. */
  async walk(room: string, from: string): Promise<Walk> {
    const ids: string[] = []
    for (let at = from; ; ) {
      try {
        const answer = await signedIn().createMessagesRequest(room, at || null, 100, Direction.Backward)
        for (const event of answer.chunk) if (event.type === 'm.room.message') ids.push(event.event_id)
        if (!answer.end) return { ids, from: '', status: 200, approval: '', retryMs: 0 }
        at = answer.end
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
        const approval = String(error.data['approval_uri'])
        return { ids, from: at, status: error.httpStatus ?? 0, approval, retryMs: error.getRetryAfterMs() ?? 0 }
      }
    }
  },

  /** Syncs, then scrolls the room's live timeline back to its beginning; the ids of its messages. */
  async scroll(roomId: string): Promise<string[]> {
    const own = signedIn()
    const prepared = new Promise<void>((resolve) => {
      own.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve())
    })
    await own.startClient({ initialSyncLimit: 20 })
    await prepared
    const room = own.getRoom(roomId)
    if (room === null) throw new Error('the room did not come with the first sync')
    while (room.getLiveTimeline().getPaginationToken(EventTimeline.BACKWARDS) !== null) {
      await own.scrollback(room, 100).catch((error: unknown) => {
        if (!(error instanceof MatrixError) || error.httpStatus !== 429) throw error
      })
    }
    own.stopClient()
    const messages = room
      .getLiveTimeline()
      .getEvents()
      .filter((event) => event.getType() === 'm.room.message')
    return messages.map((event) => event.getId() ?? '')
  },
}

function signedIn(): MatrixClient {
  if (matrix === null) throw new Error('not signed in')
  return matrix
}

declare global {
  interface Window {
    client: typeof client
  }
}

window.client = client
