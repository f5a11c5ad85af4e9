// What one event of a /sync answer costs, and one row of state: the same for the classic and the sliding form. Pure.
import type { MeteringPolicy } from '../policy/defaults.ts'
import type { Charge, SyncStream } from './port.ts'
import type { CarriedEvent } from './scanner/port.ts'
import { collectEvent } from './scanner/reference.ts'
import { type HashId, isLive, unitsOf } from './weigh.ts'

export type Fields = { [key: string]: unknown }

/** How history is paid in an answer: set by the request's position. */
export interface Coming {
  /** A new device's first sync: all history of the answer is paid by that window. */
  readonly firstSync: boolean
  /** Events after this were not reachable at the position the device came back with. Null: it is not one of ours. */
  readonly coversUntilMs: number | null
}

/** Nothing is known of where the device comes from. */
export const NOWHERE: Coming = { firstSync: false, coversUntilMs: null }

/** One event of a timeline with what is nested in it: delivered or withheld as one. */
export interface Unit {
  readonly due: readonly Due[]
  readonly live: number
}

/** One unit of history: an event brings as many as it weighs. */
export interface Due {
  readonly stream: SyncStream
  readonly ts: number | null
  /** Null: without a usable id, charged always. */
  readonly hash: bigint | null
}

/** An event outside the timelines: in a section that is not understood, or that is not for it. Charged, or taken out. */
export interface Stray {
  /** The list or object that holds it, and where. */
  readonly holder: object
  readonly key: string
  /** What stands in its place when it is withheld: nothing, or a row of state without what is nested in it. */
  readonly rest: unknown
  readonly roomId: string | null
  readonly unit: Unit
}

/** Rows of state. */
export interface StateRows {
  /** Young ones, and memberships of those who sent something new just now: they go with live traffic, for the alarm only. */
  readonly passing: number
  /** All others. */
  readonly owed: Charge
}

/** What an answer is read with. */
export interface Reading {
  readonly nowMs: number
  readonly policy: MeteringPolicy
  readonly hash: HashId
}

/** Reads events and rows, and keeps count of the rows. */
export class UnitReader {
  readonly latestMs: number
  readonly #reading: Reading
  readonly #owed = new Set<bigint>()
  #strays: Stray[] = []
  #bare = 0
  #passing = 0

  constructor(reading: Reading) {
    this.#reading = reading
    this.latestMs = reading.nowMs + reading.policy.futureSkewMs
  }

  /** What an event of a timeline costs; from the archive, until it is known where the device comes from. */
  event(event: unknown): Unit {
    return this.#unitOf(carriedBy(event, 'timeline'), false)
  }

  /** People who sent live events of a timeline, or whose membership one changes. */
  livePeople(events: readonly unknown[]): ReadonlySet<string> {
    const people = new Set<string>()
    for (const event of events) {
      if (!isFields(event) || !this.#isLive(integerOf(event['origin_server_ts']))) continue
      if (typeof event['sender'] === 'string') people.add(event['sender'])
      if (event['type'] === 'm.room.member' && typeof event['state_key'] === 'string') people.add(event['state_key'])
    }
    return people
  }

  /** Counts the rows of a state section; what in it is no row of state, or nests events, is a stray. */
  rows(list: readonly unknown[], roomId: string | null, people: ReadonlySet<string>): void {
    list.forEach((row, index) => {
      const goesAlong = isFields(row) && row['type'] === 'm.room.member' && people.has(row['state_key'] as string)
      const unit = this.#unitOf(carriedBy(row, 'state'), goesAlong)
      if (unit.due.length + unit.live === 0) return
      const isRow = isFields(row) && row['state_key'] !== undefined
      this.#strays.push({
        holder: list,
        key: String(index),
        rest: isRow ? withoutNested(row) : undefined,
        roomId,
        unit,
      })
    })
  }

  /** Counts the people whose profiles a part holds by their ids (MSC4262, MSC4429), each as a row of state. */
  profiles(part: unknown): void {
    if (isFields(part))
      for (const id of Object.keys(part)) this.#owed.add(stateHash(this.#reading.hash, `profile\n${id}`))
  }

  /** Counts the entries of a list outside the timelines as events, whatever they are. */
  extras(list: readonly unknown[], roomId: string | null): void {
    list.forEach((event, index) => {
      this.#strays.push({ holder: list, key: String(index), rest: undefined, roomId, unit: this.event(event) })
    })
  }

  /** Rows without age or id (stripped state): only what is no row, or nests events, costs anything. */
  stripped(list: readonly unknown[], roomId: string | null): void {
    list.forEach((row, index) => {
      const carried = carriedBy(row, 'state').filter(({ kind }) => kind !== 'state')
      if (carried.length === 0) return
      const isRow = isFields(row) && row['state_key'] !== undefined
      const unit = this.#unitOf(carried, false)
      this.#strays.push({
        holder: list,
        key: String(index),
        rest: isRow ? withoutNested(row) : undefined,
        roomId,
        unit,
      })
    })
  }

  /** Finds events in a part that is not understood: whatever has content or an age is one. */
  search(part: unknown, roomId: string | null): void {
    if (typeof part !== 'object' || part === null) return
    for (const key of Object.keys(part)) this.searchMember(part as Fields, key, roomId)
  }

  /** The same in one member of an object or a list. */
  searchMember(holder: Fields, key: string, roomId: string | null): void {
    const value = holder[key]
    if (!looksLikeEvent(value)) return this.search(value, roomId)
    const unit = this.#unitOf(allCarriedBy(value), false)
    this.#strays.push({ holder, key, rest: undefined, roomId, unit })
  }

  /** The strays found since this was last asked. */
  takeStrays(): readonly Stray[] {
    const strays = this.#strays
    this.#strays = []
    return strays
  }

  get state(): StateRows {
    return { passing: this.#passing, owed: { hashes: [...this.#owed], bare: this.#bare } }
  }

  #unitOf(carried: readonly CarriedEvent[], goesAlong: boolean): Unit {
    const { hash, policy } = this.#reading
    const due: Due[] = []
    let live = 0
    for (const { kind, ts, id, encrypted } of carried) {
      if (kind === 'state') {
        if (goesAlong || this.#isLive(ts)) this.#passing++
        else if (id === null) this.#bare++
        else this.#owed.add(stateHash(hash, id))
      } else if (this.#isLive(ts)) live++
      else {
        const weight = encrypted ? policy.weights.encrypted : policy.weights.plaintext
        const units = id === null ? Array.from({ length: weight }, () => null) : unitsOf(hash(id), weight)
        for (const unit of units) due.push({ stream: 'archive', ts, hash: unit })
      }
    }
    return { due, live }
  }

  #isLive(ts: number | null): boolean {
    return isLive(ts, this.#reading.nowMs, this.#reading.policy)
  }
}

/** A row of state is charged apart from the same event in a timeline. */
export function stateHash(hash: HashId, id: string): bigint {
  return hash(`state\n${id}`)
}

/** The same unit, paid as this position says. */
export function comingBack({ due, live }: Unit, coming: Coming, latestMs: number): Unit {
  return { live, due: due.map(({ ts, hash }) => ({ ts, hash, stream: streamOf(ts, coming, latestMs) })) }
}

function streamOf(ts: number | null, coming: Coming, latestMs: number): SyncStream {
  if (coming.firstSync) return 'first-sync'
  return coming.coversUntilMs !== null && ts !== null && ts > coming.coversUntilMs && ts <= latestMs
    ? 'catch-up'
    : 'archive'
}

function carriedBy(event: unknown, kind: CarriedEvent['kind']): readonly CarriedEvent[] {
  const carried: CarriedEvent[] = []
  collectEvent(event, kind, carried)
  return carried
}

// With whatever else in it looks like one: they go, or are withheld, as one.
function allCarriedBy(event: Fields): readonly CarriedEvent[] {
  const carried: CarriedEvent[] = []
  collectEvent(event, 'timeline', carried)
  const search = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    for (const value of Object.values(part)) {
      if (looksLikeEvent(value)) collectEvent(value, 'timeline', carried)
      search(value)
    }
  }
  for (const [key, value] of Object.entries(event)) if (key !== 'content' && key !== 'unsigned') search([value])
  return carried
}

function looksLikeEvent(value: unknown): value is Fields {
  return isFields(value) && (Object.hasOwn(value, 'content') || Object.hasOwn(value, 'origin_server_ts'))
}

/** An event without what is nested in it, except what says how it came about. */
export function withoutNested(event: Fields): Fields {
  const { unsigned, ...rest } = event
  if (!isFields(unsigned)) return rest
  const kept = ['age', 'prev_content', 'prev_sender', 'replaces_state', 'membership', 'transaction_id'].filter((key) =>
    Object.hasOwn(unsigned, key),
  )
  return { ...rest, unsigned: Object.fromEntries(kept.map((key) => [key, unsigned[key]])) }
}

const NONE: unknown[] = []

/** The events of a section: none when it is absent, null when it is malformed. */
export function eventsOf(section: unknown): unknown[] | null {
  if (section === undefined) return NONE
  return isFields(section) ? listOf(section['events']) : null
}

/** A list: none when it is absent, null when it is something else. */
export function listOf(value: unknown): unknown[] | null {
  if (value === undefined) return NONE
  return Array.isArray(value) ? value : null
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function integerOf(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null
}
