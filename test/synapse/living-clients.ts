// The unmodified clients that live through a month behind the gateway, driven alike: each signs in, syncs, and scrolls rooms back a page at
// a time through its own library.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  ClientEvent,
  createClient,
  EventTimeline,
  type ICreateClientOpts,
  type MatrixClient,
  type MatrixEvent,
  RoomEvent,
  SyncState,
} from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { PYTHON } from '../support/synapse-seed.ts'
import { botSdk } from './bot-sdk.ts'

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

const PAGE = 100
export const SYNC_LIMIT = 20
/** What js-sdk says of every request is not what is looked at here. */
export const QUIET: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => QUIET }

/** matrix-js-sdk in this process, without encryption. `options`: signed in already, as the control is. */
export function jsClient(options?: ICreateClientOpts): LivingClient {
  let client: MatrixClient
  const seen = new Map<string, Set<string>>()
  const begin = (opts: ICreateClientOpts) => {
    client = createClient({ ...opts, logger: QUIET })
    client.on(RoomEvent.Timeline, (event: MatrixEvent) => note(seen, event.getRoomId() ?? '', event.getId() ?? ''))
  }
  if (options) begin(options)
  return {
    name: 'matrix-js-sdk',
    signIn: async (baseUrl, token) => {
      const login = await createClient({ baseUrl, logger: QUIET }).login('m.login.token', { token })
      begin({ baseUrl, accessToken: login.access_token, userId: login.user_id, deviceId: login.device_id })
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
      await client.startClient({ initialSyncLimit: SYNC_LIMIT, pollTimeout: 1_000 })
      await caughtUp
      client.stopClient()
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

interface NioSync {
  readonly status: number
  readonly next: string
  readonly rooms: Readonly<Record<string, { readonly ids: string[]; readonly prev: string; readonly limited: boolean }>>
}

/** matrix-nio in a Python of its own. */
export function nioClient(): LivingClient {
  let ask: <Content>(what: string, ...args: unknown[]) => Promise<Content>
  let stop = async () => undefined as unknown
  let since = ''
  const seen = new Map<string, Set<string>>()
  const begins = new Map<string, string | null>()
  return {
    name: 'matrix-nio',
    signIn: async (gateway, token) => {
      const script = fileURLToPath(new URL('nio_driver.py', import.meta.url))
      const child = spawn(PYTHON, [script, gateway], { stdio: ['pipe', 'pipe', 'pipe'] })
      let complaint = ''
      child.stderr.on('data', (bytes: Buffer) => {
        complaint = (complaint + bytes.toString()).slice(-3_000)
      })
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
      ask = async (what, ...args) => {
        child.stdin.write(`${JSON.stringify({ do: what, with: args })}\n`)
        const { value, done } = await lines.next()
        if (done) throw new Error(`matrix-nio ended: ${complaint}`)
        return JSON.parse(value)
      }
      stop = async () => {
        child.stdin.end()
        if (child.exitCode === null) await once(child, 'exit')
      }
      await ask('login', token)
    },
    sync: async () => {
      // The second finds nothing new: all that there was has come.
      for (let empty = false; !empty; ) {
        const answer = await ask<NioSync>('sync', since, 0)
        if (answer.status !== 200) throw new Error(`matrix-nio: sync: ${answer.status}`)
        since = answer.next
        empty = true
        for (const [room, { ids, prev, limited }] of Object.entries(answer.rooms)) {
          if (ids.length > 0) empty = false
          for (const id of ids) note(seen, room, id)
          if (limited || !begins.has(room)) begins.set(room, prev)
        }
      }
    },
    page: async (room) => {
      const from = begins.get(room) ?? null
      if (from === null) return 'done'
      const answer = await ask<{ status: number; ids: string[]; end?: string | null }>('messages', room, from)
      if (answer.status === 429) return 'withheld'
      if (answer.status !== 200) throw new Error(`matrix-nio: messages: ${answer.status}`)
      for (const id of answer.ids) note(seen, room, id)
      begins.set(room, answer.end ?? null)
      return answer.end ? 'more' : 'done'
    },
    seen: (room) => seen.get(room) ?? new Set(),
    end: async () => void (await stop()),
  }
}

/** matrix-bot-sdk in this process; without encryption where its native part is not installed. */
export function botClient(): LivingClient {
  const { sdk, encryption } = botSdk()
  let client: InstanceType<typeof sdk.MatrixClient>
  const seen = new Map<string, Set<string>>()
  const begins = new Map<string, string | null>()
  return {
    name: `matrix-bot-sdk${encryption ? '' : ' (without encryption: its native part is not installed)'}`,
    signIn: async (gateway, token) => {
      const response = await fetch(`${gateway}/_matrix/client/v3/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'm.login.token', token, initial_device_display_name: 'bot' }),
      })
      const { access_token: accessToken } = (await response.json()) as { access_token: string }
      client = new sdk.MatrixClient(gateway, accessToken, new sdk.MemoryStorageProvider())
      client.on('room.event', (room, event) => note(seen, room, event.event_id))
    },
    sync: async () => {
      let quietMs = performance.now()
      const sizes = () => [...seen.values()].reduce((sum, ids) => sum + ids.size, 0)
      let last = -1
      await client.start()
      // It says nothing when it has caught up: when nothing has come for longer than a page takes.
      while (performance.now() - quietMs < 4_000 || last === 0) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        if (sizes() !== last) quietMs = performance.now()
        last = sizes()
      }
      client.stop()
    },
    page: async (room) => {
      if (begins.get(room) === null) return 'done'
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages`
      const from = begins.get(room)
      try {
        const answer = (await client.doRequest('GET', path, { dir: 'b', limit: PAGE, ...(from ? { from } : {}) })) as {
          chunk: { event_id: string }[]
          end?: string
        }
        for (const { event_id: id } of answer.chunk) note(seen, room, id)
        begins.set(room, answer.end ?? null)
        return answer.end ? 'more' : 'done'
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 429) return 'withheld'
        throw error
      }
    },
    seen: (room) => seen.get(room) ?? new Set(),
    end: async () => client?.stop(),
  }
}

function note(seen: Map<string, Set<string>>, room: string, id: string): void {
  const ids = seen.get(room) ?? new Set()
  ids.add(id)
  seen.set(room, ids)
}
