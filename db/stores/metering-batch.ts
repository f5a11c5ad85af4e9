// A batch of metering operations as the database's function takes it, and its answers. Reservations and settlements, by far
// the most, go as columns: Postgres reads an array literal several times faster than the same values in objects.
import type { PolicyForDatabase } from '../../server/metering/layout.ts'
import type {
  Charge,
  Reserved,
  ReserveRequest,
  Settled,
  SettleRequest,
  Spender,
  SpendRequest,
  Stream,
} from '../../server/metering/port.ts'
import { roomHash } from '../../server/metering/room.ts'
import type { MeteringPolicy, RingMeter } from '../../server/policy/defaults.ts'

/** A policy and its form for the database. */
export interface Applied {
  readonly policy: MeteringPolicy
  readonly caps: PolicyForDatabase['caps']
}

export type Operation =
  | { readonly op: 'reserve'; readonly request: ReserveRequest; readonly applied: Applied }
  | { readonly op: 'settle'; readonly request: SettleRequest; readonly applied: Applied }
  | { readonly op: 'spend'; readonly request: SpendRequest; readonly applied: Applied }
  | {
      readonly op: 'refund' | 'grant' | 'give-back' | 'read' | 'position'
      /** Whose lock it needs. */
      readonly person: Pick<Spender, 'serverName' | 'personId'> | null
      readonly fields: Readonly<Record<string, unknown>>
      /** The person's meters that it changes. */
      readonly meters: readonly RingMeter[]
    }

/** What `palier_meter` takes, and `palier_meter_people` where someone has no meters yet. */
export interface Batch {
  /** JSON. */
  readonly batch: string
  /** The rest are Postgres array literals. */
  readonly hashes: string
  readonly servers: string
  readonly persons: string
}

/** `layouts`: the store's own, whatever the limits of a caller. */
export function batchOf(operations: readonly Operation[], layouts: PolicyForDatabase['layouts']): Batch {
  const reserve = new Columns()
  const settle = new Columns()
  const others: unknown[] = []
  const heads = new Columns()
  const hashes = new Hashes()
  const people = new Columns()
  const seen = new Set<string>()
  const places = new Map<string, number>()
  /** Whose lock is needed: their place among the people. */
  const lock = ({ serverName, personId }: Pick<Spender, 'serverName' | 'personId'>): number => {
    const key = `${serverName}\n${personId}`
    const known = places.get(key) ?? places.size
    if (known < places.size) return known
    places.set(key, known)
    people.text('server', serverName)
    people.text('person', personId)
    return known
  }
  const touch = (spender: Pick<Spender, 'serverName' | 'personId'>, device: string, meter: RingMeter) => {
    if (!once(seen, `${spender.serverName}\n${spender.personId}\n${device}\n${meter}`)) return
    heads.text('server', spender.serverName)
    heads.text('person', spender.personId)
    heads.text('device', device)
    heads.text('meter', meter)
    heads.text('layout', layouts[meter])
  }
  const both = (spender: Spender, meter: RingMeter) => {
    touch(spender, '', meter)
    touch(spender, spender.device, meter)
  }

  for (const [place, operation] of operations.entries()) {
    switch (operation.op) {
      case 'reserve':
        reserve.plain('who', lock(operation.request))
        touch(operation.request, '', 'archive')
        addReserve(reserve, place, operation.request, operation.applied)
        break
      case 'settle':
        lock(operation.request)
        both(operation.request, 'archive')
        if (operation.request.live > 0) both(operation.request, 'live')
        if (operation.request.state > 0) both(operation.request, 'state')
        addHashes(settle, hashes, operation.request.history)
        addSettle(settle, place, operation.request, operation.applied)
        break
      case 'spend':
        lock(operation.request)
        for (const meter of metersOf(operation.request, layouts)) both(operation.request, meter)
        others.push({ place, ...spendOf(operation.request, operation.applied) })
        break
      default:
        if (operation.person !== null) {
          lock(operation.person)
          for (const meter of operation.meters) touch(operation.person, '', meter)
        }
        others.push({ place, op: operation.op, ...operation.fields })
    }
  }
  const columns = { people, heads, reserve, settle }
  const filled = Object.entries(columns).flatMap(([name, one]) => (one.empty ? [] : [[name, one.literals()] as const]))
  const { server: servers = '{}', person: persons = '{}' } = people.literals()
  const batch = JSON.stringify({ ...Object.fromEntries(filled), others: storable(others) })
  return { batch, hashes: hashes.literal(), servers, persons }
}

/** The operations that may go together, batch after batch: an id comes once in each. */
export function apart(operations: readonly Operation[]): (readonly Operation[])[] {
  const seen = new Set<string>()
  const again = operations.filter(
    (operation) =>
      (operation.op === 'reserve' || operation.op === 'settle') &&
      !once(seen, `${operation.op} ${operation.request.id}`),
  )
  if (again.length === 0) return [operations]
  return [operations.filter((operation) => !again.includes(operation)), ...apart(again)]
}

/** The results in the order of their operations. Throws when one is missing. */
export function resultsOf(operations: readonly Operation[], answer: string): unknown[] {
  const results: unknown[] = new Array(operations.length)
  for (const [place, ...result] of JSON.parse(answer) as [number, ...unknown[]][]) {
    const operation = operations[place]
    results[place] = result.length === 1 ? result[0] : plainResult(operation as Operation, result)
  }
  if (results.includes(undefined)) throw new Error('an operation has no result')
  return results
}

// What most answers are, without the names of their fields.
function plainResult(operation: Operation, result: readonly unknown[]): Reserved | Settled {
  if (operation.op === 'reserve') {
    const [events, left] = result as [number, number]
    return { state: 'granted', events, limit: events, source: 'window', allowanceId: null, left }
  }
  const [cost, left, alarms] = result as [number, number, RingMeter[]]
  return { state: 'released', cost, left, alarms }
}

function addReserve(to: Columns, place: number, request: ReserveRequest, { policy, caps }: Applied): void {
  to.plain('place', place)
  to.text('id', request.id)
  to.text('server', request.serverName)
  to.text('person', request.personId)
  to.text('device', request.device)
  to.text('network', request.network)
  to.text('client', request.client)
  to.text('room', request.room)
  to.plain('roomHash', roomHash(request.room))
  to.text('direction', request.direction)
  to.plain('events', request.events)
  to.plain('idle', request.idle)
  to.text('requestHash', request.requestHash)
  to.text('caps', caps.archive)
  to.plain('roomsLimit', policy.rooms.limit)
  to.plain('roomsSeconds', policy.rooms.windowSeconds)
  to.plain('livesSeconds', policy.reservationSeconds)
  to.plain('againSeconds', policy.chargedAgainSeconds)
}

function addSettle(to: Columns, place: number, request: SettleRequest, { policy, caps }: Applied): void {
  to.plain('place', place)
  to.text('id', request.id)
  to.text('server', request.serverName)
  to.text('person', request.personId)
  to.text('device', request.device)
  to.plain('bare', request.history.bare)
  to.plain('live', request.live)
  to.plain('state', request.state)
  to.text('requestHash', request.requestHash)
  to.plain('limitUsed', request.limitUsed)
  to.text('caps', caps.archive)
  to.text('liveCaps', caps.live)
  to.text('stateCaps', caps.state)
  to.plain('spanFrom', request.span?.fromMs ?? null)
  to.plain('spanTo', request.span?.toMs ?? null)
  to.plain('againSeconds', policy.chargedAgainSeconds)
}

// Where among all of the batch they stand, as Postgres counts.
function addHashes(to: Columns, hashes: Hashes, history: Charge): void {
  to.plain('hashesFrom', hashes.length + 1)
  hashes.add(history.hashes)
  to.plain('hashesTo', hashes.length)
}

/** Told in each `short`, asked for or not. */
const SYNC_METERS = ['archive', 'catch-up'] as const

function metersOf(request: SpendRequest, layouts: PolicyForDatabase['layouts']): Set<RingMeter> {
  const meters = new Set<RingMeter>()
  for (const stream of Object.keys(request.streams)) {
    if (stream in layouts) meters.add(stream as RingMeter)
    if (stream === 'first-sync' || stream === 'rooms') meters.add('archive')
  }
  if (request.live > 0) meters.add('live')
  if (request.state > 0) meters.add('state')
  if (SYNC_METERS.some((meter) => meters.has(meter))) for (const meter of SYNC_METERS) meters.add(meter)
  return meters
}

function spendOf(request: SpendRequest, { policy, caps }: Applied) {
  const streams: Partial<Record<string, unknown>> = {}
  for (const [stream, due] of Object.entries(request.streams) as [Stream, Charge][]) {
    streams[stream] = { hashes: hashesOf(due), bare: due.bare }
  }
  return {
    op: 'spend',
    server: request.serverName,
    person: request.personId,
    device: request.device,
    streams,
    caps,
    live: request.live,
    state: request.state,
    idle: request.idle,
    tapOnly: request.tapOnly === true,
    scope: request.scope,
    positionHash: request.position?.hash ?? null,
    coversUntilMs: request.position?.coversUntilMs ?? null,
    sinceHash: request.since,
    roomsLimit: policy.rooms.limit,
    roomsSeconds: policy.rooms.windowSeconds,
    firstSyncEvents: policy.firstSyncEvents,
    againSeconds: policy.chargedAgainSeconds,
    positionOverlapSeconds: policy.positionOverlapSeconds,
  }
}

/** Each hash once, as a Postgres array literal. */
function hashesOf({ hashes }: Charge): string {
  return `{${onceEach(hashes).join(',')}}`
}

/** Hashes of one charge after another, each once in its charge. */
class Hashes {
  readonly #charges: string[] = []
  length = 0

  add(hashes: Charge['hashes']): void {
    const own = onceEach(hashes)
    if (own.length === 0) return
    this.#charges.push(own.join(','))
    this.length += own.length
  }

  literal(): string {
    return `{${this.#charges.join(',')}}`
  }
}

// An answer that says an event twice is rare: it is looked for in sorted halves of integers, for which nothing is allocated.
function onceEach(hashes: Charge['hashes']): Charge['hashes'] {
  const sorted = new BigInt64Array(hashes.length)
  for (let at = 0; at < hashes.length; at++) sorted[at] = hashes[at] as bigint
  const halves = new Int32Array(sorted.sort().buffer)
  for (let at = 2; at < halves.length; at += 2) {
    if (halves[at] === halves[at - 2] && halves[at + 1] === halves[at - 1]) return [...new Set(hashes)]
  }
  return hashes
}

const PLAIN = /^[\w.:!@/-]+$/

/** Columns of rows, by name, as Postgres array literals. */
class Columns {
  readonly #columns: Record<string, string[]> = {}
  #empty = true

  get empty(): boolean {
    return this.#empty
  }

  text(name: string, value: string): void {
    // Most are ids, which need neither quotes nor the escaping of those in JSON.
    const plain = PLAIN.test(value) && (value.length !== 4 || value.toLowerCase() !== 'null')
    this.plain(name, plain ? value : `"${known(value).replace(/["\\]/g, '\\$&')}"`)
  }

  plain(name: string, value: string | number | bigint | boolean | null): void {
    this.#empty = false
    this.#columns[name] ??= []
    this.#columns[name].push(String(value ?? 'NULL'))
  }

  literals(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.#columns).map(([name, values]) => [name, `{${values.join(',')}}`]))
  }
}

/**
 * Text that Postgres can hold: no U+0000, no half of a surrogate pair. A request that names such a thing must not fail the
 * whole batch it travels in.
 */
function known(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return known(value)
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, storable(inner)]))
}

function once(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false
  seen.add(key)
  return true
}
