// Plays recorded traffic against a policy: what each person would have paid from windows, and what they would have tapped for.
// Pure but for its own state. Where the gateway would withhold, the simulated person taps at once, and reads on.
import type { AllowanceMeter, MeteringPolicy, RingMeter } from '../defaults.ts'
import type { Resolver } from '../resolve.ts'
import type { TrafficRecord } from './record.ts'
import { Meter } from './ring.ts'

/** Why a tap was asked for. `idle`: the device had been idle past its limit, whatever was left. */
export type TapKind =
  | 'archive'
  | 'catch-up'
  | 'idle'
  | 'rooms'
  | 'state'
  | 'directory'
  | 'media'
  | 'key-backup'
  | 'joins'
  | 'pushers'

export interface PersonWeek {
  readonly signIns: number
  readonly taps: Readonly<Partial<Record<TapKind, number>>>
  /** Prompts that a tap could not answer: past what taps release in a day. */
  readonly beyondTaps: number
  /** Units read, by stream. */
  readonly units: Readonly<Record<string, number>>
}

interface Week {
  signIns: number
  taps: Partial<Record<TapKind, number>>
  beyondTaps: number
  units: Record<string, number>
}

interface Person {
  readonly meters: Map<RingMeter, Meter>
  released: Meter | null
  /** When each room was last counted as read. */
  readonly rooms: Map<string, number>
  readonly weeks: Map<number, Week>
}

interface Device {
  activeMs: number
  firstSyncUsed: number
  readonly allowances: Map<string, { left: number; untilMs: number }>
  /** What was withheld when it was recorded, and when: asking again is not asking for more. */
  readonly withheld: Map<string, number>
}

const WEEK_MS = 7 * 86_400_000
const AGAIN_MS = 600_000
/** Windows never pay for a whole backup, or a room's. */
const TAP_ONLY: ReadonlySet<string> = new Set(['room_keys.keys', 'room_keys.keys.room'])
/** Streams that an idle device has nothing left of. */
const IDLE_STREAMS: ReadonlySet<string> = new Set(['archive', 'catch-up', 'key-backup'])

/** The windows that pay for a stream, and the meter that a tap for it releases. */
const PAYS: Readonly<
  Record<string, { readonly ring: RingMeter | null; readonly tap: AllowanceMeter; readonly kind: TapKind }>
> = {
  archive: { ring: 'archive', tap: 'archive', kind: 'archive' },
  'catch-up': { ring: 'catch-up', tap: 'archive', kind: 'catch-up' },
  'first-sync': { ring: null, tap: 'archive', kind: 'catch-up' },
  state: { ring: 'state', tap: 'state', kind: 'state' },
  directory: { ring: 'directory', tap: 'directory', kind: 'directory' },
  'media-bytes': { ring: 'media-bytes', tap: 'media-bytes', kind: 'media' },
  'media-files': { ring: 'media-files', tap: 'media-files', kind: 'media' },
  'key-backup': { ring: 'key-backup', tap: 'key-backup', kind: 'key-backup' },
  joins: { ring: 'joins', tap: 'joins', kind: 'joins' },
  pushers: { ring: null, tap: 'pushers', kind: 'pushers' },
}

export class Simulation {
  readonly #resolver: Resolver
  readonly #people = new Map<string, Person>()
  readonly #devices = new Map<string, Device>()
  #startMs: number | null = null
  #endMs = 0

  constructor(resolver: Resolver) {
    this.#resolver = resolver
  }

  /** Plays one record. Records come in the order of their time; an earlier one counts at the latest time seen. */
  add(record: TrafficRecord): void {
    this.#startMs ??= record.atMs
    const atMs = Math.max(record.atMs, this.#endMs)
    this.#endMs = atMs
    const person = this.#person(record.person)
    const device = this.#device(record.device)
    const week = weekOf(person, Math.floor((atMs - this.#startMs) / WEEK_MS))
    if (record.kind === 'sign-in') {
      week.signIns += 1
      device.activeMs = atMs
      return
    }
    const subject = { personId: record.person, groups: record.groups, userId: '', client: '' }
    const { metering, enforce, exempt } = this.#resolver.for(subject, atMs)
    const isIdle = atMs - device.activeMs > metering.idleLimitMs
    const isAgain = record.withheld && isRepeated(device, record, atMs)
    if (!isAgain) {
      const asked = {
        record,
        person,
        device,
        week,
        metering,
        atMs,
        isIdle,
        free: enforce === 'observe' || exempt !== null,
      }
      for (const [stream, units] of Object.entries(record.units)) {
        if (units > 0 && PAYS[stream]) this.#pay(asked, stream, units)
      }
    }
    // An idle device stays idle, whatever it asks, until a tap.
    if (!isIdle) device.activeMs = atMs
  }

  #pay(asked: Asked, stream: string, units: number): void {
    const { record, person, device, week, metering, atMs, free } = asked
    const { ring, tap, kind } = PAYS[stream] as (typeof PAYS)[string]
    const seconds = atMs / 1_000
    week.units[stream] = (week.units[stream] ?? 0) + units
    let due = units
    // A tap since the record began ended the idleness.
    const idle = asked.isIdle && device.activeMs !== atMs && IDLE_STREAMS.has(stream)
    const room = stream === 'archive' ? newRoom(person, record, metering, atMs) : null
    const isRoomFull = room === 'full'
    if (!idle && !isRoomFull && !(TAP_ONLY.has(record.route) && !free)) {
      if (stream === 'first-sync') {
        const paid = Math.min(due, Math.max(0, metering.firstSyncEvents - device.firstSyncUsed))
        device.firstSyncUsed += paid
        due -= paid
      } else if (ring !== null) {
        const windows = metering.windows[ring]
        const meter = meterOf(person, ring, metering)
        const paid = free ? due : Math.min(due, meter.left(windows, seconds))
        if (paid > 0) meter.add(seconds, paid)
        due -= paid
      }
    }
    if (due === 0 || free) return
    this.#payByTap(asked, tap, idle ? 'idle' : isRoomFull ? 'rooms' : kind, due)
  }

  // One allowance is for one room (a /sync: for its rooms), route, network and device; what it does not cover is tapped for anew.
  #payByTap(asked: Asked, tap: AllowanceMeter, kind: TapKind, units: number): void {
    const { record, person, device, week, metering, atMs } = asked
    const room = record.rooms.length === 1 ? record.rooms[0] : '*'
    const scope = [record.network, record.route, room].join('\n')
    const due = units - takeAllowed(device, `${tap}\n${scope}`, units, atMs)
    if (due === 0) return
    if (tap === 'archive' && !this.#release(person, metering, atMs)) {
      week.beyondTaps += 1
      return
    }
    week.taps[kind] = (week.taps[kind] ?? 0) + 1
    device.activeMs = atMs
    // One tap releases bytes and files together.
    for (const meter of tap.startsWith('media-') ? MEDIA : [tap]) {
      const { units: released, seconds } = metering.taps[meter]
      const key = `${meter}\n${scope}`
      const before = device.allowances.get(key)
      const kept = before && before.untilMs > atMs ? before.left : 0
      device.allowances.set(key, { left: kept + released, untilMs: atMs + seconds * 1_000 })
    }
    // What is more than a tap releases at once no tap can pay.
    if (takeAllowed(device, `${tap}\n${scope}`, due, atMs) < due) week.beyondTaps += 1
  }

  #release(person: Person, { windows, taps }: MeteringPolicy, atMs: number): boolean {
    const { 'tap-release': ceilings } = windows
    person.released ??= new Meter(ceilings)
    if (person.released.left(ceilings, atMs / 1_000) < taps.archive.units) return false
    person.released.add(atMs / 1_000, taps.archive.units)
    return true
  }

  /** Everybody's weeks, from the first record on, in which there was anything; weeks before `from` left out. */
  weeks(from = 0): { readonly person: string; readonly week: number; readonly figures: PersonWeek }[] {
    return [...this.#people].flatMap(([person, { weeks }]) =>
      [...weeks].filter(([week]) => week >= from).map(([week, figures]) => ({ person, week, figures })),
    )
  }

  /** Epoch milliseconds of the first and the last record. */
  span(): { readonly startMs: number; readonly endMs: number } {
    return { startMs: this.#startMs ?? 0, endMs: this.#endMs }
  }

  #person(id: string): Person {
    const known = this.#people.get(id)
    if (known) return known
    const person: Person = { meters: new Map(), released: null, rooms: new Map(), weeks: new Map() }
    this.#people.set(id, person)
    return person
  }

  #device(id: string): Device {
    const known = this.#devices.get(id)
    if (known) return known
    // Whoever is seen for the first time was there before the recording began.
    const device: Device = { activeMs: this.#endMs, firstSyncUsed: 0, allowances: new Map(), withheld: new Map() }
    this.#devices.set(id, device)
    return device
  }
}

interface Asked {
  readonly record: TrafficRecord
  readonly person: Person
  readonly device: Device
  readonly week: Week
  readonly metering: MeteringPolicy
  readonly atMs: number
  readonly isIdle: boolean
  /** Nothing is withheld: observed, or exempt. */
  readonly free: boolean
}

const MEDIA: readonly AllowanceMeter[] = ['media-bytes', 'media-files']

/** Units that an unexpired allowance pays. */
function takeAllowed(device: Device, key: string, units: number, atMs: number): number {
  const allowance = device.allowances.get(key)
  if (!allowance || allowance.untilMs <= atMs) return 0
  const paid = Math.min(units, allowance.left)
  allowance.left -= paid
  return paid
}

/** Counts the request's room among those read; `full`: it would be one too many. */
function newRoom(
  person: Person,
  { rooms, route }: TrafficRecord,
  { rooms: { windowSeconds, limit } }: MeteringPolicy,
  atMs: number,
): 'counted' | 'full' {
  // A /sync delivers to every room: it is no choice of one.
  if (route.startsWith('sync')) return 'counted'
  const sinceMs = atMs - windowSeconds * 1_000
  let isFull = false
  for (const room of rooms) {
    const last = person.rooms.get(room)
    if (last === undefined || last <= sinceMs) {
      for (const [other, at] of person.rooms) if (at <= sinceMs) person.rooms.delete(other)
      if (person.rooms.size >= limit) {
        isFull = true
        continue
      }
    }
    person.rooms.set(room, atMs)
  }
  return isFull ? 'full' : 'counted'
}

function isRepeated(device: Device, { route, rooms, network }: TrafficRecord, atMs: number): boolean {
  const key = [route, network, ...rooms].join('\n')
  const before = device.withheld.get(key)
  device.withheld.set(key, atMs)
  return before !== undefined && atMs - before < AGAIN_MS
}

function meterOf(person: Person, ring: RingMeter, metering: MeteringPolicy): Meter {
  const known = person.meters.get(ring)
  if (known) return known
  const meter = new Meter(metering.windows[ring])
  person.meters.set(ring, meter)
  return meter
}

function weekOf(person: Person, number: number): Week {
  const known = person.weeks.get(number)
  if (known) return known
  const week: Week = { signIns: 0, taps: {}, beyondTaps: 0, units: {} }
  person.weeks.set(number, week)
  return week
}
