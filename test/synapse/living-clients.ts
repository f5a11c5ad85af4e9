// The unmodified clients that live through a month behind the gateway, driven alike: each signs in, syncs, and scrolls rooms back a page at
// a time through its own library.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { PYTHON } from '../support/synapse-seed.ts'
import { botSdk } from './bot-sdk.ts'
import { type LivingClient, note, PAGE } from './living-js.ts'

import type {} from './living-page.ts'

export { jsClient, QUIET } from './living-js.ts'
export type { LivingClient }

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
  let answered: () => void = () => undefined
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
      const storage = new sdk.MemoryStorageProvider()
      const keep = storage.setSyncToken.bind(storage)
      storage.setSyncToken = (position) => {
        keep(position)
        answered()
      }
      client = new sdk.MatrixClient(gateway, accessToken, storage)
      client.syncingTimeout = 1_000
      client.on('room.event', (room, event) => note(seen, room, event.event_id))
    },
    sync: async () => {
      const sizes = () => [...seen.values()].reduce((sum, ids) => sum + ids.size, 0)
      // It says nothing when it has caught up: when an answer brought nothing. It keeps a position before it looks at what came.
      const caughtUp = new Promise<void>((resolve) => {
        let before: number | null = null
        answered = () => {
          const now = sizes()
          if (now === before && now > 0) {
            answered = () => undefined
            client.stop()
            resolve()
          }
          before = now
        }
      })
      await client.start()
      await caughtUp
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

/** matrix-js-sdk with encryption on, in a page of Chromium at `url` (living-page.ts). */
export function pageClient(page: Page, url: string): LivingClient {
  const seen = new Map<string, Set<string>>()
  let rooms: string[] = []
  const learn = async (ids: readonly string[]) => {
    for (const room of ids) seen.set(room, new Set(await page.evaluate((id) => window.living.seen(id), room)))
  }
  return {
    name: 'matrix-js-sdk in Chromium with encryption on',
    signIn: async (gateway, token) => {
      await page.goto(url)
      await page.waitForFunction(() => window.living)
      await page.evaluate(([base, key]) => window.living.signIn(base, key, null, false), [gateway, token] as const)
    },
    sync: async () => {
      await page.evaluate(() => window.living.sync())
      rooms = await page.evaluate(() => window.living.order())
      await learn(rooms)
    },
    page: async (room) => {
      const went = await page.evaluate((id) => window.living.page(id), room)
      await learn([room])
      return went
    },
    seen: (room) => seen.get(room) ?? new Set(),
    order: () => rooms,
    end: async () => page.context().close(),
  }
}
