// The compiled scanner (assembly/, scanner.wasm) as the pipeline uses it: a body in one piece or in many, its weight at the
// end. What it leaves to JSON.parse, the reference counts. No `node:` here: a Worker gives the module in its own way.
import { type WeighBody, type Weighing, type Weight, weigh } from '../weigh.ts'
import type { Shape } from './port.ts'
import { countByParsing } from './reference.ts'
import { type ShapeTable, shapeTable } from './shape-table.ts'
import { SYNC_PLACE } from './sync-place.ts'

interface Exports {
  readonly memory: WebAssembly.Memory
  windowAt(): number
  tableAt(): number
  textAt(): number
  recordsAt(): number
  unitsAt(): number
  count(): number
  begin(root: number, k0: bigint, k1: bigint): void
  feed(length: number, last: number): number
  repeats(): number
  weigh(after: bigint, until: bigint, plaintext: number, encrypted: number): number
  readonly live: WebAssembly.Global<'i32'>
  readonly stateRows: WebAssembly.Global<'i32'>
  readonly bare: WebAssembly.Global<'i32'>
  readonly hashed: WebAssembly.Global<'i32'>
  readonly oldest: WebAssembly.Global<'i64'>
  readonly newest: WebAssembly.Global<'i64'>
  readonly textBytes: WebAssembly.Global<'i32'>
}

/** WINDOW_BYTES of assembly/memory.ts. */
const WINDOW_BYTES = 320 * 1024
const NO_TIME = -(2n ** 63n)
/** Memory does not shrink: an instance that grew past this is not used again. */
const KEPT_BYTES = 4 * 2 ** 20
const KEPT_INSTANCES = 8
/** What `feed` says when only JSON.parse can tell; -1 when the body is no JSON. */
const PARSE = -2

/** One event or row as the scanner saw it. */
export interface Seen {
  /** Null: no usable id. */
  readonly hash: bigint | null
  readonly ts: number | null
  readonly isState: boolean
  readonly encrypted: boolean
  /** Which member of the body's maps it stands in, from 1; 0: in none. */
  readonly member: number
}

/** A body that comes in pieces. One use. */
export interface BodyScan {
  /** False: it cannot be counted any more, or only by JSON.parse; nothing more needs to be given. */
  take(piece: Uint8Array): boolean
  /** The weight of the whole, after its last piece; null when it cannot be told: the answer must be withheld. */
  end(weighing: Weighing): Weight | null
  /** Gives up. Needed when `end` is not called. */
  discard(): void
}

export interface Scanner {
  readonly weigh: WeighBody
  /** `key`: of the hash that `end` is given later. */
  open(shape: Shape, key: Weighing['hash']['key']): BodyScan
  /** Every event and row of a body; null when it is not of that shape, 'parse' when only JSON.parse can tell. */
  see(body: Uint8Array, shape: Shape | 'sync', key: Weighing['hash']['key']): Sight | null | 'parse'
}

export interface Sight {
  readonly seen: readonly Seen[]
  /** `next_batch` of a /sync; empty elsewhere. */
  readonly text: string
}

/** A scanner on the compiled module. Instances are made as they are needed. */
export function openScanner(module: WebAssembly.Module): Scanner {
  const table = shapeTable(SYNC_PLACE)
  const free: Machine[] = []
  const take = () => free.pop() ?? new Machine(module, table)
  const give = (machine: Machine) => {
    if (free.length < KEPT_INSTANCES && machine.bytes <= KEPT_BYTES) free.push(machine)
  }
  const whole = (machine: Machine, body: Uint8Array, shape: Shape | 'sync', key: Weighing['hash']['key']) => {
    if (shape === 'event' && firstByte(body) !== OPEN_OBJECT) return UNCOUNTABLE
    machine.begin(shape, key)
    return machine.feed(body, true)
  }
  return {
    weigh: (body, shape, weighing) => {
      const machine = take()
      try {
        const state = whole(machine, body, shape, weighing.hash.key)
        if (state === PARSE) {
          const events = countByParsing(body, shape)
          return events && weigh(events, weighing)
        }
        return state < 0 ? null : machine.weight(weighing)
      } finally {
        give(machine)
      }
    },
    see: (body, shape, key) => {
      const machine = take()
      try {
        const state = whole(machine, body, shape, key)
        if (state === PARSE) return 'parse'
        return state < 0 ? null : { seen: machine.seen(), text: machine.text() }
      } finally {
        give(machine)
      }
    },
    open: (shape, key) => {
      const machine = take()
      machine.begin(shape, key)
      let state = 0
      let isFirst = shape === 'event'
      let isOver = false
      const over = () => {
        if (isOver) return
        isOver = true
        give(machine)
      }
      return {
        take(piece) {
          const first = isFirst ? firstByte(piece) : undefined
          if (first !== undefined) {
            isFirst = false
            if (first !== OPEN_OBJECT) state = UNCOUNTABLE
          }
          if (state >= 0 && !isOver) state = machine.feed(piece, false)
          return state >= 0
        },
        end(weighing) {
          if (state >= 0 && !isOver) state = machine.feed(NOTHING, true)
          const weight = state < 0 || isOver ? null : machine.weight(weighing)
          over()
          return weight
        },
        discard: over,
      }
    },
  }
}

const UNCOUNTABLE = -1
const OPEN_OBJECT = 0x7b
const NOTHING = new Uint8Array(0)

/** The first byte that is no space. */
function firstByte(body: Uint8Array): number | undefined {
  return body.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
}

/** One instance, one body at a time. */
class Machine {
  readonly #scanner: Exports
  readonly #roots: ShapeTable['roots']
  readonly #window: number
  #bytes: Uint8Array
  /** Bytes at the window's beginning that wait for what follows them. */
  #kept = 0

  constructor(module: WebAssembly.Module, { bytes, roots }: ShapeTable) {
    this.#scanner = new WebAssembly.Instance(module, {}).exports as unknown as Exports
    this.#roots = roots
    this.#bytes = new Uint8Array(this.#scanner.memory.buffer)
    this.#bytes.set(bytes, this.#scanner.tableAt())
    this.#window = this.#scanner.windowAt()
  }

  get bytes(): number {
    return this.#scanner.memory.buffer.byteLength
  }

  begin(shape: Shape | 'sync', [k0, k1]: Weighing['hash']['key']): void {
    this.#kept = 0
    this.#scanner.begin(this.#roots[shape], k0, k1)
  }

  /** Scans what comes next. Negative: it is over. */
  feed(piece: Uint8Array, last: boolean): number {
    let at = 0
    do {
      const room = Math.min(WINDOW_BYTES - this.#kept, piece.length - at)
      // Growing gives memory a new buffer.
      if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.#scanner.memory.buffer)
      this.#bytes.set(room === piece.length ? piece : piece.subarray(at, at + room), this.#window + this.#kept)
      at += room
      const length = this.#kept + room
      const isLast = last && at === piece.length
      const done = this.#scanner.feed(length, isLast ? 1 : 0)
      if (done < 0) return done
      // A single token larger than the window.
      if (done === 0 && length === WINDOW_BYTES) return PARSE
      this.#kept = length - done
      if (this.#kept > 0 && done > 0) {
        if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.#scanner.memory.buffer)
        this.#bytes.copyWithin(this.#window, this.#window + done, this.#window + length)
      }
    } while (at < piece.length)
    return last && this.#scanner.repeats() !== 0 ? PARSE : 0
  }

  weight({ nowMs, policy }: Weighing): Weight | null {
    const scanner = this.#scanner
    const now = Math.floor(nowMs)
    const { plaintext, encrypted } = policy.weights
    const after = BigInt(now - policy.liveWindowMs)
    if (scanner.weigh(after, BigInt(now + policy.futureSkewMs), plaintext, encrypted) === 0) return null
    const units = new BigInt64Array(scanner.memory.buffer, scanner.unitsAt(), scanner.hashed.value)
    const span =
      scanner.oldest.value === NO_TIME
        ? null
        : { fromMs: Number(scanner.oldest.value), toMs: Number(scanner.newest.value) }
    return {
      history: { hashes: Array.from(units), bare: scanner.bare.value },
      live: scanner.live.value,
      state: scanner.stateRows.value,
      span,
    }
  }

  seen(): readonly Seen[] {
    const { memory, recordsAt, count } = this.#scanner
    const records = new DataView(memory.buffer, recordsAt(), count() * RECORD_BYTES)
    return Array.from({ length: count() }, (_, index) => {
      const at = index * RECORD_BYTES
      const ts = records.getBigInt64(at + 8, true)
      const flags = records.getUint32(at + 16, true)
      return {
        hash: flags & 4 ? records.getBigInt64(at, true) : null,
        ts: ts === NO_TIME ? null : Number(ts),
        isState: (flags & 3) === 3,
        encrypted: (flags & 8) !== 0,
        member: records.getUint32(at + 20, true),
      }
    })
  }

  text(): string {
    const { memory, textAt, textBytes } = this.#scanner
    return new TextDecoder().decode(new Uint8Array(memory.buffer, textAt(), textBytes.value))
  }
}

const RECORD_BYTES = 24
