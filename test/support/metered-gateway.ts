// The pipeline of metered routes as it runs: a gateway's server in this process, the stores on a real database, a rigged
// homeserver behind it, and approvals decided as the page decides them. Only who is calling is told by the test.
import { approvalStore } from '../../db/stores/approvals.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { ignoredChanges, meterStore, resumePointStore } from '../../db/stores/metering.ts'
import { deviceFacts } from '../../db/stores/receipts.ts'
import { auditLog } from '../../server/audit/log.ts'
import { meteredPipeline } from '../../server/gateway/metered.ts'
import type { MeteredDeps } from '../../server/gateway/metered-serving.ts'
import { createGatewayServer } from '../../server/gateway/node/server.ts'
import type { Caller, StepUp } from '../../server/gateway/ports.ts'
import { systemClock } from '../../server/platform/clock.ts'
import type { Metrics } from '../../server/platform/metrics.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { systemWait } from '../../server/platform/wait.ts'
import { defaultPolicy, type MeteringPolicy } from '../../server/policy/defaults.ts'
import { constantPolicy } from '../../server/policy/port.ts'
import { DecisionWatch, requestApproval } from '../../server/stepup/request.ts'
import { ISSUER, SERVER_NAME } from './gateway-process.ts'
import { gatewayWorld, type TestDevice, type TestPerson } from './gateway-process-world.ts'
import { scanner } from './scanner.ts'
import { PLAIN_SPENDING } from './spending.ts'

/** Small enough to be read up in a few requests. Sub-buckets as by default. */
export const HOUR_LIMIT = 40
export const TAP = 20
const [hour, day, month] = defaultPolicy.windows.archive as [Window, Window, Window]
type Window = MeteringPolicy['windows']['archive'][number]
export const smallPolicy: MeteringPolicy = {
  ...defaultPolicy,
  windows: {
    ...defaultPolicy.windows,
    archive: [
      { ...hour, limit: HOUR_LIMIT },
      { ...day, limit: 200 },
      { ...month, limit: 2_000 },
    ],
    'catch-up': [{ ...(defaultPolicy.windows['catch-up'][0] as Window), limit: 30 }],
  },
  firstSyncEvents: 25,
  taps: { ...defaultPolicy.taps, archive: { ...defaultPolicy.taps.archive, units: TAP } },
}

/** What makes a gateway withhold nothing and say what it would have withheld. */
export const OBSERVING = { policies: constantPolicy(smallPolicy, 'observe') }

/** A device as the gateway knows it: a test may change what is known. */
export type KnownDevice = TestDevice & { readonly caller: { -readonly [Key in keyof Caller]: Caller[Key] } }

export interface GetOptions {
  /** The client's address: its network is this address's /24. */
  readonly address?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Answer {
  /** 0: the connection was cut. */
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever a Matrix answer holds
  readonly body: any
}

async function ask(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  content?: unknown,
): Promise<Answer> {
  try {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, 'user-agent': 'test', ...headers },
      ...(content === undefined ? {} : { method: 'POST', body: JSON.stringify(content) }),
      redirect: 'manual',
      ...(signal ? { signal } : {}),
    })
    return { status: answer.status, headers: answer.headers, body: await answer.json() }
  } catch {
    return { status: 0, headers: new Headers(), body: {} }
  }
}

/** The path of a room's history. */
export function messages(room: string, from: string, limit: number): string {
  return `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&from=${from}&limit=${limit}`
}

/** Events that an answer released. */
export function released({ status, body }: Answer): number {
  return status === 200 && Array.isArray(body.chunk) ? body.chunk.length : 0
}

export type MeteredGateway = Awaited<ReturnType<typeof meteredGateway>>

export async function meteredGateway() {
  const world = await gatewayWorld({ gateways: 0 })
  const { db, sealer, homeserver } = world
  const audit = auditLog({ store: auditStore(db), clock: systemClock })
  const meters = meterStore(db, smallPolicy)
  const approvals = approvalStore(db, { audit, meters })
  const known = new Map<string, Caller>()
  const closers: (() => Promise<void>)[] = []

  const watch = new DecisionWatch({ approvals, clock: systemClock })
  const stepUp: StepUp = {
    request: (asking) =>
      requestApproval(
        {
          approvals,
          sealer,
          clock: systemClock,
          random: systemRandom,
          config: { issuer: ISSUER },
          policy: smallPolicy,
          devices: deviceFacts(db),
          roomNames: { nameOf: async () => null },
        },
        asking,
      ),
    decided: (hash, timeoutMs, signal) => watch.decided(hash, timeoutMs, signal),
  }

  /** A gateway on the database. `over` replaces parts of its pipeline. */
  async function gateway(
    over: Partial<MeteredDeps> = {},
    server: Pick<Parameters<typeof createGatewayServer>[0], 'limits' | 'spool'> = {},
  ) {
    const lines: Record<string, unknown>[] = []
    const calls: string[] = []
    const ends = new Map<string, Set<(reason: string) => void>>()
    const log = {
      debug: () => undefined,
      warn: () => undefined,
      error: () => undefined,
      info: (event: string, fields: object = {}) => {
        if (event === 'metering.decision') lines.push({ ...fields })
      },
    }
    const counted =
      over.meters ??
      new Proxy(meters, {
        get: (target, name, receiver) => {
          calls.push(String(name))
          return Reflect.get(target, name, receiver) as unknown
        },
      })
    const metrics: Metrics = { count: () => undefined, set: () => undefined, observe: () => undefined }
    const data = createGatewayServer({
      ...server,
      config: {
        gatewayUrl: 'https://matrix.example.org',
        trustedProxies: ['127.0.0.1'],
        serverRoutes: 'closed',
        legacyMedia: 'closed',
      },
      homeserverUrl: homeserver.url,
      identify: {
        remembered: (token) => known.get(token) ?? null,
        identify: async () => 'unknown',
        track: (caller, end) => {
          const own = ends.get(caller.device) ?? new Set()
          ends.set(caller.device, own.add(end))
          return () => own.delete(end)
        },
      },
      metered: meteredPipeline({
        config: { holdSeconds: 0, pushGateways: [] },
        policies: constantPolicy(smallPolicy, 'enforce'),
        clock: systemClock,
        random: systemRandom,
        wait: systemWait,
        metrics,
        sealer,
        resumePoints: resumePointStore(db),
        ignoring: ignoredChanges(db),
        stepUp,
        weigh: scanner.weigh,
        see: scanner.see,
        ...over,
        log,
        meters: counted,
      }),
      ignoring: ignoredChanges(db),
      control: () => Response.json({}),
      clock: systemClock,
      log,
    })
    const { port } = await data.listen({ host: '127.0.0.1', port: 0 })
    closers.push(() => data.close())
    const url = `http://127.0.0.1:${port}`
    return {
      url,
      server: data,
      lines,
      /** Names of the meters' methods that were called. */
      calls,
      get: (
        device: TestDevice,
        target: string,
        { address = '192.0.2.1', headers = {}, signal }: GetOptions = {},
      ): Promise<Answer> => ask(url + target, device.token, { 'x-forwarded-for': address, ...headers }, signal),
      post: (
        device: TestDevice,
        target: string,
        content: unknown,
        { address = '192.0.2.1', headers = {}, signal }: GetOptions = {},
      ): Promise<Answer> =>
        ask(url + target, device.token, { 'x-forwarded-for': address, ...headers }, signal, content),
      /** What the revocation feed does to requests under way. */
      revoke: (device: TestDevice) => {
        for (const end of [...(ends.get(device.id) ?? [])]) end('credential-revoked')
      },
    }
  }

  async function device(person?: TestPerson): Promise<KnownDevice> {
    const own = await world.addDevice(person ?? (await world.addPerson()))
    const now = Date.now()
    const caller: KnownDevice['caller'] = {
      device: own.id,
      serverName: SERVER_NAME,
      userId: `@${own.person.username}:${SERVER_NAME}`,
      deviceId: 'DEVICE',
      personId: own.person.id,
      groups: [],
      client: 'test',
      credentialId: own.person.credentialId,
      sid: own.sid,
      homeserverToken: `upstream-${own.id}`,
      lastTapAtMs: now,
      lastActiveAtMs: now,
      firstSyncUntilMs: null,
      expiresAtMs: now + 3_600_000,
      stepUpAware: false,
      kind: 'person',
      rooms: null,
      service: null,
    }
    known.set(own.token, caller)
    return { ...own, caller }
  }

  return {
    ...world,
    meters,
    stepUp,
    gateway,
    device,
    /** A device of a person who read all but `events` of the hour. */
    deviceWith: async (events: number): Promise<KnownDevice> => {
      const it = await device()
      const spender = { serverName: SERVER_NAME, personId: it.person.id, device: it.id }
      if (events < HOUR_LIMIT) {
        const streams = { archive: { hashes: [], bare: HOUR_LIMIT - events } }
        await meters.spend({
          ...spender,
          streams,
          ...PLAIN_SPENDING,
        })
      }
      return it
    },
    /** Used and held of the hour. */
    hour: async ({ person }: TestDevice): Promise<{ used: number; held: number }> => {
      const [reading] = await meters.remaining(SERVER_NAME, person.id)
      return { used: reading?.used ?? -1, held: reading?.held ?? -1 }
    },
    /** Ends a device in the meters, as "this was not me" does. */
    giveBack: (it: TestDevice) =>
      meters.giveBack({
        serverName: SERVER_NAME,
        personId: it.person.id,
        device: it.id,
        incident: newToken('incident', systemRandom),
        reason: 'not-me',
      }),
    async stop() {
      for (const close of closers) await close()
      await world.stop()
    },
  }
}
