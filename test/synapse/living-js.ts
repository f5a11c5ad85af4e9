// matrix-js-sdk lived with: in the test's own process and, the same, in a page of Chromium (living-page.ts). Nothing of Node in here.
import {
  ClientEvent,
  createClient,
  EventTimeline,
  type ICreateClientOpts,
  type MatrixClient,
  type MatrixEvent,
  MemoryStore,
  RoomEvent,
  SyncState,
} from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'

/** `withheld`: the gateway answered 429. */
export type Page = 'more' | 'done' | 'withheld'

export interface LivingClient {
  readonly name: string
  signIn(gateway: string, loginToken: string): Promise<void>
  /** Catches up with what there is, and stops. */
  sync(): Promise<void>
  /** One page further back from where the room's timeline begins. */
  page(room: string): Promise<Page>
  /** Ids of a room's events that the client was given. */
  seen(room: string): ReadonlySet<string>
  /** Rooms, the one with the newest event first, as its own list has them; absent where the library has no list. */
  order?(): string[]
  end(): Promise<void>
}

export const PAGE = 100
const SYNC_LIMIT = 20
/** What js-sdk says of every request is not what is looked at here. */
export const QUIET: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => QUIET }

/** A store that remembers its position over a stop, as that of a client on a disk does. */
class RememberingStore extends MemoryStore {
  override async getSavedSyncToken(): Promise<string | null> {
    return this.getSyncToken()
  }
}

/** What is done with a client between its sign-in and its first sync. */
type Prepare = (client: MatrixClient) => Promise<void>

/**
 * matrix-js-sdk. `options`: signed in already, as the control is; `prepare`: what is switched on before the first sync, and `more` what
 * its clients are made with. `stays`: it goes on syncing once it began, since stopping ends its encryption for good.
 */
export function jsClient(
  options?: ICreateClientOpts,
  {
    prepare,
    more = {},
    stays = false,
  }: { readonly prepare?: Prepare; readonly more?: Partial<ICreateClientOpts>; readonly stays?: boolean } = {},
): LivingClient {
  let client: MatrixClient
  const seen = new Map<string, Set<string>>()
  const begin = (opts: ICreateClientOpts) => {
    client = createClient({ ...opts, ...more, store: new RememberingStore(), logger: QUIET })
    client.on(RoomEvent.Timeline, (event: MatrixEvent) => note(seen, event.getRoomId() ?? '', event.getId() ?? ''))
  }
  if (options) begin(options)
  return {
    name: 'matrix-js-sdk',
    signIn: async (baseUrl, token) => {
      const login = await createClient({ baseUrl, logger: QUIET }).login('m.login.token', { token })
      begin({ baseUrl, accessToken: login.access_token, userId: login.user_id, deviceId: login.device_id })
      await prepare?.(client)
    },
    sync: async () => {
      let polls = 0
      const caughtUp = new Promise<void>((resolve) => {
        const listener = (state: SyncState) => {
          if (state === SyncState.Prepared || (state === SyncState.Syncing && polls++ > 0)) {
            client.off(ClientEvent.Sync, listener)
            resolve()
          }
        }
        client.on(ClientEvent.Sync, listener)
      })
      if (!stays || !client.clientRunning) {
        await client.startClient({ initialSyncLimit: SYNC_LIMIT, pollTimeout: 1_000 })
      }
      await caughtUp
      if (!stays) client.stopClient()
    },
    page: async (id) => {
      const room = client.getRoom(id)
      if (room === null) throw new Error(`js-sdk does not know ${id}`)
      const begins = () => room.getLiveTimeline().getPaginationToken(EventTimeline.BACKWARDS)
      if (begins() === null) return 'done'
      try {
        await client.scrollback(room, PAGE)
      } catch (error) {
        if ((error as { httpStatus?: number }).httpStatus === 429) return 'withheld'
        throw error
      }
      return begins() === null ? 'done' : 'more'
    },
    seen: (room) => seen.get(room) ?? new Set(),
    order: () =>
      client
        .getRooms()
        .sort((a, b) => b.getLastActiveTimestamp() - a.getLastActiveTimestamp())
        .map(({ roomId }) => roomId),
    end: async () => client?.stopClient(),
  }
}

/** Remembers that an event of a room was given. */
export function note(seen: Map<string, Set<string>>, room: string, id: string): void {
  const ids = seen.get(room) ?? new Set()
  ids.add(id)
  seen.set(room, ids)
}
