// An answer too large for memory: sealed on disk while it comes in, block by block under a key that only this object holds, and
// read back in the same order. The file has no name from the moment it exists: whoever ends the process leaves nothing behind.
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { decryptAes256Gcm, encryptAes256Gcm } from '../../platform/crypto.ts'
import { free } from '../../platform/free.ts'
import type { Random } from '../../platform/random.ts'
import type { Room } from './whole.ts'

/** Plaintext of a block. */
const BLOCK_BYTES = 256 * 1024
const TAG_BYTES = 16
/** Blocks under way to the disk; whoever writes more is to wait. */
const MAX_PENDING = 4

/** Why an answer could not be spooled: no room by our own bound, or the system's word (`ENOSPC`, …). */
export type SpoolFailure = 'no-room' | string

/** One spooled answer. Written, then read; `close` at any time gives everything back. */
export class Spool {
  readonly #folder: string
  readonly #random: Random
  readonly #room: Room
  readonly #onBlock: (block: Uint8Array) => void
  readonly #key: Uint8Array
  #file: FileHandle | null = null
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  #filled = 0
  #blocks = 0
  #pending = 0
  #written: Promise<void>
  #onRoom: (() => void) | null = null
  #taken = 0
  #closed = false
  #failure: SpoolFailure | null = null
  /** Plaintext bytes. */
  bytes = 0

  /** `room` bounds what is on disk; `onBlock` sees every block before it is sealed. */
  constructor(folder: string, random: Random, room: Room, onBlock: (block: Uint8Array) => void) {
    this.#folder = folder
    this.#random = random
    this.#room = room
    this.#onBlock = onBlock
    this.#key = random.bytes(32)
    this.#written = this.#open()
  }

  get failure(): SpoolFailure | null {
    return this.#failure
  }

  /** Whether more may be written at once. */
  get isReady(): boolean {
    return this.#pending < MAX_PENDING
  }

  /** Takes a copy. */
  write(chunk: Uint8Array): void {
    if (this.#closed || this.#failure !== null) return
    this.bytes += chunk.length
    for (let at = 0; at < chunk.length; ) {
      const part = Math.min(chunk.length - at, BLOCK_BYTES - this.#filled)
      this.#block.set(chunk.subarray(at, at + part), this.#filled)
      this.#filled += part
      at += part
      if (this.#filled === BLOCK_BYTES) this.#seal()
    }
  }

  /** Calls once, when there is room for more, or never will be. */
  drained(then: () => void): void {
    if (this.isReady) then()
    else this.#onRoom = then
  }

  /** After the last write: resolves when all is on disk. Rejects never: see `failure`. */
  async finish(): Promise<void> {
    if (this.#filled > 0) this.#seal()
    await this.#written
  }

  /** The whole, in order. Throws when a block is not what was written. */
  async *chunks(): AsyncGenerator<Buffer> {
    const sealed = Buffer.allocUnsafeSlow(BLOCK_BYTES + TAG_BYTES)
    let left = this.bytes
    for (let index = 0; left > 0 && !this.#closed; index++) {
      const length = Math.min(left, BLOCK_BYTES)
      const at = index * (BLOCK_BYTES + TAG_BYTES)
      const { bytesRead } = await (this.#file as FileHandle).read(sealed, 0, length + TAG_BYTES, at)
      const block = decryptAes256Gcm(this.#key, nonceOf(index), LABEL, sealed.subarray(0, bytesRead))
      if (block === null || block.length !== length) throw new Error('a spooled block is not what was written')
      left -= length
      yield Buffer.from(block.buffer, block.byteOffset, block.length)
    }
  }

  /** Gives the disk and the room back. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#key.fill(0)
    this.#room.give(this.#taken)
    this.#onRoom?.()
    void this.#written.then(() => this.#file?.close()).catch(() => undefined)
  }

  async #open(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      const path = join(this.#folder, Buffer.from(this.#random.bytes(12)).toString('hex'))
      this.#file = await open(path, 'wx+', 0o600)
      await unlink(path)
    } catch (error) {
      this.#fail(codeOf(error))
    }
  }

  #seal(): void {
    const plain = this.#block.subarray(0, this.#filled)
    this.#filled = 0
    const size = plain.length + TAG_BYTES
    if (!this.#room.take(size)) return this.#fail('no-room')
    this.#taken += size
    this.#onBlock(plain)
    const index = this.#blocks++
    const sealed = encryptAes256Gcm(this.#key, nonceOf(index), LABEL, plain)
    this.#pending++
    this.#written = this.#written
      .then(async () => {
        if (this.#failure !== null || this.#closed) return
        const at = index * (BLOCK_BYTES + TAG_BYTES)
        for (let done = 0; done < sealed.length; ) {
          const { bytesWritten } = await (this.#file as FileHandle).write(sealed, done, sealed.length - done, at + done)
          done += bytesWritten
        }
      })
      .catch((error: unknown) => this.#fail(codeOf(error)))
      .then(() => {
        free(sealed)
        this.#pending--
        const then = this.#onRoom
        this.#onRoom = null
        then?.()
      })
  }

  #fail(reason: SpoolFailure): void {
    this.#failure ??= reason
  }
}

const LABEL = new TextEncoder().encode('palier spool')

// A key seals one file only, so that a block's number is a nonce.
function nonceOf(index: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, index)
  return nonce
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'EIO'
}
