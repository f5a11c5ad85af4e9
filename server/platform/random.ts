// The only place that draws randomness. Everything else is handed a Random, so that tests can replay a draw.

/** A cryptographically secure source of bytes. */
export interface Random {
  /** `length` fresh bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>
}

export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
}
