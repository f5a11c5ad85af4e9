// Memory of large byte strings, given back when they are done with and not when the collector comes.

/** Below this the collector is as good. */
const LARGE_BYTES = 64 * 1024

/**
 * Frees what a byte string stands in; it is empty afterwards, and so is every other view of the same memory: only its owner may. What
 * is small or a part of something is left to the collector, which comes for large ones only once there are tens of megabytes of them.
 */
export function free(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes
  if (byteLength >= LARGE_BYTES && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
