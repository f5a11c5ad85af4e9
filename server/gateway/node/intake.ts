// Where the bytes of one answer go: into memory while they are few, sealed to disk where that is offered and they are many.
import type { BodyScan } from '../../metering/scanner/wasm.ts'
import type { UpstreamFailureReason } from '../metered-port.ts'
import { giveBuffer, takeBuffer } from './buffers.ts'
import type { Spool } from './spool.ts'
import type { Room } from './whole.ts'

/** A spool and what counts while it is written. */
export interface Spooling {
  readonly spool: Spool
  readonly scan: BodyScan
}

/** What may become of an answer that is too large for memory. */
export interface SpoolOffer {
  /** Held in memory up to here. */
  readonly memoryBytes: number
  /** The largest answer that is taken at all. */
  readonly maxBytes: number
  open(): Spooling
  /** Told why a spool failed. */
  failed(why: string): void
}

/** What was taken in. */
export interface Taken {
  /** Empty when it was spooled. */
  readonly body: Buffer
  readonly spooling: Spooling | null
}

const NOTHING = Buffer.alloc(0)

/** Takes one answer in. */
export class Intake {
  readonly #capBytes: number
  readonly #held: Room
  readonly #offer: SpoolOffer | null
  #length = -1
  #received = 0
  #taken = 0
  #target: Buffer | null = null
  #chunks: Buffer[] = []
  #spooling: Spooling | null = null

  /** `capBytes`: the largest where nothing is offered. */
  constructor(capBytes: number, held: Room, offer: SpoolOffer | null) {
    this.#capBytes = offer?.maxBytes ?? capBytes
    this.#held = held
    this.#offer = offer
  }

  /** Says how much will come. Why it cannot be taken, or null. */
  expect(length: number): UpstreamFailureReason | null {
    this.#length = length
    if (length > this.#capBytes) return 'too-large'
    if (this.#offer !== null && length > this.#offer.memoryBytes) {
      this.#spooling = this.#offer.open()
      return null
    }
    return length > 0 ? this.#take(length) : null
  }

  /** Takes a copy of the next bytes. */
  add(chunk: Buffer): UpstreamFailureReason | null {
    this.#received += chunk.length
    if (this.#length >= 0 && this.#received > this.#length) return 'died'
    if (this.#received > this.#capBytes) return 'too-large'
    if (this.#spooling !== null) return this.#write(this.#spooling.spool, chunk)
    if (this.#length >= 0) {
      this.#target ??= takeBuffer(this.#length)
      chunk.copy(this.#target, this.#received - chunk.length)
      return null
    }
    if (this.#offer !== null && this.#received > this.#offer.memoryBytes) return this.#spoolAll(this.#offer, chunk)
    this.#chunks.push(Buffer.from(chunk))
    return this.#take(chunk.length)
  }

  /** Whether more can be given now; else it calls once, when that is so. */
  ready(then: () => void): boolean {
    const spool = this.#spooling?.spool
    if (spool === undefined || spool.isReady) return true
    spool.drained(then)
    return false
  }

  /** After the last byte. */
  async end(): Promise<Taken | UpstreamFailureReason> {
    if (!this.isWhole) return 'died'
    if (this.#spooling === null) return this.whole()
    const { spool } = this.#spooling
    await spool.finish()
    return this.#failed(spool) ?? { body: NOTHING, spooling: this.#spooling }
  }

  /** Whether as much came as was announced. */
  get isWhole(): boolean {
    return this.#length < 0 || this.#received === this.#length
  }

  get isSpooled(): boolean {
    return this.#spooling !== null
  }

  /** What is held in memory, whole. */
  whole(): Taken {
    const body = this.#target ?? (this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks))
    return { body: this.#target === null ? body : body.subarray(0, this.#length), spooling: null }
  }

  /** Gives back everything: nobody may read what was taken in any more. Idempotent. */
  release(): void {
    this.#held.give(this.#taken)
    this.#taken = 0
    if (this.#target !== null) giveBuffer(this.#target)
    this.#target = null
    this.#chunks = []
    this.#spooling?.spool.close()
    this.#spooling?.scan.discard()
  }

  #spoolAll(offer: SpoolOffer, last: Buffer): UpstreamFailureReason | null {
    this.#spooling = offer.open()
    const { spool } = this.#spooling
    for (const chunk of this.#chunks) spool.write(chunk)
    this.#chunks = []
    this.#held.give(this.#taken)
    this.#taken = 0
    return this.#write(spool, last)
  }

  #write(spool: Spool, chunk: Buffer): UpstreamFailureReason | null {
    spool.write(chunk)
    return this.#failed(spool)
  }

  #failed({ failure }: Spool): UpstreamFailureReason | null {
    if (failure === null) return null
    this.#offer?.failed(failure)
    return 'busy'
  }

  #take(bytes: number): UpstreamFailureReason | null {
    if (!this.#held.take(bytes)) return 'busy'
    this.#taken += bytes
    return null
  }
}
