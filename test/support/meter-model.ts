// The meters as a list of what was charged when: slow, obvious, and what the database's functions are held against.
import { ringOf } from '../../server/metering/layout.ts'
import type {
  AllowanceGrant,
  Charge,
  ReserveRequest,
  Scope,
  SettleRequest,
  Spender,
  SpendRequest,
  Stream,
} from '../../server/metering/port.ts'
import { roomHash } from '../../server/metering/room.ts'
import type { AllowanceMeter, MeteringPolicy, RingMeter } from '../../server/policy/defaults.ts'

interface Charged {
  readonly meter: RingMeter
  readonly at: number
  readonly units: number
  readonly device: string
}
interface Held {
  readonly device: string
  readonly events: number
  readonly deadline: number
  readonly allowance: Allowance | null
}
interface Allowance extends Omit<AllowanceGrant, keyof Spender | 'amounts' | 'ttlSeconds'> {
  readonly device: string
  readonly meter: AllowanceMeter
  readonly granted: number
  used: number
  held: number
  expires: number
}

const ORDER = ['archive', 'directory', 'joins', 'pushers'] as const satisfies readonly Stream[]
const MINUTE = 60

/** One person's meters. Times are whole seconds and never go back. */
export class MeterModel {
  readonly #policy: MeteringPolicy
  #charged: Charged[] = []
  readonly #held = new Map<string, Held>()
  readonly #allowances: Allowance[] = []
  readonly #seen: { device: string; hash: bigint; at: number }[] = []
  readonly #rooms = new Map<bigint, Map<string, number>>()
  readonly #ended = new Set<string>()
  #givenBack = 0

  constructor(policy: MeteringPolicy) {
    this.#policy = policy
  }

  reserve(request: ReserveRequest, now: number) {
    this.#overdue(now)
    if (this.#ended.has(request.device)) {
      return { state: 'refused', reason: 'device-ended', held: 0, retryAfterSeconds: 0 }
    }
    const left = request.idle ? 0 : this.#left('archive', now)
    const rooms = request.room === '*' ? [] : [roomHash(request.room)]
    const full = left >= 1 && !this.#roomsFit(rooms, now)
    const hold = (events: number, allowance: Allowance | null) => {
      const deadline = now + this.#policy.reservationSeconds
      this.#held.set(request.id, { device: request.device, events, deadline, allowance })
    }
    const granted = (available: number, allowance: Allowance | null) => {
      const events = Math.min(request.events, available)
      hold(events, allowance)
      const source = allowance === null ? 'window' : 'allowance'
      return {
        state: 'granted',
        events,
        limit: events,
        source,
        allowanceId: allowance?.id ?? null,
        left: available - events,
      }
    }
    if (left >= 1 && !full) {
      this.#note(request.device, rooms, now)
      return granted(left, null)
    }
    const allowance = this.#allowance(request, 'archive', { ...request, room: request.room }, 1, now)
    if (allowance) {
      const available = allowance.granted - allowance.used - allowance.held
      allowance.held += Math.min(request.events, available)
      return granted(available, allowance)
    }
    const reason = request.idle ? 'idle' : full ? 'rooms-exhausted' : 'archive-exhausted'
    const retryAfterSeconds = request.idle ? 0 : full ? this.#roomsWait(now) : this.#wait('archive', now)
    return { state: 'refused', reason, held: this.#heldEvents(), retryAfterSeconds }
  }

  settle(request: SettleRequest, now: number) {
    this.#overdue(now)
    const held = this.#held.get(request.id)
    if (!held || held.device !== request.device)
      return { state: this.#ended.has(request.device) ? 'device-ended' : 'gone' }
    this.#held.delete(request.id)
    const fresh = this.#fresh(request.device, request.history.hashes, now)
    const cost = fresh.length + request.history.bare
    const { allowance } = held
    if (allowance) {
      allowance.held -= held.events
      const free = allowance.granted - allowance.used - allowance.held
      if (cost > held.events && (allowance.expires <= now || cost > free)) return { state: 'unpaid', cost, left: free }
      allowance.used += cost
      this.#see(request.device, fresh, now)
      return { state: 'released', cost, left: Math.max(0, free - cost), alarms: [] }
    }
    const available = this.#left('archive', now)
    if (cost > Math.max(available, held.events)) return { state: 'unpaid', cost, left: Math.max(0, available) }
    this.#charge('archive', cost, request.device, now)
    this.#see(request.device, fresh, now)
    return { state: 'released', cost, left: Math.max(0, available - cost), alarms: [] }
  }

  refund(id: string, now: number) {
    this.#overdue(now)
    const held = this.#held.get(id)
    this.#held.delete(id)
    if (held?.allowance) held.allowance.held -= held.events
    return { state: held ? 'refunded' : 'gone' }
  }

  spend(request: SpendRequest, now: number) {
    this.#overdue(now)
    if (this.#ended.has(request.device)) return { state: 'device-ended' }
    let rooms = [...(request.streams.rooms?.hashes ?? [])]
    let fits = this.#roomsFit(rooms, now) && (request.tapOnly !== true || this.#newRooms(rooms, now).length === 0)
    const cost: Partial<Record<Stream, number>> = {}
    const charges: [RingMeter, number][] = []
    const paying: [Allowance, number][] = []
    const paidFor: bigint[] = []
    let short: Stream | null = null
    for (const stream of ORDER) {
      const due = request.streams[stream]
      if (!due) continue
      const fresh = this.#fresh(request.device, due.hashes, now).filter((hash) => !paidFor.includes(hash))
      const units = fresh.length + due.bare
      if (units === 0) {
        if (stream === 'archive') [rooms, fits] = [fits ? rooms : [], true]
        continue
      }
      paidFor.push(...fresh)
      cost[stream] = units
      const enough = units <= this.#streamLeft(stream, request, now)
      if (enough && (fits || stream !== 'archive')) charges.push([stream as RingMeter, units])
      else {
        const allowance = request.scope && this.#allowance(request, stream, request.scope, units, now)
        if (allowance) {
          paying.push([allowance, units])
          if (stream === 'archive') [rooms, fits] = [[], true]
        } else short ??= enough ? 'rooms' : stream
      }
    }
    short ??= fits ? null : 'rooms'
    if (short !== null) return { state: 'short', meter: short, held: this.#heldEvents() }
    for (const [meter, units] of charges) this.#charge(meter, units, request.device, now)
    for (const [allowance, units] of paying) allowance.used += units
    this.#see(request.device, paidFor, now)
    this.#note(request.device, rooms, now)
    return { state: 'paid', cost, source: paying.length > 0 ? 'allowance' : 'window', alarms: [] }
  }

  grant(grant: AllowanceGrant, now: number) {
    this.#overdue(now)
    const archive = grant.amounts.archive ?? 0
    const left = this.#left('tap-release', now)
    if (archive > left) return { state: 'ceiling-reached', left }
    if (archive > 0) this.#charge('tap-release', archive, '', now)
    for (const [meter, granted] of Object.entries(grant.amounts) as [AllowanceMeter, number][]) {
      this.#allowances.push({ ...grant, meter, granted, used: 0, held: 0, expires: now + grant.ttlSeconds })
    }
    return { state: 'granted' }
  }

  giveBack(device: string, now: number) {
    this.#overdue(now)
    if (this.#ended.has(device)) return { state: 'given-back-before' }
    this.#ended.add(device)
    for (const [id, held] of this.#held) {
      if (held.device !== device) continue
      this.#held.delete(id)
      this.#consume(held, now)
    }
    for (const allowance of this.#allowances) {
      if (allowance.device === device) allowance.expires = Math.min(allowance.expires, now)
    }
    if (this.#givenBack++ >= this.#policy.giveBacksPer30Days) return { state: 'given-back' }
    this.#charged = this.#charged.filter((one) => one.device !== device)
    for (const reads of this.#rooms.values()) reads.delete(device)
    return { state: 'given-back' }
  }

  /** What the windows of a meter hold. */
  used(meter: RingMeter, now: number): number[] {
    this.#overdue(now)
    return this.#policy.windows[meter].map((window) => this.#covered(meter, ringOf(window), now))
  }

  #covered(meter: RingMeter, { width, size }: { width: number; size: number }, now: number): number {
    return this.#charged
      .filter((one) => one.meter === meter && Math.floor(one.at / width) > Math.floor(now / width) - size)
      .reduce((sum, { units }) => sum + units, 0)
  }

  #left(meter: RingMeter, now: number): number {
    const free = this.#policy.windows[meter].map((window) => window.limit - this.#covered(meter, ringOf(window), now))
    return Math.min(...free) - (meter === 'archive' ? this.#heldOfWindows() : 0)
  }

  #streamLeft(stream: Stream, request: SpendRequest, now: number): number {
    if (request.tapOnly || stream === 'pushers' || (request.idle && stream === 'archive')) return 0
    return this.#left(stream as RingMeter, now)
  }

  #wait(meter: RingMeter, now: number): number {
    for (let seconds = 0; ; seconds++) {
      const fits = this.#policy.windows[meter].every(
        (window) => this.#covered(meter, ringOf(window), now + seconds) < window.limit,
      )
      if (fits) return seconds
    }
  }

  #overdue(now: number): void {
    for (const [id, held] of this.#held) {
      if (held.deadline > now) continue
      this.#held.delete(id)
      this.#consume(held, held.deadline)
    }
  }

  #consume(held: Held, at: number): void {
    if (held.allowance) {
      held.allowance.held -= held.events
      held.allowance.used += held.events
    } else this.#charge('archive', held.events, held.device, at)
  }

  #charge(meter: RingMeter, units: number, device: string, at: number): void {
    this.#charged.push({ meter, at, units, device })
  }

  #heldOfWindows(): number {
    return [...this.#held.values()].filter(({ allowance }) => !allowance).reduce((sum, { events }) => sum + events, 0)
  }

  #heldEvents(): number {
    return [...this.#held.values()].reduce((sum, { events }) => sum + events, 0)
  }

  #fresh(device: string, hashes: Charge['hashes'], now: number): bigint[] {
    const since = now - this.#policy.chargedAgainSeconds
    const seen = new Set(this.#seen.filter((one) => one.device === device && one.at > since).map(({ hash }) => hash))
    return [...new Set(hashes)].filter((hash) => !seen.has(hash))
  }

  #see(device: string, hashes: readonly bigint[], at: number): void {
    for (const hash of hashes) this.#seen.push({ device, hash, at })
  }

  #allowance(spender: Spender, meter: Stream, scope: Scope, needed: number, now: number): Allowance | undefined {
    return this.#allowances
      .filter(
        (one) =>
          one.device === spender.device &&
          one.meter === meter &&
          one.network === scope.network &&
          one.client === scope.client &&
          one.direction === scope.direction &&
          (scope.room === null ? one.rooms.length === 0 : one.rooms.includes(scope.room)) &&
          one.expires > now &&
          one.granted - one.used - one.held >= needed,
      )
      .sort((a, b) => a.expires - b.expires || (a.id < b.id ? -1 : 1))[0]
  }

  #lastRead(room: bigint): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...(this.#rooms.get(room)?.values() ?? []))
  }

  #newRooms(rooms: readonly bigint[], now: number): bigint[] {
    const since = now - this.#policy.rooms.windowSeconds - MINUTE
    return [...new Set(rooms)].filter((room) => this.#lastRead(room) <= since)
  }

  #roomsRead(now: number): number {
    return this.#rooms.size - this.#newRooms([...this.#rooms.keys()], now).length
  }

  #roomsFit(rooms: readonly bigint[], now: number): boolean {
    const fresh = this.#newRooms(rooms, now).length
    return fresh === 0 || this.#roomsRead(now) + fresh <= this.#policy.rooms.limit
  }

  #roomsWait(now: number): number {
    for (let seconds = 0; ; seconds++) if (this.#roomsRead(now + seconds) < this.#policy.rooms.limit) return seconds
  }

  #note(device: string, rooms: readonly bigint[], at: number): void {
    for (const room of rooms) {
      const reads = this.#rooms.get(room) ?? new Map<string, number>()
      if ((reads.get(device) ?? Number.NEGATIVE_INFINITY) <= at - MINUTE) reads.set(device, at)
      this.#rooms.set(room, reads)
    }
  }
}
