// Trimming /sync, in either form: which events of an answer can be paid for, and what those cost. Only the oldest history of
// a room's timeline is withheld; live events and everything that is not a timeline or state stay as they are. Pure.
import type { Left, SyncStream } from './port.ts'
import type { RoomTimeline, SyncAnswer } from './sync-answer.ts'
import { isFields, type Unit } from './sync-units.ts'

export interface Verdict {
  /** For each timeline, how many of its newest events stay. Older ones stay when they are live. */
  readonly keep: readonly number[]
  /** Timelines of which nothing stays, live events neither. */
  readonly emptied: ReadonlySet<number>
  /** Timelines whose newest event is paid from catch-up, whatever its age. */
  readonly newest: ReadonlySet<number>
  /** Strays that stay. */
  readonly strays: ReadonlySet<number>
  readonly withheld: number
}

/**
 * Whether an event stays in its timeline. Live events do even before one that is withheld: one old event that a slow server
 * of the federation delivers late, or whose time is forged, must not take new messages away with it.
 */
export function stays(
  answer: SyncAnswer,
  { keep, emptied }: Pick<Verdict, 'keep' | 'emptied'>,
  index: number,
  at: number,
): boolean {
  const { units } = answer.timelines[index] as RoomTimeline
  return at >= units.length - (keep[index] as number) || (!emptied.has(index) && (units[at] as Unit).due.length === 0)
}

/** What there is to pay with. */
export interface Budget {
  /** For whatever comes. */
  readonly left: Left
  /** Of catch-up, for the newest event of each room only: beside `left`. Null: none is paid from catch-up for being the newest. */
  readonly newest: number | null
  /** Hashes charged to this device before, and rooms read before. */
  readonly free: ReadonlySet<bigint>
}

/**
 * What can be paid of an answer: the newest event of every room first, the most recently active rooms before the others; then
 * the strays; then the next newest of every room, and so on. From the first event of a room that cannot be paid, all older
 * history is withheld. `emptied`: timelines of which nothing can stay (no exact place to resume).
 */
export function judge(answer: SyncAnswer, budget: Budget, emptied: ReadonlySet<number> = new Set()): Verdict {
  const purse = new Purse(budget)
  const keep = answer.timelines.map(() => 0)
  const newest = new Set<number>()
  const strays = new Set<number>()
  let open = answer.timelines
    .map((_, index) => index)
    .filter((index) => !emptied.has(index))
    .sort((a, b) => (answer.timelines[b] as RoomTimeline).newestMs - (answer.timelines[a] as RoomTimeline).newestMs)
  for (let rank = 0; open.length > 0; rank++) {
    open = open.filter((index) => {
      const { units, roomHash } = answer.timelines[index] as RoomTimeline
      const unit = units[units.length - 1 - rank]
      if (unit === undefined) return false
      if (!purse.pay(unit, roomHash)) {
        if (rank > 0 || !purse.payNewest(unit)) return false
        newest.add(index)
      }
      keep[index] = rank + 1
      return true
    })
    if (rank === 0) payStrays(answer, purse, strays)
  }
  if (answer.timelines.length === emptied.size) payStrays(answer, purse, strays)
  let withheld = answer.strays.length - strays.size
  answer.timelines.forEach(({ units }, index) => {
    units.forEach((_, at) => {
      if (!stays(answer, { keep, emptied }, index, at)) withheld++
    })
  })
  return { keep, emptied, newest, strays, withheld }
}

function payStrays(answer: SyncAnswer, purse: Purse, strays: Set<number>): void {
  answer.strays.forEach(({ unit }, index) => {
    if (purse.pay(unit, null)) strays.add(index)
  })
}

/** What is left while an answer is judged. By stream: an id that comes with two ages is paid in both. */
class Purse {
  readonly #left: Record<SyncStream | 'rooms', number>
  readonly #free: ReadonlySet<bigint>
  readonly #paid = new Set<string>()
  #newest: number | null

  constructor({ left, newest, free }: Budget) {
    this.#left = {
      archive: left.archive,
      'catch-up': left['catch-up'],
      'first-sync': left['first-sync'],
      // Told where it was asked for: the store has the last word.
      rooms: left.rooms ?? Number.POSITIVE_INFINITY,
    }
    this.#newest = newest
    this.#free = free
  }

  pay(unit: Unit, roomHash: bigint | null): boolean {
    const dues: { readonly stream: SyncStream | 'rooms'; readonly hash: bigint | null }[] = [...unit.due]
    if (roomHash !== null && unit.due.some(({ stream }) => stream === 'archive'))
      dues.push({ stream: 'rooms', hash: roomHash })
    const fresh = this.#fresh(dues)
    const cost = new Map<SyncStream | 'rooms', number>()
    for (const { stream } of fresh) cost.set(stream, (cost.get(stream) ?? 0) + 1)
    for (const [stream, units] of cost) if (units > this.#left[stream]) return false
    for (const { stream, hash } of fresh) {
      this.#left[stream]--
      if (hash !== null) this.#paid.add(`${stream} ${hash}`)
    }
    return true
  }

  /** Pays a room's newest event from catch-up, and from what is kept there for that. */
  payNewest(unit: Unit): boolean {
    if (this.#newest === null) return false
    const fresh = this.#fresh(unit.due.map(({ hash }) => ({ stream: 'catch-up' as const, hash })))
    if (fresh.length > this.#left['catch-up'] + this.#newest) return false
    const kept = Math.min(this.#newest, fresh.length)
    this.#newest -= kept
    this.#left['catch-up'] -= fresh.length - kept
    for (const { stream, hash } of fresh) if (hash !== null) this.#paid.add(`${stream} ${hash}`)
    return true
  }

  #fresh<D extends { readonly stream: string; readonly hash: bigint | null }>(dues: readonly D[]): readonly D[] {
    const seen = new Set<string>()
    return dues.filter(({ stream, hash }) => {
      if (hash === null) return true
      const key = `${stream} ${hash}`
      if (this.#free.has(hash) || this.#paid.has(key) || seen.has(key)) return false
      seen.add(key)
      return true
    })
  }
}

/** A timeline of which a part stays and a part is withheld: where scrolling back must resume. */
export interface Cut {
  readonly index: number
  readonly roomId: string
  /** How many events stay. */
  readonly kept: number
  /** Ids of the withheld events; null when one has none: nobody can tell where they begin. */
  readonly withheld: ReadonlySet<string> | null
  /** Names what stays and what is withheld: the same cut resumes at the same place. */
  readonly name: string
}

/** Timelines cut in the middle, the most recently active rooms first. Those withheld whole resume where the answer ends. */
export function cutsOf(answer: SyncAnswer, verdict: Verdict): readonly Cut[] {
  return answer.timelines
    .flatMap(({ roomId, events, newestMs }, index) => {
      const isKept = events.map((_, at) => stays(answer, verdict, index, at))
      const kept = isKept.filter((stay) => stay).length
      if (kept === 0 || kept === events.length) return []
      const withheld = new Set<string>()
      let nameless = 0
      let name = ''
      events.forEach((event, at) => {
        const id = idOf(event)
        name += `${isKept[at] ? '+' : '-'}${id ?? ''}`
        if (isKept[at]) return
        if (id === null) nameless++
        else withheld.add(id)
      })
      return [{ index, roomId, kept, withheld: nameless > 0 ? null : withheld, name: `${roomId} ${name}`, newestMs }]
    })
    .sort((a, b) => b.newestMs - a.newestMs)
}

function idOf(event: unknown): string | null {
  const id = isFields(event) ? event['event_id'] : null
  return typeof id === 'string' && id !== '' ? id : null
}
