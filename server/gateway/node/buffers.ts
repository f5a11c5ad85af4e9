// Buffers for answers, used again: one made anew for each is what the garbage collector spends its time on, and what the
// process's memory fills up with until it comes round.

/** The smallest and the largest kept, in bytes. */
const SMALLEST = 4 * 1024
const LARGEST = 1024 * 1024
/** Kept in all. */
const KEPT_BYTES = 8 * 1024 * 1024

const free = new Map<number, Buffer[]>()
let kept = 0

/** A buffer of at least that many bytes, with whatever was in it. */
export function takeBuffer(bytes: number): Buffer {
  if (bytes > LARGEST) return Buffer.allocUnsafeSlow(bytes)
  const size = sizeOf(bytes)
  const there = free.get(size)?.pop()
  if (there === undefined) return Buffer.allocUnsafeSlow(size)
  kept -= size
  return there
}

/** Gives a taken buffer back: nobody may read it any more. */
export function giveBuffer(buffer: Buffer): void {
  const size = buffer.length
  if (size > LARGEST || size !== sizeOf(size) || kept + size > KEPT_BYTES) return
  const there = free.get(size)
  if (there === undefined) free.set(size, [buffer])
  else there.push(buffer)
  kept += size
}

function sizeOf(bytes: number): number {
  let size = SMALLEST
  while (size < bytes) size *= 2
  return size
}
