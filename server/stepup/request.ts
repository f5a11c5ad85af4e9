// From "this was withheld" to one approval the person can decide, and the wait for that decision.
import type { Config } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import { hmacSha256, sha256Base64Url } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { shownText } from '../platform/shown-text.ts'
import { newToken } from '../platform/tokens.ts'
import type { AllowanceMeter, MeteringPolicy } from '../policy/defaults.ts'
import { type ApprovalState, stateAt } from './approval.ts'
import { canonicalIntent, canonicalJson, type Intent } from './intent.ts'
import type { ApprovalStore, DeviceFacts, NewApproval, RoomNames, StoredApproval } from './port.ts'

/** How long an approval can be decided, from its first asking. */
export const APPROVAL_LIVES_SECONDS = 15 * 60
/** After a denial the same asking is answered "denied" without a new prompt for this long. */
export const DENIAL_REMEMBERED_SECONDS = 10 * 60
/**
 * Prompts of one device that wait at once, from where it signed in and as many from elsewhere: whoever holds its token
 * cannot bury the person under more.
 */
export const PENDING_PER_DEVICE = 10
/** In the place of a room's id: a request over all rooms. */
const EVERY_ROOM = '*'
/** New prompts of one device in an hour, counted like those that wait. */
export const NEW_PER_HOUR = 20
const HOUR_MS = 3_600_000
const POLL_MS = 150
const ROOM_NAMES_AT_MOST = 20
const ROOM_NAME_CHARACTERS = 100
const DEVICE_NAME_CHARACTERS = 100
const CLIENT_CHARACTERS = 200

/** What was withheld, from whom: the part of the gateway's caller that an intent names. */
export interface Asking {
  readonly caller: {
    readonly device: string
    readonly serverName: string
    readonly userId: string
    readonly deviceId: string
    readonly personId: string
    readonly sid: string
    readonly homeserverToken: string
  }
  readonly origin: { readonly network: string; readonly client: string }
  readonly meter: AllowanceMeter
  readonly amounts?: Readonly<Partial<Record<AllowanceMeter, number>>>
  readonly rooms: readonly string[]
  readonly direction: string
  readonly reason: string
}

export interface RequestDeps {
  readonly config: Pick<Config, 'issuer'>
  readonly clock: Clock
  readonly random: Random
  readonly sealer: Sealer
  readonly policy: Pick<MeteringPolicy, 'taps'>
  readonly approvals: ApprovalStore
  readonly devices: DeviceFacts
  readonly roomNames: RoomNames
}

export interface Requested {
  /** `{issuer}/approve/<token>` */
  readonly approvalUri: string
  readonly approvalHash: string
  readonly state: 'pending' | 'denied'
}

/**
 * The approval for what was withheld: a recent denial of the same (equal in device, meter, rooms, direction, network and client),
 * the pending one, or a new one. A device with `PENDING_PER_DEVICE` pending ones or `NEW_PER_HOUR` new ones gets the newest
 * of those instead (see the port for how they are counted).
 */
export async function requestApproval(deps: RequestDeps, asking: Asking): Promise<Requested> {
  const nowMs = deps.clock.now()
  const mergeKey = mergeKeyOf(deps, asking)
  const deniedSince = new Date(nowMs - DENIAL_REMEMBERED_SECONDS * 1000)
  const alike = { mergeKey, personId: asking.caller.personId, now: new Date(nowMs), deniedSince }
  // Looked for first: a repetition must cost the homeserver nothing, not even the names of rooms.
  const found = (await deps.approvals.find(alike)) ?? (await create(deps, asking, mergeKey, nowMs, deniedSince))
  return {
    approvalUri: approvalUri(deps, found),
    approvalHash: found.hash,
    // One of the past stands for "no more prompts for now": like a denial, it is not to be waited for.
    state:
      stateAt({ state: found.state, expiresAtMs: found.expiresAt.getTime() }, nowMs) === 'pending'
        ? 'pending'
        : 'denied',
  }
}

/** The address of an approval's page, from its sealed token. */
export function approvalUri(
  deps: Pick<RequestDeps, 'config' | 'sealer'>,
  approval: Pick<StoredApproval, 'hash' | 'personId' | 'sealedToken'>,
): string {
  const token = deps.sealer.open('login-token', sealContext(approval), approval.sealedToken)
  return `${deps.config.issuer}/approve/${token}`
}

function sealContext(approval: { hash: string; personId: string }) {
  return { table: 'approvals', row: approval.hash, owner: approval.personId }
}

async function create(deps: RequestDeps, asking: Asking, mergeKey: string, nowMs: number, deniedSince: Date) {
  const asked = await newApproval(deps, asking, mergeKey, nowMs)
  const { approval } = await deps.approvals.findOrCreate(asked, {
    deniedSince,
    pendingAtMost: PENDING_PER_DEVICE,
    newSince: new Date(nowMs - HOUR_MS),
    newAtMost: NEW_PER_HOUR,
  })
  return approval
}

/** Each room once, in an order that does not depend on how they were asked for. */
function roomsOf(asking: Asking): string[] {
  return [...new Set(asking.rooms)].sort()
}

function mergeKeyOf(deps: RequestDeps, asking: Asking): string {
  const { caller, origin } = asking
  const same = [caller.device, asking.meter, roomsOf(asking), asking.direction, origin.network, origin.client]
  return base64Url(hmacSha256(deps.sealer.macKey('approval-merge'), canonicalJson(same)))
}

async function newApproval(deps: RequestDeps, asking: Asking, mergeKey: string, nowMs: number): Promise<NewApproval> {
  const { caller, origin } = asking
  const token = newToken('approval', deps.random)
  const hash = sha256Base64Url(token)
  const described = await deps.devices.describe(caller.device)
  const issuedAt = Math.floor(nowMs / 1000)
  const intent = canonicalIntent({
    v: 1,
    typ: 'history-release',
    jti: hash,
    iss: deps.config.issuer,
    sub: caller.personId,
    sid: caller.sid,
    server_name: caller.serverName,
    user_id: caller.userId,
    device: {
      key: caller.device,
      id: caller.deviceId,
      name: shownText(described?.name ?? '', DEVICE_NAME_CHARACTERS),
      client: shownText(described?.client ?? '', CLIENT_CHARACTERS) ?? '',
      network: described?.network ?? 'unknown',
      signed_in_at: Math.floor((described?.signedInAt.getTime() ?? nowMs) / 1000),
    },
    asking: { client: shownText(origin.client, CLIENT_CHARACTERS) ?? '', network: origin.network },
    rooms: await named(deps, caller.homeserverToken, roomsOf(asking)),
    direction: asking.direction,
    reason: asking.reason,
    meter: asking.meter,
    amounts: amountsAsked(deps, asking),
    lives_seconds: deps.policy.taps[asking.meter].seconds,
    iat: issuedAt,
    exp: issuedAt + APPROVAL_LIVES_SECONDS,
  })
  return {
    hash,
    sealedToken: deps.sealer.seal('login-token', sealContext({ hash, personId: caller.personId }), token),
    serverName: caller.serverName,
    personId: caller.personId,
    deviceId: caller.device,
    network: origin.network,
    client: origin.client,
    intent,
    mergeKey,
    createdAt: new Date(nowMs),
    expiresAt: new Date((issuedAt + APPROVAL_LIVES_SECONDS) * 1000),
  }
}

const MEDIA: readonly AllowanceMeter[] = ['media-bytes', 'media-files']

/** What is asked for, or what policy says of the meter. A file is bytes as well: neither is any use without the other. */
function amountsAsked(deps: RequestDeps, { meter, amounts = {} }: Asking): Intent['amounts'] {
  const meters = new Set([meter, ...(Object.keys(amounts) as AllowanceMeter[])])
  if (MEDIA.some((one) => meters.has(one))) for (const one of MEDIA) meters.add(one)
  return [...meters]
    .sort()
    .map((one) => ({ meter: one, units: Math.max(1, amounts[one] ?? deps.policy.taps[one].units) }))
}

/** Names help a person decide; a homeserver slow to tell them must not keep the prompt waiting. */
async function named(deps: RequestDeps, token: string, rooms: readonly string[]): Promise<Intent['rooms']> {
  const names = await Promise.all(
    rooms
      .slice(0, ROOM_NAMES_AT_MOST)
      .map(async (id) => (id === EVERY_ROOM ? null : deps.roomNames.nameOf(token, id).catch(() => null))),
  )
  return rooms.map((id, index) => ({ id, name: shownText(names[index] ?? '', ROOM_NAME_CHARACTERS) }))
}

export type Decided = 'approved' | 'denied' | 'expired' | 'pending'

/** Waits for approvals on behalf of held requests: one query a tick serves them all. */
export class DecisionWatch {
  readonly #approvals: Pick<ApprovalStore, 'states'>
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<(state: ApprovalState) => void>>()
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(deps: { approvals: Pick<ApprovalStore, 'states'>; clock: Clock }) {
    this.#approvals = deps.approvals
    this.#clock = deps.clock
  }

  /** Resolves when the approval is decided; `pending` when `timeoutMs` passed or the signal aborted first. */
  decided(approvalHash: string, timeoutMs: number, signal: AbortSignal): Promise<Decided> {
    if (signal.aborted || timeoutMs <= 0) return Promise.resolve('pending')
    return new Promise((resolve) => {
      const finish = (state: Decided) => {
        clearTimeout(timeout)
        signal.removeEventListener('abort', onAbort)
        this.#leave(approvalHash, finish)
        resolve(state)
      }
      const onAbort = () => finish('pending')
      const timeout = setTimeout(() => finish('pending'), timeoutMs)
      signal.addEventListener('abort', onAbort, { once: true })
      const listeners = this.#waiting.get(approvalHash) ?? new Set()
      listeners.add(finish)
      this.#waiting.set(approvalHash, listeners)
      this.#schedule()
    })
  }

  #leave(approvalHash: string, listener: (state: ApprovalState) => void): void {
    const listeners = this.#waiting.get(approvalHash)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#waiting.delete(approvalHash)
  }

  #schedule(): void {
    if (this.#timer !== null || this.#waiting.size === 0) return
    this.#timer = setTimeout(() => void this.#tick(), POLL_MS)
  }

  async #tick(): Promise<void> {
    try {
      const states = await this.#approvals.states([...this.#waiting.keys()])
      for (const [hash, found] of states) {
        const state = stateAt({ state: found.state, expiresAtMs: found.expiresAt.getTime() }, this.#clock.now())
        if (state === 'pending') continue
        for (const listener of [...(this.#waiting.get(hash) ?? [])]) listener(state)
      }
    } catch {
      // A database out of reach leaves the waiting ones pending; each ends by its own time-out.
    } finally {
      this.#timer = null
      this.#schedule()
    }
  }
}
