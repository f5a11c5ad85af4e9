// Clients from before the gateway: they still hold the homeserver's own tokens, and are asked to sign in again softly, group by
// group. Until a group's day comes, its people read on: counted and logged against them, nothing withheld.
import type { Clock } from '../platform/clock.ts'
import { sha256Base64Url } from '../platform/crypto.ts'
import { lastUsed } from '../platform/last-used.ts'
import type { Log } from '../platform/log.ts'
import { hashToken } from '../platform/tokens.ts'
import type { Caller, IdentifyFailure } from './caller.ts'
import type { Revocation } from './port.ts'

/** Tokens remembered by a process, known ones and unknown ones. */
const REMEMBERED = 50_000
/** How long the homeserver's word on a token holds; it refuses what it has ended by itself. */
const KNOWN_MS = 300_000
const UNKNOWN_MS = 60_000
/** How long what is known of the person and their sign-ins holds. */
const PERSON_MS = 5_000
/** Tokens that the homeserver is asked about: in all, and from one network, in `ASKING_MS`. */
const ASKED_IN_ALL = 3_000
const ASKED_A_NETWORK = 300
const ASKING_MS = 60_000
const SAID_MS = 3_600_000
const LONGEST_TOKEN = 4_096

/** What the homeserver says of a token. */
export interface TokenOwner {
  readonly userId: string
  /** Null where the homeserver gives none (application services). */
  readonly deviceId: string | null
}

export interface ExistingPerson {
  readonly personId: string
  readonly groups: readonly string[]
  readonly suspended: boolean
}

/** From when on a group has to sign in through the gateway. */
export interface ExistingRule {
  /** `grp_…`, or `everyone`. */
  readonly group: string
  /** Epoch milliseconds. */
  readonly from: number
}

export interface ExistingDeps {
  readonly config: { readonly serverName: string }
  readonly clock: Clock
  readonly log: Log
  /** Null: no token of the homeserver's. Rejects when the homeserver does not answer. */
  readonly ownerOf: (token: string) => Promise<TokenOwner | null>
  readonly people: {
    byUsername(username: string): Promise<ExistingPerson | null>
    /** Whether this Matrix device ever signed in through the gateway: its old token is then good for nothing. */
    hasSignedIn(serverName: string, userId: string, deviceId: string): Promise<boolean>
  }
  /** As the policy in force has them. */
  readonly rules: () => readonly ExistingRule[]
}

export interface ExistingLogins {
  /** Who holds a token that is not Palier's, or `soft-logout` when it is time to sign in. */
  identify(token: string, network: string): Promise<Caller | IdentifyFailure>
  /** Drops what is remembered of whom a revocation concerns. */
  revoked(revocation: Revocation): void
}

/** The name of a Matrix device that has no row: `ext_…`. */
export function existingDevice(serverName: string, userId: string, deviceId: string | null): string {
  return `ext_${sha256Base64Url(JSON.stringify([serverName, userId, deviceId])).slice(0, 22)}`
}

/** The day on which these groups sign in: the earliest that concerns them, or null. Of somebody unknown: the earliest of all. */
export function dayFor(rules: readonly ExistingRule[], groups: readonly string[] | null): number | null {
  const concerned = rules.filter(({ group }) => groups === null || group === 'everyone' || groups.includes(group))
  return concerned.length === 0 ? null : Math.min(...concerned.map(({ from }) => from))
}

interface Remembered {
  readonly owner: TokenOwner | null
  readonly askedMs: number
  person: ExistingPerson | null
  hasSignedIn: boolean
  personMs: number
}

/** Identifies the clients of before. Off means null in its place (`PALIER_EXISTING_LOGINS=refused`). */
export function existingLogins(deps: ExistingDeps): ExistingLogins {
  const { clock, log, config } = deps
  const remembered = lastUsed<string, Remembered>(REMEMBERED)
  const asking = new Map<string, Promise<Remembered | 'unavailable'>>()
  const said = lastUsed<string, number>(REMEMBERED)
  const allow = bounded(clock)

  async function identify(token: string, network: string): Promise<Caller | IdentifyFailure> {
    if (token.length > LONGEST_TOKEN) return 'soft-logout'
    const hash = hashToken(token)
    const entry = await entryOf(hash, token, network)
    if (entry === 'unavailable') return 'unavailable'
    return entry.owner === null ? 'soft-logout' : decide(token, entry, entry.owner)
  }

  // One question a token at a time, whoever asks.
  async function entryOf(hash: string, token: string, network: string): Promise<Remembered | 'unavailable'> {
    const known = remembered.get(hash)
    const now = clock.now()
    if (known && now - known.askedMs < (known.owner === null ? UNKNOWN_MS : KNOWN_MS)) return fresh(known)
    const under = asking.get(hash)
    if (under) return under
    if (!allow(network)) {
      log.warn('existing.too-many-tokens', { network })
      return 'unavailable'
    }
    const work = ask(hash, token).finally(() => asking.delete(hash))
    asking.set(hash, work)
    return work
  }

  async function ask(hash: string, token: string): Promise<Remembered | 'unavailable'> {
    try {
      const owner = await deps.ownerOf(token)
      const entry: Remembered = { owner, askedMs: clock.now(), person: null, hasSignedIn: false, personMs: 0 }
      remembered.set(hash, entry)
      return await fresh(entry)
    } catch (error) {
      log.warn('existing.not-asked', { detail: error instanceof Error ? error.message.slice(0, 200) : '' })
      return 'unavailable'
    }
  }

  async function fresh(entry: Remembered): Promise<Remembered | 'unavailable'> {
    const { owner } = entry
    if (owner === null || clock.now() - entry.personMs < PERSON_MS) return entry
    const username = localpartOf(owner.userId)
    try {
      const [person, hasSignedIn] = await Promise.all([
        username === null ? null : deps.people.byUsername(username),
        owner.deviceId === null ? false : deps.people.hasSignedIn(config.serverName, owner.userId, owner.deviceId),
      ])
      entry.person = person
      entry.hasSignedIn = hasSignedIn
      entry.personMs = clock.now()
      return entry
    } catch {
      return 'unavailable'
    }
  }

  function decide(token: string, { person, hasSignedIn }: Remembered, owner: TokenOwner): Caller | IdentifyFailure {
    const now = clock.now()
    const device = existingDevice(config.serverName, owner.userId, owner.deviceId)
    if (localpartOf(owner.userId) === null || hasSignedIn) return 'soft-logout'
    if (person?.suspended) return 'unknown'
    const day = dayFor(deps.rules(), person?.groups ?? null)
    if (day !== null && day <= now) {
      say('existing.asked-to-sign-in', device, owner, person)
      return 'soft-logout'
    }
    say('existing.seen', device, owner, person)
    return {
      kind: 'existing',
      rooms: null,
      service: null,
      device,
      serverName: config.serverName,
      userId: owner.userId,
      deviceId: owner.deviceId ?? '',
      personId: person?.personId ?? existingDevice(config.serverName, owner.userId, null),
      groups: person?.groups ?? [],
      client: '',
      credentialId: device,
      sid: device,
      homeserverToken: token,
      lastTapAtMs: now,
      lastActiveAtMs: now,
      firstSyncUntilMs: null,
      expiresAtMs: day ?? now + KNOWN_MS,
      stepUpAware: false,
    }
  }

  // Once an hour a device: what an operator counts to see how far a migration is.
  function say(event: string, device: string, owner: TokenOwner, person: ExistingPerson | null): void {
    const now = clock.now()
    const key = `${event} ${device}`
    if (now - (said.get(key) ?? Number.NEGATIVE_INFINITY) < SAID_MS) return
    said.set(key, now)
    log.info(event, { device, person: person?.personId ?? null, user: owner.userId })
  }

  function localpartOf(userId: string): string | null {
    const end = `:${config.serverName}`
    return userId.startsWith('@') && userId.endsWith(end) ? userId.slice(1, -end.length) : null
  }

  return {
    identify,
    revoked({ kind, subject }) {
      for (const [hash, { person, owner }] of remembered.entries()) {
        const device = owner && existingDevice(config.serverName, owner.userId, owner.deviceId)
        if ((kind === 'person' && person?.personId === subject) || (kind === 'device' && device === subject))
          remembered.delete(hash)
      }
    },
  }
}

/** Whether the homeserver may be asked about one more unknown token from there, now. */
function bounded(clock: Clock): (network: string) => boolean {
  let windowMs = 0
  let all = 0
  const networks = new Map<string, number>()
  return (network) => {
    const now = clock.now()
    if (now - windowMs >= ASKING_MS) {
      windowMs = now
      all = 0
      networks.clear()
    }
    const here = networks.get(network) ?? 0
    if (all >= ASKED_IN_ALL || here >= ASKED_A_NETWORK) return false
    all += 1
    networks.set(network, here + 1)
    return true
  }
}
