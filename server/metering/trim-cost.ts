// What a /sync answer costs, whole or trimmed. Pure.
import type { Charge, Stream, SyncStream } from './port.ts'
import type { SyncAnswer } from './sync-answer.ts'
import { type Due, type Fields, stateHash, type Unit } from './sync-units.ts'
import { stays, type Verdict } from './trim.ts'
import { movedState } from './trim-body.ts'
import type { HashId } from './weigh.ts'

export interface Cost {
  readonly streams: Partial<Record<Stream, Charge>>
  readonly live: number
  /** Rows of state that are never withheld. */
  readonly state: number
}

/** Rows of state that a device which comes back gets at once, whatever is left: changes of its rooms, and people in them. */
export const ROWS_COMING_BACK = 1_000

/** What an answer costs, whole or as kept by a verdict. `owed`: whether its older rows of state have to be paid for. */
export function costOf(answer: SyncAnswer, { verdict, owed, hash }: CostOptions): Cost {
  const bill = new Bill()
  let { live } = answer
  const add = ({ due, live: young }: Unit, roomHash: bigint | null, from?: SyncStream) => {
    live += young
    for (const one of due) {
      const stream = from ?? one.stream
      bill.add(stream, one)
      if (stream === 'archive' && roomHash !== null) bill.add('rooms', { hash: roomHash })
    }
  }
  answer.timelines.forEach(({ units, roomHash }, index) => {
    units.forEach((unit, at) => {
      if (verdict && !stays(answer, verdict, index, at)) return
      const isNewest = at === units.length - 1 && verdict?.newest.has(index) === true
      add(unit, roomHash, isNewest ? 'catch-up' : undefined)
    })
  })
  answer.strays.forEach(({ unit }, index) => {
    if (!verdict || verdict.strays.has(index)) add(unit, null)
  })
  let state = answer.state.passing
  if (owed) bill.charge('state', answer.state.owed)
  else state += answer.state.owed.hashes.length + answer.state.owed.bare
  const moved = verdict ? movedRows(answer, verdict) : []
  if (owed || moved.length > ROWS_COMING_BACK) {
    for (const { event_id: id } of moved)
      bill.add('state', { hash: typeof id === 'string' && id !== '' ? stateHash(hash, id) : null })
  } else state += moved.length
  return { streams: bill.streams(), live, state }
}

export interface CostOptions {
  readonly verdict?: Verdict
  readonly owed: boolean
  readonly hash: HashId
}

class Bill {
  readonly #hashes = new Map<Stream, Set<bigint>>()
  readonly #bare = new Map<Stream, number>()

  add(stream: Stream, { hash }: Pick<Due, 'hash'>): void {
    const hashes = this.#hashes.get(stream) ?? new Set()
    this.#hashes.set(stream, hashes)
    if (hash === null) this.#bare.set(stream, (this.#bare.get(stream) ?? 0) + 1)
    else hashes.add(hash)
  }

  charge(stream: Stream, { hashes, bare }: Charge): void {
    for (const hash of hashes) this.add(stream, { hash })
    if (bare > 0) {
      if (!this.#hashes.has(stream)) this.#hashes.set(stream, new Set())
      this.#bare.set(stream, (this.#bare.get(stream) ?? 0) + bare)
    }
  }

  streams(): Partial<Record<Stream, Charge>> {
    const streams: Partial<Record<Stream, Charge>> = {}
    for (const [stream, hashes] of this.#hashes)
      streams[stream] = { hashes: [...hashes], bare: this.#bare.get(stream) ?? 0 }
    return streams
  }
}

function movedRows(answer: SyncAnswer, verdict: Verdict): readonly Fields[] {
  if (answer.form === 'sliding') return []
  return answer.timelines.flatMap((timeline, index) => {
    const withheld = timeline.events.filter((_, at) => !stays(answer, verdict, index, at))
    return withheld.length === 0 ? [] : (movedState(timeline.room, withheld)?.moved ?? [])
  })
}
