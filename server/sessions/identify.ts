// Who is calling: a Palier token to its device, from memory when it was read lately, and never after it ended.
import type { Clock } from '../platform/clock.ts'
import { inTime } from '../platform/in-time.ts'
import { lastUsed } from '../platform/last-used.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { hashToken, isToken } from '../platform/tokens.ts'
import { verifyAccessToken } from './access-tokens.ts'
import type { Caller, Identify, IdentifyFailure } from './caller.ts'
import type { ExistingLogins } from './existing.ts'
import { type RevocationFeed, revocationFeed } from './feed.ts'
import { inFlight } from './in-flight.ts'
import {
  type AccessTokenKeys,
  type Device,
  type DeviceStore,
  IDLE_SECONDS,
  isSpared,
  type Revocation,
  type RevocationStore,
  TEMPORARY_ACR,
} from './port.ts'
import { callerOfService, whyNoService } from './service.ts'
import type { ServiceTokens, SponsoredService } from './service-port.ts'

/** Tokens remembered by a process. */
const REMEMBERED = 20_000
/** How long a device is not read again while the database answers. */
const FRESH_MS = 10_000
/** Design point 16: without the database, only sessions seen that lately, and only while the feed was heard that lately. */
const SEEN_MS = 60_000
const DEAF_MS = 30_000
const TOUCH_MS = 60_000
/** A database that takes longer counts as away; one not heard for longer is not asked about who is known. */
const DATABASE_MS = 2_000
const QUIET_MS = 3_000

export interface IdentifyDeps {
  readonly config: { readonly issuer: string; readonly gatewayUrl: string; readonly serverName: string }
  readonly clock: Clock
  readonly log: Log
  readonly sealer: Pick<Sealer, 'open'>
  readonly devices: Pick<DeviceStore, 'find' | 'findByAccessToken' | 'touch'>
  readonly revocations: Pick<RevocationStore, 'since'>
  readonly keys: AccessTokenKeys
  readonly services: ServiceTokens
  /** Tokens that are not Palier's: null sends whoever holds one to sign in. */
  readonly existing: ExistingLogins | null
  readonly pollMs?: number
}

export interface IdentifyService extends Identify {
  readonly feed: RevocationFeed
  /** Reads a device (`dev_…`) again at its next request. */
  forget(device: string): void
  /** Requests in flight. */
  inFlight(): number
}

interface Known {
  readonly caller: Caller
  /** When the token itself ends, epoch milliseconds: before the device does, for one that is refreshed. */
  readonly tokenEndsMs: number
  readonly readMs: number
  seenMs: number
  touchedMs: number
}

/** Starts the revocation feed and answers who is calling. Stop it with `feed.stop()`. */
export function identifyService(deps: IdentifyDeps): IdentifyService {
  const { clock, log, config } = deps
  const known = lastUsed<string, Known>(REMEMBERED)
  const requests = inFlight()
  /** How often everyone was ended: what was being read from the database meanwhile may be from before. */
  let everyoneEnded = 0
  const feed = revocationFeed({ ...deps, onRevoked: revoked })

  // All that is known is gone through once, however many have ended.
  function revoked(revocations: readonly Revocation[]): void {
    for (const revocation of revocations) {
      requests.revoked(revocation)
      deps.existing?.revoked(revocation)
    }
    const named = new Set(revocations.map(({ kind, subject }) => `${kind} ${subject}`))
    const everyone = revocations.filter(({ kind }) => kind === 'everyone')
    everyoneEnded += everyone.length
    for (const [hash, { caller }] of known.entries()) {
      if (namesOf(caller).some((name) => named.has(name))) known.delete(hash)
      const all = everyone.find(({ subject }) => caller.kind !== 'service' && !isSpared(subject, caller.personId))
      if (all === undefined) continue
      known.delete(hash)
      // Who has it in hand and has not begun yet does not begin.
      requests.revoked({ ...all, kind: 'device', subject: caller.device })
    }
  }

  function remembered(token: string): Caller | IdentifyFailure | null {
    if (feed.silenceMs() > DEAF_MS) return feed.lastHeardMs() === 0 ? null : 'unavailable'
    const entry = known.get(hashToken(token))
    if (!entry) return null
    const now = clock.now()
    if (now >= entry.caller.expiresAtMs) return entry.caller.kind === 'service' ? 'unknown' : 'soft-logout'
    if (now >= entry.tokenEndsMs) return 'expired'
    if (now - entry.readMs > FRESH_MS) return null
    // A tap ends idleness in whatever process: what may be out of date is read again.
    if (now - Math.max(entry.caller.lastActiveAtMs, entry.caller.lastTapAtMs) >= IDLE_SECONDS * 1000) return null
    return see(entry, now)
  }

  function see(entry: Known, now: number): Caller {
    entry.seenMs = now
    if (now - entry.touchedMs >= TOUCH_MS) {
      entry.touchedMs = now
      const { kind, device } = entry.caller
      const touched = kind === 'service' ? deps.services.used(device) : deps.devices.touch(device)
      touched.catch(() => log.warn('device.touch_failed', { device }))
    }
    return entry.caller
  }

  async function identify(token: string, network?: string): Promise<Caller | IdentifyFailure> {
    const opaque = isToken('matrixAccessToken', token)
    const service = !opaque && isToken('serviceToken', token)
    if (!opaque && !service && !/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(token)) {
      return existing(token, network)
    }
    try {
      if (feed.lastHeardMs() === 0) await feed.started
      if (feed.silenceMs() > DEAF_MS) return 'unavailable'
      // It hangs, perhaps: who was here a moment ago does not wait for that to show.
      if (feed.silenceMs() > QUIET_MS && known.has(hashToken(token))) return withoutDatabase(token)
      return await inTime(DATABASE_MS, opaque ? readOpaque(token) : service ? readService(token) : readJwt(token))
    } catch {
      return withoutDatabase(token)
    }
  }

  // What the homeserver issued before Palier came is asked for there, or signs in again, softly.
  async function existing(token: string, network: string | undefined): Promise<Caller | IdentifyFailure> {
    if (deps.existing === null) return 'soft-logout'
    try {
      if (feed.lastHeardMs() === 0) await feed.started
    } catch {
      return 'unavailable'
    }
    if (feed.silenceMs() > DEAF_MS) return 'unavailable'
    const known = await deps.existing.identify(token, network ?? 'unknown')
    // It signed in a moment ago, as this process has heard.
    return typeof known !== 'string' && requests.endOf(known.device) !== undefined ? 'soft-logout' : known
  }

  async function readService(token: string): Promise<Caller | IdentifyFailure> {
    const hash = hashToken(token)
    const service = await deps.services.findByToken(hash)
    const now = clock.now()
    const refused = whyNoService(service, config.serverName, now)
    if (refused || !service) {
      known.delete(hash)
      // Anybody can make tokens up; one that was ours says something.
      if (service) log.warn('service.refused', { service: service.id, reason: refused?.reason })
      return refused?.failure ?? 'unknown'
    }
    if (requests.endOf(service.id) !== undefined) return 'unknown'
    return keep(hash, openService(service, now), service.expiresAt.getTime(), service.lastUsedAt?.getTime() ?? 0)
  }

  function openService(service: SponsoredService, now: number): Caller {
    const sealed = service.homeserverToken as string
    return callerOfService(
      service,
      deps.sealer.open('homeserver-token', sealPlace('services', service.id), sealed),
      now,
    )
  }

  async function readOpaque(token: string): Promise<Caller | IdentifyFailure> {
    return read(token, await current(() => deps.devices.findByAccessToken(hashToken(token))), null)
  }

  async function readJwt(token: string): Promise<Caller | IdentifyFailure> {
    const entry = known.get(hashToken(token))
    if (entry) return read(token, await current(() => deps.devices.find(entry.caller.device)), entry.tokenEndsMs)
    const verified = await verifyAccessToken(deps, token)
    if (verified.kind !== 'valid') return verified.kind
    return read(token, await current(() => deps.devices.find(verified.device)), verified.expiresAtMs)
  }

  // Read before everyone was ended and answered after: it is read again.
  async function current(ask: () => Promise<Device | null>): Promise<Device | null> {
    for (;;) {
      const before = everyoneEnded
      const device = await ask()
      if (before === everyoneEnded) return device
    }
  }

  function read(token: string, device: Device | null, tokenEndsMs: number | null): Caller | IdentifyFailure {
    const hash = hashToken(token)
    const now = clock.now()
    const failure = whyNot(device, now, tokenEndsMs)
    if (failure || !device) {
      known.delete(hash)
      return failure ?? 'unknown'
    }
    if (requests.endOf(device.id) !== undefined) return 'unknown'
    return keep(hash, callerOf(device), tokenEndsMs ?? device.expiresAt.getTime(), device.lastActiveAt.getTime())
  }

  function keep(hash: string, caller: Caller, tokenEndsMs: number, activeMs: number): Caller {
    const now = clock.now()
    const touchedMs = known.get(hash)?.touchedMs ?? activeMs
    const entry: Known = { caller, tokenEndsMs, readMs: now, seenMs: now, touchedMs }
    known.set(hash, entry)
    return see(entry, now)
  }

  function whyNot(device: Device | null, now: number, tokenEndsMs: number | null): IdentifyFailure | null {
    if (!device || device.serverName !== config.serverName) return 'unknown'
    if (device.endedReason === 'expired') return 'soft-logout'
    if (device.endedAt || device.homeserverToken === null) return 'unknown'
    if (now >= device.expiresAt.getTime()) return 'soft-logout'
    return tokenEndsMs !== null && now >= tokenEndsMs ? 'expired' : null
  }

  function callerOf(device: Device): Caller {
    return {
      kind: 'person',
      rooms: null,
      service: null,
      device: device.id,
      serverName: device.serverName,
      userId: device.userId,
      deviceId: device.deviceId,
      personId: device.personId,
      groups: device.groups,
      client: device.client,
      credentialId: device.credentialId,
      sid: device.sid,
      homeserverToken: deps.sealer.open(
        'homeserver-token',
        sealPlace('devices', device.id, device.personId),
        device.homeserverToken as string,
      ),
      // Typing a code is no tap: what is open for a while after one stays shut.
      lastTapAtMs: device.acr === TEMPORARY_ACR ? 0 : device.lastTapAt.getTime(),
      lastActiveAtMs: device.lastActiveAt.getTime(),
      firstSyncUntilMs: device.firstSyncUntil?.getTime() ?? null,
      expiresAtMs: device.expiresAt.getTime(),
      stepUpAware: false,
      temporary: device.acr === TEMPORARY_ACR,
    }
  }

  function withoutDatabase(token: string): Caller | IdentifyFailure {
    const entry = known.get(hashToken(token))
    const now = clock.now()
    if (!entry || feed.silenceMs() > DEAF_MS || now - entry.seenMs > SEEN_MS) return 'unavailable'
    if (now >= entry.caller.expiresAtMs || now >= entry.tokenEndsMs) return 'unavailable'
    entry.seenMs = now
    return entry.caller
  }

  return {
    remembered,
    identify,
    track: requests.track,
    feed,
    forget(device) {
      for (const [hash, { caller }] of known.entries()) if (caller.device === device) known.delete(hash)
    },
    inFlight: requests.size,
  }
}

/** What a caller is ended by. An id session is not among it: its revocation has a row for each of its devices. */
function namesOf(caller: Caller): readonly string[] {
  return [
    `device ${caller.device}`,
    `sid ${caller.sid}`,
    `credential ${caller.credentialId}`,
    `person ${caller.personId}`,
    ...(caller.service === null ? [] : [`person ${caller.service.sponsorId}`]),
  ]
}
