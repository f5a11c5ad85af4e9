// A gateway as it is served, over a real database, in front of a stand-in homeserver that says whose each token is and records
// what reaches it: for callers that are no person at a device.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { auditStore } from '../../db/stores/audit.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { serviceStore } from '../../db/stores/services.ts'
import { auditLog } from '../../server/audit/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import { createGatewayServer } from '../../server/gateway/node/server.ts'
import type { Log } from '../../server/platform/log.ts'
import { prometheusMetrics } from '../../server/platform/prometheus.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { sealPlace } from '../../server/platform/seal-columns.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import { constantPolicy } from '../../server/policy/port.ts'
import type { ExistingRule } from '../../server/sessions/existing.ts'
import type { NewService } from '../../server/sessions/service-port.ts'
import { gatewayParts } from '../../server/wiring/gateway.ts'
import type { Ground } from '../../server/wiring/ground.ts'
import { testDatabase } from './database.ts'
import { quietLog } from './enrolment.ts'
import { testRevoker } from './revoker.ts'

export const SERVER_NAME = 'example.org'
export const MINE = '!mine:example.org'
export const THEIRS = '!theirs:example.org'
const OLD_MS = Date.parse('2026-01-05T09:00:00Z')

export interface Seen {
  readonly method: string
  readonly target: string
  readonly token: string | null
}

export interface TokenSays {
  readonly user_id: string
  readonly device_id?: string
  readonly is_guest?: boolean
}

export async function principalsWorld(settings: Readonly<Record<string, string>> = {}) {
  const database = await testDatabase({ max: 20 })
  const upstream = await standIn()
  const time = { nowMs: Date.now() }
  const lines: { event: string; fields: Record<string, unknown> }[] = []
  const note = (event: string, fields?: object) => void lines.push({ event, fields: { ...fields } })
  const log: Log = { ...quietLog, info: note, warn: note, error: note }
  const loaded = loadConfig(
    { PALIER_SERVER_NAME: SERVER_NAME, PALIER_TRUSTED_PROXIES: '127.0.0.1', PALIER_HOLD: '0', ...settings },
    undefined,
  )
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes))
  const ground: Ground = {
    config: loaded.config,
    clock: { now: () => time.nowMs },
    random: systemRandom,
    log,
    sealer: openSealer({ secrets: ['a secret of the tests, long enough to be one'] }),
    db: database.db,
  }
  const rules: ExistingRule[] = []
  const parts = gatewayParts(ground, {
    homeserverUrl: upstream.url,
    metrics: prometheusMetrics({ processMetrics: false }),
    policies: { ...constantPolicy(defaultPolicy, 'enforce'), document: () => ({ existing_logins: rules }) },
  })
  await parts.identify.feed.started
  const server = createGatewayServer({
    ...parts,
    config: loaded.config,
    homeserverUrl: upstream.url,
    clock: ground.clock,
    log,
  })
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${port}`

  const audit = auditLog({ store: auditStore(database.db), clock: ground.clock })
  const services = serviceStore(database.db, audit)
  const people = peopleStore(database.db, audit)
  const revoker = testRevoker(database.db, { audit, sealer: ground.sealer, log })

  async function person(username: string) {
    const made = {
      id: newToken('person', systemRandom),
      username,
      displayName: username,
      role: 'person' as const,
      createdAt: new Date(),
      suspendedAt: null,
    }
    await people.create(made, { action: 'person.created', actor: 'test', subject: made.id, detail: {} })
    return made
  }

  async function service(sponsorId: string, changed: Partial<NewService> = {}) {
    const token = newToken('serviceToken', systemRandom)
    const id = newToken('service', systemRandom)
    const homeserverToken = `hs_${id}`
    upstream.tokens.set(homeserverToken, { user_id: `@bot:${SERVER_NAME}` })
    const made: NewService = {
      id,
      serverName: SERVER_NAME,
      name: `bot-${id
        .slice(4, 10)
        .toLowerCase()
        .replace(/[^a-z0-9]/g, 'x')}-${++serial}`,
      userId: `@bot:${SERVER_NAME}`,
      namespace: [],
      homeserverToken: ground.sealer.seal('homeserver-token', sealPlace('services', id), homeserverToken),
      tokenHash: hashToken(token),
      networks: ['127.0.0.0/8'],
      rooms: null,
      limits: {},
      sponsorId,
      createdAt: new Date(time.nowMs),
      expiresAt: new Date(time.nowMs + 86_400_000),
      ...changed,
    }
    if (!(await services.add(made, 'test'))) throw new Error('the name was taken')
    return { ...made, token, upstreamToken: homeserverToken }
  }
  let serial = 0

  async function call(
    token: string,
    path: string,
    { method = 'GET', body, from }: { method?: string; body?: unknown; from?: string } = {},
  ) {
    const response = await fetch(`${url}/_matrix/client/v3${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(from === undefined ? {} : { 'x-forwarded-for': from }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> }
  }

  return {
    ground,
    db: database.db,
    database,
    url,
    time,
    lines,
    upstream,
    rules,
    services,
    people,
    revoker,
    audit,
    person,
    service,
    call,
    said: (event: string) => lines.filter((line) => line.event === event).map(({ fields }) => fields),
    async stop() {
      await server.drain()
      await parts.stop()
      await upstream.close()
      await database.drop()
    },
  }
}

/** A homeserver of few words. `hang` holds every /sync until it is let go. */
async function standIn() {
  const seen: Seen[] = []
  const tokens = new Map<string, TokenSays>()
  const state = { whoamiStatus: 200, hanging: new Set<() => void>(), hang: false }
  const server = createServer((request, response) => {
    const target = request.url ?? ''
    const token = bearer(request)
    seen.push({ method: request.method ?? '', target, token })
    const answer = (status: number, body: unknown) => {
      const text = JSON.stringify(body)
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
      response.end(text)
    }
    request.resume()
    const says = token === null ? undefined : tokens.get(token)
    const path = target.split('?', 1)[0] ?? ''
    if (path.endsWith('/account/whoami')) {
      if (state.whoamiStatus !== 200) return answer(state.whoamiStatus, {})
      return says ? answer(200, says) : answer(401, { errcode: 'M_UNKNOWN_TOKEN' })
    }
    if (!says) return answer(401, { errcode: 'M_UNKNOWN_TOKEN' })
    if (path.endsWith('/sync')) {
      if (!state.hang) return answer(200, sync())
      state.hanging.add(() => answer(200, sync()))
      return
    }
    if (path.endsWith('/joined_rooms')) return answer(200, { joined_rooms: [MINE, THEIRS] })
    if (path.endsWith('/messages')) {
      const limit = Number(new URL(target, 'http://x').searchParams.get('limit') ?? 10)
      return answer(200, { chunk: events(`${target}`, limit), start: 's', end: 'e' })
    }
    answer(200, { path, token })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    tokens,
    state,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function bearer(request: IncomingMessage): string | null {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null
}

let made = 0
function events(about: string, count: number) {
  return Array.from({ length: count }, () => ({
    event_id: `$${++made}${about.length}`,
    type: 'm.room.message',
    sender: '@a:example.org',
    origin_server_ts: OLD_MS,
    content: { body: 'x' },
  }))
}

function sync() {
  const room = { timeline: { events: events('sync', 3), limited: false, prev_batch: 'p' }, state: { events: [] } }
  return {
    next_batch: 's1',
    rooms: {
      join: { [MINE]: room, [THEIRS]: { ...room, timeline: { ...room.timeline, events: events('t', 5) } } },
      invite: { [THEIRS]: { invite_state: { events: [] } } },
      leave: {},
    },
    to_device: { events: [] },
    device_one_time_keys_count: { signed_curve25519: 1 },
  }
}
